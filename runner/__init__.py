"""s2v: a declarative batch runner for portrait videos.

The rooms, from the bottom up: `errors`, `gates`, `model`, `judgement`, `events`, `marks` (words everybody may say),
`values` (how they are made) and `pictures` (how one is opened, for all who look at one); `manifest`, `core`,
`dialects`, `animatic`, `faces`, `checks` (pure thought); `engine`, `report`; `edge`, `service` (doors to the world);
`cli`.
A room imports only lower floors and itself; `tests/test_rooms.py` holds the rule.
"""

from __future__ import annotations

__version__ = "0.1.0"
