"""The folders that are related to one are found, each once, in a time that goes by their number."""

from __future__ import annotations

import time
from pathlib import Path

from runner.cli.run.related import related
from runner.edge.journal.header import SHARD
from runner.edge.journal.journal import Journal


def shards(folder: Path, count: int) -> Path:
    """Make the run folders of all shards of a run, and return where that of the whole would be."""
    for number in range(1, count + 1):
        shard = folder / f"try.shard-{number}of{count}"
        shard.mkdir(parents=True)
        Journal.create_or_open(shard, born={SHARD: f"{number}/{count}"}).close()
    return folder / "try"


def seconds_to_find(home: Path, count: int) -> float:
    """Return how long the processor took to find the other shards of the first one, each once."""
    first = home.with_name(f"{home.name}.shard-1of{count}")
    begin = time.process_time()
    with Journal.read(first) as book:
        found = [folder for folder, _ in related(home.parent / "state", home, first, book)]
    assert len(set(found)) == len(found) == count - 1
    return time.process_time() - begin


def test_four_times_as_many_shards_take_no_more_than_about_four_times_as_long(tmp_path: Path) -> None:
    few, many = shards(tmp_path / "few", 50), shards(tmp_path / "many", 200)

    assert seconds_to_find(many, 200) < 8 * seconds_to_find(few, 50)
