"""Portraits: what a file, a URL or a data URL shows, told before anything is paid, and how it goes onto the wire.

A picture is judged by its content, never by its name, and from its header alone where that is enough. Of this room,
Pillow comes in here alone.
"""
