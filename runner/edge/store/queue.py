"""What waits to be uploaded: first in, first out, on disk, so that a million waiting videos cost no memory."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition

from ...core.plan.publication import Wanted
from ...errors import Halt
from ...values import dataclass
from ..disk.files import halting


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One video to be put up with its sidecar; without `is_video` the sidecar alone."""

    video: Wanted
    is_video: bool = True


class Queue:
    """Errands in the order in which they came. May be used from several threads; each errand is taken by one.

    `left` counts those that wait or are being done. Where the disk refuses, Halt is raised and the queue is closed.
    """

    def __init__(self, folder: Path) -> None:
        """Keep what waits in a file without a name in `folder`."""
        self._folder = folder
        with halting(folder):
            self._file = tempfile.TemporaryFile("w+b", dir=folder)  # noqa: SIM115 - closed by `close`, or with the process
        self._read_at = self._waiting = 0
        self._busy = 0
        self._is_closed = False
        self._news = Condition()

    @property
    def left(self) -> int:
        """Return how many errands wait or are being done."""
        with self._news:
            return self._waiting + self._busy

    def add(self, errand: Errand) -> None:
        """Add one; it costs microseconds."""
        video = errand.video
        line = json.dumps([video.key, video.bytes_, video.sha256, errand.is_video]).encode() + b"\n"
        with self._news:
            if not self._is_closed:
                with self._filed():
                    self._file.seek(0, 2)
                    self._file.write(line)
                self._waiting += 1
                self._news.notify()

    def done(self) -> None:
        """Count one that was taken as done; without this it stays among those that are left."""
        with self._news:
            self._busy -= 1

    def close(self) -> None:
        """Give nothing more; what waits stays counted as left."""
        with self._news:
            self._is_closed = True
            with suppress(OSError):  # what it could not write down is told by now, and read by nobody
                self._file.close()
            self._news.notify_all()

    def take(self) -> Errand | None:
        """Wait for an errand and return it, None when no more will come."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._is_closed)
            if self._is_closed:
                return None
            with self._filed():
                self._file.seek(self._read_at)
                key, bytes_, sha256, is_video = json.loads(self._file.readline())
                self._read_at = self._file.tell()
            self._waiting -= 1
            self._busy += 1
        return Errand(video=Wanted(key=key, bytes_=bytes_, sha256=sha256), is_video=is_video)

    @contextmanager
    def _filed(self) -> Iterator[None]:
        """Give nothing more behind what the disk took half of."""
        try:
            with halting(self._folder):
                yield
        except Halt:
            self._is_closed = True
            raise
