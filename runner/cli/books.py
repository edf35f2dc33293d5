"""The run folder's books: the journal brought up to the manifest, and the reports written from it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..core.lifecycle import apply
from ..core.lock import drift, lock_document
from ..core.plan import Plan, is_refetched
from ..core.state import Index, Phase, State, index_of
from ..core.tally import Row, Summary, row, summarise
from ..core.update import updates
from ..edge.digest import digest_of
from ..edge.files import Files
from ..edge.journal import Entry, Journal
from ..edge.shelf import Shelf
from ..errors import DriftError, FolderError
from ..events import Planned, Requeued, Spoiled, Stamped
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
        shard=header.get("shard"),
    )


def files_of(book: Journal) -> Files:
    """Return the door to the files of a run folder, which is open as long as the folder is this run's."""
    return Files(book.holding)


def shelf_of(folder: Path, book: Journal, *, full_decode: bool = True) -> Shelf:
    """Return the shelf of a run folder; its sidecars say what the journal's header says."""
    run = facts(dict(book.header))
    return Shelf(folder, full_decode=full_decode, sidecar=lambda state: sidecar_text(state, run), files=files_of(book))


def note_manifest(book: Journal, folder: Path, manifest: Manifest, plan: Plan) -> bool:
    """Write into the header what this run is made from; return whether the plan is still to be entered.

    The word by which commands name the manifest is that of the folder in which it was first run from there.
    """
    header = book.header
    is_new = header.get("entered") != plan.digest
    told = {
        "name": manifest.name,
        "manifest_from_folder": os.path.relpath(manifest.path.absolute(), folder.absolute()),
        "manifest_digest": manifest.digest,
        "plan_digest": plan.digest,
        "runner_version": __version__,
        "providers": json.dumps(manifest.route),
    }
    if is_new:
        told["entered"] = ""  # a death before the end may leave half of this plan, and the next may be the former one
    if manifest.shard is not None:
        told["shard"] = str(manifest.shard)
    if told["manifest_from_folder"] != header.get("manifest_from_folder"):
        told["manifest"] = os.path.relpath(manifest.path)
    news = {name: value for name, value in told.items() if header.get(name) != value}
    if news:
        book.set_header(**news)
    return is_new


def enter(book: Journal, shelf: Shelf, plan: Plan, now: float) -> None:
    """Bring journal and files up to the plan: new items planned, gone ones retired, renamed videos moved.

    The header learns of it last, so that a run that died on the way leaves all of it to the next.
    """
    known = {state.item.key: state for state in book.states()}
    entries, moves = [], []
    for update in updates(plan, known):
        before = known.get(update.key)
        stamped = [Stamped(at=now, event=update.event)] if update.event else []
        after = _after(before, stamped)
        entries.append(Entry(key=update.key, stamped=stamped, index=index_of(after), position=update.position))
        if before is not None and before.phase is Phase.DONE:
            moves.append((before, after))
    shelf.rehome(moves)
    book.write_all(entries)
    book.set_header(entered=plan.digest)


def _after(state: State | None, stamped: list[Stamped]) -> State:
    for each in stamped:
        if state is None:
            assert isinstance(each.event, Planned)
            state = State(item=each.event.item)
        else:
            state = apply(state, each)
    assert state is not None
    return state


def mend(book: Journal, shelf: Shelf, index: Mapping[str, Index], now: float, *, thorough: bool = False) -> list[str]:
    """Find finished videos that are gone, so that they are fetched again, and sidecars, so that they are rewritten.

    `thorough` reads every video and finds those that are not what was checked, too. Return the ids of what is to be
    fetched again; nothing is bought for it.
    """
    lost = []
    homes = {shelf.place(entry.name) for entry in index.values() if entry.phase == Phase.DONE and entry.wanted}
    for key, entry in index.items():
        if entry.phase != Phase.DONE or not entry.wanted:
            continue
        video = shelf.place(entry.name)
        reason = _harm(book, key, video, thorough=thorough)
        if reason and (state := book.state(key)) and not shelf.reclaim(state, homes):
            _append(book, key, Stamped(at=now, event=Spoiled(reason=f"{reason}: it is fetched again", final=False)))
            lost.append(entry.id)
        elif not reason and not video.with_suffix(".json").is_file() and (state := book.state(key)):
            shelf.describe(state)
    return lost


def _harm(book: Journal, key: str, video: Path, *, thorough: bool) -> str:
    """Return what is wrong with a finished video, empty when nothing is."""
    if not video.is_file():
        return "the file is gone from the folder"
    state = book.state(key) if thorough else None
    if state is not None and state.artifact is not None and digest_of(video) != state.artifact.sha256:
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


def summary_of(book: Journal) -> Summary:
    """Return the numbers of the whole run."""
    return summarise(rows(book))


def write_reports(book: Journal, folder: Path, files: Files | None = None) -> Summary:
    """Write every report file anew from the journal, which is open to be written; the same journal, the same bytes."""
    run, summary, door = facts(dict(book.header)), summary_of(book), files or files_of(book)
    for name, paper in PAPERS.items():
        door.write_whole(folder / name, paper(run, summary, rows(book)))
    return summary


def are_reports_current(book: Journal, folder: Path) -> bool:
    """Return whether the report files were written from the journal as it is now."""
    return book.header.get("reported") == _report_mark(book) and all((folder / name).is_file() for name in PAPERS)


def note_reports(book: Journal) -> None:
    """Remember from what state of the journal the reports were written."""
    book.set_header(reported=_report_mark(book))


def _report_mark(book: Journal) -> str:
    header = book.header
    return " ".join([str(book.last_seq()), header["plan_digest"], header["manifest_digest"], header["runner_version"]])


def require_lock(folder: Path, plan: Plan) -> None:
    """Raise DriftError unless the plan is the very one that was locked in the folder."""
    locked = _read_lock(folder / LOCK)
    if locked is None:
        raise DriftError(f"--frozen needs {folder / LOCK}, which is not there; run once without --frozen to make it")
    if found := drift(plan, locked):
        shown = "; ".join(found[:_SHOWN]) + (f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
        raise DriftError(f"the plan is not that of {folder / LOCK}: {shown}; run without --frozen to accept it")


def write_lock(folder: Path, plan: Plan, files: Files) -> None:
    """Write the plan's lock, if it says anything new."""
    document = lock_document(plan)
    if _read_lock(folder / LOCK) != document:
        files.write_whole(folder / LOCK, [json.dumps(document, indent=1, ensure_ascii=True), "\n"])


def _read_lock(path: Path) -> dict[str, Any] | None:
    try:
        locked = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise FolderError(
            f"{path} cannot be read: {error}; restore it, or delete it and run without --frozen"
        ) from error
    if not isinstance(locked, dict) or not isinstance(locked.get("items"), dict):
        raise FolderError(f"{path} is no plan lock; restore it, or delete it and run without --frozen")
    return locked
