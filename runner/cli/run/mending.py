"""What a run folder lacks of what its journal holds: videos that are gone, sidecars, and items to be tried again."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from functools import cached_property, reduce
from pathlib import Path
from typing import Final

from ...core.life.lifecycle import apply
from ...core.life.loss import before_loss
from ...core.life.state import Phase, index_of
from ...core.plan.plan import is_refetched
from ...edge.disk.digest import digest_of
from ...edge.folder.shelf import Shelf
from ...edge.journal.header import LOOKED
from ...edge.journal.journal import Journal
from ...events import Checked, Requeued, Saved, Spoiled, Stamped


def mend(book: Journal, shelf: Shelf, now: float, *, thorough: bool = False) -> list[str]:
    """Find whole videos that are gone, so that they are fetched again, and sidecars, so that they are rewritten.

    `thorough` reads every video, those that left the manifest with them, and finds what is not what was checked, too.
    Return the ids of what is to be fetched again; nothing is bought for it.
    """
    if not thorough and is_settled(book, shelf, now):
        return []
    _take_back(book, shelf, now)
    mark = _videos_mark(book, shelf, now)
    lost, homes = [], _Homes(book, shelf)
    harms = list(_harms(book, shelf, thorough=thorough))
    if mark and not harms:
        book.set_header(**{LOOKED: mark})
    for key, reason in harms:
        state = book.state(key)
        assert state is not None
        if not reason:
            shelf.describe(state)
        elif not shelf.reclaim(state, homes):
            _append(book, key, Stamped(at=now, event=Spoiled(reason=f"{reason}: it is fetched again", final=False)))
            lost.append(state.label)
    return lost


def _take_back(book: Journal, shelf: Shelf, now: float) -> None:
    """Let videos count again that were lost from the folder and lie there once more, to the byte as they were."""
    videos = str(shelf.place(""))
    for phase in (Phase.READY, Phase.FAILED):
        for key, name in list(book.finished(phase)):
            if not os.path.isfile(f"{videos}/{name}"):  # noqa: PTH113 -- as below
                continue
            whole = before_loss(book.history(key))
            if whole is None or whole.artifact is None or whole.clip is None:
                continue
            if digest_of(Path(videos, name)) == whole.artifact.sha256:
                events = Saved(artifact=whole.artifact), Checked(clip=whole.clip, judgement=whole.judgement)
                _append(book, key, *(Stamped(at=now, event=event) for event in events))


LOOKED_AT_ONCE: Final = 20_000  # names of videos, a sixth of a second


def is_long_look(book: Journal) -> bool:
    """Return whether looking at the names of all whole videos takes so long that work should not wait for it."""
    counts = book.counts()
    return sum(counts.get(phase, 0) for phase in _PHASES) > LOOKED_AT_ONCE


def is_settled(book: Journal, shelf: Shelf, now: float) -> bool:
    """Return whether all is as it was when the names of all finished videos were looked at last."""
    mark = _videos_mark(book, shelf, now)
    return bool(mark) and book.header.get(LOOKED) == mark


def look_back(book: Journal, shelf: Shelf, now: float) -> None:
    """Look at the names of all finished videos once more, so that the next start need not."""
    mark = _videos_mark(book, shelf, now)
    is_whole = mark and book.header.get(LOOKED) != mark and not any(_harms(book, shelf, thorough=False))
    if is_whole:
        book.set_header(**{LOOKED: mark})


_PHASES: Final = (Phase.DONE, Phase.REVIEW)
"""Where a video has a place by its name."""
_SETTLED_S: Final = 2.0  # a folder's time stamp is coarser than the changes that it stands for


def _videos_mark(book: Journal, shelf: Shelf, now: float) -> str:
    """Return what is the same as long as no name in the folders of videos and no fact of the journal is new.

    The kernel stamps a folder whenever a name in it is added, removed or replaced, and nobody can set that stamp back.
    Empty when the last change is so new that another one may bear the same stamp.
    """
    if not shelf.place("").is_dir():
        return ""
    folders = [shelf.place("", phase) for phase in _PHASES]
    stats = [folder.stat() for folder in folders if folder.is_dir()]
    if any(now - stat.st_ctime < _SETTLED_S for stat in stats):
        return ""
    return " ".join(f"{each.st_dev} {each.st_ino} {each.st_ctime_ns}" for each in stats) + f" {book.last_seq()}"


class _Homes:
    """The places of all whole videos, read when they are first asked for: mostly nobody does."""

    def __init__(self, book: Journal, shelf: Shelf) -> None:
        self._book = book
        self._shelf = shelf

    def __contains__(self, place: object) -> bool:
        return place in self._places

    @cached_property
    def _places(self) -> frozenset[Path]:
        return frozenset(self._shelf.place(name, phase) for phase in _PHASES for _, name in self._book.finished(phase))


def _harms(book: Journal, shelf: Shelf, *, thorough: bool) -> Iterator[tuple[str, str]]:
    """Give the key of each whole video that is not well and what is wrong with it; nothing, if only its sidecar."""
    folders = {phase: str(shelf.place("", phase)) for phase in _PHASES}
    for phase, key, name in ((place, *each) for place in _PHASES for each in book.finished(place)):
        video = f"{folders[phase]}/{name}"
        if reason := _harm(book, key, video, thorough=thorough):
            yield key, reason
        elif not os.path.isfile(f"{video.removesuffix('.mp4')}.json"):  # noqa: PTH113 -- a million times, five times faster
            yield key, ""
    for key in (key for place in _PHASES if thorough for key in book.left(place)):
        state = book.state(key)
        assert state is not None
        if reason := _harm(book, key, str(shelf.home(state)), thorough=True):
            yield key, reason


def _harm(book: Journal, key: str, video: str, *, thorough: bool) -> str:
    """Return what is wrong with a finished video, empty when nothing is."""
    if not os.path.isfile(video):  # noqa: PTH113 -- the same
        return "the file is gone from the folder"
    state = book.state(key) if thorough else None
    if state is not None and state.artifact is not None and digest_of(Path(video)) != state.artifact.sha256:
        return "the file is not the one that was checked"
    return ""


def requeue(book: Journal, keys: Iterable[str], now: float, *, buys: bool, named: Container[str]) -> None:
    """Let failed items be tried again: what needs no purchase for nothing, all else only where `buys`.

    A paid video that came home broken is fetched. A job that was not known is asked after again, unless its item's id
    is among the `named`, or left the manifest.
    """
    for key in keys:
        state = book.state(key)
        if state is None or state.phase is not Phase.FAILED or (state.is_gone and not state.wanted):
            continue
        is_free = is_refetched(state, named=buys and state.item.id in named)
        if buys or is_free:
            _append(book, key, Stamped(at=now, event=Requeued(by="retry" if buys else "fetch", refetch=is_free)))


def _append(book: Journal, key: str, *stamped: Stamped) -> None:
    state = book.state(key)
    assert state is not None
    book.write(key, stamped, index_of(reduce(apply, stamped, state)))
