"""Whether the folders of a run can keep what it writes: disks, locks, the journal that is there, room, accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

from ...core.life.state import OPEN_PHASES, SHELVED, Phase
from ...core.limits.backlog import SPARE_BYTES, Backlog
from ...edge.account import accounts
from ...edge.disk.files import FILES_LEAST, require_open_files
from ...edge.disk.holder import holder
from ...edge.disk.lock import noted_epoch
from ...edge.disk.regular import is_file, is_there
from ...edge.disk.space import Space
from ...edge.disk.temporary import temporary_folder
from ...edge.folder.trial import standing, try_file, try_state
from ...edge.journal import state_file
from ...edge.journal.header import MANIFEST
from ...edge.journal.journal import Journal
from ...errors import Exit, FolderError, Halt
from ...model import Shard
from ...report.text import counted
from ...values import dataclass, replace
from ..naming import pasted, tidy
from ..plan.sharding import require_shard
from .findings import Finding, Grade, fine, looked, warning, wrong

T = TypeVar("T")

EXPECTED_BYTES: Final = 3_000_000  # of a video with its papers, where none has come home yet
_AT_REST: Final = SHELVED | {Phase.FAILED, Phase.PURGED}


def machine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at what all runs of this user have together."""
    yield from process()
    yield shared(environ)


def shared(environ: Mapping[str, str]) -> Finding:
    """Look at the place where runs of this user find each other."""
    finding = looked("accounts", lambda: _disk_words(accounts.state_home(environ)))
    if finding.grade is not Grade.WRONG:
        return finding
    return replace(finding, advice=f"or let {accounts.STATE_DIR} name a folder of yours on a local disk")


def process() -> Iterator[Finding]:
    """Look at what this very process may do."""
    yield looked("open files", _open_files)
    yield looked("temporary files", _temporary)


def _open_files() -> str:
    require_open_files()
    return f"{Space(Path()).free_files():,} more may be open; a run needs {FILES_LEAST}"


def _temporary() -> Finding:
    folder = temporary_folder()
    try_file(folder)
    free = Space(folder).free_bytes()
    if free < SPARE_BYTES:
        return warning("temporary files", f"{folder} has {_size(free)} left", "make room, or let TMPDIR name another")
    return fine("temporary files", f"{folder} takes files, {_size(free)} free")


def disk(folder: Path) -> Finding:
    """Look at the disk of a run folder that is there or would be made."""
    return looked("run folder", lambda: _disk_words(folder))


def _disk_words(folder: Path) -> str:
    """Try a folder that is there or would be made, and say how it is; raise FolderError or Halt where it will not."""
    kind = try_state(folder)
    free, place = Space(standing(folder)).free_bytes(), "" if is_there(folder) else " (not yet there)"
    return f"{tidy(folder)}{place} keeps locks and syncs{f' on {kind}' if kind else ''}, {_size(free)} free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the journal of a run folder tells.

    `open_providers` still have jobs, `at_rest` items come to nothing more by themselves.
    """

    run_id: str = ""
    open_providers: tuple[str, ...] = ()
    at_rest: int = 0
    mean_bytes: int = EXPECTED_BYTES


def journal(folder: Path, shard: Shard | None) -> tuple[Finding, Known]:
    """Look into the journal of a run folder, every page of it, and change nothing."""
    known: list[Known] = []

    def look() -> str:
        path = folder / state_file.FILE
        state_file.refuse_linked(path)
        if not is_there(path):
            state_file.refuse_traces(folder)
            return "none yet; the first run makes it"
        told, found = quietly(folder, lambda book: _examined(folder, book, shard))
        known.append(found)
        return told

    finding = looked("journal", look)
    return finding, known[0] if known else Known()


def _examined(folder: Path, book: Journal, shard: Shard | None) -> tuple[str, Known]:
    book.examine()
    if is_file(folder / ".lock"):
        book.refuse_before(noted_epoch(folder))
    if MANIFEST in book.header:
        require_shard(book.header, shard, folder)
    counts = book.counts()
    known = Known(
        run_id=book.run_id, open_providers=tuple(book.open_providers(OPEN_PHASES)),
        at_rest=sum(counts.get(phase, 0) for phase in _AT_REST), mean_bytes=_mean(book),
    )  # fmt: skip
    told = ", ".join(f"{count:,} {phase}" for phase, count in sorted(counts.items()))
    return f"{folder / state_file.FILE} is whole ({told or 'no items yet'})", known


def _mean(book: Journal) -> int:
    """Return how much a video weighs, by those that came home."""
    home = [pile for pile in book.piles() if pile.phase in SHELVED]
    count = sum(pile.items for pile in home)
    return sum(pile.bytes_ for pile in home) // count if count else EXPECTED_BYTES


def quietly(folder: Path, look: Callable[[Journal], T]) -> T:
    """Return what a look into a journal finds; where nobody is at work nothing is left beside it, not even a log.

    Where a run began meanwhile, and wrote, it is looked at once more, as it is while somebody writes.
    """
    try:
        with Journal.read(folder, is_still=is_still(folder)) as book:
            return look(book)
    except (FolderError, Halt):
        if is_still(folder):
            raise
    with Journal.read(folder) as book:
        return look(book)


def is_still(folder: Path) -> bool:
    """Return whether nobody is at work in a run folder."""
    return holder(folder) is None


def held(folder: Path) -> Finding | None:
    """Return who is at work in a run folder; None when nobody is, and a run may begin."""
    who = holder(folder)
    if who is None:
        return None
    advice = f"wait for it, s2v status {pasted(folder)} --watch, or stop it"
    return wrong("run folder", f"{folder} is held by another run ({who})", advice, exit_=Exit.FOLDER)


def room(folder: Path, videos: int, known: Known) -> Finding:
    """Hold what is free against what the videos that are still to come may weigh."""
    return looked("room", lambda: _room(folder, videos, known))


def _room(folder: Path, videos: int, known: Known) -> Finding:
    space, left = Space(standing(folder)), max(0, videos - known.at_rest)
    free = space.free_bytes()
    wanted = SPARE_BYTES + left * known.mean_bytes
    needed = f"about {_size(wanted)} wanted for {counted(left, 'video')} to come" if left else "and no video is to come"
    told = f"{_size(free)} free, {needed}"
    if left and (why := Backlog().squeeze(free_bytes=free, free_files=space.free_files())):
        return wrong("room", f"nothing can be bought: {why}", exit_=Exit.FOLDER)
    if free < wanted:
        return warning("room", told, "make room, or let output.dir name a larger disk")
    return fine("room", told)


def account(home: Path, who: accounts.Holder) -> Finding:
    """Look at the file by which the runs of this machine share an account, and make none."""
    name = f"account {who.provider}"

    def look() -> str:
        is_known = accounts.examine(home, who)
        return "known on this machine; its runs share its limits" if is_known else "not yet used on this machine"

    return looked(name, look)


def _size(bytes_: int) -> str:
    return f"{bytes_ / 1e9:,.1f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:,.0f} MB"  # noqa: PLR2004 - a GB
