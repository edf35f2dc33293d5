"""Where a run publishes what counts, in an object store: the door to it, and the uploads beside a run.

Four calls are all that is asked of a store: put a file under a name that is free, put a file, list, read. An object
appears whole or not at all; nothing is renamed, appended or removed, and no video is ever overwritten. What is up is
told by the store alone: neither the journal nor a file of the run folder remembers it.
"""
