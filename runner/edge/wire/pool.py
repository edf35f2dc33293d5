"""What every client here shares: how many connections it keeps, for how long, and its name.

httpx's pool costs CPU in proportion to its idle connections squared, so it is small whatever the number of jobs.
"""

from __future__ import annotations

import logging
import socket
from typing import Final

from ... import __version__

CONNECTIONS: Final = 8  # at one time; with `fast` as many again, each for one request with a body
KEEPALIVE_S: Final = 30.0  # above the poll pace, below the idle time-out of common servers
CONNECT_S: Final = 10.0
UNSENT_MOST: Final = 64 * 1024  # bytes that the system takes ahead of a slow line, as far as it can be told

Option = tuple[int, int, int]
"""Level, name and value of what a socket can be told."""


def heeded(option: Option) -> list[Option]:
    """Return an option, unless the system refuses it: a sandbox knows fewer than the kernel whose name it bears."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(*option)
    except OSError:
        return []
    return [option]


SOCKET_OPTIONS: Final = (
    heeded((socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MOST)) if hasattr(socket, "TCP_NOTSENT_LOWAT") else []
)
"""What each connection is told, so that a time-out sees how a body goes out.

A system takes megabytes at once, and on a slow line it would be silent for minutes before the server has them.
"""
USER_AGENT: Final = f"s2v/{__version__}"

for _name in (
    "httpx",
    "httpcore",
    "aiohttp",
):  # they log whole URLs and answers' headers, and a signed link is a secret
    logging.getLogger(_name).setLevel(logging.WARNING)
