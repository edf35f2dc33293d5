"""What a run may do now: slots and rates, learned limits, breakers, caps on money, and all that ends a run early.

Arithmetic on a `now` that the caller brings: no clock, no sleep. A limit that is told here is never exceeded, whoever
asks, and whatever the clock does.
"""
