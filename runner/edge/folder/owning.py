"""A run folder that is ours: its lock held, its journal open, and no journal taken that is older than the folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..disk.lock import held, note_epoch, noted_epoch
from ..journal.journal import Journal


@contextmanager
def owned(folder: Path, **born: str) -> Iterator[Journal]:
    """Hold the folder and give its journal, open for writing; raise FolderError or Halt where that cannot be.

    A journal that is made here says in its header what `born` says, as soon as anybody can read it. The lock's file
    remembers how far the journal was: a backup that is put back knows nothing of what was bought since.
    """
    with held(folder), Journal.create_or_open(folder, least_epoch=noted_epoch(folder), born=born) as book:
        note_epoch(folder, book.epoch)
        yield book
