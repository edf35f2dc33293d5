"""Brings a video home: streamed to `.part`, resumed by Range, hashed on the way, synced, renamed when it is whole.

A part is continued only under If-Range with the strong ETag that it began with, and only by an answer that bears the
same one; otherwise it starts from 0, so no file is ever spliced from two. Nothing is preallocated, and no name comes
from the provider. A body that drips is given up, so that nobody can hold a download's place for ever.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any, BinaryIO, Final

from ...errors import MaybeSent, NotSent
from ...inspection import Unfetched
from ...model import Artifact, Download
from ...values import dataclass
from ..disk.files import UNFENCED, Files, halting
from ..wire import Incoming, LinkWire, retry_after_s

BYTES_MOST: Final = 2 * 1024**3  # a 6 s clip is some megabytes
SLOWEST: Final = 1024  # bytes a second, over each `PATIENCE_S`; a 6 s clip would take more than an hour
PATIENCE_S: Final = 60.0
_RESUMES: Final = 3
_OK, _PARTIAL, _BEYOND_ITS_END = 200, 206, 416
_GONE: Final = frozenset({401, 403, 404, 410})
_TOO_MANY, _OVERLOADED = 429, 503
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)", re.IGNORECASE)


@dataclass(slots=True)
class _Part:
    """A download under way: the open file, what was hashed of it, and what it may be continued by."""

    file: BinaryIO
    etag: str | None = None
    total: int | None = None
    size: int = 0
    sha: Any = field(default_factory=hashlib.sha256)

    def restart(self) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.size, self.sha = 0, hashlib.sha256()
        self.etag = self.total = None


class Courier:
    """Fetches into `folder`: `<key>.<process>.part` while it comes, `<key>.mp4` when it is whole."""

    def __init__(
        self,
        wire: LinkWire,
        folder: Path,
        *,
        files: Files = UNFENCED,
        bytes_most: int = BYTES_MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch over `wire`; a file of more than `bytes_most`, or one that drips by `clock`, is given up."""
        self._wire = wire
        self._folder = folder
        self._files = files
        self._most = bytes_most
        self._clock = clock

    async def fetch(self, key: str, download: Download) -> Artifact | Unfetched:
        """Bring the file home. May be called again at any time; raises Halt when the disk refuses.

        Where neither link serves, a host that asks for a pause is what is told of.
        """
        missed = Unfetched(reason="no link")
        for url in filter(None, (download.url, download.backup_url)):
            came = await self._fetch(self._folder / f"{key}.mp4", url)
            if isinstance(came, Artifact):
                return came
            missed = missed if missed.throttled else came
        return missed

    async def _fetch(self, path: Path, url: str) -> Artifact | Unfetched:
        with halting(path), self._files.aside(path.with_suffix(f".{os.getpid()}.part")) as file:
            filled = await self._fill(_Part(file=file), url)
            if not isinstance(filled, _Part):
                return Unfetched(reason=filled) if isinstance(filled, str) else filled
            self._files.keep(file, path)
            return Artifact(bytes_=filled.size, sha256=filled.sha.hexdigest())

    async def _fill(self, part: _Part, url: str) -> _Part | Unfetched | str:
        """Return the filled part, or the reason why it could not be filled."""
        reason = ""
        for _ in range(_RESUMES + 1):
            headers = {"Range": f"bytes={part.size}-", "If-Range": part.etag} if part.size and part.etag else {}
            try:
                async with self._wire.get(url, headers) as incoming:
                    if throttled := self._throttled(incoming):
                        return throttled
                    if refusal := _refusal(incoming, part):
                        return refusal
                    if (part.total or 0) <= self._most and not await self._receive(incoming, part):
                        return f"the file came slower than {SLOWEST:,} bytes a second"
            except NotSent as error:
                return str(error)
            except MaybeSent as error:
                reason = f"the download broke off after {part.size} bytes: {error}"
                continue
            if max(part.size, part.total or 0) > self._most:
                return f"the file is larger than {self._most:,} bytes"
            if part.total is None or part.size == part.total:
                return part
            reason = f"{part.size} of {part.total} bytes came"
            if part.size > part.total:
                part.restart()
        return reason

    def _throttled(self, incoming: Incoming) -> Unfetched | None:
        """Return the answer of a host that has too much to do, and says so: 429, or 503 with a time to wait."""
        wait_s = retry_after_s(incoming.headers, now=time.time())
        if incoming.status != _TOO_MANY and (incoming.status != _OVERLOADED or wait_s is None):
            return None
        return Unfetched(reason=f"HTTP {incoming.status}: too many downloads", throttled=True, retry_after_s=wait_s)

    async def _receive(self, incoming: Incoming, part: _Part) -> bool:
        """Fill the part as far as it may grow; return False when the body drips."""
        since, before = self._clock(), part.size
        async for chunk in incoming.chunks:
            part.file.write(chunk)
            part.sha.update(chunk)
            part.size += len(chunk)
            if part.size > self._most:
                return True
            if (passed_s := self._clock() - since) >= PATIENCE_S:
                if part.size - before < SLOWEST * passed_s:
                    return False
                since, before = self._clock(), part.size
        return True


def _refusal(incoming: Incoming, part: _Part) -> str | None:
    """Return why this answer is no file, or None after setting the part up for it.

    Raise MaybeSent, with the part emptied, when it goes on with another file than the part began with.
    """
    if incoming.status in _GONE:
        return f"HTTP {incoming.status}: the link is expired or refused"
    if part.size and incoming.status in {_PARTIAL, _BEYOND_ITS_END}:
        return _go_on(incoming, part)
    if incoming.status not in {_OK, _PARTIAL}:
        return f"HTTP {incoming.status} in place of the file"
    begins, total = _extent(incoming)
    if begins != 0:
        return "the server answered with another part of the file than was asked for"
    part.restart()
    part.total, part.etag = total, _strong(incoming.headers.get("etag"))
    return _encoding(incoming)


def _go_on(incoming: Incoming, part: _Part) -> str | None:
    begins, total = _extent(incoming)
    is_same = part.etag is not None and _strong(incoming.headers.get("etag")) == part.etag
    if begins != part.size or not is_same or (part.total is not None and total not in {None, part.total}):
        part.restart()
        raise MaybeSent("the server went on with another file than it began with")
    part.total = total if part.total is None else part.total
    return _encoding(incoming)


def _encoding(incoming: Incoming) -> str | None:
    encoding = incoming.headers.get("content-encoding", "identity")
    return None if encoding.lower() == "identity" else f"the file came encoded as {encoding}"


def _extent(incoming: Incoming) -> tuple[int | None, int | None]:
    """Return where the bytes begin, and how long the whole file is, as far as the answer tells."""
    if incoming.status == _OK:
        length = _LENGTH.fullmatch(incoming.headers.get("content-length", ""))
        return 0, int(length[0]) if length else None
    if match := _CONTENT_RANGE.fullmatch(incoming.headers.get("content-range", "")):
        return int(match[1]), int(match[2]) if match[2] != "*" else None
    return None, None


def _strong(etag: str | None) -> str | None:
    return etag if etag and not etag.startswith("W/") else None
