"""Run folders put together: what the destination learns of the others, and the videos that follow the facts.

The sources are only read. Where two folders tell what cannot both be true, nothing is written, and each is named.
"""
