"""Where a video lies that was judged: in review, rejected or done, whatever a crash left where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from contents import contents
from told_lives import CLIP, JUDGEMENT, saved

from runner.core.life.lifecycle import apply
from runner.core.life.state import Phase, State
from runner.core.sums.tally import row
from runner.edge.folder.shelf import Shelf
from runner.events import Judged, Reviewed, Stamped
from runner.values import replace

VIDEO: Final = b"video of anna"
SAVED: Final = saved("anna", VIDEO)
ASIDE: Final = f"rejected/anna-{SAVED.artifact.sha256[:12] if SAVED.artifact else ''}.mp4"
WAITS: Final = apply(
    SAVED, Stamped(at=9.0, event=Judged(clip=CLIP, judgement=JUDGEMENT, decision="review", reason="somebody else"))
)
KEPT: Final = apply(WAITS, Stamped(at=10.0, event=Reviewed(decision="keep")))
PLACES: Final = (f".partial/{SAVED.item.key}.mp4", "review/anna.mp4", "videos/anna.mp4", ASIDE)


def shelf_in(folder: Path) -> Shelf:
    return Shelf(folder, sidecar=told)


def told(state: State) -> str:
    """Give what passes for one of our own sidecars."""
    return json.dumps({"key": state.item.id, "video": state.phase, "runner_version": "0.1.0"})


def laid(folder: Path, place: str, content: bytes = VIDEO) -> Shelf:
    """Return the shelf of a folder in which a video lies at a place, with the sidecar that it had there."""
    shelf_in(folder).prepare()
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_bytes(content)
    if not place.startswith("."):
        (folder / place).with_suffix(".json").write_text(told(SAVED))
    return shelf_in(folder)


@pytest.mark.parametrize("place", PLACES, ids=["saved", "in review", "done", "rejected"])
@pytest.mark.parametrize(("state", "home"), [(WAITS, "review/anna"), (KEPT, "videos/anna")], ids=["waits", "kept"])
def test_a_judged_video_gets_its_place_from_wherever_a_crash_left_it(
    tmp_path: Path, place: str, state: State, home: str
) -> None:
    shelf = laid(tmp_path, place)
    for _ in range(2):
        shelf.publish(state)
        shelf.describe(state)
    assert contents(tmp_path) == {f"{home}.mp4": VIDEO, f"{home}.json": told(state).encode()}


@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "retired"])
@pytest.mark.parametrize("state", [WAITS, KEPT], ids=["waits", "kept"])
def test_a_video_stands_where_its_row_in_the_reports_says(tmp_path: Path, state: State, *, wanted: bool) -> None:
    placed = replace(state, wanted=wanted)
    assert shelf_in(tmp_path).home(placed) == tmp_path / str(row(placed).video)


@pytest.mark.parametrize("place", PLACES, ids=["saved", "in review", "done", "rejected"])
def test_a_video_that_does_not_count_is_kept_aside_from_wherever_it_lies(tmp_path: Path, place: str) -> None:
    shelf = laid(tmp_path, place)
    for _ in range(2):
        shelf.put_aside(WAITS)
    assert contents(tmp_path) == {ASIDE: VIDEO, ASIDE.replace(".mp4", ".json"): told(WAITS).encode()}


def test_another_file_under_the_name_is_never_taken_for_the_judged_one(tmp_path: Path) -> None:
    shelf = laid(tmp_path, "videos/anna.mp4", b"holiday film of the user")
    shelf.publish(WAITS)
    shelf.put_aside(WAITS)
    assert contents(tmp_path)["videos/anna.mp4"] == b"holiday film of the user"
    assert ASIDE not in contents(tmp_path)


@pytest.mark.parametrize("place", PLACES[:1] + PLACES[2:], ids=["saved", "done", "rejected"])
def test_a_decision_that_a_crash_cut_off_is_undone_and_the_video_waits_again(tmp_path: Path, place: str) -> None:
    shelf = laid(tmp_path, place)
    assert shelf.reclaim(WAITS, frozenset({tmp_path / "review/anna.mp4"}))
    assert contents(tmp_path) == {"review/anna.mp4": VIDEO, "review/anna.json": told(WAITS).encode()}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"item": replace(SAVED.item, id="anne", name="anne.mp4")}, "anne"),
        ({"wanted": False}, f"anna-{SAVED.item.key[:12]}"),
    ],
    ids=["renamed", "retired"],
)
def test_a_video_that_waits_moves_with_its_name(tmp_path: Path, change: dict[str, object], name: str) -> None:
    shelf = laid(tmp_path, "review/anna.mp4")
    after = replace(WAITS, **change)
    for _ in range(2):
        shelf.rehome([(WAITS, after)])
    assert contents(tmp_path) == {f"review/{name}.mp4": VIDEO, f"review/{name}.json": told(after).encode()}
    shelf.rehome([(after, WAITS)])
    assert (tmp_path / "review/anna.mp4").read_bytes() == VIDEO


def test_what_a_shard_rejected_comes_along_and_stays_where_it_is(tmp_path: Path) -> None:
    shard, whole = tmp_path / "shard", tmp_path / "whole"
    shard.mkdir()
    whole.mkdir()
    laid(shard, ".partial/x.mp4")
    laid(shard, PLACES[0]).put_aside(WAITS)
    for _ in range(2):
        shelf_in(whole).adopt_rejected(shard)
    assert contents(whole) == {ASIDE: VIDEO, ASIDE.replace(".mp4", ".json"): told(WAITS).encode()}
    assert contents(shard)[ASIDE] == VIDEO
    assert WAITS.phase is Phase.REVIEW
