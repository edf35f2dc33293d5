"""How long a large journal takes to open, to count, to page and to examine. Run by hand; prints one line a measure.

python tests/bench/journal_open.py [items] [events an item]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from runner.core.life.lifecycle import fold
from runner.core.life.state import Entry, Phase, index_of
from runner.edge.journal.journal import Journal
from runner.edge.journal.state_file import FILE
from runner.events import Accepted, Checked, Event, Finished, Intended, Planned, Saved, Seen, Stamped
from runner.model import Artifact, Clip, Item, Money, Output, Portrait

_PAGE = 1000


def _history(number: int, length: int) -> list[Stamped]:
    key = f"{number:064x}"
    item = Item(
        key=key, id=f"item-{number}", name=f"item-{number}.mp4", prompt="She runs toward the camera and smiles.",
        prompt_optimizer=True,
        portrait=Portrait(ref=f"{number}.jpg", sha256=key, mime="image/jpeg", bytes_=9, width=512, height=512),
    )  # fmt: skip
    before: list[Event] = [
        Planned(item=item),
        Intended(attempt=1, provider="minimax", price=Money(micros=650_000, currency="USD"), idempotency_key=None),
        Accepted(job_id=str(number)),
    ]
    after: list[Event] = [
        Finished(output=Output(file_id=str(number))),
        Saved(artifact=Artifact(bytes_=1_000_000, sha256=key)),
        Checked(
            clip=Clip(
                seconds=5.6, width=1280, height=720, fps=25.0, frames=141, codec="h264", has_audio=False, decoded=True
            )
        ),
    ]
    words: list[Event] = [Seen(status=f"word {n}") for n in range(length - len(before) - len(after))]
    return [Stamped(at=float(at), event=event) for at, event in enumerate((*before, *words, *after))]


def _entries(items: range, length: int) -> Iterator[Entry]:
    for number in items:
        history = _history(number, length)
        yield Entry(key=f"{number:064x}", stamped=history, index=index_of(fold(history)), position=number)


def _fill(folder: Path, items: int, length: int) -> None:
    with Journal.create_or_open(folder) as journal:
        for first in range(0, items, _PAGE):
            journal.write_all(_entries(range(first, min(first + _PAGE, items)), length))


def _measure(name: str, step: Callable[[], object]) -> None:
    begun = time.perf_counter()
    step()
    print(f"{name:28} {time.perf_counter() - begun:8.3f} s")  # noqa: T201


def main(items: int, length: int) -> None:
    """Fill a journal and print how long each way of looking at it takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _measure(f"fill {items} x {length}", lambda: _fill(folder, items, length))
        print(f"{'size':28} {(folder / FILE).stat().st_size / 2**20:8.1f} MiB")  # noqa: T201
        _measure("open to write, close", lambda: Journal.create_or_open(folder).close())
        _measure("open to read, close", lambda: Journal.read(folder).close())
        with Journal.read(folder) as journal:
            _measure("counts", journal.counts)
            _measure("committed", journal.committed)
            _measure("open keys", lambda: journal.keys_in([Phase.RUNNING, Phase.READY, Phase.SAVED]))
            _measure("first page of planned", lambda: journal.places([Phase.PLANNED], most=256))
            _measure("all states", lambda: sum(1 for _ in journal.states()))
            _measure("examine, whole file", journal.examine)
    print(f"{'peak memory':28} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.1f} MiB")  # noqa: T201


if __name__ == "__main__":
    main(*(int(word) for word in (sys.argv[1:] + ["100000", "10"][len(sys.argv) - 1 :])))
