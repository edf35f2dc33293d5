"""A manifest that changes between runs: only what is new is bought, and the plan says why."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from desk import Desk


def item(desk: Desk, id_: str, prompt: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "portrait": "anna.png", "prompt": prompt + desk.mark, **more}


def plan(desk: Desk) -> dict[str, tuple[str, str]]:
    return {
        line["id"]: (line["action"], line["why"]) for line in desk.s2v("plan", "m.yaml", "--json").document["items"]
    }


def test_inserting_reordering_and_deleting_buys_nothing_that_is_done(desk: Desk) -> None:
    a, b, c = (item(desk, name, name) for name in "abc")
    desk.s2v("run", desk.manifest([a, b]))
    desk.s2v("run", desk.manifest([c, b, a]))
    done = desk.s2v("run", desk.manifest([b]))

    assert done.code == 0, done.err
    assert sorted(desk.submits) == ["a", "b", "c"]
    assert desk.videos() == ["b.mp4"]
    kept = sorted(path.name[0] for path in (desk.folder / "runs/try/superseded").glob("*.mp4"))
    assert kept == ["a", "c"]


def test_what_comes_back_into_the_manifest_is_not_bought_again(desk: Desk) -> None:
    a, b = item(desk, "a", "a"), item(desk, "b", "b")
    for items in ([a, b], [b], [b, a]):
        done = desk.s2v("run", desk.manifest(items))

    assert done.code == 0, done.err
    assert sorted(desk.submits) == ["a", "b"]
    assert desk.videos() == ["a.mp4", "b.mp4"]


def test_renamed_items_swap_their_files_and_buy_nothing(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "a", "first"), item(desk, "b", "second")]))
    videos = desk.folder / "runs/try/videos"
    first, second = ((videos / name).read_bytes() for name in ("a.mp4", "b.mp4"))

    done = desk.s2v("run", desk.manifest([item(desk, "b", "first"), item(desk, "a", "second")]))

    assert done.code == 0, done.err
    assert ((videos / "b.mp4").read_bytes(), (videos / "a.mp4").read_bytes()) == (first, second)
    assert len(desk.submits) == 2
    assert desk.s2v("verify", "m.yaml").code == 0


def test_a_changed_prompt_portrait_or_parameter_buys_only_that_item_and_says_why(desk: Desk) -> None:
    names = ("same", "words", "face", "flag")
    desk.portrait("face.png", "navy")
    items = [item(desk, name, name) for name in names]
    items[2]["portrait"] = "face.png"
    desk.s2v("run", desk.manifest(items))
    desk.portrait("face.png", "teal")
    items[1]["prompt"] = "new words" + desk.mark
    items[3]["prompt_optimizer"] = False
    desk.manifest(items)

    assert plan(desk) == {
        "same": ("keep", ""),
        "words": ("buy", "the prompt changed"),
        "face": ("buy", "the portrait changed"),
        "flag": ("buy", "prompt_optimizer changed to false"),
    }
    assert desk.s2v("run", "m.yaml").code == 0
    assert sorted(desk.submits) == sorted([*names, "new words", "face", "flag"])


@pytest.mark.parametrize("faces", [("navy", "teal"), ("teal", "navy")], ids=["there", "back"])
def test_a_changed_item_is_held_against_the_one_that_has_its_id_now(desk: Desk, faces: tuple[str, str]) -> None:
    """Both ways, for in one of them the purchase that left comes first by its fingerprint; so no mark is in it."""
    for face in faces:
        desk.portrait(f"{face}.png", face)
        desk.s2v("run", desk.manifest([{"id": "a", "portrait": f"{face}.png", "prompt": "one"}]))

    desk.manifest([{"id": "a", "portrait": f"{faces[1]}.png", "prompt": "two"}])

    assert plan(desk) == {"a": ("buy", "the prompt changed")}
    differences = desk.s2v("diff", "m.yaml", "--json").document
    assert differences == [{"id": "a", "change": "changed", "why": "the prompt changed"}]


def test_another_provider_buys_nothing_that_is_done(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))

    done = desk.s2v("run", desk.manifest(["one"], provider="local", providers={}))

    assert done.code == 0, done.err
    assert desk.submits == ["one"]
    assert desk.results()["a"]["provider"] == "minimax"
    assert not (desk.folder / "runs/try/.local").exists()


def test_new_metadata_reaches_the_outputs_for_nothing(desk: Desk) -> None:
    desk.s2v("run", desk.manifest([item(desk, "a", "a")]))

    done = desk.s2v("run", desk.manifest([item(desk, "a", "a", metadata={"licence": "CC0"})]))

    assert done.code == 0, done.err
    assert desk.results()["a"]["metadata"] == {"licence": "CC0"}
    assert desk.submits == ["a"]


def test_the_plan_of_the_same_files_is_the_same_bytes(desk: Desk) -> None:
    desk.manifest(["one", "two"], name="m.yaml")
    before = desk.s2v("plan", "m.yaml", "--json").out
    assert desk.s2v("plan", "m.yaml", "--json").out == before


def test_a_lock_that_came_from_elsewhere_holds_the_first_run_of_a_folder(desk: Desk) -> None:
    manifest, folder = desk.manifest(["one", "two"]), desk.folder / "runs/try"
    desk.s2v("run", manifest)
    lock = (folder / "plan.lock.json").read_bytes()
    shutil.rmtree(folder)

    without = desk.s2v("run", manifest, "--frozen")
    folder.mkdir()
    (folder / "plan.lock.json").write_bytes(lock)
    other = desk.s2v("run", desk.manifest(["one", "another"]), "--frozen")
    same = desk.s2v("run", desk.manifest(["one", "two"]), "--frozen")

    assert (without.code, "or put that of the run there which is to be repeated" in without.err) == (4, True)
    assert (other.code, "'b': prompt changed" in other.err) == (4, True)
    assert same.code == 0, same.err
    assert len(desk.submits) == 4


def test_frozen_refuses_drift_and_needs_a_lock(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    assert desk.s2v("run", manifest, "--frozen").code == 4
    desk.s2v("run", manifest)
    assert desk.s2v("run", manifest, "--frozen").code == 0

    done = desk.s2v("run", desk.manifest(["other", "two"]), "--frozen")

    assert done.code == 4
    assert "'a': prompt changed; 'b' is new" in done.err
    assert desk.submits == ["one"]


def test_a_doubt_that_left_the_manifest_still_wants_a_decision_though_its_id_is_taken(desk: Desk) -> None:
    for prompt in ("lost [500]", "lost too [500]"):
        manifest = desk.manifest([item(desk, "a", prompt)])
        desk.s2v("run", manifest)
    manifest = desk.manifest([item(desk, "a", "fine")])

    done = desk.s2v("run", manifest)
    named = [line.split(":")[0] for line in desk.s2v("resolve", manifest).out.splitlines() if "asked for at" in line]

    assert done.code == 6, done.out
    assert len(set(named)) == 2
    assert desk.s2v("explain", manifest, named[0]).out.startswith(f"{named[0]}: in doubt")
    assert [desk.s2v("resolve", manifest, name, "--abandon").code for name in named] == [0, 0]
    assert desk.s2v("run", manifest).code == 0
    assert sorted(desk.submits) == ["fine", "lost [500]", "lost too [500]"]


def test_a_paid_job_that_left_the_manifest_unfinished_is_no_success(desk: Desk) -> None:
    desk.stop_after("accepted", "run", desk.manifest([item(desk, "a", "slow [slow]")]))
    desk.stop_after("checked", "run", desk.manifest([item(desk, "b", "fine")]))

    done = desk.s2v("run", desk.manifest([item(desk, "b", "fine")], limits={"item_deadline": "200ms"}))

    assert done.code == 10, done.out
    assert desk.s2v("run", "m.yaml", "--only", "b").code == 0


def sidecar(desk: Desk, path: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((desk.folder / "runs/try" / path).read_text())
    return {name: document[name] for name in ("tags", "metadata")}


def test_a_sidecar_tells_what_the_manifest_says_of_licence_and_consent_by_now(desk: Desk) -> None:
    for tag, consent in (("t", "given"), ("u", "taken back")):
        a = item(desk, "a", "a", tags=[tag], metadata={"consent": consent})
        done = desk.s2v("run", desk.manifest([a, item(desk, "b", "b", tags=["t"])]))
        assert done.code == 0, done.err

    assert sidecar(desk, "videos/a.json") == {"tags": ["u"], "metadata": {"consent": "taken back"}}
    assert sidecar(desk, "videos/b.json") == {"tags": ["t"], "metadata": {}}
    assert desk.submits == ["a", "b"]


def test_so_does_that_of_a_video_that_waits_to_be_looked_at(desk: Desk) -> None:
    for consent in ("given", "taken back"):
        more = {"tags": [], "metadata": {"consent": consent}}
        done = desk.s2v("run", desk.manifest([item(desk, "a", "a", **more)], checks={"min_seconds": 4}))

    assert done.code == 6, done.err
    assert sidecar(desk, "review/a.json")["metadata"] == {"consent": "taken back"}


def test_a_difference_is_what_comes_back_too(desk: Desk) -> None:
    a, b = item(desk, "a", "a"), item(desk, "b", "b")
    for items in ([a, b], [a]):
        desk.s2v("run", desk.manifest(items))
    desk.manifest([a, b])

    found = desk.s2v("diff", "m.yaml", "--json").document

    assert found == [{"id": "b", "change": "back", "why": "its video comes back for nothing"}]
    assert desk.s2v("run", "m.yaml").code == 0
    assert desk.s2v("diff", "m.yaml", "--json").document == []
