"""Takes what the service keeps of one person out of its folder: orders, the portrait, films.

Films go before the orders that name them, so that a death on the way leaves nothing that is not found again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from .database import FILE, open_database
from .disk import sync_folder

SHELF: Final = "videos"  # in the service's folder; a film has the number of its task

_ASKED: Final = "SELECT task_id FROM task WHERE portrait = ? OR task_id IN (SELECT value FROM json_each(?))"


def forget(folder: Path, portrait: str, tasks: Collection[str]) -> int:
    """Forget all orders with a portrait of this digest (SHA-256, hex), and these; return how many there were.

    Raise FolderError while a service works in the folder. A folder that is not there stays so.
    """
    if not (folder / FILE).is_file():
        return 0
    with open_database(folder) as database:
        asked = (portrait, json.dumps([*tasks]))
        with database.reading() as sql:
            found = [task for (task,) in sql.execute(_ASKED, asked)]
            sql.execute("PRAGMA secure_delete = ON")
        for task in found:
            for film in (folder / SHELF).glob(f"{task}.*"):
                film.unlink(missing_ok=True)
        for stage in (path for path in (folder / SHELF).glob("*") if path.is_dir() and not path.is_symlink()):
            shutil.rmtree(stage)  # of a film whose drawing a crash interrupted: nobody draws while the folder is held
        if (folder / SHELF).is_dir():
            sync_folder(folder / SHELF)
        with database.change() as sql:
            told = json.dumps(found)
            sql.execute("DELETE FROM post WHERE task_id IN (SELECT value FROM json_each(?))", (told,))
            sql.execute("DELETE FROM task WHERE task_id IN (SELECT value FROM json_each(?))", (told,))
            sql.execute("DELETE FROM portrait WHERE sha256 NOT IN (SELECT portrait FROM task)")
        with database.reading() as sql:
            sql.execute("VACUUM")
            sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(found)
