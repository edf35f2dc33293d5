"""What of a run folder is to be in the store: every video that counts, and its sidecar, in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from heapq import merge
from pathlib import Path
from typing import Final

from ...core.life.state import Phase
from ...core.plan.publication import Wanted
from ..disk.digest import digest_of
from ..folder.places import VIDEOS, sidecar_of
from ..journal.chronicle import Chronicle

VIDEO: Final = ".mp4"


def wanted(book: Chronicle, folder: Path, *, digests: bool) -> Iterator[Wanted]:
    """Give every finished video and every sidecar that is there; with `digests` also what is in them.

    A video's size and digest are those that were checked, whatever lies in the folder by now.
    """
    yield from merge(videos(book, digests=digests), _sidecars(book, folder, digests=digests), key=lambda each: each.key)


def video_of(book: Chronicle, key: str) -> Wanted | None:
    """Return the video of one item as it is wanted, with its digest; None for an item without one that counts."""
    state = book.state(key)
    if state is None or state.artifact is None or state.phase is not Phase.DONE or not state.wanted:
        return None
    name = f"{VIDEOS}/{state.item.name}"
    return Wanted(key=name, bytes_=state.artifact.bytes_, sha256=state.artifact.sha256, item=key)


def videos(book: Chronicle, *, digests: bool) -> Iterator[Wanted]:
    """Give every finished video by its key; with `digests` also what is in it."""
    for name, key, bytes_ in book.sized(Phase.DONE):
        whole = video_of(book, key) if digests else None
        yield whole or Wanted(key=f"{VIDEOS}/{name}", bytes_=bytes_, item=key)


def _sidecars(book: Chronicle, folder: Path, *, digests: bool) -> Iterator[Wanted]:
    for name, _, _ in book.sized(Phase.DONE):
        path = sidecar_of(folder / VIDEOS / name)
        with suppress(FileNotFoundError):
            sha256 = digest_of(path) if digests else ""
            yield Wanted(key=f"{VIDEOS}/{path.name}", bytes_=path.stat().st_size, sha256=sha256)
