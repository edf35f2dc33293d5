"""The books of a run folder when the program dies while it brings them up to the manifest."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from runner.cli import books, reporting
from runner.cli.plan import plan_lock
from runner.cli.run import entering, mending
from runner.core.life.lifecycle import Outcome, fold
from runner.core.life.state import Entry, Phase, index_of
from runner.core.plan.plan import Plan, digest_of
from runner.core.sums.sums import summarise
from runner.edge.disk.files import UNFENCED
from runner.edge.folder.shelf import Shelf
from runner.edge.journal.journal import Journal
from runner.errors import FolderError
from runner.events import Accepted, Checked, Finished, Intended, Planned, Saved, Spoiled, Stamped
from runner.model import Artifact, CheckPolicy, Clip, Item, Limits, Manifest, Output, Portrait, RetryPolicy


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
    entering.enter(book, Shelf(tmp_path, sidecar=str), plan_of("a"), 1.0)
    assert not note(book, tmp_path, plan_of("a"))
    assert note(book, tmp_path, plan_of("a", "b"))


class Cut(Exception):
    """The process died here."""


class DyingJournal(Journal):
    """Lets the process die before its next commit of many items."""

    def write_all(self, entries: Iterable[Entry]) -> None:
        raise Cut(f"{len(list(entries))} items are not written")


class ForgetfulJournal(Journal):
    """Lets the process die before the header learns that a plan is entered."""

    def set_header(self, **values: str) -> None:
        if values.get("entered"):
            raise Cut("the header is not written")
        super().set_header(**values)


def finish(book: Journal, shelf: Shelf, plan: Plan) -> None:
    """Let every item of a plan be done, each with a video of its own."""
    shelf.prepare()
    for position, item in enumerate(plan.items):
        video = f"video of {item.id}".encode()
        shelf.place(item.name).write_bytes(video)
        clip = Clip(seconds=5, width=9, height=9, fps=25, frames=9, codec="h264", has_audio=False, decoded=True)
        facts = (
            Planned(item=item),
            Intended(attempt=1, provider="local", price=None, idempotency_key=None),
            Accepted(job_id=item.id), Finished(output=Output(file_id=item.id)),
            Saved(artifact=Artifact(bytes_=len(video), sha256=sha256(video).hexdigest())), Checked(clip=clip),
        )  # fmt: skip
        stamped = [Stamped(at=1.0, event=fact) for fact in facts]
        book.write_all([Entry(key=item.key, stamped=stamped, index=index_of(fold(stamped)), position=position)])


def renamed(plan: Plan) -> Plan:
    items = tuple(replace(item, id=f"{item.id}-new", name=f"{item.id}-new.mp4") for item in plan.items)
    return Plan(items=items, digest=digest_of(items))


@pytest.mark.parametrize("edited", [plan_of("c"), renamed(plan_of("a", "b"))], ids=["gone", "renamed"])
def test_an_edit_that_died_on_the_way_and_was_taken_back_loses_no_video(tmp_path: Path, edited: Plan) -> None:
    plan, shelf = plan_of("a", "b"), Shelf(tmp_path, sidecar=lambda state: state.item.id)
    with Journal.create_or_open(tmp_path) as book:
        finish(book, shelf, plan)
    with DyingJournal.create_or_open(tmp_path) as dying, pytest.raises(Cut):
        entering.enter(dying, shelf, edited, 2.0)

    with Journal.create_or_open(tmp_path) as book:
        entering.enter(book, shelf, plan, 3.0)
        lost = mending.mend(book, shelf, 3.0)
        phases = book.counts()

    assert (lost, phases) == ([], {Phase.DONE: 2})
    assert {path.name: path.read_text() for path in (tmp_path / "videos").glob("*.mp4")} == {
        "a.mp4": "video of a", "b.mp4": "video of b",
    }  # fmt: skip


def remove(file: Path) -> None:
    """Remove a file as somebody does later: at another stamp of its folder, which some kernels give every 4 ms."""
    before = file.parent.stat().st_ctime_ns
    file.unlink()
    while file.parent.stat().st_ctime_ns == before:
        file.touch()
        file.unlink()


def test_names_are_looked_at_again_only_when_the_folder_or_the_journal_changed(tmp_path: Path) -> None:
    plan, shelf = plan_of("a", "b"), Shelf(tmp_path, sidecar=lambda state: state.item.id)
    with Journal.create_or_open(tmp_path) as book:
        finish(book, shelf, plan)
        mending.mend(book, shelf, time.time() + 60)  # writes the sidecars
        mending.mend(book, shelf, time.time() + 60)
        looked = book.header["looked"]
        remove(tmp_path / "videos" / "a.mp4")

        lost = mending.mend(book, shelf, time.time() + 120)

        assert (lost, book.header["looked"]) == (["a"], looked)
        assert mending.mend(book, shelf, time.time() + 180) == []
        assert book.header["looked"] != looked


def test_a_folder_that_changed_a_moment_ago_is_not_taken_for_settled(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, sidecar=lambda state: state.item.id)
    with Journal.create_or_open(tmp_path) as book:
        finish(book, shelf, plan_of("a"))
        mending.mend(book, shelf, time.time() + 60)
        mending.mend(book, shelf, time.time())

        assert "looked" not in book.header


def test_the_numbers_of_the_last_report_are_those_of_the_journal(book: Journal, tmp_path: Path) -> None:
    plan, shelf = plan_of("a", "b"), Shelf(tmp_path, sidecar=str)
    note(book, tmp_path, plan)
    finish(book, shelf, plan)
    reporting.write_reports(book, tmp_path)

    assert reporting.summary_of(book) == summarise(reporting.rows(book))
    news = Stamped(at=2.0, event=Spoiled(reason="gone", final=False))
    book.write("a" * 64, [news], index_of(fold([*book.history("a" * 64), news])))
    assert reporting.summary_of(book).kept == 1


class UnfoldedJournal(Journal):
    """Lets nobody read what happened to an item."""

    def history(self, key: str) -> list[Stamped]:
        raise AssertionError(f"the history of {key} was read")


def test_the_numbers_of_a_run_under_way_are_told_without_reading_a_history(book: Journal, tmp_path: Path) -> None:
    shelf, plan = Shelf(tmp_path, sidecar=lambda state: state.item.id), plan_of("a", "b")
    entering.enter(book, shelf, plan, 1.0)
    finish(book, shelf, plan)
    entering.enter(book, shelf, plan_of("b", "c"), 99.0)
    expected = summarise(reporting.rows(book))

    with UnfoldedJournal.read(tmp_path) as unfolded:
        told = reporting.summary_of(unfolded)

    assert told == expected
    assert (told.items, told.kept, told.by_state[Outcome.OPEN]) == (3, 2, 1)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"items": 1}', "[" * 100_000], ids=["empty", "cut off", "list", "no items", "very deep"]
)
def test_a_plan_lock_that_cannot_be_read_is_told_and_never_replaced_in_silence(tmp_path: Path, text: str) -> None:
    (tmp_path / plan_lock.LOCK).write_text(text)
    with pytest.raises(FolderError, match=r"plan\.lock\.json .*restore it, or delete it"):
        plan_lock.require_lock(tmp_path, plan_of("a"))
    with pytest.raises(FolderError, match=r"plan\.lock\.json .*restore it, or delete it"):
        plan_lock.write_lock(tmp_path, plan_of("a"), UNFENCED)
    assert (tmp_path / plan_lock.LOCK).read_text() == text


def test_an_edit_that_died_on_the_way_and_was_taken_back_leaves_everything_wanted(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, sidecar=str)
    with Journal.create_or_open(tmp_path) as book:
        note(book, tmp_path, plan_of("a", "b"))
        entering.enter(book, shelf, plan_of("a", "b"), 1.0)
    with ForgetfulJournal.create_or_open(tmp_path) as dying:
        note(dying, tmp_path, plan_of("a"))
        with pytest.raises(Cut):
            entering.enter(dying, shelf, plan_of("a"), 2.0)
    with Journal.create_or_open(tmp_path) as book:
        if note(book, tmp_path, plan_of("a", "b")):
            entering.enter(book, shelf, plan_of("a", "b"), 3.0)
        assert [state.item.id for state in book.states() if state.wanted] == ["a", "b"]
