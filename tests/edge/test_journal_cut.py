"""The power fails while SQLite writes: any of the sectors that were not synced reached the disk, in any order.

Copies are taken where a commit has returned. Between two of them SQLite writes the log and syncs it; then, when the log
is moved into the file, it writes the file and syncs that. What was told as committed is there after any cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from sim_disk import Image
from told_lives import entry, item, told

from runner.core.life.lifecycle import fold
from runner.core.life.state import index_of
from runner.edge.journal.journal import Journal
from runner.edge.journal.state_file import FILE, connect
from runner.events import Seen, Stamped

SECTOR = 512  # bytes that a disk writes whole
HEADER = 32  # bytes at the beginning of a log
COMMITS = 40
MEMORY = Path("/dev/shm")  # files that live in memory, where the system has such


class EagerJournal(Journal):
    """The real journal, which moves its log into the file every few pages, so that many commits meet a checkpoint."""

    def hurry(self, pages: int) -> None:
        self._sql.execute(f"PRAGMA wal_autocheckpoint = {pages}")


@pytest.fixture
def memory() -> Iterator[Path]:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


def images(folder: Path, pages: int) -> list[Image]:
    """Give what the disk holds after each commit; the n-th has n facts."""
    history = told(item())
    with EagerJournal.create_or_open(folder) as journal:
        journal.hurry(pages)
        found = [Image.of(folder)]
        journal.write_all([entry(history, position=0)])
        found.append(Image.of(folder))
        for at in range(1, COMMITS):
            news = Stamped(at=float(at), event=Seen(status=f"{at} " + "x" * (at * 137 % 3000)))
            history.append(news)
            journal.write(item().key, [news], index_of(fold(history)))
            found.append(Image.of(folder))
    return found


def scattered(before: bytes, after: bytes, dice: Random) -> bytes:
    """Return a file of which any of the changed sectors are written, and the end where the last of them is."""
    share, left, size = dice.random(), bytearray(before), len(before)
    for begin in range(0, len(after), SECTOR):
        sector = after[begin : begin + SECTOR]
        if before[begin : begin + SECTOR] != sector and dice.random() < share:
            left += bytes(max(0, begin - len(left)))
            left[begin : begin + SECTOR] = sector
            size = max(size, begin + len(sector))
    return bytes(left[:size])


def cuts(before: Image, after: Image, dice: Random) -> Iterator[Image]:
    """Give what a cut may leave: the log half written, or the log whole and the file half written.

    A log that begins anew gets its new header first, and that is synced before anything follows (wal.c: syncHeader).
    """
    if before.log[:HEADER] != after.log[:HEADER]:
        yield Image(db=before.db, log=after.log[: HEADER // 2] + before.log[HEADER // 2 :])
    begun = before.log if len(before.log) < HEADER else after.log[:HEADER] + before.log[HEADER:]
    yield Image(db=before.db, log=scattered(begun, after.log, dice))
    if before.db != after.db:
        yield Image(db=scattered(before.db, after.db, dice), log=after.log)


@pytest.mark.parametrize("pages", [2, 5, 1000], ids="a checkpoint every {} pages".format)
@pytest.mark.parametrize("seed", range(3))
def test_what_was_told_as_committed_is_there_after_any_power_cut(memory: Path, pages: int, seed: int) -> None:
    dice, run, cut = Random(seed), memory / "run", memory / "cut"
    run.mkdir()
    cut.mkdir()
    found = images(run, pages)
    for number, (before, after) in enumerate(pairwise(found)):
        for left in cuts(before, after, dice):
            left.lay(cut)
            with Journal.create_or_open(cut) as journal:
                journal.examine()
                facts = [stamped.at for _, _, stamped in journal.events()]
                assert facts in ([float(at) for at in range(count)] for count in (number, number + 1))
                assert dict(journal.index()) == {state.item.key: index_of(state) for state in journal.states()}


def test_a_log_whose_removal_did_not_reach_the_disk_says_nothing_new(memory: Path) -> None:
    with Journal.create_or_open(memory) as journal:
        journal.write_all([entry(told(item()), position=0)])
        log = Image.of(memory).log
    Image(db=(memory / FILE).read_bytes(), log=log).lay(memory)
    with Journal.create_or_open(memory) as journal:
        assert journal.history(item().key) == told(item())


def test_the_cuts_meet_checkpoints_and_logs_that_begin_anew(memory: Path) -> None:
    found = images(memory, 5)
    assert sum(one.db != two.db for one, two in pairwise(found)) > 5
    assert any(len(one.log) == len(two.log) != 0 for one, two in pairwise(found))
    with closing(connect(memory / FILE, "ro")) as sql:
        assert sql.execute("SELECT count(*) FROM event").fetchone() == (COMMITS,)
