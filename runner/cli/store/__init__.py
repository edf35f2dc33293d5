"""The wiring of a publication: the store proven before anything is bought, uploads beside a run, the reports last.

Whose the prefix is stands in the store itself. Commands that only look ask the same store, and change nothing in it.
"""
