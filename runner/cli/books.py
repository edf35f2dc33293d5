"""The run folder's books: the journal brought up to the manifest, and the reports written from it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..core.lifecycle import Phase, State, apply, index_of
from ..core.lock import drift, lock_text
from ..core.plan import Plan, is_refetched
from ..core.tally import Row, Summary, row, summarise
from ..core.update import Update, updates
from ..edge.codec import from_json, to_json
from ..edge.files import write_whole
from ..edge.journal import Entry, Journal
from ..edge.shelf import Shelf, digest_of
from ..edge.spool import row_spool
from ..errors import DriftError, FolderError
from ..events import Event, Planned, Requeued, Retired, Spoiled, Stamped
from ..model import Manifest
from ..report.facts import RunFacts
from ..report.papers import PAPERS
from ..report.sidecar import sidecar_text

LOCK: Final = "plan.lock.json"
_SHOWN: Final = 5  # differences named in a message


def facts(header: dict[str, Any]) -> RunFacts:
    """Return what the journal's header says of the run."""
    return RunFacts(
        name=header["name"],
        run_id=header["run_id"],
        manifest=header["manifest"],
        manifest_digest=header["manifest_digest"],
        plan_digest=header["plan_digest"],
        runner_version=header["runner_version"],
        providers=tuple(json.loads(header["providers"])),
    )


def shelf_of(folder: Path, book: Journal, *, full_decode: bool = True) -> Shelf:
    """Return the shelf of a run folder; its sidecars say what the journal's header says."""
    run = facts(dict(book.header))
    return Shelf(folder, full_decode=full_decode, sidecar=lambda state: sidecar_text(state, run))


def note_manifest(book: Journal, folder: Path, manifest: Manifest, plan: Plan) -> bool:
    """Write into the header what this run is made from; return whether the plan is still to be entered.

    The word by which commands name the manifest is that of the folder in which it was first run from there.
    """
    header = book.header
    told = {
        "name": manifest.name,
        "manifest_from_folder": os.path.relpath(manifest.path.absolute(), folder.absolute()),
        "manifest_digest": manifest.digest,
        "plan_digest": plan.digest,
        "runner_version": __version__,
        "providers": json.dumps(manifest.route),
    }
    if told["manifest_from_folder"] != header.get("manifest_from_folder"):
        told["manifest"] = os.path.relpath(manifest.path)
    news = {name: value for name, value in told.items() if header.get(name) != value}
    if news:
        book.set_header(**news)
    return header.get("entered") != plan.digest


def enter(book: Journal, shelf: Shelf, plan: Plan, now: float) -> None:
    """Bring journal and files up to the plan: new items planned, gone ones retired, renamed videos moved.

    The header learns of it last, so that a run that died on the way leaves all of it to the next.
    """
    is_empty = not book.last_seq()
    survey = _Survey() if is_empty else _surveyed(book, plan, now)
    shelf.rehome(survey.moves)
    news = updates(plan.items, _nothing if is_empty else book.told)
    book.write_all(_entries(book, news, survey.gone, now))
    book.set_header(entered=plan.digest)


