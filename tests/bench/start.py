"""How long it takes from the start of a process to the first request of ten items, by each transport.

python tests/bench/start.py [--times 9]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from million import Listener, environ, measure
from peers import prepare

ARGV = ["-m", "runner", "run", "header.yaml", "--yes", "--quiet"]


def first_request(way: str) -> float:
    """Return the seconds of one start on a machine of its own: what killed rounds left in doubt would be waited for."""
    with Listener() as provider, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, 10)
        env = environ(provider.host, folder / "machine") | {"S2V_TRANSPORT": way}
        return measure(ARGV, folder=folder, env=env, until=provider).wall_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=9)
    args = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}; best and middle of {args.times}, in seconds")  # noqa: T201
    for way in ("httpx", "aiohttp"):
        walls = sorted(first_request(way) for _ in range(args.times))
        print(f"{way:<8} {walls[0]:.3f} {walls[len(walls) // 2]:.3f}")  # noqa: T201


if __name__ == "__main__":
    main()
