"""Removes a person from a run folder: the facts first, in one commit, then everything that they name.

The commit takes the words out of the journal and notes what is still to be done; from then on it is done, by this
command, by its repetition or by the next run, whatever dies on the way. Names that s2v made of words are kept until the
files that bear them are gone. The digest of the portrait stays, so that no run buys videos of that person again, and so
do jobs, money, and ids that a user gave.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...core.life.lifecycle import apply
from ...core.life.purging import LIFTED, emptied
from ...core.life.state import Entry, Phase, State, index_of
from ...core.plan.plan import Plan
from ...edge.account.accounts import state_home
from ...edge.disk.regular import is_file
from ...edge.folder.erasing import Erased, Traces, erase, files_of
from ...edge.folder.whereabouts import lease_place
from ...edge.journal.header import ENTERED, PURGED, PURGING, REPORTED, SEALED, SUMMARY
from ...edge.journal.journal import Journal
from ...errors import Exit, FolderError, Halt, UserError
from ...events import Accepted, Intended, Planned, Purged, Requeued, Saved, Settled, Stamped
from ...executors.choosing import RAY_LOG
from ...export.making import Recipe, look, make, recipe_in
from ...export.mark import FILE as MARK
from ...model import Item
from ...service.forgetting import forget
from ...values import dataclass
from .. import books, reporting
from ..plan import plan_lock
from ..plan.barring import barred, barred_text, pending, pending_endings
from ..plan.offers import LOCAL
from ..plan.sharding import folder_of_whole
from ..run.connecting import SERVICE
from ..run.related import related
from .unnaming import endings_to_note, unname, unnamed_of


class NotAnew(UserError):
    """An export that could not be made anew, so that it may still show a person who was purged."""

    exit = Exit.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Under what names videos of a person may be in a store: `own`, and those that by now are `taken` by others.

    `is_all` is False where an earlier purge took names away.
    """

    portrait: str
    own: Sequence[str]
    taken: Sequence[str]
    is_all: bool


def shown_by(book: Journal, portrait: str) -> list[State]:
    """Return the items that ever had a portrait of this digest."""
    return [state for key in book.showing(portrait) if (state := book.state(key)) is not None]


@contextmanager
def noted(folder: Path, book: Journal, environ: Mapping[str, str]) -> Iterator[None]:
    """Let a copy from before a purge that begins in the block be refused in the folder's place, where it can be."""
    lease = None
    with suppress(FolderError, Halt):  # without a home, or in an older copy, nobody is kept from being purged
        lease = lease_place(state_home(environ), folder, book)
    yield
    if lease is not None:
        lease.bought()


def begin(book: Journal, portrait: str, exports: Sequence[Path], now: float) -> None:
    """Write down that a person is purged, and take all words that tell of them out of the journal, in one commit."""
    portraits, folders = pending(book.header)
    left = {
        "portraits": sorted({*portraits, portrait}),
        "exports": sorted({*folders, *(str(each.absolute()) for each in exports)}),
        "endings": sorted({*pending_endings(book.header), *endings_to_note(book, portrait)}),
    }
    header = {
        PURGED: barred_text({**barred(book.header), portrait: barred(book.header).get(portrait, now)}),
        PURGING: json.dumps(left),
        **dict.fromkeys((ENTERED, SEALED, REPORTED, SUMMARY), ""),
    }
    book.empty(_tombstones(book, portrait, now), header, emptied=emptied)


def _tombstones(book: Journal, portrait: str, now: float) -> Iterator[Entry]:
    for state in shown_by(book, portrait):
        at = book.not_before(state.item.key, now)  # its job may still run
        stamped = [Stamped(at=at, event=Purged())] if state.phase is not Phase.PURGED else []
        after = apply(state, stamped[0]) if stamped else state
        yield Entry(key=state.item.key, stamped=stamped, index=index_of(after))


def finish(folder: Path, book: Journal) -> Erased:
    """Remove whatever a purge that was begun is to remove, and write anew what tells of the run.

    Raise NotAnew behind all else, when an export cannot be made anew; that is then left to be done.
    """
    portraits, exports = pending(book.header)
    harm = _export_anew(folder, book, exports)
    files, counts = books.files_of(book), Erased(files=0, linked=0)
    books.shelf_of(folder, book).prepare()  # what dead processes left half written may show or name anybody
    files.remove(folder / RAY_LOG)
    for portrait in portraits:
        found = erase(folder, _traces(book, portrait), book, files)
        counts = Erased(files=counts.files + found.files, linked=counts.linked + found.linked)
        forget(folder / SERVICE, portrait, [*_local_jobs(book, portrait)])
        unname(book, portrait)
    if (folder / plan_lock.LOCK).is_file():
        plan_lock.write_lock(folder, Plan(items=_Left(book), digest=""), files)
    reporting.write_reports(book, folder, files)
    book.compact()
    if harm:
        book.set_header(**{PURGING: json.dumps({"portraits": [], "exports": [*harm]})})
        raise NotAnew("; ".join(f"{path} may still show who was purged: {why}" for path, why in harm.items()))
    book.set_header(**{PURGING: ""})
    return counts


