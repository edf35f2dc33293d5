"""The doors to the world, one each: httpx, files, journal, media, portraits, progress.

Owns everything that touches a disk, a socket, a terminal or somebody else's library, and translates its exceptions
once. May import every lower floor, and implements the engine's ports. Must never hold: a decision about an item, a
retry, a price, a provider's words.
"""
