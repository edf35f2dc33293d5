from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from contents import contents
from losing_disk import LosingDisk, Tree
from made_clips import clip
from told_lives import done, key_of, saved

from runner.core.life.state import State
from runner.edge.disk.files import UNFENCED, Files
from runner.edge.folder.shelf import Inspector, Shelf
from runner.edge.video.checking import judge_for
from runner.errors import FolderError, Halt
from runner.executors.local import LocalExecutor
from runner.inspection import Inspected, Spoilt, Unchecked
from runner.model import CheckPolicy

ANNA, BERT = b"video of anna", b"video of bert"
FOREIGN = b"holiday film of the user"
DIGEST = hashlib.sha256(FOREIGN).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = tmp_path / "run"
    run.mkdir()
    shelf_in(run).prepare()
    return run


def shelf_in(folder: Path, *, files: Files = UNFENCED, judge: Inspector | None = None) -> Shelf:
    return Shelf(folder, sidecar=lambda state: f"{state.item.id} {state.phase}", files=files, judge=judge)


def inspected(folder: Path, state: State, *, full: bool = True) -> Inspected | Spoilt | Unchecked:
    async def main() -> Inspected | Spoilt | Unchecked:
        executor = LocalExecutor(1)
        await executor.start()
        judge = judge_for(CheckPolicy(full_decode=full), lambda _: b"", executor, shelf_in(folder).partial)
        try:
            return await shelf_in(folder, judge=judge).inspect(state)
        finally:
            await executor.close()

    return asyncio.run(main())


def sidecar(text: str) -> bytes:
    """Give what passes for one of our own sidecars."""
    return json.dumps({"key": "k", "video": {}, "runner_version": "0.1.0", "note": text}).encode()


def put(folder: Path, state: State, content: bytes) -> State:
    """Lay the file of an item where the courier leaves it."""
    (shelf_in(folder).partial / f"{state.item.key}.mp4").write_bytes(content)
    return state


def finish(folder: Path, id_: str, content: bytes) -> State:
    """Bring an item to its end, file and sidecar in place."""
    state = put(folder, done(id_, content), content)
    shelf_in(folder).publish(state)
    shelf_in(folder).describe(state)
    return state


def renamed(state: State, id_: str) -> State:
    return replace(state, item=replace(state.item, id=id_, name=f"{id_}.mp4"))


def retired(state: State) -> State:
    return replace(state, wanted=False)


def folders(folder: Path) -> list[Path]:
    return [path.relative_to(folder) for path in folder.rglob("*") if path.is_dir()]


def test_a_checked_file_gets_its_name_and_its_sidecar(folder: Path) -> None:
    finish(folder, "anna", ANNA)
    assert contents(folder) == {"videos/anna.mp4": ANNA, "videos/anna.json": b"anna done"}


def test_publishing_and_describing_again_changes_nothing(folder: Path) -> None:
    state = finish(folder, "anna", ANNA)
    before = contents(folder)
    shelf_in(folder).publish(state)
    shelf_in(folder).describe(state)
    assert contents(folder) == before


def test_what_left_the_manifest_while_it_ran_is_kept_aside(folder: Path) -> None:
    state = put(folder, retired(done("anna", ANNA)), ANNA)
    shelf_in(folder).publish(state)
    shelf_in(folder).describe(state)
    stem = f"superseded/anna-{key_of('anna')[:12]}"
    assert contents(folder) == {f"{stem}.mp4": ANNA, f"{stem}.json": b"anna done"}


def test_a_file_of_the_users_in_the_way_is_set_aside_and_not_overwritten(folder: Path) -> None:
    (folder / "videos" / "anna.mp4").write_bytes(FOREIGN)
    (folder / "videos" / "anna.json").write_bytes(b"notes of the user")
    finish(folder, "anna", ANNA)
    assert contents(folder) == {
        "videos/anna.mp4": ANNA,
        "videos/anna.json": b"anna done",
        f"superseded/anna-{DIGEST[:12]}.mp4": FOREIGN,
        f"superseded/anna-{DIGEST[:12]}.json": b"notes of the user",
    }


