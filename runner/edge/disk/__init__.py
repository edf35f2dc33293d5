"""Files and folders as such: written whole or not at all, opened only where that cannot block, locked, known by digest.

The bottom of this room: it knows no journal, no video and no provider. The disk's no becomes plain words here, and what
is made by `files` outlives a power cut.
"""
