"""Whatever the plan, the shards and the fate of every item: merging loses nothing, adds nothing, outlives deaths."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from desk import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from told_lives import CLIP, artifact, lives, told
from told_lives import item as item_of

from runner.cli import books
from runner.cli.main import main
from runner.core.life.lifecycle import fold
from runner.core.life.state import Entry, Phase, State, index_of
from runner.core.plan.plan import Plan, digest_of
from runner.core.plan.shard import narrowed
from runner.core.plan.update import Told, updates
from runner.edge.journal.journal import Journal
from runner.events import Accepted, Checked, Event, Finished, Intended, Planned, Saved, Settled, Stamped
from runner.model import Item, Output, Shard

NAMES = [f"item-{n}" for n in range(7)]
HEADER = {
    "name": "try", "manifest": "m.yaml", "manifest_from_folder": "../m.yaml", "manifest_digest": "d" * 64,
    "plan_digest": "p", "runner_version": "0", "providers": '["minimax"]',
}  # fmt: skip

Histories = Mapping[str, Sequence[Stamped]]


def write_folder(folder: Path, plan: Plan, histories: Histories, shard: Shard | None = None) -> None:
    """Leave the folder that a run of this plan with these histories leaves, its videos with it."""
    folder.mkdir()
    with Journal.create_or_open(folder, run_id="r") as book:
        book.set_header(**HEADER, **({"shard": str(shard)} if shard else {}))
        for update in updates(plan.placed(), partial(map, dict[str, Told]().get)):
            history = histories[update.key]
            index = index_of(fold(history))
            book.write_all([Entry(key=update.key, stamped=history, index=index, position=update.position)])
        for state in book.states():
            if state.phase in {Phase.DONE, Phase.SAVED}:
                lay(folder, book, state)


def lay(folder: Path, book: Journal, state: State) -> None:
    shelf = books.shelf_of(folder, book)
    shelf.prepare()
    place = shelf.home(state) if state.phase is Phase.DONE else shelf.partial / f"{state.item.key}.mp4"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(film(state.item))
    if state.phase is Phase.DONE:
        shelf.describe(state)


def film(item: Item) -> bytes:
    return f"the film of {item.key}".encode()


def with_own_jobs(item: Item, history: Sequence[Stamped]) -> list[Stamped]:
    """Return a history whose jobs are no other item's: a job makes one video."""
    return [
        replace(stamped, event=replace(stamped.event, job_id=f"{item.id}-{stamped.event.job_id}"))
        if isinstance(stamped.event, Accepted | Settled) and stamped.event.job_id
        else stamped
        for stamped in history
    ]


def with_own_film(item: Item, history: Sequence[Stamped]) -> list[Stamped]:
    """Return a history in which the file that came home is the item's own."""
    saved = Saved(artifact=artifact(film(item)))
    return [replace(stamped, event=saved) if isinstance(stamped.event, Saved) else stamped for stamped in history]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Plan, dict[str, list[Stamped]], int]:
    """Draw a plan, the history of every item, and the number of shards."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=len(NAMES)))
    histories: dict[str, list[Stamped]] = {}
    for name in names:
        history = draw(lives(name))
        since = draw(st.integers(0, 20))
        shifted = [replace(stamped, at=stamped.at + since) for stamped in history]
        histories[item_of(name).key] = with_own_film(item_of(name), with_own_jobs(item_of(name), shifted))
    items = tuple(fold(histories[item_of(name).key]).item for name in names)
    return Plan(items=items, digest=digest_of(items)), histories, draw(st.integers(1, 4))


def account(folder: Path) -> tuple[list[tuple[str, list[Stamped]]], list[State], dict[str, int], dict[str, bytes]]:
    """Return all that a folder holds: the facts of each item, the states in the plan's order, money and videos."""
    with Journal.read(folder) as book:
        states = sorted(book.states(), key=lambda state: "" if state.wanted else state.item.key)
        facts = sorted((state.item.key, book.history(state.item.key)) for state in states)
        assert {key: index_of(fold(history)) for key, history in facts} == dict(book.index())
        videos = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*.mp4")
        }  # fmt: skip
        return facts, states, book.committed(), videos


@settings(max_examples=25)
@given(worlds())
def test_merged_shards_hold_what_one_run_would_hold(world: tuple[Plan, dict[str, list[Stamped]], int]) -> None:
    plan, histories, count = world
    with tempfile.TemporaryDirectory() as name:
        parent = Path(name)
        write_folder(parent / "whole", plan, histories)
        shards = [Shard(index=index, count=count) for index in range(1, count + 1)]
        for shard in shards:
            write_folder(parent / str(shard.index), narrowed(plan, shard), histories, shard)
        sources = [str(parent / str(shard.index)) for shard in shards]

        codes = [main(["merge", str(parent / "merged"), *sources]) for _ in range(2)]
        backwards = [main(["merge", str(parent / "slowly"), source]) for source in reversed(sources)]

        assert {*codes, *backwards} == {0}
        for folder in (parent / "merged", parent / "slowly"):
            with Journal.read(folder) as book:
                assert book.header["shards"] == " ".join(map(str, shards))
        expected = account(parent / "whole")
        assert account(parent / "merged") == expected
        assert account(parent / "slowly") == expected


def done(item: Item, since: float) -> list[Stamped]:
    """Return the history of an item that was bought and made."""
    output = Output(file_id="1")
    saved = Saved(artifact=artifact(film(item)))
    intent = Intended(attempt=1, provider="minimax", price=None, idempotency_key=None)
    events: tuple[Event, ...] = (
        Planned(item=item),
        intent,
        Accepted(job_id=f"job-{item.id}"),
        Finished(output=output),
        saved,
        Checked(clip=CLIP),
    )
    return [Stamped(at=since + n, event=event) for n, event in enumerate(events)]


def test_a_merge_that_is_killed_at_any_step_is_completed_by_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = tuple(item_of(name) for name in NAMES[:4])
    plan = Plan(items=items, digest=digest_of(items))
    histories: Histories = {
        **{item.key: done(item, since=10.0 * n) for n, item in enumerate(items)},
        items[3].key: told(items[3], *(stamped.event for stamped in done(items[3], since=0.0)[1:-1])),
    }
    sources = []
    for index in (1, 2):
        shard = Shard(index=index, count=2)
        write_folder(tmp_path / f"s{index}", narrowed(plan, shard), histories, shard)
        sources.append(str(tmp_path / f"s{index}"))
    (tmp_path / "killed").mkdir()

    child = subprocess.run(
        [sys.executable, Path(__file__).with_name("merge_child.py"), tmp_path / "killed", *sources],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}, text=True, capture_output=True, check=True,
    )  # fmt: skip

    deaths = child.stdout.split()
    whole = account(tmp_path / "killed" / str(len(deaths)))
    assert len(deaths) > 20
    assert len(whole[0]) == len(items)
    for death in deaths:
        folder = tmp_path / "killed" / death
        assert main(["merge", str(folder), *sources]) == 0, (death, capsys.readouterr().err)
        assert account(folder) == whole, death
        assert papers(folder) == papers(tmp_path / "killed" / str(len(deaths))), death
        assert not list(folder.rglob("*.part")), death


def papers(folder: Path) -> dict[str, bytes]:
    """Return what stands beside the videos, and of the reports that which does not name the folder's own id."""
    files = (*folder.glob("*/*.json"), folder / "results.jsonl", folder / "plan.lock.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
