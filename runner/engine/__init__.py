"""The room of the engine: drives every item from where it is to where it can get.

Owns asyncio and the order of things; asks `core` what to do and its ports to do it. May import floors 0 and 1.
Must never hold: a file, a socket, SQL, a provider's words, or a decision that `core` could make as a value.
"""
