"""What a run may do now: slots and rates, learned limits, breakers, pauses, caps on money, and all that ends it early.

Caps are `purse`, submits `admission`, free requests `courtesy`, downloads `throttle` and `backlog`, the pause before a
next try `retry`, what a person changes on the way `steering`. Arithmetic on a `now` that the caller brings: no clock,
no sleep. A limit that is told here is never exceeded, whoever asks, and whatever the clock does.
"""
