"""The room of executors: where a free step is done, here or elsewhere, and what comes back.

Owns the seam (`seam`: a call, three methods, what can fail), the literal table of the steps that may leave the driver
(`table`), the one function that a worker runs (`worker`), and one module per executor. May import floor 0; a step's
function lives in its own room and is found by the table's name for it, in the worker alone. An engine of others is
imported when it starts, never before. Must never hold: a paid step, a key, a decision whether a step is repeated (the
driver's), bytes of a video (a step's result is small JSON; files stand on disk under the fence of their call).
"""