@pytest.mark.parametrize(
    "notes", [b"notes of the user", b'{"mine": 1}', b"[]", b"\xff", b"[" * 100_000], ids=lambda notes: str(notes[:20])
)
def test_a_json_file_of_the_users_where_a_sidecar_belongs_is_set_aside_too(folder: Path, notes: bytes) -> None:
    (folder / "videos" / "anna.json").write_bytes(notes)
    finish(folder, "anna", ANNA)
    aside = f"superseded/anna-{hashlib.sha256(notes).hexdigest()[:12]}.json"
    assert contents(folder) == {"videos/anna.mp4": ANNA, "videos/anna.json": b"anna done", aside: notes}


def test_a_sidecar_whose_video_was_deleted_is_written_anew_in_its_place(folder: Path) -> None:
    (folder / "videos" / "anna.json").write_bytes(sidecar("of the video before"))
    finish(folder, "anna", ANNA)
    assert contents(folder) == {"videos/anna.mp4": ANNA, "videos/anna.json": b"anna done"}


def test_a_video_and_its_sidecar_are_certain_to_be_there_together_and_take_nothing_that_lay_in_their_way(
    folder: Path,
) -> None:
    state = put(folder, done("anna", ANNA), ANNA)
    (folder / "videos" / "anna.mp4").write_bytes(FOREIGN)
    cuts: list[Tree] = []
    disk = LosingDisk(folder, lambda _, trees: cuts.extend(trees), tears_renames=False)
    shelf = shelf_in(folder, files=Files(disk=disk))

    with shelf.together():
        shelf.publish(state)
        shelf.describe(state)

    assert all(FOREIGN in tree.values() and ANNA in tree.values() for tree in cuts)
    cuts.clear()
    disk.look("the end")
    assert cuts == [
        {Path(name): content for name, content in contents(folder).items()} | dict.fromkeys(folders(folder))
    ]


@pytest.mark.parametrize("name", ["videos", ".partial", "superseded"])
def test_a_folder_that_is_a_link_is_refused_and_nothing_is_written_through_it(tmp_path: Path, name: str) -> None:
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    run.mkdir()
    elsewhere.mkdir()
    (run / name).symlink_to(elsewhere)
    with pytest.raises(FolderError, match="symbolic link"):
        shelf_in(run).prepare()
    assert list(elsewhere.iterdir()) == []


def test_an_earlier_video_of_the_same_item_is_kept_too(folder: Path) -> None:
    finish(folder, "anna", FOREIGN)
    finish(folder, "anna", ANNA)
    assert contents(folder)["videos/anna.mp4"] == ANNA
    assert contents(folder)[f"superseded/anna-{DIGEST[:12]}.mp4"] == FOREIGN


def test_a_link_in_the_way_is_replaced_and_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.mp4").write_bytes(FOREIGN)
    (folder / "videos" / "anna.mp4").symlink_to(tmp_path / "precious.mp4")
    finish(folder, "anna", ANNA)
    assert (tmp_path / "precious.mp4").read_bytes() == FOREIGN
    assert not (folder / "videos" / "anna.mp4").is_symlink()
    assert contents(folder)["videos/anna.mp4"] == ANNA


def test_a_folder_in_the_way_halts_and_the_file_stays(folder: Path) -> None:
    (folder / "videos" / "anna.mp4").mkdir()
    state = put(folder, saved("anna", ANNA), ANNA)
    with pytest.raises(Halt):
        shelf_in(folder).publish(state)
    assert contents(folder) == {f".partial/{state.item.key}.mp4": ANNA}


def test_a_saved_clip_is_opened(folder: Path) -> None:
    content = clip(frames=3)
    state = put(folder, saved("anna", content), content)
    found = inspected(folder, state)
    assert isinstance(found, Inspected)
    assert (found.clip.frames, found.clip.decoded) == (3, True)


