"""A person removed from a run folder: the facts first, then every file, name and line of a log that tells of them.

A purge that was cut off is known by the journal's header, and finished before anything else is done in that folder.
"""
