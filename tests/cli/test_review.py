"""Videos that do not pass their checks, from the manifest to a person's decision, with the real networks and files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from desk import Desk

from runner.report.failures import MENDED

ASTRONAUT = Path(__file__).parents[2] / "manifests/portraits/astronaut.png"
SHORT: dict[str, Any] = {"min_seconds": 1}  # the provider's tiny films run for 0.32 s


def of_her(desk: Desk, *moods: str, **keys: Any) -> Path:
    """Write a manifest of the astronaut's portrait, which asks who is to be seen."""
    shutil.copy(ASTRONAUT, desk.folder / "her.png")
    items = [{"id": f"v{n}", "portrait": "her.png", "prompt": f"{mood}{desk.mark}"} for n, mood in enumerate(moods)]
    return desk.manifest(items, **{"checks": {"identity": {}}, **keys})


def names(desk: Desk, folder: str) -> list[str]:
    return sorted(path.name for path in (desk.folder / "runs/try" / folder).glob("*"))


def test_her_video_passes_and_that_of_a_stranger_waits_until_somebody_keeps_it(desk: Desk) -> None:
    manifest = of_her(desk, "her [face]", "planted [stranger]")
    done = desk.s2v("run", manifest)

    assert done.code == 6, done.out + done.err
    assert "1 of 2 videos done; 1 to review." in done.out
    assert "next: s2v review m.yaml" in done.out
    assert (desk.videos(), names(desk, "review")) == (["v0.mp4"], ["v1.json", "v1.mp4"])
    checks = {id_: row["checks"] for id_, row in desk.results().items()}
    assert checks["v0"]["grade"] == "pass"
    assert checks["v0"]["identity"]["distance"] < 0.35
    assert checks["v0"]["identity"]["coverage"] == 1.0
    assert checks["v1"]["grade"] == "fail"
    assert checks["v1"]["identity"]["distance"] > 0.6
    assert len(checks["v1"]["identity"]["distances"]) == 16
    sidecar = json.loads((desk.folder / "runs/try/review/v1.json").read_text())
    assert sidecar["judgement"] == {name: checks["v1"][name] for name in sidecar["judgement"]}

    told = desk.s2v("review", manifest)
    waiting = desk.s2v("review", "runs/try", "--json").document["waiting"]

    assert told.code == 6
    assert "v1: review/v1.mp4: its face is 0." in told.out
    assert [(each["id"], each["checks"]["grade"]) for each in waiting] == [("v1", "fail")]

    kept = desk.s2v("review", manifest, "--keep", "v1")

    assert kept.code == 0, kept.err
    assert desk.videos() == ["v0.mp4", "v1.mp4"]
    assert (names(desk, "review"), desk.results()["v1"]["state"]) == ([], "done")
    assert desk.s2v("run", manifest).code == 0
    assert desk.s2v("verify", manifest, "--journal").code == 0
    assert len(desk.submits) == 2


@pytest.mark.parametrize(
    ("asks", "most", "submits", "place"),
    [
        pytest.param({"identity": {}}, "5 USD", 2, "videos", id="within the budget"),
        pytest.param(SHORT, "0.70 USD", 1, "review", id="out of the budget"),
        pytest.param(SHORT, "5 USD", 2, "review", id="in vain"),
    ],
)
def test_what_fails_is_taken_again_as_often_as_is_allowed(
    desk: Desk, asks: dict[str, Any], most: str, submits: int, place: str
) -> None:
    """A stranger is planted first; whoever asks for length alone gets films that stay too short."""
    mood = "[stranger once]" if "identity" in asks else "plain"
    manifest = of_her(desk, mood, checks={**asks, "on_fail": "retake", "max_retakes": 1})
    done = desk.s2v("run", manifest, "--max-cost", most)

    assert done.code == (0 if place == "videos" else 6), done.out + done.err
    assert len(desk.submits) == submits
    assert names(desk, place) == ["v0.json", "v0.mp4"]
    assert len(names(desk, "rejected")) == 2 * (submits - 1)
    row = desk.results()["v0"]
    assert (row["bought"], row["lost"], row["retakes"]) == (submits, submits - 1, submits - 1)
    assert row["kept"] + row["in_review"] == 1


