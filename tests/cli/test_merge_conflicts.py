"""One item bought in two folders: both are paid for, so it is told, and neither is lost."""

from __future__ import annotations

import re
import shlex
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Done


def run_on_two_machines(desk: Desk, prompts: list[str], **keys: Any) -> list[str]:
    """Run the manifest on two machines that know nothing of each other, and put their folders side by side."""
    for name in ("one", "two"):
        desk.s2v("run", desk.manifest(prompts, **keys))
        (desk.folder / "runs/try").rename(desk.folder / f"runs/{name}")
    return ["runs/one", "runs/two"]


def merge(desk: Desk, *folders: str, flags: tuple[str, ...] = ()) -> Done:
    return desk.s2v("merge", "runs/try", *folders, *flags)


def digests(folder: Path) -> set[str]:
    return {sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.mp4")}


def test_what_was_bought_twice_is_told_item_by_item_and_nothing_is_written(desk: Desk) -> None:
    folders = run_on_two_machines(desk, ["one", "bad [1026]"], retry={"backoff": "10ms..20ms"})
    jobs = [desk.s2v("status", folder, "--json").document["items"][0]["job_id"] for folder in folders]

    done = merge(desk, *folders)

    assert done.code == 9
    assert "2 items cannot be merged; nothing was written:" in done.err
    one, two = (f"{path}: done, job {job} at minimax, 0.65 USD" for path, job in zip(folders, jobs, strict=True))
    assert f"a: they went on without each other ({one}; {two})" in done.err
    assert "--keep-both" in done.err
    assert not (desk.folder / "runs/try").exists()


def test_both_purchases_are_counted_and_both_videos_kept_where_that_is_asked_for(desk: Desk) -> None:
    folders = run_on_two_machines(desk, ["one"])
    made = [(desk.folder / folder / "videos/a.mp4").read_bytes() for folder in folders]

    done = merge(desk, *folders, flags=("--keep-both",))

    assert done.code == 0, done.err
    assert "1 video brought, 1 of a second purchase kept in superseded/" in done.out
    assert "spent   1.30 USD for 2 jobs" in done.out
    assert (desk.folder / "runs/try/videos/a.mp4").read_bytes() == made[1]
    assert [path.read_bytes() for path in (desk.folder / "runs/try/superseded").glob("a-*.mp4")] == [made[0]]
    assert desk.s2v("verify", "runs/try", "--journal").code == 0
    assert desk.s2v("run", "m.yaml").code == 0
    assert len(desk.submits) == 2


def test_keeping_both_twice_changes_nothing(desk: Desk) -> None:
    folders = run_on_two_machines(desk, ["one"])
    merge(desk, *folders, flags=("--keep-both",))
    events = desk.events()

    again = merge(desk, *folders, flags=("--keep-both",))
    plain = merge(desk, *folders)

    assert (again.code, plain.code) == (0, 0), again.err + plain.err
    assert desk.events() == events


def test_a_second_purchase_that_is_merged_into_a_run_sets_its_video_aside_and_loses_it_not(desk: Desk) -> None:
    folders = run_on_two_machines(desk, ["one"])
    merge(desk, folders[0])

    done = merge(desk, folders[1], flags=("--keep-both",))

    assert done.code == 0, done.err
    assert digests(desk.folder / "runs/try") == digests(desk.folder / "runs/one") | digests(desk.folder / "runs/two")
    assert desk.s2v("verify", "runs/try", "--journal").code == 0


@pytest.mark.parametrize(
    ("prompt", "keys", "why"),
    [
        pytest.param("lost [500]", {}, "more than one of them is still open", id="both in doubt"),
        pytest.param("slow [slow]", {"limits": {"item_deadline": "200ms"}}, "more than one of them", id="both running"),
    ],
)
def test_two_purchases_that_are_both_open_are_brought_to_an_end_first(
    desk: Desk, prompt: str, keys: dict[str, Any], why: str
) -> None:
    folders = run_on_two_machines(desk, [prompt], **keys)

    done = merge(desk, *folders, flags=("--keep-both",))

    assert done.code == 9
    assert why in done.err
    assert not (desk.folder / "runs/try").exists()


def test_a_failure_that_would_cover_a_finished_video_is_merged_into_a_new_folder(desk: Desk) -> None:
    folders = run_on_two_machines(desk, ["bad [1026 once]"], retry={"backoff": "10ms..20ms"})
    merge(desk, folders[1])

    here = merge(desk, folders[0], flags=("--keep-both",))
    new = desk.s2v("merge", "runs/new", "runs/try", folders[0], "--keep-both")

    assert (here.code, "merge all of them into a new folder" in here.err) == (9, True)
    assert new.code == 0, new.err
    assert desk.results("new")["a"]["state"] == "done"


def test_folders_of_two_versions_of_a_manifest_that_want_one_name_are_refused(desk: Desk) -> None:
    for name, prompt in (("one", "old words"), ("two", "new words")):
        desk.s2v("run", desk.manifest([prompt]))
        (desk.folder / "runs/try").rename(desk.folder / f"runs/{name}")

    done = merge(desk, "runs/one", "runs/two")

    assert done.code == 9
    assert "a: it names two different videos (runs/one: done" in done.err
    (desk.folder / "runs/one").rename(desk.folder / "runs/try")
    assert desk.s2v("fetch", "m.yaml").code == 0
    assert merge(desk, "runs/two").code == 0
    assert desk.s2v("run", "m.yaml").code == 0
    assert sorted(desk.submits) == ["new words", "old words"]


def test_shards_between_which_ids_were_swapped_are_merged_as_is_advised(desk: Desk) -> None:
    prompts = [f"prompt {number}" for number in range(6)]
    items = [{"id": f"i{n}", "portrait": "anna.png", "prompt": prompt + desk.mark} for n, prompt in enumerate(prompts)]
    desk.manifest(items)
    desk.s2v("run", "m.yaml", "--shard", "1/2")
    desk.manifest([{**item, "id": f"i{5 - number}"} for number, item in enumerate(items)])
    desk.s2v("run", "m.yaml", "--shard", "2/2")
    shards = "runs/try.shard-1of2", "runs/try.shard-2of2"

    refused = [merge(desk, *shards, flags=flags) for flags in ((), ("--keep-both",))]
    fetched = [desk.s2v(*shlex.split(step)) for step in re.findall(r"s2v (fetch [^,\n]+)", refused[0].err)]
    done = merge(desk, *shards)

    assert [each.code for each in refused] == [9, 9]
    assert "--keep-both" not in refused[0].err
    assert refused[0].err == refused[1].err
    assert [each.code for each in fetched] == [0, 0]
    assert done.code == 0, done.err
    assert len(desk.submits) == 6
    assert desk.s2v("run", "m.yaml").code == 0
    assert len(desk.submits) == 6


def test_a_shard_from_before_ids_were_swapped_is_brought_up_as_is_advised_where_the_whole_is_already(
    desk: Desk,
) -> None:
    first, second = (f"{word}{desk.mark}" for word in ("one", "two"))
    items = [
        {"id": "a", "portrait": "anna.png", "prompt": first},
        {"id": "b", "portrait": "anna.png", "prompt": second},
    ]
    desk.s2v("run", desk.manifest(items), "--only", "a")
    for part in ("1/2", "2/2"):
        desk.s2v("run", "m.yaml", "--shard", part, "--only", "b")
    desk.manifest([{**items[0], "id": "b"}, {**items[1], "id": "a"}])
    desk.s2v("run", "m.yaml", "--failed")
    shard = next(name for name in ("try.shard-1of2", "try.shard-2of2") if desk.videos(name))

    refused = merge(desk, f"runs/{shard}")
    brought = [desk.s2v(*shlex.split(step)) for step in re.findall(r"s2v (fetch [^,\n]+)", refused.err)]
    done = merge(desk, f"runs/{shard}")

    assert refused.code == 9, refused.err
    assert f"runs/{shard}: done" in refused.err
    assert [each.code for each in brought] == [0, 0]
    assert done.code == 0, done.err
    assert desk.s2v("run", "m.yaml").code == 0
    assert desk.submits == ["one", "two"]


def test_shards_between_which_a_portrait_was_replaced_are_merged_as_is_advised(desk: Desk) -> None:
    """A fetch goes by the portraits of the last run, for what is paid for needs none; so it takes up no other one."""
    desk.manifest([f"prompt {number}" for number in range(6)])
    desk.s2v("run", "m.yaml", "--shard", "1/2")
    desk.portrait(colour="teal")
    desk.s2v("run", "m.yaml", "--shard", "2/2")
    shards = "runs/try.shard-1of2", "runs/try.shard-2of2"

    refused = merge(desk, *shards)
    steps = [step.replace("fetch", "run") for step in re.findall(r"s2v (fetch runs/[^,\n]+)", refused.err)]
    ran = [desk.s2v(*shlex.split(step)) for step in steps]
    done = merge(desk, *shards)

    words = "where a portrait's file was replaced under its name, that takes s2v run in place of s2v fetch, and buys"
    assert (refused.code, words in refused.err) == (9, True)
    assert [each.code for each in ran] == [0, 0]
    assert done.code == 0, done.err
    assert desk.s2v("plan", "m.yaml", "--json").document["counts"]["buy"] == 0


def test_a_damaged_source_is_refused_and_nothing_is_written(desk: Desk) -> None:
    folders = run_on_two_machines(desk, ["one"])
    state = desk.folder / folders[1] / "state.db"
    content = bytearray(state.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 8] = b"\xff" * 8
    state.write_bytes(content)

    done = merge(desk, *folders)

    assert done.code == 9
    assert "is damaged" in done.err
    assert not (desk.folder / "runs/try").exists()


def test_one_job_that_two_folders_gave_to_two_items_is_not_counted_twice(desk: Desk) -> None:
    for name in ("one", "two"):
        item = {"id": name, "portrait": "anna.png", "prompt": f"lost {name} [500]"}
        desk.s2v("run", desk.manifest([item]))
        assert desk.s2v("resolve", "m.yaml", name, "--job", "77").code == 0
        (desk.folder / "runs/try").rename(desk.folder / f"runs/{name}")

    done = merge(desk, "runs/one", "runs/two")

    assert done.code == 9
    assert "its job is that of another item, too" in done.err
    assert not (desk.folder / "runs/try").exists()


WHOLE, SHARD = "runs/try", "runs/try.shard-1of1"


def test_a_job_that_both_folders_waited_for_holds_nothing_back_that_the_shard_bought_since(desk: Desk) -> None:
    """Else what is paid for would come out of its shard by no command."""
    keys: dict[str, Any] = {"limits": {"item_deadline": "200ms"}, "retry": {"backoff": "10ms..20ms"}}
    desk.manifest(["one [slow]", "two", "three"], **keys)
    desk.s2v("run", "m.yaml", "--shard", "1/1", "--limit", "1")
    assert merge(desk, SHARD).code == 0
    assert desk.s2v("fetch", "m.yaml").code == 10
    assert desk.s2v("run", "m.yaml", "--shard", "1/1").code == 10

    done = merge(desk, SHARD)

    assert done.code == 0, done.err
    assert desk.videos() == ["b.mp4", "c.mp4"]
    assert "spent   1.95 USD for 3 jobs" in done.out
    again = merge(desk, SHARD)
    assert (again.code, "0 items new" in again.out) == (0, True), again.err
    assert desk.s2v("verify", WHOLE, "--journal").code == 0
    assert desk.s2v("run", "m.yaml").code == 10
    assert len(desk.submits) == 3


def waiting_in_both(desk: Desk) -> None:
    desk.manifest(["one"], checks={"min_seconds": 4})
    desk.s2v("run", "m.yaml", "--shard", "1/1")
    assert merge(desk, SHARD).code == 0


@pytest.mark.parametrize(("word", "place"), [("--keep", "videos"), ("--reject", "rejected")])
def test_a_word_that_was_said_in_a_shard_holds_in_the_whole(desk: Desk, word: str, place: str) -> None:
    waiting_in_both(desk)
    assert desk.s2v("review", SHARD, word, "a").code == 0

    done = merge(desk, SHARD)

    assert done.code == 0, done.err
    found = [str(path.relative_to(desk.folder / WHOLE).parent) for path in (desk.folder / WHOLE).rglob("*.mp4")]
    assert found == [place]
    assert [path.parent.name for path in (desk.folder / WHOLE).rglob("a*.json")] == [place]
    assert desk.s2v("verify", WHOLE, "--journal").code == 0


def test_a_video_that_counted_in_both_and_was_rejected_in_the_shard_counts_in_neither(desk: Desk) -> None:
    desk.manifest(["one"])
    desk.s2v("run", "m.yaml", "--shard", "1/1")
    assert merge(desk, SHARD).code == 0
    assert desk.s2v("review", SHARD, "--reject", "a").code == 0

    done = merge(desk, SHARD)

    assert done.code == 0, done.err
    assert [path.parent.name for path in (desk.folder / WHOLE).rglob("*.mp4")] == ["rejected"]
    assert [path.parent.name for path in (desk.folder / WHOLE).rglob("a*.json")] == ["rejected"]
    assert desk.results()["a"]["state"] == "failed"
    assert desk.s2v("verify", WHOLE, "--journal").code == 0


def test_a_video_that_was_rejected_in_both_is_bought_anew_in_either_and_only_once(desk: Desk) -> None:
    desk.manifest(["one"])
    desk.s2v("run", "m.yaml", "--shard", "1/1")
    assert merge(desk, SHARD).code == 0
    for folder in (WHOLE, SHARD):
        assert desk.s2v("review", folder, "--reject", "a").code == 0
    assert "0 items new" in merge(desk, SHARD).out

    here, there = desk.s2v("retry", "m.yaml", "a"), desk.s2v("retry", "m.yaml", "a", "--shard", "1/1")

    assert here.code == 0, here.err
    assert there.code == 2
    assert "may be paid for in runs/try already (a)" in there.err
    assert desk.submits == ["one", "one"]
    assert (merge(desk, SHARD).code, desk.results()["a"]["state"]) == (0, "done")
    assert desk.s2v("verify", WHOLE, "--journal").code == 0


@pytest.mark.parametrize(("here", "there", "state"), [("--keep", "--reject", "done"), ("--reject", "--keep", "failed")])
def test_of_two_words_on_one_video_that_of_the_destination_stands_where_that_is_asked_for(
    desk: Desk, here: str, there: str, state: str
) -> None:
    waiting_in_both(desk)
    for folder, word in ((WHOLE, here), (SHARD, there)):
        assert desk.s2v("review", folder, word, "a").code == 0
    before = desk.events()

    refused, done = merge(desk, SHARD), merge(desk, SHARD, flags=("--keep-both",))

    assert (refused.code, done.code) == (9, 0), done.err
    assert "one video was kept in one of them and rejected in another" in refused.err
    assert "--keep-both then lets the word of the destination stand" in refused.err
    assert (desk.events(), desk.results()["a"]["state"]) == (before, state)
    assert desk.s2v("verify", WHOLE, "--journal").code == 0
