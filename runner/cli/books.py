"""The run folder's books: what the journal's header says, what is mended, and the reports written from it all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..core.lifecycle import apply
from ..core.plan import Plan, is_refetched
from ..core.state import Phase, index_of
from ..core.sums import summarise, summed
from ..core.tally import Row, Summary, row
from ..edge.codec import from_json, to_json
from ..edge.digest import digest_of
from ..edge.files import Files
from ..edge.journal import Journal
from ..edge.shelf import Judge, Shelf
from ..edge.spool import row_spool
from ..edge.thumbs import FOLDER as THUMBS
from ..edge.thumbs import draw_thumbs
from ..events import Requeued, Spoiled, Stamped
from ..model import Manifest, Rate
from ..report.facts import Foretold, RunFacts
from ..report.page import MOST_CARDS
from ..report.papers import PAPERS
from ..report.sidecar import sidecar_text

FORECAST: Final = "forecast"  # in the header: that of the newest run that had something to do


def facts(header: dict[str, Any]) -> RunFacts:
    """Return what the journal's header says of the run."""
    limits = json.loads(header.get(_LIMITS, "{}"))
    return RunFacts(
        name=header["name"],
        run_id=header["run_id"],
        manifest=header["manifest"],
        manifest_digest=header["manifest_digest"],
        plan_digest=header["plan_digest"],
        runner_version=header["runner_version"],
        providers=tuple(json.loads(header["providers"])),
        shard=header.get("shard"),
        in_flight=limits.get("in_flight"),
        rates=tuple(limits.get("rates", ())),
        forecast=from_json(Foretold, json.loads(header[FORECAST])) if header.get(FORECAST) else None,
    )


def note_forecast(book: Journal, forecast: Foretold) -> None:
    """Remember what a run is forecast to take, or what it took."""
    book.set_header(forecast=json.dumps(to_json(forecast)))


def note_limits(book: Journal, in_flight: int | None, rates: Iterable[Rate]) -> None:
    """Write into the header under which limits this run buys, for the report to draw."""
    told = json.dumps({"in_flight": in_flight, "rates": [str(rate) for rate in rates]})
    if book.header.get(_LIMITS) != told:
        book.set_header(**{_LIMITS: told})


_LIMITS: Final = "limits"


def files_of(book: Journal) -> Files:
    """Return the door to the files of a run folder, which is open as long as the folder is this run's."""
    return Files(book.holding)


def shelf_of(folder: Path, book: Journal, *, judge: Judge | None = None) -> Shelf:
    """Return the shelf of a run folder; its sidecars say what the journal's header says."""
    run = facts(dict(book.header))
    return Shelf(
        folder, full_decode=True, sidecar=lambda state: sidecar_text(state, run), files=files_of(book),
        judge=judge,
    )  # fmt: skip


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


def mend(book: Journal, shelf: Shelf, now: float, *, thorough: bool = False) -> list[str]:
    """Find whole videos that are gone, so that they are fetched again, and sidecars, so that they are rewritten.

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


LOOKED_AT_ONCE: Final = 20_000  # names of videos, a sixth of a second


def is_long_look(book: Journal) -> bool:
    """Return whether looking at the names of all whole videos takes so long that work should not wait for it."""
    counts = book.counts()
    return sum(counts.get(phase, 0) for phase in _PHASES) > LOOKED_AT_ONCE


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


def write_reports(book: Journal, folder: Path, files: Files | None = None) -> Summary:
    """Write every report file anew from the journal, which is open to be written; the same journal, the same bytes."""
    run, door, (summary, told) = facts(dict(book.header)), files or files_of(book), told_rows(book)
    for name, paper in PAPERS.items():
        door.write_whole(folder / name, paper(run, summary, told))
    if summary.items <= MOST_CARDS:
        portraits = {each.portrait_sha256: each.portrait for each in told}
        source = (folder / book.header["manifest_from_folder"]).parent
        draw_thumbs(folder / THUMBS, portraits, source=source, files=door)
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
    """Return the numbers of the whole run: those of the last report where nothing happened since.

    Else they come from the index, and no history is folded.
    """
    header = book.header
    if "summary" in header and header.get("reported") == _report_mark(book):
        return from_json(Summary, json.loads(header["summary"]))
    return summed(book.piles(), book.troubles(), book.span())


def _report_mark(book: Journal) -> str:
    header = book.header
    return " ".join([str(book.last_seq()), header["plan_digest"], header["manifest_digest"], header["runner_version"]])
