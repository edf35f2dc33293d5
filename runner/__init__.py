"""s2v: a declarative batch runner for portrait videos.

The rooms, from the bottom up: `errors`, `gates`, `model`, `judgement`, `events`, `marks` (words everybody may say),
`values` (how they are made), `network` (whose an address is) and `pictures` (how one is opened); `manifest`, `core`,
`dialects`, `animatic`, `faces`, `checks` (pure thought), `executors` (who does what is free, and where); `engine`,
`report`; `edge`, `service`, `export` (doors to the world); `cli`.
A room imports only lower floors and itself; `tests/test_rooms.py` holds the rule.
"""

from __future__ import annotations

__version__ = "0.1.0"
