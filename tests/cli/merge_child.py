"""A program that merges and is killed at every step that it takes on the disk, each time in another destination.

python merge_child.py FOLDER SOURCE...   merges into FOLDER/0, FOLDER/1, ...: the n-th dies before its n-th step

A step is what Python tells its auditors: a file opened for writing, a folder made, a link, a rename, a removal, a
database opened. Prints a line for each death, and ends with the first merge that lives.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from runner.cli.main import main

STEPS = {"os.link", "os.rename", "os.mkdir", "os.remove", "os.truncate", "sqlite3.connect"}


class Fuse:
    """Burns down with every step, and then kills the process for good."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event in STEPS or (event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)):
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1


def survives(steps: int, words: Sequence[str]) -> bool:
    """Merge in a process of its own that dies before the step of that number; say whether it came to its end."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - the process ends before the file would be closed
    sys.addaudithook(Fuse(steps))
    os._exit(main(words))


if __name__ == "__main__":
    parent, sources = Path(sys.argv[1]), sys.argv[2:]
    steps = 0
    while not survives(steps, ["merge", str(parent / str(steps)), *sources]):
        print(steps, flush=True)  # noqa: T201 - a test reads it
        steps += 1
