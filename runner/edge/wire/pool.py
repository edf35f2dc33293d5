"""What every client here shares: how many connections it keeps, for how long, and its name.

httpx's pool costs CPU in proportion to its idle connections squared, so it is small whatever the number of jobs.
"""

from __future__ import annotations

import logging
from typing import Final

from ... import __version__

CONNECTIONS: Final = 8  # at one time; with `fast` as many again, each for one request with a body
KEEPALIVE_S: Final = 30.0  # above the poll pace, below the idle time-out of common servers
CONNECT_S: Final = 10.0
USER_AGENT: Final = f"s2v/{__version__}"

for _name in (
    "httpx",
    "httpcore",
    "aiohttp",
):  # they log whole URLs and answers' headers, and a signed link is a secret
    logging.getLogger(_name).setLevel(logging.WARNING)
