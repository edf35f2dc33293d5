"""Hunts for broken promises: lives through the histories of many seeds, and tells of each that breaks one.

PYTHONPATH=.:tests/engine python tests/bench/simulate.py --seeds 10000 [--from 0] [--jobs 2] [--show]
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from sim_promises import Told, simulate


def main() -> int:
    """Return 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="tell every history, whole")
    parser.add_argument("--most", type=int, default=5, help="broken histories that are told")
    args = parser.parse_args()
    began, broken = time.perf_counter(), list[Told]()
    with ProcessPoolExecutor(args.jobs) as pool:
        for told in pool.map(simulate, range(args.first, args.first + args.seeds), chunksize=20):
            if args.show:
                print(*(f"{at:12.2f}  {text}" for at, text in told.trail), sep="\n")  # noqa: T201
            if told.faults:
                broken.append(told)
                print(told if len(broken) <= args.most else f"seed {told.seed}: {told.faults[0]}", flush=True)  # noqa: T201
    took = time.perf_counter() - began
    print(f"{args.seeds} seeds, {len(broken)} broken, {took:.1f} s, {args.seeds / took:.1f} seeds/s")  # noqa: T201
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
