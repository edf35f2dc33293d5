"""s2v: a declarative batch runner for portrait videos.

A folder is a room, a folder inside a room a shelf; each `__init__.py` is the sign on its door. A room imports only
itself and lower floors, a shelf those below it. README.md ("How it is built") lists the rooms from the front desk down,
and `tests/test_rooms.py` holds who may know whom.
"""

from __future__ import annotations

__version__ = "0.1.0"
