"""Measures how the engine's memory and time grow with the manifest: all items refused, all bought.

    PYTHONPATH=.:tests/engine python tests/bench/engine_memory.py [items ...]

The studio's and the diary's own books grow with the items, so what counts is the number of states that the engine holds
at one time, and the time for each item.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from studio import Script, Studio, says
from worlds import World

from runner.model import Rate

SIZES: Final = (1_000, 10_000)
SLOTS: Final = 50


def measure(count: int, script: Script) -> tuple[int, float]:
    """Return the most states held at one time, and the milliseconds for each item."""
    ids = [f"item-{n}" for n in range(count)]
    most = 0

    def look(_point: str) -> None:
        nonlocal most
        if world.drive is not None:
            most = max(most, len(world.drive.ledger))

    with tempfile.TemporaryDirectory() as folder:
        world = World(
            folder=Path(folder), ids=ids, studio=Studio(scripts=dict.fromkeys(ids, script)), in_flight=SLOTS,
            rates=(Rate(count=20, window_s=10.0),), passes=look,
        )  # fmt: skip
        began = time.perf_counter()
        world.run()
        return most, (time.perf_counter() - began) * 1000 / count


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or SIZES:
        for name, script in (("bought", Script()), ("refused", Script(submits=[says(1026)]))):
            states, each_ms = measure(size, script)
            print(f"{size:>8,} items {name}: at most {states} states at one time, {each_ms:.2f} ms an item")  # noqa: T201
