"""Tries whether a place keeps what a run needs, by doing once what a run does there; all of it is taken away again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from ...errors import FolderError
from ..disk.files import halting
from ..disk.lock import file_system, held, still
from ..disk.regular import is_folder, is_there
from ..journal.journal import Journal

_PREFIX: Final = ".s2v-doctor-"


def standing(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it, in which it would be made.

    Raise FolderError where something else has its name, or a link that leads nowhere.
    """
    above = (folder, *folder.absolute().parents)
    found = next((each for each in above if is_there(each) or each.is_symlink()), Path("/"))
    if not is_there(found):
        raise FolderError(
            f"{found} is a link to {found.readlink()}, where nothing is; mount or make that, or choose another "
            "output.dir"
        )
    if not is_folder(found):
        raise FolderError(f"{found} is no folder, and one is needed there; move it away or choose another output.dir")
    return found


def try_state(folder: Path) -> str:
    """Lock, write and sync a journal where `folder` is or would be made, and return the type of the file system.

    Raise FolderError or Halt where a run could not keep its state there.
    """
    place = standing(folder)
    with halting(place), tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place) as name:
        trial = Path(name)
        with held(trial), Journal.create_or_open(trial):
            _require_lock(trial)
    return file_system(place)


def _require_lock(trial: Path) -> None:
    """Raise FolderError where a folder that is held can be held a second time."""
    try:
        with still(trial):
            pass
    except FolderError:
        return
    raise FolderError(f"locks do not hold in {trial.parent}: two runs could buy the same; use a local disk")


def try_file(folder: Path) -> None:
    """Write a file without a name in `folder`; raise Halt where that cannot be."""
    with halting(folder), tempfile.TemporaryFile(dir=folder) as file:
        file.write(b".")
        file.flush()
