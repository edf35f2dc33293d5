"""Disks spell a name in one of two ways (Unicode NFC or NFD): the same portraits mean the same videos on each."""

from __future__ import annotations

from typing import Literal
from unicodedata import normalize

import pytest
from counter import Counter
from desk import Desk

Form = Literal["NFC", "NFD"]
NAMES = "Zo\u00eb", "Zof"  # as two code points, the first comes before the second
HELD = "\ufa19"  # a letter of names, which NFC writes as another one


def ids(plan: str) -> list[str]:
    return [line.split()[0] for line in plan.splitlines() if line.startswith("zo")]


@pytest.mark.parametrize(("first", "then"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_portraits_whose_names_another_disk_spells_otherwise_are_not_bought_again(
    shop: Desk, counter: Counter, first: Form, then: Form
) -> None:
    pictures = [shop.portrait(normalize(first, f"{name}.png"), colour=f"#{n}00000") for n, name in enumerate(NAMES, 1)]
    manifest = shop.manifest([], matrix={"portraits": ["Z*.png"], "prompts": ["{name} smiles."]})
    manifest.write_text(manifest.read_text().replace("items: []\n", ""))
    before = shop.s2v("plan", manifest)
    done = shop.s2v("run", manifest)
    videos = sorted(path.name for path in shop.folder.rglob("*.mp4"))

    for picture in pictures:
        picture.rename(picture.with_name(normalize(then, picture.name)))
    after, again = shop.s2v("plan", manifest), shop.s2v("run", manifest)

    assert (done.code, again.code) == (0, 0), done.err + again.err
    assert sorted(counter.submits()) == ["Zof smiles.", "Zo\u00eb smiles."]
    assert sorted(path.name for path in shop.folder.rglob("*.mp4")) == videos
    assert ids(after.out) == ids(before.out) != []


def test_a_letter_that_composing_would_write_as_another_one_stays(shop: Desk, counter: Counter) -> None:
    shop.portrait(f"{HELD}.png")
    manifest = shop.manifest([], matrix={"portraits": [f"{HELD}.png"], "prompts": ["{name} smiles."]})
    manifest.write_text(manifest.read_text().replace("items: []\n", ""))

    shop.s2v("run", manifest)

    assert counter.submits() == [f"{HELD} smiles."]