def lift(book: Journal, portrait: str, now: float) -> int:
    """Let a person be bought again; return how many items of theirs may be. What was purged stays gone."""
    purged = [state for state in shown_by(book, portrait) if state.phase is Phase.PURGED]
    stamped = Stamped(at=now, event=Requeued(by=LIFTED))
    book.write_all(
        Entry(key=state.item.key, stamped=[stamped], index=index_of(apply(state, stamped))) for state in purged
    )
    left = {each: at for each, at in barred(book.header).items() if each != portrait}
    book.set_header(**{PURGED: barred_text(left), ENTERED: "", SEALED: ""})
    return len(purged)


def recipes_of(folder: Path, book: Journal, exports: Sequence[Path]) -> list[Recipe]:
    """Return by what recipes these exports were made from a run; raise UsageError for one that was not."""
    run = books.facts(book)
    return [recipe_in(each, folder, run) for each in exports]


def _export_anew(folder: Path, book: Journal, exports: Sequence[str]) -> dict[str, str]:
    """Make the exports that are still there anew; return which could not be, and why."""
    there = [each for each in exports if is_file(Path(each) / MARK)]
    if not there:
        return {}
    _, rows = reporting.told_rows(book)
    harm = {}
    for each in there:
        try:
            (recipe,) = recipes_of(folder, book, [Path(each)])
            make(recipe, rows, look(recipe, rows), lambda _: None)
        except (UserError, Halt) as error:  # a set somewhere else keeps nobody in this folder
            harm[each] = str(error)
    return harm


def files_with(folder: Path, book: Journal, portrait: str) -> int:
    """Return how many files of a person are in a run folder; raise FolderError where a folder in it is a link."""
    return len(files_of(folder, _traces(book, portrait), book))


def published_of(book: Journal, portrait: str) -> Published:
    """Return what is known, before a purge takes it away, of what a run may have published of a person."""
    traces, gone = _traces(book, portrait), unnamed_of(book, portrait)
    own, taken = ([name for name in sorted(names) if name not in gone] for names in (traces.own, traces.taken))
    return Published(portrait=portrait, own=own, taken=taken, is_all=not gone)


def sharing_with(book: Journal, portrait: str) -> list[State]:
    """Return the items of others for which a file of a person came home, too; it stays, for it is theirs as well."""
    traces = _traces(book, portrait)
    others = (book.state(key) for key in book.sharing_files() if key not in traces.keys)
    lives = [state for state in others if state is not None and state.phase is not Phase.PURGED]
    return [state for state in lives if not _saved(book, [state.item.key]).isdisjoint(traces.digests)]


def shown_before(book: Journal, portrait: str) -> Iterator[tuple[str, str, int]]:
    """Give each file that held a portrait, with the digest of another one that it held, and of how many items."""
    for place in sorted({state.item.portrait.ref for state in shown_by(book, portrait)} - {""}):
        states = (book.state(key) for key in book.shown_in(place))
        others = Counter(state.item.portrait.sha256 for state in states if state is not None)
        yield from ((place, other, count) for other, count in sorted(others.items()) if other != portrait)


def unpurged_beside(folder: Path, book: Journal, portrait: str, state: Path | None) -> Iterator[Path]:
    """Give the folders related to a run's, its shards and copies, that have items of a person, or may have.

    Those of them are left out that refuse the person. Raise FolderError where nobody can tell of copies, and nobody
    looks for them without `state`.
    """
    for other, its in related(state, folder_of_whole(folder.absolute()), folder, book):
        if isinstance(its, FolderError) or (portrait not in barred(its.header) and its.showing(portrait)):
            yield other


def _traces(book: Journal, portrait: str) -> Traces:
    keys = book.showing(portrait)
    facts = (stamped.event for key in keys for stamped in book.history(key))
    names = {fact.item.name for fact in facts if isinstance(fact, Planned)}
    return Traces(
        portrait=portrait, keys=keys, names=names, digests=_saved(book, keys), taken=book.taken(names, but=keys)
    )  # fmt: skip


def _saved(book: Journal, keys: Iterable[str]) -> set[str]:
    """Return the digests of all files that ever came home for items."""
    facts = (stamped.event for key in keys for stamped in book.history(key))
    return {fact.artifact.sha256 for fact in facts if isinstance(fact, Saved)}


def _local_jobs(book: Journal, portrait: str) -> Iterator[str]:
    """Give the jobs that the embedded service had; of a portrait by URL it knows another digest than we do."""
    for key in book.showing(portrait):
        provider = ""
        for stamped in book.history(key):
            match stamped.event:
                case Intended(provider=provider):
                    pass
                case Accepted(job_id=job) | Settled(job_id=str(job)) if provider == LOCAL:
                    yield job


@dataclass(frozen=True, slots=True)
class _Left:
    """The items of the plan that a journal was brought up to, without those that were purged."""

    book: Journal

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Item]:
        for key in self.book.wanted():
            entry, told = self.book.index_entry(key), self.book.told(key)
            if entry is not None and told is not None and entry.phase != Phase.PURGED:
                yield told.item
