"""Permissions count for nobody but root, who may do anything: these blocks run as somebody whom they stop."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOBODY = 65_534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run the block without root's rights; a process that has none anyway stays what it is."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Give a folder that everybody can reach, for the folders of pytest belong to their owner alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        try:
            yield folder
        finally:
            folder.chmod(0o777)


def powerless(command: list[str], *, right: str = "all") -> list[str]:
    """Return the command as root runs it without a right to pass by permissions; others have none anyway."""
    if os.geteuid() != 0:
        return command
    if not shutil.which("setpriv"):
        pytest.skip("root may read and write everything here")
    return ["setpriv", f"--bounding-set=-{right}", f"--inh-caps=-{right}", *command]
