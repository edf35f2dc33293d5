"""How long it takes from the start of a process to the first request of ten items, by each transport.

python tests/bench/start.py [--times 9]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from million import _Provider, environ, measure, provider
from peers import prepare

ARGV = ["-m", "runner", "run", "header.yaml", "--yes", "--quiet"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=9)
    args = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}; best and middle of {args.times}, in seconds")  # noqa: T201
    with provider() as host:
        for way in ("httpx", "aiohttp"):
            walls = []
            for _ in range(args.times):
                with tempfile.TemporaryDirectory() as folder:
                    prepare(Path(folder), 10)
                    _Provider.heard.clear()
                    env = environ(host) | {"S2V_TRANSPORT": way}
                    walls.append(measure(ARGV, folder=Path(folder), env=env, until=_Provider.heard).wall_s)
            walls.sort()
            print(f"{way:<8} {walls[0]:.3f} {walls[len(walls) // 2]:.3f}")  # noqa: T201


if __name__ == "__main__":
    main()
