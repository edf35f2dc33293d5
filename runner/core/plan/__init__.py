"""The plan: which items, in which order and at what price, held against a lock, a selection and a shard.

Beside it what is judged before anything is paid (`preflight`), what a changed manifest means for the journal
(`update`), and what a store lacks (`publication`). The same manifest and portraits give the same plan, byte for byte;
items stream by, a plan of a million rows is never held as a whole.
"""
