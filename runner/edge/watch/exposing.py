"""Where the numbers of a run are read while it goes on: a file for the node exporter's textfile collector, or a port.

Both are watchers, and harm no run: a file that cannot be written any more is left alone, and a slow reader of the port
keeps only other readers waiting.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

from ...core.life.state import State
from ...errors import UsageError
from ...events import Stamped
from ...report.metrics import CONTENT_TYPE, Metrics
from ..disk.files import part_of
from .watcher import OfFacts

EVERY_S: Final = 5.0  # between two writes of the file; scrapes come every 15 s or so
LOOPBACK: Final = "127.0.0.1"
_PATH: Final = "/metrics"
_PATIENCE_S: Final = 2.0  # with a reader that neither asks nor listens


class MetricsFile(OfFacts):
    """Writes the numbers into a file, whole each time, and the last ones at the end."""

    def __init__(self, metrics: Metrics, path: Path, *, clock: Callable[[], float]) -> None:
        """Write the file for the first time; raise UsageError where it cannot be written. `clock` counts seconds."""
        self._metrics, self._path, self._clock = metrics, path, clock
        try:
            self._write()
        except OSError as error:
            raise UsageError(f"--metrics: cannot write {path}: {error.strerror}; name a file elsewhere") from error

    def saw(self, state: State, stamped: Stamped) -> None:
        """Count one fact, and write when the last time is long enough ago."""
        self._metrics.saw(state, stamped)
        if self._clock() - self._written >= EVERY_S:
            with suppress(OSError):
                self._write()

    def close(self) -> None:
        """Write that the run is over."""
        self._metrics.ended()
        with suppress(OSError):
            self._write()

    def _write(self) -> None:
        """Replace the file, which is not synced: what a power cut takes is written again."""
        self._written = self._clock()
        aside = part_of(self._path)
        aside.unlink(missing_ok=True)
        try:
            with aside.open("x", encoding="utf-8") as file:  # never through a link that somebody put there
                file.write(self._metrics.text())
            aside.replace(self._path)
        finally:
            aside.unlink(missing_ok=True)


class MetricsPort(OfFacts):
    """Answers GET /metrics on a port of this very machine while the run goes on."""

    def __init__(self, metrics: Metrics, port: int, *, patience_s: float = _PATIENCE_S) -> None:
        """Listen from now on, on any free port for 0; raise UsageError when the port cannot be had.

        At the end a reader is waited for as long as `patience_s`.
        """
        self._metrics, self._lock, self._patience_s = metrics, threading.Lock(), patience_s
        try:
            self._server = _Server((LOOPBACK, port), self._text)
        except OSError as error:
            raise UsageError(
                f"--metrics: cannot listen on {LOOPBACK}:{port}: {error.strerror}; choose another port"
            ) from error
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True).start()

    @property
    def url(self) -> str:
        """Return where the numbers are."""
        return f"http://{LOOPBACK}:{self._server.server_port}{_PATH}"

    def saw(self, state: State, stamped: Stamped) -> None:
        """Count one fact."""
        with self._lock:
            self._metrics.saw(state, stamped)

    def close(self) -> None:
        """Listen no more, whether or not a reader has asked to the end."""
        ending = threading.Thread(target=self._server.shutdown, daemon=True)  # it waits for the reader
        ending.start()
        ending.join(self._patience_s)
        self._server.server_close()

    def _text(self) -> str:
        with self._lock:
            return self._metrics.text()


class _Server(HTTPServer):
    """One reader at a time."""

    def __init__(self, address: tuple[str, int], text: Callable[[], str]) -> None:
        self.text = text
        super().__init__(address, _Asked)

    def server_bind(self) -> None:
        """Bind without asking the resolver for a name, as the class above would, and though a reader just left."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = LOOPBACK, int(self.socket.getsockname()[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a reader who went away."""


class _Asked(BaseHTTPRequestHandler):
    """Answers one question and closes."""

    timeout = _PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        """Give the numbers, at one address alone."""
        if self.path.partition("?")[0] != _PATH:
            self.send_error(404)
            return
        body = self.server.text().encode()
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Return who answers; which Python it is concerns nobody."""
        return "s2v"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class calls it so
        """Log nothing."""
