"""A store that takes every connection and every word, and never says one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_store() -> Iterator[str]:
    """Give its URL; the system itself takes the connections, and nobody reads."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
