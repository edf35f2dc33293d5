"""The run folder: where its videos lie, whose it is, what is left over in it, and how a person is taken out of it.

Journal and files are brought together here. A file has its name before a fact says so, and is looked for at both places
that a crash may have left it at. `whereabouts` knows copies of a folder, `trial` whether one could be kept at a place.
"""
