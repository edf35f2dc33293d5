"""The commands, one module each: a function of arguments and screen that returns an exit code.

What two commands need belongs to the front desk itself.
"""
