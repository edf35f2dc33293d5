"""A real journal that tells a test before a run folder is held for a step: each name there is given or taken then."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from runner.edge.journal.journal import Journal


class WatchedJournal(Journal):
    """`passes` is called before each step; it may act as another process would, or raise as if this one died."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Let every step pass, until somebody looks."""
        super().__init__(connection, path)
        self.passes: Callable[[], None] = lambda: None

    def holding(self) -> AbstractContextManager[None]:
        """Tell first."""
        self.passes()
        return super().holding()