@dataclass(slots=True)
class _Survey:
    """What must be known of a plan before its first item is written: the moves of finished videos, and what left."""

    moves: list[tuple[State, State]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def note(self, before: State | None, event: Event, now: float) -> None:
        """Note the change of one known item."""
        if before is not None and before.phase is Phase.DONE:
            self.moves.append((before, apply(before, Stamped(at=now, event=event))))


def _surveyed(book: Journal, plan: Plan, now: float) -> _Survey:
    survey, kept = _Survey(), 0
    for update in updates(plan.items, book.told):
        kept += update.before is not None and update.before.wanted
        if update.event is not None and update.before is not None:
            survey.note(book.state(update.key), update.event, now)
    if sum(book.counts().values()) != kept:
        keys = {item.key for item in plan.items}
        survey.gone += [key for key in book.wanted() if key not in keys]
    for key in survey.gone:
        survey.note(book.state(key), Retired(), now)
    return survey


def _nothing(_key: str) -> None:
    """Answer for a journal that knows no item."""


def _entries(book: Journal, news: Iterable[Update], gone: Iterable[str], now: float) -> Iterator[Entry]:
    for update in news:
        if update.event is not None:
            before = book.state(update.key) if update.before else None
            stamped = Stamped(at=now, event=update.event)
            index = index_of(_after(before, stamped))
            yield Entry(key=update.key, stamped=[stamped], index=index, position=update.position)
        elif update.is_news and (known := book.entry(update.key)) is not None:
            yield Entry(key=update.key, stamped=(), index=known, position=update.position)
    for key in gone:
        stamped = Stamped(at=now, event=Retired())
        yield Entry(key=key, stamped=[stamped], index=index_of(_after(book.state(key), stamped)), position=None)


def _after(state: State | None, stamped: Stamped) -> State:
    if state is not None:
        return apply(state, stamped)
    assert isinstance(stamped.event, Planned)
    return State(item=stamped.event.item)


def mend(book: Journal, shelf: Shelf, now: float, *, thorough: bool = False) -> list[str]:
    """Find finished videos that are gone, so that they are fetched again, and sidecars, so that they are rewritten.

    `thorough` reads every video and finds those that are not what was checked, too. Return the ids of what is to be
    fetched again; nothing is bought for it.
    """
    if not thorough and is_settled(book, shelf, now):
        return []
    mark = _videos_mark(book, shelf, now)
    lost, homes = [], _Homes(book, shelf)
    harms = list(_harms(book, shelf, thorough=thorough))
    if mark and not harms:
        book.set_header(looked=mark)
    for key, reason in harms:
        state = book.state(key)
        assert state is not None
        if not reason:
            shelf.describe(state)
        elif not shelf.reclaim(state, homes):
            _append(book, key, Stamped(at=now, event=Spoiled(reason=f"{reason}: it is fetched again", final=False)))
            lost.append(state.item.id)
    return lost


def is_settled(book: Journal, shelf: Shelf, now: float) -> bool:
    """Return whether all is as it was when the names of all finished videos were looked at last."""
    mark = _videos_mark(book, shelf, now)
    return bool(mark) and book.header.get(_LOOKED) == mark


def look_back(book: Journal, shelf: Shelf, now: float) -> None:
    """Look at the names of all finished videos once more, so that the next start need not."""
    mark = _videos_mark(book, shelf, now)
    is_whole = mark and book.header.get(_LOOKED) != mark and not any(_harms(book, shelf, thorough=False))
    if is_whole:
        book.set_header(looked=mark)


_LOOKED: Final = "looked"
_SETTLED_S: Final = 2.0  # a folder's time stamp is coarser than the changes that it stands for


def _videos_mark(book: Journal, shelf: Shelf, now: float) -> str:
    """Return what is the same as long as no name in the folder of videos and no fact of the journal is new.

    The kernel stamps a folder whenever a name in it is added, removed or replaced, and nobody can set that stamp back.
    Empty when the last change is so new that another one may bear the same stamp.
    """
    if not shelf.place("").is_dir():
        return ""
    stat = shelf.place("").stat()
    if now - stat.st_ctime < _SETTLED_S:
        return ""
    return f"{stat.st_dev} {stat.st_ino} {stat.st_ctime_ns} {book.last_seq()}"


class _Homes:
    """The places of all finished videos, read when they are first asked for: mostly nobody does."""

    def __init__(self, book: Journal, shelf: Shelf) -> None:
        self._book = book
        self._shelf = shelf

    def __contains__(self, place: object) -> bool:
        return place in self._places

    @cached_property
    def _places(self) -> frozenset[Path]:
        return frozenset(self._shelf.place(name) for _, name in self._book.finished(Phase.DONE))


def _harms(book: Journal, shelf: Shelf, *, thorough: bool) -> Iterator[tuple[str, str]]:
    """Give the key of each finished video that is not well and what is wrong with it; nothing, if only its sidecar."""
    for key, name in book.finished(Phase.DONE):
        video = str(shelf.place(name))
        if reason := _harm(book, key, video, thorough=thorough):
            yield key, reason
        elif not os.path.isfile(f"{video.removesuffix('.mp4')}.json"):  # noqa: PTH113 -- a million times, five times faster
            yield key, ""


def _harm(book: Journal, key: str, video: str, *, thorough: bool) -> str:
    """Return what is wrong with a finished video, empty when nothing is."""
    if not os.path.isfile(video):  # noqa: PTH113 -- the same
        return "the file is gone from the folder"
    state = book.state(key) if thorough else None
    if state is not None and state.artifact is not None and digest_of(Path(video)) != state.artifact.sha256:
        return "the file is not the one that was checked"
    return ""


def requeue(book: Journal, keys: Iterable[str], now: float, *, buys: bool) -> None:
    """Let failed items be tried again: a paid video that came home broken is fetched; all else only where `buys`."""
    for key in keys:
        state = book.state(key)
        if state is not None and state.phase is Phase.FAILED and (buys or is_refetched(state)):
            by = "retry" if buys else "fetch"
            _append(book, key, Stamped(at=now, event=Requeued(by=by, refetch=is_refetched(state))))


def _append(book: Journal, key: str, stamped: Stamped) -> None:
    state = book.state(key)
    assert state is not None
    book.write(key, [stamped], index_of(apply(state, stamped)))


def rows(book: Journal) -> Iterator[Row]:
    """Give the row of every item, in the order of the plan."""
    return (row(state) for state in book.states())


def write_reports(book: Journal, folder: Path) -> Summary:
    """Write every report file anew from the journal; the same journal gives the same bytes."""
    run, (summary, told) = facts(dict(book.header)), told_rows(book)
    for name, paper in PAPERS.items():
        write_whole(folder / name, paper(run, summary, told))
    return summary


def told_rows(book: Journal) -> tuple[Summary, Iterable[Row]]:
    """Return the numbers of the whole run and its rows, for which the journal is folded only once."""
    spool = row_spool()

    def kept() -> Iterator[Row]:
        for each in rows(book):
            spool.append(each)
            yield each

    return summarise(kept()), spool


def are_reports_current(book: Journal, folder: Path) -> bool:
    """Return whether the report files were written from the journal as it is now."""
    return book.header.get("reported") == _report_mark(book) and all((folder / name).is_file() for name in PAPERS)


def note_reports(book: Journal, summary: Summary) -> None:
    """Remember from what state of the journal the reports were written, and the numbers in them."""
    book.set_header(reported=_report_mark(book), summary=json.dumps(to_json(summary)))


def summary_of(book: Journal) -> Summary:
    """Return the numbers of the whole run: those of the last report where nothing happened since."""
    header = book.header
    if "summary" in header and header.get("reported") == _report_mark(book):
        return from_json(Summary, json.loads(header["summary"]))
    return summarise(rows(book))


def _report_mark(book: Journal) -> str:
    header = book.header
    return " ".join([str(book.last_seq()), header["plan_digest"], header["manifest_digest"], header["runner_version"]])


def require_lock(folder: Path, plan: Plan) -> None:
    """Raise DriftError unless the plan is the very one that was locked in the folder."""
    if _lock_digest(folder) == _text_digest(lock_text(plan)):
        return
    locked = _read_lock(folder / LOCK)
    if locked is None:
        raise DriftError(f"--frozen needs {folder / LOCK}, which is not there; run once without --frozen to make it")
    if found := drift(plan, locked):
        shown = "; ".join(found[:_SHOWN]) + (f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
        raise DriftError(f"the plan is not that of {folder / LOCK}: {shown}; run without --frozen to accept it")


def write_lock(folder: Path, plan: Plan) -> str:
    """Write the plan's lock, if it says anything new; return the SHA-256 (hex) of the file."""
    digest = _text_digest(lock_text(plan))
    if _lock_digest(folder) != digest:
        if not _is_lock(folder / LOCK):
            _read_lock(folder / LOCK)
        write_whole(folder / LOCK, lock_text(plan))
    return digest


def _lock_digest(folder: Path) -> str:
    """Return the SHA-256 (hex) of the lock, empty when there is none."""
    return digest_of(folder / LOCK) if (folder / LOCK).is_file() else ""


def _text_digest(chunks: Iterable[str]) -> str:
    sha = hashlib.sha256()
    for chunk in chunks:
        sha.update(chunk.encode())
    return sha.hexdigest()


def _is_lock(path: Path) -> bool:
    """Return whether a file begins and ends as a lock does; a large one is not read for being replaced."""
    head, *_, tail = (part.encode() for part in lock_text(Plan(items=(), digest="")))
    try:
        with path.open("rb") as file:
            begin = file.read(len(head))
            file.seek(-len(tail), os.SEEK_END)
            return begin == head and file.read() == tail
    except OSError:
        return False


def _read_lock(path: Path) -> dict[str, Any] | None:
    try:
        locked = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise FolderError(
            f"{path} cannot be read: {error}; restore it, or delete it and run without --frozen"
        ) from error
    if not isinstance(locked, dict) or not isinstance(locked.get("items"), dict):
        raise FolderError(f"{path} is no plan lock; restore it, or delete it and run without --frozen")
    return locked
