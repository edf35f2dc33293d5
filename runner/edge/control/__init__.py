"""Where a run can be told something while it goes on: a Unix socket for one user alone, and the door on either side.

What comes in is one line of JSON and one line is answered. Nobody but the user of the run is heard, and nobody who
hangs, floods or talks nonsense costs the run more than a connection. The engine takes what was asked out of a box.
"""
