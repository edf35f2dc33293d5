"""The journal of a run folder, `state.db`: the facts in it, the questions to it, its form and the older forms.

One writer at a time, whose epoch is checked with each commit; whoever only looks reads beside it. `journal` opens and
writes the file; what happened is asked by way of `annals`, where the items stand of `chronicle`, what is said of the
whole run by the keys of `header`. FORMAT.md tells of the file, `codec` makes JSON of our values; `spool` holds them by
the million outside the folder.
"""
