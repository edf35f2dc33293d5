"""The service on a port: runs until SIGINT or SIGTERM, then stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import Halt, UsageError
from .intake import BODY_MOST, BODY_S
from .mishaps import HANG_UP
from .service import House, open_service

GRACE_S: Final = 2  # how long a download under way may still take after the signal
HEAD_S: Final = 60.0  # how long the head of a request may take to arrive: as long as a body
BACKLOG: Final = 128
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def serve(folder: Path, house: House, *, host: str, port: int, announce: Callable[[str], None]) -> signal.Signals:
    """Serve until a signal asks to stop, and return that signal.

    Once it listens, the base URL is announced; port 0 takes a free one. Raises `UsageError` when the port is taken,
    `FolderError` when the folder cannot be used, and `Halt` when its disk takes no more: what was ordered is kept, and
    done at the next start.
    """
    with listening(host, port) as listener:
        return asyncio.run(_serve(listener, folder, house, lambda: announce(_base_url(listener))))


async def _serve(listener: socket.socket, folder: Path, house: House, ready: Callable[[], None]) -> signal.Signals:
    async with open_service(folder, house) as service:
        config = uvicorn.Config(
            service.app, http=Connection, lifespan="off", log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )  # fmt: skip
        server = _Server(config, ready)
        service.breakdown.attend(server.end)
        await server.serve(sockets=[listener])
        service.breakdown.tell()
        return server.asked_by


class Connection(H11Protocol):
    """uvicorn's connection, which ends early when the fault script says so, or when no request comes of it."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Offer the end of this connection in the scope of each of its requests."""
        super().connection_made(transport)
        self._await_head()
        inner = self.app

        def hang_up(*, reset: bool) -> None:
            if reset:
                _break_off(transport)
            else:
                transport.close()

        async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - uvicorn's types are its own
            self._forget_head()
            scope.setdefault("extensions", {})[HANG_UP] = hang_up
            hearing = _Hearing(receive, send)
            with contextlib.suppress(Halt):  # it ends the service, which tells why once
                await inner(scope, hearing.receive, hearing.send if scope["method"] == "POST" else send)
            self._await_head()

        self.app = app

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._forget_head()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        """Give a request as long to begin as its body may take: a head that drips keeps nobody else out for ever."""
        self._forget_head()
        if not self.transport.is_closing():
            self._end = self.loop.call_later(HEAD_S, self.transport.abort)

    def _forget_head(self) -> None:
        if self._end is not None:
            self._end.cancel()


class _Hearing:
    """A request with a body that is heard to its end before it is answered, within the limits of every body.

    A connection that is closed while its client still speaks is reset, and the answer, such as a refused key, is lost.
    """

    def __init__(self, receive: Any, send: Any) -> None:  # noqa: ANN401 - uvicorn's types are its own
        self._receive = receive
        self._send = send
        self._until = asyncio.get_running_loop().time() + BODY_S
        self._bytes = 0
        self._is_over = False

    async def receive(self) -> Any:  # noqa: ANN401 - the same
        """Give the next piece, and note whether it is the last one."""
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        self._is_over = self._bytes > BODY_MOST or not message.get("more_body")
        return message

    async def send(self, message: Any) -> None:  # noqa: ANN401 - the same
        """Send, once nothing more is to come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._until):
                while not self._is_over:
                    await self.receive()
        self._is_over = True
        await self._send(message)


def _break_off(transport: asyncio.Transport) -> None:
    """End the connection with a reset: the kernel drops what was not sent, and the peer sees ECONNRESET."""
    linger_not = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
    transport.abort()


class _Server(uvicorn.Server):
    """uvicorn, except that a signal only asks it to stop: the service closes before the process goes."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.asked_by = signal.SIGTERM
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Note the signal; uvicorn's own way raises it again before the service has closed."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._ask, number)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)

    def end(self) -> None:
        """Stop as when asked to."""
        self.should_exit = True

    def _ask(self, number: signal.Signals) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self.asked_by = number


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises `UsageError` where it cannot.

    On its connections what is written leaves at once. Else an answer, whose head and body are two writes, waits 40 ms
    until the client has acknowledged the head; asyncio sees to that only where a socket names its protocol.
    """
    try:
        listener = socket.create_server((host, port), family=_family(host), backlog=BACKLOG)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
