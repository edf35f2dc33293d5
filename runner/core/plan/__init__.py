"""The plan: which items, in which order and at what price, held against a lock, a selection and a shard.

The same manifest and portraits give the same plan, byte for byte. Items stream by: a plan of a million rows is never
held as a whole.
"""