def test_a_clip_that_a_crash_left_under_its_final_name_is_opened_there(folder: Path) -> None:
    content = clip(frames=3)
    state = put(folder, saved("anna", content), content)
    shelf_in(folder).publish(state)
    assert isinstance(inspected(folder, state, full=False), Inspected)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "gone"), (FOREIGN, "not the one that was saved"), (ANNA, "instead of a video")],
    ids=["gone", "another", "no video"],
)
def test_a_file_that_is_not_what_was_saved_is_spoilt(folder: Path, content: bytes | None, words: str) -> None:
    state = saved("anna", ANNA)
    if content is not None:
        put(folder, state, content)
    found = inspected(folder, state)
    assert isinstance(found, Spoilt)
    assert words in found.reason


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no regular file here whose reading fails")
def test_a_disk_that_cannot_be_read_halts_and_spoils_nothing(folder: Path) -> None:
    state = saved("anna", ANNA)
    (folder / ".partial" / f"{state.item.key}.mp4").symlink_to("/proc/self/mem")
    with pytest.raises(Halt, match="cannot read"):
        inspected(folder, state)


def test_a_foreign_file_under_the_final_name_is_not_taken_for_the_saved_one(folder: Path) -> None:
    (folder / "videos" / "anna.mp4").write_bytes(FOREIGN)
    assert isinstance(inspected(folder, saved("anna", ANNA)), Spoilt)


def test_a_renamed_item_takes_its_file_and_its_sidecar_along(folder: Path) -> None:
    anna = finish(folder, "anna", ANNA)
    shelf_in(folder).rehome([(anna, renamed(anna, "zoe"))])
    assert contents(folder) == {"videos/zoe.mp4": ANNA, "videos/zoe.json": b"zoe done"}


def told_anew(state: State) -> tuple[State, State]:
    return state, replace(state, item=replace(state.item, tags=("new",)))


def test_a_sidecar_that_the_facts_will_belie_goes_before_them_and_is_written_behind_them(folder: Path) -> None:
    anna, bert = finish(folder, "anna", ANNA), finish(folder, "bert", BERT)
    shelf = Shelf(folder, sidecar=lambda state: f"{state.item.tags}", files=UNFENCED)
    moves = [told_anew(anna), (bert, bert)]

    shelf.rehome(moves)

    assert contents(folder) == {"videos/anna.mp4": ANNA, "videos/bert.mp4": BERT, "videos/bert.json": b"bert done"}

    shelf.rehome(moves)
    shelf.retell(moves)

    assert contents(folder)["videos/anna.json"] == b"('new',)"
    assert contents(folder)["videos/bert.json"] == b"bert done"


def test_a_video_that_is_gone_gets_no_sidecar(folder: Path) -> None:
    anna = finish(folder, "anna", ANNA)
    (folder / "videos" / "anna.mp4").unlink()
    shelf = Shelf(folder, sidecar=lambda state: f"{state.item.tags}", files=UNFENCED)

    shelf.rehome([told_anew(anna)])
    shelf.retell([told_anew(anna)])

    assert contents(folder) == {}


def test_two_items_may_swap_their_names(folder: Path) -> None:
    anna, bert = finish(folder, "anna", ANNA), finish(folder, "bert", BERT)
    shelf_in(folder).rehome([(anna, renamed(anna, "bert")), (bert, renamed(bert, "anna"))])
    assert contents(folder) == {
        "videos/anna.mp4": BERT,
        "videos/anna.json": b"anna done",
        "videos/bert.mp4": ANNA,
        "videos/bert.json": b"bert done",
    }


def test_an_item_that_leaves_the_manifest_and_comes_back_costs_nothing(folder: Path) -> None:
    anna = finish(folder, "anna", ANNA)
    before = contents(folder)
    shelf_in(folder).rehome([(anna, retired(anna))])
    assert not any(name.startswith("videos/") for name in contents(folder))
    shelf_in(folder).rehome([(retired(anna), anna)])
    assert contents(folder) == before


