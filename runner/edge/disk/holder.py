"""Who works in a run folder, found out without touching its lock.

To try the lock would be simpler, and wrong: a run that begins at that very moment would find the folder held.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Final

LOCKS: Final = Path("/proc/locks")
"""Where Linux lists every lock of the machine; elsewhere it is asked whether the process still lives."""
_MOST: Final = 4096  # bytes of a lock file


def holder(folder: Path, locks: Path = LOCKS) -> str | None:
    """Return who works in the folder, such as `process 12 on here`, or None when nobody does."""
    lock = folder / ".lock"
    try:
        with lock.open("rb") as file:
            who, found = json.loads(file.read(_MOST)), os.fstat(file.fileno())
            pid, host = int(who["pid"]), str(who["host"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None
    is_here = host == socket.gethostname()
    try:
        held = any(_is_it(line.split(), found, pid if is_here else 0) for line in locks.read_text().splitlines())
    except OSError:
        held = is_here and _lives(pid)
    return f"process {pid} on {host}" if held else None


def _is_it(fields: list[str], found: os.stat_result, pid: int) -> bool:
    """Return whether a line tells of a whole file held for writing, by this process or, from a container, this file."""
    match fields:
        case [_, "FLOCK", _, "WRITE", owner, place, *_]:
            device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
            return owner == str(pid) or place == device
        case _:
            return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True
