"""What may be typed: the commands in groups, each with its flags and the words of its help; `parser` joins them.

Who adds a command imports what it does, and `parser` adds the one that is typed: a run need not load what serves,
exports or merges.
"""
