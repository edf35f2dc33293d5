"""The commands, one module each: a function of arguments and screen that returns an exit code.

`steer` has four (set, pause, continue, cancel), `run` those that drive (run, retry, fetch). What two commands need
lies on the shelves below, or beside them in the room; only `run` asks `plan` to show what it is about to do.
"""