def test_what_is_rejected_has_failed_and_is_bought_anew_only_when_asked_for(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"], checks=SHORT)
    assert desk.s2v("run", manifest).code == 6

    rejected = desk.s2v("review", manifest, "--reject", "a", "--keep", "b")

    assert rejected.code == 0, rejected.err
    assert "buys what was rejected anew" in rejected.out
    assert (desk.videos(), len(names(desk, "rejected"))) == (["b.mp4"], 2)
    assert desk.results()["a"]["reason"].startswith("rejected by you: it runs for 0.32 s")
    assert desk.s2v("run", manifest).code == 5
    assert desk.s2v("fetch", manifest).code == 5
    assert sorted(desk.submits) == ["one", "two"]
    assert desk.s2v("retry", manifest, "--code", "length").code == 6
    assert sorted(desk.submits) == ["one", "one", "two"]


def test_a_video_that_counts_can_be_rejected_and_is_bought_anew_only_when_asked_for(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"])
    assert desk.s2v("run", manifest).code == 0
    before = (desk.folder / "runs/try/videos/a.mp4").read_bytes()

    rejected = desk.s2v("review", manifest, "--reject", "a")

    assert rejected.code == 0, rejected.err
    assert rejected.out.splitlines()[0] == "a: rejected; the file is kept in rejected/"
    assert (desk.videos(), len(names(desk, "rejected"))) == (["b.mp4"], 2)
    row = desk.results()["a"]
    assert (row["state"], row["reason"], row["lost"]) == ("failed", "rejected by you: it counted until then", 1)
    assert "1 item failed: try again, which buys anew" in desk.s2v("status", manifest).out
    assert desk.s2v("run", manifest).code == 5
    assert desk.s2v("fetch", manifest).code == 5
    assert sorted(desk.submits) == ["one", "two"]
    why = f"1 item failed: try again, which buys anew; {MENDED}"
    assert f"next: s2v run m.yaml --failed   # {why}\n" in desk.s2v("status", manifest.name).out
    told = desk.s2v("explain", manifest, "a").out
    assert "taken back to be looked at again, though it counted" in told
    assert desk.s2v(*rejected.out.partition("next: s2v ")[2].partition("   #")[0].split()).code == 0
    assert sorted(desk.submits) == ["one", "one", "two"]
    assert (desk.folder / "runs/try/videos/a.mp4").read_bytes() != before
    assert desk.s2v("verify", manifest, "--journal").code == 0


def test_a_death_before_the_word_is_written_leaves_a_video_that_counts_where_it_counts(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    desk.s2v("run", manifest)
    run = desk.folder / "runs/try"
    (run / "rejected").mkdir(exist_ok=True)
    (run / "videos/a.mp4").rename(run / "rejected" / f"a-{desk.results()['a']['sha256'][:12]}.mp4")
    (run / "videos/a.json").unlink()

    assert desk.s2v("run", manifest).code == 0
    assert names(desk, "videos") == ["a.json", "a.mp4"]
    assert names(desk, "rejected") == []
    assert desk.submits == ["one"]


def test_the_command_that_follows_a_rejection_buys_nothing_else_anew(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two", "three"], checks=SHORT).name
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--reject", "c")

    rejected = desk.s2v("review", manifest, "--reject", "a")

    assert rejected.out.splitlines()[1:] == [
        "1 video still to look at: s2v review m.yaml",
        f"next: s2v retry m.yaml a   # buys what was rejected anew; {MENDED}",
    ]
    assert desk.s2v(*rejected.out.partition("next: s2v ")[2].partition("   #")[0].split()).code == 6
    assert sorted(desk.submits) == ["one", "one", "three", "two"]


def test_a_rejection_in_a_shard_and_of_many_names_what_can_be_typed(desk: Desk) -> None:
    many = [{"id": f"v{n}", "portrait": "anna.png", "prompt": f"{n}{desk.mark}"} for n in range(51)]
    manifest = desk.manifest(many, checks=SHORT).name
    desk.s2v("run", manifest, "--shard", "1/1")

    few = desk.s2v("review", manifest, "--shard", "1/1", "--reject", "v0")
    rest = desk.s2v("review", manifest, "--shard", "1/1", "--reject", *(f"v{n}" for n in range(1, 51)))

    assert "next: s2v retry m.yaml v0 --shard 1/1   # buys" in few.out
    assert rest.out.splitlines()[-1].startswith(
        f"next: s2v retry m.yaml {' '.join(f'v{n}' for n in range(1, 51))} --shard"
    )
    assert desk.s2v("retry", manifest, "v0", "--shard", "1/1", "--dry-run").code == 0


def test_more_rejections_than_a_line_holds_are_counted(desk: Desk) -> None:
    many = [{"id": f"v{n}", "portrait": "anna.png", "prompt": f"{n}{desk.mark}"} for n in range(51)]
    manifest = desk.manifest(many, checks=SHORT).name
    desk.s2v("run", manifest)

    done = desk.s2v("review", manifest, "--reject", *(each["id"] for each in many))

    assert done.out.splitlines()[-1].startswith("next: s2v retry m.yaml ID ...   # buys anew what you name of 51 rej")


def test_accepted_videos_count_with_what_was_found(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["one"], checks={**SHORT, "on_fail": "accept"}), "--json")

    assert done.code == 0, done.err
    assert done.document["summary"] | {"kept": 1, "flagged": 1, "in_review": 0} == done.document["summary"]
    assert [each["check"] for each in done.document["items"][0]["checks"]["findings"]] == ["length"]


def test_a_video_that_waits_is_mended_moves_with_its_name_and_is_verified(desk: Desk) -> None:
    manifest = desk.manifest(["one"], checks=SHORT)
    desk.s2v("run", manifest)
    video = desk.folder / "runs/try/review/a.mp4"
    whole = video.read_bytes()

    video.write_bytes(b"changed")
    refused = desk.s2v("review", manifest, "--keep", "a")
    verified = desk.s2v("verify", manifest)
    fetched = desk.s2v("fetch", manifest)

    assert (refused.code, verified.code, fetched.code) == (2, 5, 6)
    assert "the video of 'a' is gone or changed: s2v fetch brings it back" in refused.err
    assert video.read_bytes() == whole
    manifest.write_text(manifest.read_text().replace("id: a", "id: renamed"))
    assert desk.s2v("run", manifest).code == 6
    assert names(desk, "review") == ["renamed.json", "renamed.mp4"]
    assert desk.submits == ["one"]


def test_a_video_that_waits_can_be_kept_after_its_item_left_the_manifest(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "two"], checks=SHORT))
    manifest = desk.manifest(["one"], checks=SHORT)
    assert desk.s2v("run", manifest).code == 6
    (gone,) = [name.removesuffix(".mp4") for name in names(desk, "review") if name.startswith("b-") and "mp4" in name]

    kept = desk.s2v("review", manifest, "--keep", gone)

    assert kept.code == 0, kept.err
    assert kept.out.splitlines()[0] == f"{gone}: kept; it stands in superseded/"
    assert names(desk, "superseded") == [f"{gone}.json", f"{gone}.mp4"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--keep", "z"], "no item is called 'z'; nothing was decided: name each by its whole id, from s2v review"),
        (["--keep", "z*"], "no item is called 'z*'; nothing was decided: s2v review m.yaml lists what waits"),
        (["--reject", "b*"], "nothing that is called 'b*' waits; nothing was decided: s2v review m.yaml lists what"),
        (["--keep", "*", "--reject", "a"], "'a' is to be kept and rejected: say one of both"),
        (["--keep", "b"], "'b' does not wait to be looked at; nothing was decided"),
        (["--reject", "b"], "'b' neither waits to be looked at nor counts; nothing was decided"),
        (["--keep", "a", "--reject", "a"], "'a' is to be kept and rejected: say one of both"),
    ],
    ids=[
        "keep unknown", "no such pattern", "nothing of a pattern waits", "both by a pattern",
        "keep failed", "reject failed", "both",
    ],
)  # fmt: skip
def test_a_decision_that_makes_no_sense_decides_nothing(desk: Desk, words: list[str], told: str) -> None:
    manifest = desk.manifest(["one", "bad [1026]"], checks=SHORT).name
    desk.s2v("run", manifest)

    done = desk.s2v("review", manifest, *words)

    assert (done.code, done.err.count(told)) == (2, 1), done.err
    assert names(desk, "review") == ["a.json", "a.mp4"]


