"""A split keeps every person on one side, moves nobody when the set grows, and comes near the shares asked for."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from fractions import Fraction
from hashlib import sha256
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_folders import RunFolder

from runner.errors import UsageError
from runner.export.splits import Split, split_of
from runner.export.survey import Sorter, survey
from runner.model import Portrait

USUAL = "train=0.8,validation=0.1,test=0.1"
SHARES = st.lists(st.integers(1, 40), min_size=1, max_size=5).map(
    lambda parts: Split(
        shares=tuple((f"side{n}", Fraction(part, sum(parts))) for n, part in enumerate(parts)), text="drawn"
    )
)
PEOPLE = st.text("abc", min_size=1, max_size=2)
SHOTS = st.lists(st.tuples(PEOPLE, st.integers(0, 2)), min_size=1, max_size=12)
"""Who is shown, and on which of three portraits of that person."""


def shots_of(folder: Path, shots: list[tuple[str, int]]) -> RunFolder:
    run = RunFolder(folder)
    for n, (person, portrait) in enumerate(shots):
        run.row(f"v{n}", who=f"{person}-{portrait}", metadata={"subject": person})
    return run


@given(split=SHARES, shots=SHOTS, key=st.sampled_from([None, "subject"]))
def test_no_portrait_and_no_person_is_ever_on_two_sides(
    split: Split, shots: list[tuple[str, int]], key: str | None
) -> None:
    sorter, sides = Sorter(split=split, person=key), defaultdict(set)
    for row in shots_of(Path(), shots).rows:
        sides[row.portrait_sha256].add(sorter.side(row))
        if key:
            sides[str(row.metadata[key])].add(sorter.side(row))

    assert [names for names in sides.values() if len(names) != 1] == []


@settings(max_examples=10)
@given(shots=SHOTS, key=st.sampled_from([None, "subject"]))
def test_in_the_folders_that_were_written_nobody_is_on_two_sides_and_no_video_is_missing(
    shots: list[tuple[str, int]], key: str | None
) -> None:
    with TemporaryDirectory() as folder:
        run = RunFolder(Path(folder, "run"))
        for n, (person, portrait) in enumerate(shots):
            run.film(f"v{n}", who=f"{person}-{portrait}", metadata={"subject": person})
        out = run.export(Path(folder, "out"), split="a=0.4,b=0.3,c=0.3", person=key)
        tables = [table.read_text().splitlines() for table in out.glob("*/metadata.jsonl")]

    sides = [[json.loads(line) for line in table] for table in tables]
    shown = [{json.loads(row["metadata"])["subject"] if key else row["portrait_sha256"] for row in s} for s in sides]
    assert sum(map(len, shown)) == len(set[str]().union(*shown))
    assert sorted(row["id"] for side in sides for row in side) == sorted(row.id for row in run.rows)


@given(split=SHARES, shots=SHOTS, more=SHOTS)
def test_a_set_that_grows_moves_nobody(split: Split, shots: list[tuple[str, int]], more: list[tuple[str, int]]) -> None:
    sorter = Sorter(split=split)
    before = {row.portrait_sha256: sorter.side(row) for row in shots_of(Path(), shots).rows}
    after = {row.portrait_sha256: sorter.side(row) for row in shots_of(Path(), [*more, *shots]).rows}

    assert before.items() <= after.items()


def test_over_many_portraits_the_shares_are_those_asked_for() -> None:
    split = split_of(USUAL)

    found = Counter(split.side(sha256(f"{n}".encode()).hexdigest()) for n in range(10_000))

    for side, share in split.shares:
        deviation = sqrt(10_000 * share * (1 - share))
        assert abs(found[side] - 10_000 * share) < 3 * deviation


def test_the_sides_are_the_same_in_every_release() -> None:
    split = split_of("a=0.25,b=0.25,c=0.25,d=0.25")

    assert "".join(split.side(sha256(f"{n}".encode()).hexdigest()) for n in range(16)) == "dabbcbbcacccadcb"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("train=0.8,test=0.1", "add up to 1, not to 0.9", id="too little"),
        pytest.param("train=0.8,train=0.2", "each name once", id="twice"),
        pytest.param("train", "found 'train', expected NAME=SHARE", id="no share"),
        pytest.param("train=1,test=0", "found 'test=0'", id="nothing"),
        pytest.param("train=nan,test=0.5", "found 'train=nan'", id="no number"),
        pytest.param("train=inf", "found 'train=inf'", id="no end"),
        pytest.param("../x=1", "the name in small letters", id="a path"),
        pytest.param("all=1", "and not all", id="a word of the libraries"),
        pytest.param("", "found ''", id="empty"),
    ],
)
def test_a_split_that_makes_no_sense_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="found") as refused:
        split_of(text)

    assert words in str(refused.value)


def test_tenths_add_up_exactly() -> None:
    assert sum(share for _, share in split_of("a=0.1,b=0.2,c=0.7").shares) == 1


def test_one_portrait_that_would_be_two_people_is_refused(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.row("a", who="same", metadata={"subject": "Anna"})
    run.row("b", who="same", metadata={"subject": "Berta"})

    with pytest.raises(UsageError, match=r"one portrait would be two people: .*'a' shows 'Anna' and 'b'.*'Berta'"):
        survey(run.rows, Sorter(split=split_of(USUAL), person="subject"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Zo\u00eb", "Zoe\u0308"), ("Anna B", "Anna  B "), ("7", 7)],
    ids=["composed or not", "blanks", "text or number"],
)
def test_one_name_in_two_spellings_that_look_alike_is_one_person(
    tmp_path: Path, one: str | float, other: str | float
) -> None:
    run, sorter = RunFolder(tmp_path), Sorter(split=split_of(USUAL), person="subject")
    for n, name in enumerate([one, other]):
        run.row(f"v{n}", who=f"{n}", metadata={"subject": name})

    assert len({sorter.whom(row) for row in run.rows}) == 1


def test_a_video_whose_person_is_not_named_is_refused(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for n in range(5):
        run.row(f"v{n}", metadata={"subject": "Anna"} if n == 0 else {})

    with pytest.raises(UsageError, match=r"the metadata of 4 videos has no such key \(v1, v2, v3, \.\.\.\)"):
        survey(run.rows, Sorter(split=split_of(USUAL), person="subject"))


def test_portraits_that_only_the_provider_has_seen_are_counted_for_two_urls_may_show_one_face(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for n, ref in enumerate(["https://x.example/a.jpg", "https://x.example/b.jpg", "a.jpg"]):
        run.row(f"v{n}", portrait=Portrait(ref=ref, sha256=sha256(ref.encode()).hexdigest()))

    found = survey(run.rows, Sorter(split=split_of(USUAL)))

    assert (len(found.remote), len(found.portraits)) == (2, 3)
