"""The journal of a run folder, `state.db`: the facts in it, the questions to it, its form and the older forms.

One writer at a time, whose epoch is checked with each commit; whoever only looks reads beside it. `journal` is the door
for those who write, `chronicle` what everybody may ask; `FORMAT.md` says what the file holds. `codec` makes JSON of our
values, here and for sockets and workers; `spool` holds values by the million outside the folder.
"""
