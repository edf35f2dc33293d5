"""The port: a web server on a thread of its own, so that a busy engine or a slow disk never delays a handshake."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ...errors import ConfigError
from .mailbox import Mailbox
from .paths import Paths
from .reception import Reception

CONNECTIONS: Final = 128  # at one time; a flood is turned away at the door, before it costs a descriptor for long
LIFE_S: Final = 30.0  # of one connection, whatever it does: a call is over in less than one
CLOSE_S: Final = 1  # for answers under way when the run ends


@contextmanager
def listening(paths: Paths, mailbox: Mailbox, *, host: str, port: int) -> Iterator[int]:
    """Take calls on `host:port` while the context lasts, and give the port, which a 0 leaves to the system.

    Raise ConfigError when the port cannot be had.
    """
    with _open(host, port) as opened:
        config = uvicorn.Config(
            Reception(paths, mailbox), interface="asgi3", http=_Connection, ws="none", lifespan="off", log_config=None,
            log_level="critical", access_log=False, proxy_headers=False, server_header=False,
            timeout_graceful_shutdown=CLOSE_S,
        )  # fmt: skip
        server = uvicorn.Server(config)
        number = int(opened.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(server, opened), name="callbacks", daemon=True)
        thread.start()
        try:
            yield number
        finally:
            mailbox.close()
            server.should_exit = True
            thread.join(5.0 * CLOSE_S)


def require_port(host: str, port: int) -> None:
    """Raise ConfigError when nobody could listen on `host:port` now."""
    _open(host, port).close()


def _open(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError, UnicodeError) as error:
        number = getattr(error, "errno", None) or 0
        why = os.strerror(number) if number > 0 else error  # the error's own words repeat the address
        raise ConfigError(f"callback.listen: cannot listen on {host}:{port}: {why}; choose another port") from error


def _serve(server: uvicorn.Server, opened: socket.socket) -> None:
    asyncio.run(server.serve(sockets=[opened]))


class _Connection(H11Protocol):
    """One connection, which lives no longer than a call can need."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
        else:
            self._end = self.loop.call_later(LIFE_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)
