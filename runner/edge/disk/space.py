"""The door to what the machine has left: room on the run folder's disk, and files that may yet be opened."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Final

from .files import halting

_OPEN: Final = "/dev/fd"  # lists the open files of whoever looks, on Linux and macOS


class Space:
    """Looks anew each time; a look costs microseconds."""

    def __init__(self, folder: Path) -> None:
        """Measure the disk on which `folder` lies."""
        self._folder = folder

    def free_bytes(self) -> int:
        """Return how many bytes more the disk takes from this user."""
        with halting(self._folder, "measure the disk of"):
            disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize

    def free_files(self) -> int:
        """Return how many files more this process may open."""
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return sys.maxsize if most == resource.RLIM_INFINITY else most - len(os.listdir(_OPEN))  # noqa: PTH208 - no path is made
