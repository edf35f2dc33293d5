"""A program that holds a folder, says so on stdout, and goes when its stdin ends."""

from __future__ import annotations

import sys
from pathlib import Path

from runner.edge.disk.lock import held

if __name__ == "__main__":
    with held(Path(sys.argv[1])):
        print("held", flush=True)  # noqa: T201 - a test reads it
        sys.stdin.read()