def test_the_name_of_an_item_that_left_may_be_taken_at_once(folder: Path) -> None:
    anna, bert = finish(folder, "anna", ANNA), finish(folder, "bert", BERT)
    shelf_in(folder).rehome([(bert, renamed(bert, "anna")), (anna, retired(anna))])
    assert contents(folder)["videos/anna.mp4"] == BERT
    assert contents(folder)[f"superseded/anna-{anna.item.key[:12]}.mp4"] == ANNA


def test_a_file_of_the_users_in_the_way_of_a_rename_is_set_aside(folder: Path) -> None:
    anna = finish(folder, "anna", ANNA)
    (folder / "videos" / "zoe.mp4").write_bytes(FOREIGN)
    shelf_in(folder).rehome([(anna, renamed(anna, "zoe"))])
    assert contents(folder)["videos/zoe.mp4"] == ANNA
    assert contents(folder)[f"superseded/zoe-{DIGEST[:12]}.mp4"] == FOREIGN


def test_a_foreign_file_under_the_old_name_is_not_taken_along(folder: Path) -> None:
    anna = finish(folder, "anna", ANNA)
    (folder / "videos" / "anna.mp4").write_bytes(FOREIGN)
    shelf_in(folder).rehome([(anna, renamed(anna, "zoe"))])
    assert contents(folder)["videos/anna.mp4"] == FOREIGN
    assert "videos/zoe.mp4" not in contents(folder)


@pytest.mark.parametrize("twins", [False, True], ids=["different videos", "equal bytes"])
@pytest.mark.parametrize("steps", range(5))
def test_a_swap_that_a_crash_cut_off_is_finished_by_a_second_call(folder: Path, steps: int, *, twins: bool) -> None:
    second = ANNA if twins else BERT
    anna, bert = finish(folder, "anna", ANNA), finish(folder, "bert", second)
    moves = [(anna, renamed(anna, "bert")), (bert, renamed(bert, "anna"))]
    partial, videos = folder / ".partial", folder / "videos"
    path = [
        (videos / "anna.mp4", partial / f"{anna.item.key}.mp4"),
        (videos / "bert.mp4", partial / f"{bert.item.key}.mp4"),
        (partial / f"{anna.item.key}.mp4", videos / "bert.mp4"),
        (partial / f"{bert.item.key}.mp4", videos / "anna.mp4"),
    ]
    for source, target in path[:steps]:
        UNFENCED.move(source, target)
    shelf_in(folder).rehome(moves)
    assert contents(folder) == {
        "videos/anna.mp4": second,
        "videos/anna.json": b"anna done",
        "videos/bert.mp4": ANNA,
        "videos/bert.json": b"bert done",
    }


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_round_of_renames_ends_well_in_any_order(folder: Path, order: tuple[int, ...]) -> None:
    states = [finish(folder, id_, id_.encode()) for id_ in ("a", "b", "c")]
    moves = [(state, renamed(state, id_)) for state, id_ in zip(states, ("b", "c", "a"), strict=True)]
    shelf_in(folder).rehome([moves[at] for at in order])
    videos = {name: content for name, content in contents(folder).items() if name.endswith(".mp4")}
    assert videos == {"videos/a.mp4": b"c", "videos/b.mp4": b"a", "videos/c.mp4": b"b"}


def test_preparing_clears_what_a_crash_cut_off_and_nothing_else(folder: Path) -> None:
    finish(folder, "anna", ANNA)
    put(folder, saved("bert", BERT), BERT)
    before = contents(folder)
    for name in (".partial/1.part", "videos/.anna.json.17.part", "superseded/.x.json.17.part", ".report.md.17.part"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"half")
    shelf_in(folder).prepare()
    assert contents(folder) == before


def test_preparing_where_a_file_has_the_name_of_the_folder_halts(tmp_path: Path) -> None:
    (tmp_path / "videos").write_bytes(FOREIGN)
    with pytest.raises(Halt):
        shelf_in(tmp_path).prepare()
