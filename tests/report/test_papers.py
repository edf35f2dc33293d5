from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from histories import FACTS, item, mixed_run, refused, told, until_done, written

from runner.core.life.state import State
from runner.core.sums.sums import summarise
from runner.core.sums.tally import Row, row
from runner.report.papers import PAGE, PAPERS, pieces

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]


def metadata_turned_round(state: State) -> State:
    turned = dict(sorted(state.item.metadata.items(), reverse=True))
    return replace(state, item=replace(state.item, metadata=turned))


@pytest.mark.parametrize("name", PAPERS)
def test_a_run_of_every_fate_reads_as_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    text = written(name, mixed_run())
    if name == PAGE:  # what surrounds the data is a literal file
        text = text.partition('id="data">')[2].partition("</script>")[0]

    golden = GOLDEN / (f"{name}.data" if name == PAGE else name)
    if request.config.getoption("--update-golden"):
        golden.write_bytes(text.encode())
    assert text == golden.read_bytes().decode()


@pytest.mark.parametrize("name", PAPERS)
def test_an_empty_run_has_a_report(name: str) -> None:
    assert written(name, []) or name == "results.jsonl"


@pytest.mark.parametrize("name", PAPERS)
def test_the_order_of_dictionaries_moves_no_byte(name: str) -> None:
    turned = [metadata_turned_round(state) for state in mixed_run()]

    assert written(name, turned) == written(name, mixed_run())


def test_another_day_place_zone_and_language_move_no_byte(tmp_path: Path) -> None:
    program = (
        "import sys; from histories import *; from runner.report.papers import PAPERS, pieces\n"
        "from runner.core.sums.sums import summarise; from runner.core.sums.tally import row\n"
        "rows = [row(s) for s in mixed_run()]\n"
        "for paper in PAPERS.values():\n"
        "    sys.stdout.buffer.write(''.join(pieces(paper, FACTS, summarise(rows), rows)).encode())\n"
    )
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    elsewhere = {"PYTHONPATH": path, "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "7"}

    there = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=elsewhere, capture_output=True, check=True
    )  # fmt: skip

    assert there.stdout == "".join(written(name, mixed_run()) for name in PAPERS).encode()


@pytest.mark.parametrize("name", PAPERS)
def test_a_report_is_utf_8_and_holds_neither_secret_nor_path(name: str) -> None:
    text = written(name, mixed_run()).encode().decode()

    assert "canary" not in text
    assert "me:pw" not in text
    assert str(Path.home()) not in text


def many(count: int) -> Iterator[Row]:
    good, bad = row(told(item("a"), *until_done("a"))), row(told(item("b"), refused()))
    for n in range(count):
        yield replace(bad if n % 10 == 0 else good, id=f"item-{n}")


@pytest.mark.parametrize("name", PAPERS)
def test_ten_thousand_rows_stream_through_little_memory(name: str) -> None:
    summary = summarise(many(10_000))
    tracemalloc.start()

    longest = max(len(chunk) for chunk in pieces(PAPERS[name], FACTS, summary, many(10_000)))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert longest < 10_000
    assert peak < 1_000_000


def test_one_item_a_line_makes_a_report_comparable() -> None:
    text = written("report.json", mixed_run())

    lines = text.split('"items": [\n', 1)[1].split("\n]\n}", 1)[0].split(",\n{")

    assert [json.loads("{" + line.lstrip("{"))["id"] for line in lines] == [state.label for state in mixed_run()]
    assert json.loads(text)["items"] == [
        json.loads(line) for line in written("results.jsonl", mixed_run()).splitlines()
    ]
