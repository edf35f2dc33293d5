"""The commands, one module each: a function of arguments and screen that returns an exit code.

May import every room. Must never hold what two commands need: that belongs to the front desk itself.
"""
