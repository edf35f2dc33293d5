"""The room of pure thought: plan, lifecycle, admission, retry, polling, tally.

Owns every decision of the program, as functions of values. May import floor 0 and the standard
library. Must never hold: input or output, `async`, a clock, randomness, a provider's words, a file path that is opened.
"""
