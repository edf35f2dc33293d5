"""The wiring of a run, a retry and a fetch: what was asked for, who is connected, what is mended first, how it ended.

What may be paid is settled before the engine starts: other folders of the manifest, doubts, the budget. What was paid
and cannot be written is told and kept aside.
"""
