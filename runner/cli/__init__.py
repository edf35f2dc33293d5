"""The front desk: what a person types becomes a call, and what comes of it becomes words and an exit code.

Owns the command line, the wiring of the rooms for a run, signals, and the one boundary where errors become messages.
May import every room. Must never hold: a decision about an item, its money or its life; a provider's words; a format.
`main.main` is the door; `parser` and `grammar` read what was typed, `commands` has a module for each command, and the
other shelves what these do; beside them lies what several need: arguments, screen, books, reports.
"""
