"""The room of executors: where a free step is done, here or elsewhere, and what comes back.

Owns the seam (`seam`), the literal table of the steps that may leave the driver (`table`), what a worker does with a
call (`worker`), how often it is done (`repeating`), and the executors (`local`, `on_ray`; `choosing` knows by what
name). May import floor 0; the worker alone finds a step's function, by the table. Must never hold: a paid step, a key,
bytes of a video (a result is small JSON; files stand on disk), or an engine of others before it is started.
"""
