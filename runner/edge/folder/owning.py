"""A run folder that is ours: its lock held, its journal open, and no journal taken that is older than the folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import FolderError, Halt
from ..disk.lock import held, note_epoch, noted_epoch
from ..journal.journal import Journal


@contextmanager
def owned(folder: Path, **born: str) -> Iterator[Journal]:
    """Hold the folder and give its journal, open for writing; raise FolderError or Halt where that cannot be.

    A journal that is made here says in its header what `born` says, as soon as anybody can read it. The lock's file
    remembers how far the journal was: a backup that is put back knows nothing of what was bought since. Where nothing
    was written, as in a journal that turns out to be damaged, it remembers what it did before.
    """
    with held(folder):
        former = noted_epoch(folder)
        with Journal.create_or_open(folder, least_epoch=former, born=born) as book:
            note_epoch(folder, book.epoch)
            try:
                yield book
            finally:
                if book.is_as_opened:
                    with suppress(FolderError, Halt):  # a backup is refused then that lacks nothing, with its way out
                        note_epoch(folder, min(former, book.epoch))  # a new journal may lie where another one was
