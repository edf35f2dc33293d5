"""The folder for temporary files: `TMPDIR`, or the system's; a machine may have none, or no room in any."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ...errors import Halt


def temporary_folder() -> Path:
    """Return the folder for temporary files; raise Halt where none takes a file."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise Halt(
            "no folder for temporary files takes one: make room, or let TMPDIR name a folder that can be written, "
            "then run the same command again"
        ) from error
