"""Shows the simulation's teeth: plants bugs, one after the other, and tells in how many seeds each is found.

PYTHONPATH=.:tests/engine python tests/bench/plant_bugs.py [--seeds 500] [--jobs 2] [--only WORDS]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from sim_bugs import BUGS, hunt, plant


def search(seeds: int, name: str) -> list[tuple[int, str]]:
    """Return what is found of one bug."""
    with tempfile.TemporaryDirectory() as folder:
        plant(BUGS[name], Path(folder))
        return hunt(Path(folder), range(seeds), only_first=False)


def main() -> int:
    """Return 1 when a bug was not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", help="bugs whose name holds these words")
    args = parser.parse_args()
    names = [name for name in BUGS if args.only in name]
    missed = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for name, found in zip(names, pool.map(partial(search, args.seeds), names), strict=True):
            missed += not found
            first = f"first in {found[0][0]}: {found[0][1]}" if found else "NOT FOUND"
            print(f"{name:45} {len(found):4} of {args.seeds} seeds, {first}", flush=True)  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
