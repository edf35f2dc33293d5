"""Doors to the world, one each: the wire, the shelf of files, the journal, media, portraits, progress."""
