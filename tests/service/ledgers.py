"""The ledger of a service's folder, for tests that count purchases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from runner.service.database import FILE, Database
from runner.service.order import Submission
from runner.service.store import Store


def ledger(folder: Path) -> tuple[Submission, ...]:
    """Return every accepted order, oldest first; reads only, also while a service runs."""
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as connection:
        return tuple(Store(Database(connection)).submissions(None))
