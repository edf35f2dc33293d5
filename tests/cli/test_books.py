"""The books of a run folder when the program dies while it brings them up to the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.cli import books
from runner.core.plan import Plan, digest_of
from runner.edge.journal import Journal
from runner.edge.shelf import Shelf
from runner.model import CheckPolicy, Item, Limits, Manifest, Portrait, RetryPolicy


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create_or_open(tmp_path) as journal:
        yield journal


def plan_of(*ids: str) -> Plan:
    portrait = Portrait(ref="a.png", sha256="a" * 64, mime="image/png", bytes_=9, width=512, height=512)
    items = tuple(
        Item(key=id_ * 64, id=id_, name=f"{id_}.mp4", portrait=portrait, prompt=id_, prompt_optimizer=True)
        for id_ in ids
    )
    return Plan(items=items, digest=digest_of(items))


def note(book: Journal, folder: Path, plan: Plan) -> bool:
    manifest = Manifest(
        path=folder / "m.yaml", digest="d" * 64, name="try", route=("local",), folder=folder, name_pattern="{id}.mp4",
        limits=Limits(), retry=RetryPolicy(), checks=CheckPolicy(), providers={}, wishes=lambda: iter(()),
    )  # fmt: skip
    return books.note_manifest(book, folder, manifest, plan)


def test_a_plan_that_a_death_kept_out_of_the_journal_is_new_to_the_next_run_too(book: Journal, tmp_path: Path) -> None:
    assert note(book, tmp_path, plan_of("a"))
    assert note(book, tmp_path, plan_of("a"))
    books.enter(book, Shelf(tmp_path, full_decode=False, sidecar=str), plan_of("a"), 1.0)
    assert not note(book, tmp_path, plan_of("a"))
    assert note(book, tmp_path, plan_of("a", "b"))
