"""What lies ahead: how long jobs live, when to ask after them, and a forecast of the run by playing it through.

Learned from what was seen, with those that are not over yet counted, and from a provider's traits before that. Each
draw has a fixed seed.
"""