def test_a_pattern_decides_about_what_waits_alone_and_says_how_many_that_were(desk: Desk) -> None:
    ids = ("w1", "w2", "w3", "x1", "x2")
    items = [{"id": id_, "portrait": "anna.png", "prompt": f"{id_}{desk.mark}"} for id_ in ids]
    manifest = desk.manifest(items, checks=SHORT).name
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--keep", "w1")

    rejected = desk.s2v("review", manifest, "--reject", "w*", "--keep", "x?")

    assert rejected.code == 0, rejected.err
    assert rejected.out.splitlines() == [
        "x1: kept; it stands in videos/",
        "x2: kept; it stands in videos/",
        "w2: rejected; the file is kept in rejected/",
        "w3: rejected; the file is kept in rejected/",
        "2 videos kept, 2 videos rejected",
        f"next: s2v retry m.yaml w2 w3   # buys what was rejected anew; {MENDED}",
    ]
    assert desk.videos() == ["w1.mp4", "x1.mp4", "x2.mp4"]
    assert desk.s2v("verify", manifest, "--journal").code == 0


def test_an_id_that_is_written_out_beside_a_pattern_takes_back_what_counted(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"], checks=SHORT).name
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--keep", "a")

    done = desk.s2v("review", manifest, "--reject", "*", "a", "--json")

    assert done.document["decided"] == {"b": "reject", "a": "reject"}
    assert desk.videos() == []


def test_a_rejection_is_taken_back_and_the_video_counts_as_if_it_had_been_kept(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"], checks=SHORT).name
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--keep", "b")
    desk.s2v("review", manifest, "--reject", "a", "b")

    kept = desk.s2v("review", manifest, "--keep", "a", "b")

    assert kept.code == 0, kept.err
    assert kept.out.splitlines()[:2] == ["a: kept; it stands in videos/", "b: kept; it stands in videos/"]
    assert (desk.videos(), names(desk, "rejected")) == (["a.mp4", "b.mp4"], [])
    row = desk.results()["a"]
    assert (row["state"], row["bought"], row["kept"], row["lost"]) == ("done", 1, 1, 0)
    assert json.loads((desk.folder / "runs/try/videos/a.json").read_text())["job_id"] == row["job_id"]
    assert "taken back to be looked at again, though it was rejected" in desk.s2v("explain", manifest, "a").out
    for command in (["verify", "--journal"], ["run"], ["fetch"], ["retry"], ["run", "--failed"]):
        assert desk.s2v(command[0], manifest, *command[1:]).code == 0
    assert desk.s2v("export", manifest, "--to", "videofolder", "--out", "set").code == 0
    assert sorted(desk.submits) == ["one", "two"]
    assert desk.s2v("review", manifest, "--reject", "a").code == 0
    assert (desk.videos(), desk.results()["a"]["lost"]) == (["b.mp4"], 1)


def test_a_rejection_is_taken_back_as_long_as_nothing_was_bought_anew(desk: Desk) -> None:
    """A retry that the budget ended, then one that bought."""
    manifest = desk.manifest(["one"], checks=SHORT).name
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--reject", "a")
    desk.s2v("retry", manifest, "a", "--max-cost", "0.01 USD")
    assert desk.results()["a"]["state"] == "open"

    assert desk.s2v("review", manifest, "--keep", "a").code == 0
    assert desk.s2v("run", manifest).code == 0
    assert desk.submits == ["one"]

    desk.s2v("review", manifest, "--reject", "a")
    desk.s2v("retry", manifest, "a")
    desk.s2v("review", manifest, "--keep", "a")
    desk.s2v("review", manifest, "--reject", "a")
    assert len([name for name in names(desk, "rejected") if name.endswith(".mp4")]) == 2
    assert desk.s2v("review", manifest, "--keep", "a").code == 0
    assert desk.submits == ["one", "one"]


def test_a_rejection_is_not_taken_back_once_another_video_was_asked_for(desk: Desk) -> None:
    manifest = desk.manifest(["one"]).name
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--reject", "a")
    desk.s2v("retry", manifest, "a")

    done = desk.s2v("review", manifest, "--keep", "a")

    assert done.code == 2
    told = "'a' was asked for anew since its video was rejected, which stays in rejected/; nothing was decided"
    assert told in done.err
    assert len(desk.submits) == 2


def test_a_rejected_video_that_is_gone_is_not_taken_back(desk: Desk) -> None:
    manifest = desk.manifest(["one"], checks=SHORT).name
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--reject", "a")
    (video,) = (desk.folder / "runs/try/rejected").glob("*.mp4")
    video.write_bytes(b"changed")
    facts = desk.events()

    done = desk.s2v("review", manifest, "--keep", "a")

    assert done.code == 2
    assert "the video of 'a' is not in rejected/ any more, or changed: s2v retry buys another; nothing was" in done.err
    assert desk.events() == facts


def test_a_death_after_a_rejection_was_taken_back_leaves_the_video_to_the_next_run(desk: Desk) -> None:
    """The word is written and the file is still among the rejected, under the name that its item had then."""
    manifest = desk.manifest(["one"], checks=SHORT)
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--reject", "a")
    run = desk.folder / "runs/try"
    (rejected,) = (run / "rejected").glob("*.mp4")
    notes = rejected.with_suffix(".json").read_bytes()
    desk.s2v("review", manifest, "--keep", "a")
    (run / "videos/a.mp4").rename(rejected)
    (run / "videos/a.json").unlink()
    rejected.with_suffix(".json").write_bytes(notes)
    manifest.write_text(manifest.read_text().replace("id: a", "id: renamed"))

    assert desk.s2v("run", manifest).code == 0
    assert names(desk, "videos") == ["renamed.json", "renamed.mp4"]
    assert names(desk, "rejected") == []
    assert desk.submits == ["one"]


def test_what_failed_and_is_mended_is_bought_by_the_next_run_as_it_is_told(desk: Desk) -> None:
    """The command that tries again tries what failed as it was, of which the manifest tells no more."""
    manifest = desk.manifest(["one"], checks=SHORT)
    desk.s2v("run", manifest)
    told = desk.s2v("review", manifest, "--reject", "a").out + desk.s2v("status", manifest).out
    desk.manifest(["mended"], checks=SHORT)

    assert told.count("a mended prompt or portrait makes a new item, which s2v run buys instead") == 2
    assert desk.s2v("retry", manifest, "a").code == 10
    assert desk.s2v("run", manifest, "--failed").code == 0
    assert desk.submits == ["one"]
    assert desk.s2v("run", manifest).code == 6
    assert desk.submits == ["one", "mended"]


def test_a_merge_brings_what_a_shard_rejected_and_then_took_back(desk: Desk) -> None:
    manifest = desk.manifest(["one"], checks=SHORT).name
    shard, whole = "runs/try.shard-1of1", "runs/try"
    desk.s2v("run", manifest, "--shard", "1/1")
    told = []
    for words in ([], ["--reject", "a"], ["--keep", "a"]):
        desk.s2v("review", manifest, "--shard", "1/1", *words)
        assert desk.s2v("merge", whole, shard).code == 0
        told.append(
            (desk.results()["a"]["state"], names(desk, "videos"), names(desk, "review"), names(desk, "rejected"))
        )

    assert [(state, len(videos), len(waiting), len(rejected)) for state, videos, waiting, rejected in told] == [
        ("review", 0, 2, 0),
        ("failed", 0, 0, 2),
        ("done", 2, 0, 0),
    ]
    assert desk.s2v("merge", whole, shard).code == 0
    assert desk.s2v("verify", whole, "--journal").code == 0
    assert desk.s2v("run", manifest).code == 0
    assert desk.submits == ["one"]


def test_who_rejects_twice_is_told_where_the_video_is(desk: Desk) -> None:
    manifest = desk.manifest(["one"], checks=SHORT)
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--reject", "a")

    done = desk.s2v("review", manifest, "--reject", "a")

    assert done.code == 2
    assert "'a' was rejected already: its video stands in rejected/; nothing was decided" in done.err
    assert [name.partition("-")[0] for name in names(desk, "rejected")] == ["a", "a"]


def test_what_looks_at_faces_must_be_installed(desk: Desk) -> None:
    """A process in which OpenCV cannot be found, as where the extra was not asked for."""
    script = "import sys; sys.modules['cv2'] = None; from runner.cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, "check", of_her(desk, "fine")], cwd=desk.folder, env=desk.environ(), text=True,
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 8
    assert "checks looks at faces or frames, which needs numpy and opencv: pip install 's2v-runner" in done.stderr


def test_a_portrait_that_only_the_provider_reads_cannot_be_held_against_a_video(desk: Desk) -> None:
    items = [{"portrait": "https://pictures.example/her.jpg", "prompt": "She smiles."}]
    done = desk.s2v("check", desk.manifest(items, checks={"identity": {}}))

    assert done.code == 3
    assert "only the provider reads this portrait" in done.err


def test_a_video_that_fetch_brings_home_is_held_against_its_portrait_as_in_a_run(desk: Desk) -> None:
    manifest = of_her(desk, "her [face]")
    desk.s2v("run", manifest)
    video = desk.folder / "runs/try/videos/v0.mp4"
    video.unlink()

    done = desk.s2v("fetch", manifest)

    assert (done.code, video.is_file()) == (0, True), done.out + done.err
