"""Measures the heavy steps over each executor, and compares the journals that the same run leaves with each.

    PYTHONPATH=.:tests/faults:tests/cli python tests/bench/executors.py [items] [executor ...]

A run of `items` (200) with `decode: full` and an identity check, by the real program against a provider on loopback
that makes every film at once, so that nothing but the steps takes time; then some animatics, drawn by the same
executor. Executors are those of `--executor`: `local=2 ray` where nothing is said. Prints one line for each, and exits
with 1 when the journals differ in more than times and the order of items.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import yaml
from counter import Counter, serving
from desk import KEY, ROOT

from runner.executors.choosing import chosen
from runner.service.renderer import StepRenderer, Ticket

ITEMS: Final = 200
FILMS: Final = 8
PORTRAIT: Final = ROOT / "manifests/portraits/astronaut.png"
PROMPT: Final = "She smiles while the camera pushes in."
JOB: Final = re.compile(r"job-[0-9]+-x")
Fact = tuple[str, str, str]


def main(items: int, executors: Sequence[str]) -> int:
    """Run, draw, compare, and print what was measured."""
    journals = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        film = folder / "film.mp4"
        s2v(folder, "animatic", str(PORTRAIT), PROMPT, "--out", str(film))
        for name in executors:
            with serving(film.read_bytes()) as counter:
                began = time.perf_counter()
                journals.append(journal_of_a_run(folder / name.replace("=", "-"), counter, items, name))
                took_s = time.perf_counter() - began
                assert counter.charges() == items
            first_s, rest_s = asyncio.run(drawn(folder, name))
            say(f"{name}: {items} videos fetched, decoded and compared in {took_s:.1f} s with start and end")
            say(f"{name}: first animatic after {first_s:.1f} s, then {(FILMS - 1) / rest_s:.2f} a second")
    are_equal = all(journal == journals[0] for journal in journals)
    say(f"{len(journals[0])} facts in each journal, {'equal' if are_equal else 'UNEQUAL'} up to times and order")
    return 0 if are_equal else 1


def journal_of_a_run(folder: Path, counter: Counter, items: int, executor: str) -> list[Fact]:
    """Run the manifest in a folder of its own, and return its facts."""
    folder.mkdir()
    wishes = [{"id": f"i{n:03}", "portrait": str(PORTRAIT), "prompt": f"{PROMPT} {n}"} for n in range(items)]
    manifest = {
        "version": 1, "name": "try", "provider": "minimax", "items": wishes,
        "providers": {"minimax": {"base_url": counter.url, "poll": "20ms", "rate": "1000/1s"}},
        "limits": {"in_flight": 32},
        "checks": {"decode": "full", "identity": {"max_distance": 0.6, "min_coverage": 0.3}},
    }  # fmt: skip
    (folder / "m.yaml").write_text(yaml.safe_dump(manifest))
    s2v(folder, "run", "m.yaml", "--yes", "--quiet", "--executor", executor)
    with closing(sqlite3.connect(folder / "runs/try/state.db")) as sql:
        rows = sql.execute("SELECT item, kind, body FROM event ORDER BY item, seq").fetchall()
    return [(item, kind, JOB.sub("job", body)) for item, kind, body in rows]


async def drawn(folder: Path, name: str) -> tuple[float, float]:
    """Return the seconds to the first animatic, the executor's start among them, and those of the others."""
    films = folder / "films"
    films.mkdir(exist_ok=True)
    portrait, began = PORTRAIT.read_bytes(), time.perf_counter()

    async def draw(n: int) -> None:
        await renderer.render(Ticket(portrait=portrait, prompt=PROMPT, seed=n, out=films / f"{n}.mp4"))

    renderer = StepRenderer(chosen(name)(films), {"kind": "animatic"})
    await renderer.start()
    try:
        await draw(0)
        first = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for n in range(1, FILMS):
                group.create_task(draw(n))
        return first - began, time.perf_counter() - first
    finally:
        await renderer.close()


def say(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def s2v(folder: Path, *args: str) -> None:
    """Run a command in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "runner", *args], cwd=folder, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT), "MINIMAX_API_KEY": KEY},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"s2v {args[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    names = [word for word in sys.argv[1:] if not word.isdecimal()]
    sys.exit(main(numbers[0] if numbers else ITEMS, names or ["local=2", "ray"]))
