from __future__ import annotations

import csv
import json
import time
import tracemalloc
from pathlib import Path

import pytest

from runner.errors import Problems
from runner.manifest.parse import read
from runner.manifest.table_lines import Bad, Row
from runner.manifest.tables import rows


def table(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_a_cell_becomes_the_value_its_column_asks_for(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "t.csv",
        "id,portrait,prompt,prompt_optimizer,takes,tags,metadata.licence,metadata.year\n"
        'a,a.png,"one, ""two""",FALSE,3,x; y,cc0,2020\n'
        "b,b.png,,,,,,\n",
    )
    first, second = rows(path)
    assert first == Row(line=2, item={
        "id": "a", "portrait": "a.png", "prompt": 'one, "two"', "prompt_optimizer": False, "takes": 3,
        "tags": ["x", "y"], "metadata": {"licence": "cc0", "year": "2020"},
    })  # fmt: skip
    assert second == Row(line=3, item={"id": "b", "portrait": "b.png"})


def test_lines_are_counted_in_the_file_and_not_in_rows(tmp_path: Path) -> None:
    path = table(tmp_path, "t.csv", '\nportrait,prompt\na.png,"two\nlines"\n\nb.png,x\n')
    assert [row.line for row in rows(path)] == [3, 6]
    path = table(tmp_path, "t.jsonl", '\n{"portrait": "a"}\n\n{"portrait": "b"}\n')
    assert [row.line for row in rows(path)] == [2, 4]


def test_json_lines_keep_the_types_of_their_values(tmp_path: Path) -> None:
    path = table(tmp_path, "t.jsonl", '{"portrait": "a", "takes": 2, "metadata": {"x": 1.5, "y": true}}\n')
    assert list(rows(path)) == [Row(line=1, item={"portrait": "a", "takes": 2, "metadata": {"x": 1.5, "y": True}})]


def test_numbers_of_json_lines_are_kept_as_programs_write_them(tmp_path: Path) -> None:
    table(
        tmp_path,
        "t.jsonl",
        '{"portrait": "a", "metadata": {"a": 1e-07, "b": -0.0, "c": 9007199254740992, "d": 0.50}}\n',
    )
    (tmp_path / "m.yaml").write_text("version: 1\nname: t\ninclude: [t.jsonl]\n")
    problems = Problems()
    manifest = read(tmp_path / "m.yaml", problems)
    assert manifest is not None
    (wish,) = manifest.wishes()
    assert json.dumps(wish.metadata) == '{"a": 1e-07, "b": -0.0, "c": 9007199254740992, "d": 0.5}'
    assert problems.count == 0


def test_a_cell_too_large_for_csv_is_sent_to_json_lines(tmp_path: Path) -> None:
    big = "data:image/png;base64," + "A" * csv.field_size_limit()
    (bad,) = rows(table(tmp_path, "t.csv", f'portrait\n"{big}"\n'))
    assert isinstance(bad, Bad)
    assert bad.hint == "put the picture into a file, or use a .jsonl table"
    (row,) = rows(table(tmp_path, "t.jsonl", f'{{"portrait": "{big}"}}\n'))
    assert isinstance(row, Row)


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv"])
def test_one_line_of_very_many_keys_is_refused_without_looking_at_every_pair_of_them(tmp_path: Path, name: str) -> None:
    """Their pairs are some ten thousand million, which nobody would live to see the end of."""
    keys = [f"metadata.k{number}" for number in range(150_000)]
    pairs = ",".join(f'"{key}":1' for key in (*keys, "x", "x"))
    line = f"{{{pairs}}}" if name == "t.jsonl" else ",".join((*keys, "x", "x"))
    found = [row.message for row in rows(table(tmp_path, name, f"{line}\n")) if isinstance(row, Bad)]
    assert any("stands twice" in words or "same name as an earlier one" in words for words in found)


def test_a_table_that_vanished_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    assert list(rows(tmp_path / "gone.csv")) == [Bad(line=1, message="cannot be read: no such file or directory")]


@pytest.mark.parametrize(
    ("column", "count", "bound"), [("prompt", 100_000, 2_000_000), ("id", 10_000, 4_000_000)], ids=["without", "with"]
)
def test_a_long_table_is_streamed_and_only_ids_are_remembered(
    tmp_path: Path, column: str, count: int, bound: int
) -> None:
    table(tmp_path, "t.csv", f"portrait,{column}\n" + "".join(f"a.png,row-{n}\n" for n in range(count)))
    (tmp_path / "m.yaml").write_text("version: 1\nname: t\ninclude: [t.csv]\n")
    problems = Problems()
    manifest = read(tmp_path / "m.yaml", problems)
    assert manifest is not None

    tracemalloc.start()
    found = sum(1 for _ in manifest.wishes())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (found, problems.count) == (count, 0)
    assert peak < bound


def test_the_portraits_of_flawed_rows_are_given_without_looking_for_the_flaws_once_more(tmp_path: Path) -> None:
    table(tmp_path, "t.csv", "portrait,takes\n" + "".join(f"p{n}.png,many\n" for n in range(3_000)))
    (tmp_path / "m.yaml").write_text("version: 1\nname: t\ninclude: [t.csv]\n")
    problems = Problems()
    manifest = read(tmp_path / "m.yaml", problems)
    assert manifest is not None

    begin = time.process_time()
    assert not list(manifest.wishes())
    judged = time.process_time()
    given = [wish.shown for wish in manifest.flawed()]
    end = time.process_time()

    assert problems.count == len(given) == 3_000
    assert given[-1] == "p2999.png"
    assert end - judged < (judged - begin) / 2


@pytest.mark.parametrize(
    ("flaw", "said"),
    [
        pytest.param(b"p\x07.png,x\n", "control character", id="a control character"),
        pytest.param(b"\xff.png,x\n", "not UTF-8", id="no UTF-8"),
        pytest.param("\ufeffp.png,x\n".encode(), "byte order mark", id="a mark that is not the first"),
        pytest.param(b"p.png\r,x\n", "carriage return", id="a carriage return alone"),
        pytest.param(b"p.png\n", "found 1 cell", id="a cell too few"),
    ],
)
def test_a_flaw_far_down_a_large_table_is_named_with_its_line_and_what_stands_before_it_is_read(
    tmp_path: Path, flaw: bytes, said: str
) -> None:
    sound = 40_000  # rows of 24 bytes: several times what is read at once
    before = b"".join(b"p.png,a prompt %07d\r\n" % number for number in range(sound))
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfportrait,prompt\r\n" + before + flaw)

    *read_before, bad = rows(tmp_path / "t.csv")

    assert isinstance(bad, Bad)
    assert (bad.line, said in bad.message) == (sound + 2, True)
    assert [row.line for row in read_before] == [*range(2, sound + 2)]
    assert read_before[-1] == Row(line=sound + 1, item={"portrait": "p.png", "prompt": f"a prompt {sound - 1:07d}"})


def test_a_line_that_is_longer_than_what_is_read_at_once_stays_one_line(tmp_path: Path) -> None:
    prompt = "x" * 700_000
    path = table(tmp_path, "t.jsonl", f'{{"portrait": "a", "prompt": "{prompt}"}}\n{{"portrait": "b"}}')
    assert list(rows(path)) == [
        Row(line=1, item={"portrait": "a", "prompt": prompt}),
        Row(line=2, item={"portrait": "b"}),
    ]
