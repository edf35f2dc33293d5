"""The commands that mend: they buy only where they say so, and the provider's own list of submits proves it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from desk import Desk

from runner.cli.run.mending import LOOKED_AT_ONCE


def test_fetch_never_submits_and_brings_home_what_is_paid_for(desk: Desk) -> None:
    manifest = desk.manifest(["one", "slow [slow]"])
    desk.stop_after("checked", "run", manifest)
    desk.manifest(["one", "slow [slow]", "never bought"])
    (desk.folder / "runs/try/videos/a.mp4").unlink()

    stopped = desk.stop_after("checked", "fetch", manifest)
    desk.manifest(["one", "slow [slow]", "never bought"], limits={"item_deadline": "200ms"})
    done = desk.s2v("fetch", manifest)

    assert (stopped.code, done.code) == (130, 10), done.out + done.err
    assert desk.videos() == ["a.mp4"]
    assert sorted(desk.submits) == ["one", "slow [slow]"]


def test_a_video_that_lies_in_its_place_again_counts_again(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"])
    desk.s2v("run", manifest)
    videos = desk.folder / "runs/try/videos"
    videos.rename(desk.folder / "away")
    desk.manifest(["one", "two"], limits={"item_deadline": "200ms"})
    lost = desk.s2v("run", manifest, MINIMAX_API_HOST="http://127.0.0.1:9")
    videos.rmdir()
    (desk.folder / "away").rename(videos)

    done = desk.s2v("run", manifest)

    assert (lost.code, done.code) == (10, 0), lost.err + done.err
    assert "2 of 2 videos done" in done.out
    assert desk.s2v("verify", manifest, "--journal").code == 0
    assert sorted(desk.submits) == ["one", "two"]


def test_a_backup_of_the_journal_that_was_put_back_buys_nothing_anew(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"])
    state, lock = desk.folder / "runs/try/state.db", desk.folder / "runs/try/.lock"
    desk.s2v("run", manifest, "--only", "a")
    backup = state.read_bytes()
    desk.s2v("run", manifest)
    newest = state.read_bytes()
    state.write_bytes(backup)

    refused = [desk.s2v(*words) for words in (("run", manifest), ("retry", manifest), ("fetch", manifest))]
    state.write_bytes(newest)
    done = desk.s2v("run", manifest)

    assert [each.code for each in refused] == [9, 9, 9]
    assert "runs/try/state.db is older than its folder (epoch 1, and runs/try/.lock tells of 2)" in refused[0].err
    assert (done.code, sorted(desk.submits)) == (0, ["one", "two"])
    state.unlink()
    lock.unlink()
    assert "hold" in desk.s2v("run", manifest).err


def test_a_backup_of_a_journal_that_was_damaged_since_is_put_back_and_goes_on(desk: Desk) -> None:
    """Runs that found the damage have written nothing, so the backup lacks nothing."""
    manifest = desk.manifest([f"scene {n}" for n in range(9)])
    state = desk.folder / "runs/try/state.db"
    desk.s2v("run", manifest, "--only", "a")
    backup = state.read_bytes()
    with closing(sqlite3.connect(state)) as sql:
        ((page,),) = sql.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'item_by_phase'")
        ((size,),) = sql.execute("PRAGMA page_size")
    state.write_bytes(backup[: (page - 1) * size] + bytes(size) + backup[page * size :])

    found = [desk.s2v("run", manifest) for _ in range(2)]
    state.write_bytes(backup)
    done = desk.s2v("run", manifest, "--only", "[ab]")

    assert [each.code for each in found] == [9, 9], found
    assert done.code == 0, done.err
    assert desk.submits == ["scene 0", "scene 1"]


def test_a_plan_says_that_a_backup_of_the_journal_was_put_back(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"])
    state = desk.folder / "runs/try/state.db"
    desk.s2v("run", manifest, "--only", "a")
    backup = state.read_bytes()
    desk.s2v("run", manifest)
    state.write_bytes(backup)

    done = desk.s2v("plan", manifest)

    assert "a run would be refused now: runs/try/state.db is older than its folder" in done.err


def test_fetch_mends_a_damaged_video_and_keeps_what_lay_there(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    desk.s2v("run", manifest)
    video = desk.folder / "runs/try/videos/a.mp4"
    whole = video.read_bytes()
    video.write_bytes(b"damaged")

    done = desk.s2v("fetch", manifest)

    assert done.code == 0, done.err
    assert video.read_bytes() == whole
    assert "1 video gone or changed in runs/try" in done.err
    assert [path.read_bytes() for path in (desk.folder / "runs/try/superseded").glob("*.mp4")] == [b"damaged"]
    assert desk.submits == ["one"]


@pytest.mark.parametrize("harm", [None, b"damaged"], ids=["gone", "damaged"])
def test_fetch_mends_a_video_that_left_the_manifest_as_verify_advises(desk: Desk, harm: bytes | None) -> None:
    desk.s2v("run", desk.manifest(["one", "two"]))
    manifest = desk.manifest(["one"])
    desk.s2v("run", manifest)
    (video,) = (desk.folder / "runs/try/superseded").glob("b-*.mp4")
    whole = video.read_bytes()
    video.unlink()
    if harm is not None:
        video.write_bytes(harm)

    verified = desk.s2v("verify", manifest)
    mended = desk.s2v("fetch", manifest)

    assert (verified.code, mended.code) == (5, 0), mended.err
    assert "next: s2v fetch " in verified.out
    assert f"1 video gone or changed in runs/try, fetched again for nothing: {video.stem}" in mended.err
    assert video.read_bytes() == whole
    assert desk.s2v("verify", manifest).code == 0
    assert desk.submits == ["one", "two"]


def test_fetch_needs_no_portrait_for_what_is_paid_for_already_and_a_run_does(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"])
    desk.s2v("run", manifest)
    (desk.folder / "runs/try/videos/a.mp4").unlink()
    (desk.folder / "anna.png").unlink()

    refused, fetched = desk.s2v("run", manifest), desk.s2v("fetch", manifest)

    assert (refused.code, fetched.code) == (3, 0), fetched.err
    assert desk.videos() == ["a.mp4", "b.mp4"]
    assert len(desk.submits) == 2


def test_fetch_leaves_a_doubt_alone(desk: Desk) -> None:
    manifest = desk.manifest(["lost [500]"])
    desk.s2v("run", manifest)

    assert desk.s2v("fetch", manifest).code == 0
    assert desk.submits == ["lost [500]"]


def test_retry_buys_the_failed_items_that_are_named_and_nothing_else(desk: Desk) -> None:
    manifest = desk.manifest(["bad [1026 once]", "bad too [1026 once]"])
    desk.s2v("run", manifest)
    desk.manifest(["bad [1026 once]", "bad too [1026 once]", "new"])

    done = desk.s2v("retry", manifest, "b")

    assert done.code == 0, done.out + done.err
    assert sorted(desk.submits) == ["bad [1026 once]", "bad too [1026 once]", "bad too [1026 once]"]
    assert desk.videos() == ["b.mp4"]


def test_retry_by_code_finds_nothing_to_do_when_nothing_failed_so(desk: Desk) -> None:
    manifest = desk.manifest(["bad [1026]"])
    desk.s2v("run", manifest)

    assert desk.s2v("retry", manifest, "--code", "1027").code == 0
    assert desk.submits == ["bad [1026]"]


@pytest.mark.parametrize(
    ("id_", "told", "code"),
    [
        ("a", "a is done, so there is nothing to try again", 0),
        ("b", "b is in doubt and may be paid for, so it is not tried again: s2v resolve m.yaml", 6),
        ("d", "d is not bought yet, so there is nothing to try again: s2v run m.yaml --only d", 10),
    ],
)
def test_retry_says_why_an_item_that_is_named_is_not_tried_again(desk: Desk, id_: str, told: str, code: int) -> None:
    items = ["one", "lost [500]", "bad [1026]", "never bought"]
    manifest = desk.manifest(items)
    desk.s2v("run", manifest, "--only", "[abc]")

    done = desk.s2v("retry", manifest.name, id_)

    assert done.code == code, done.out + done.err
    assert told in done.err
    assert sorted(desk.submits) == sorted(items[:3])


def test_an_item_in_doubt_beside_one_that_is_tried_again_still_counts(desk: Desk) -> None:
    manifest = desk.manifest(["lost [500]", "bad [1026 once]"])
    desk.s2v("run", manifest)

    done = desk.s2v("retry", manifest, "a", "b")

    assert done.code == 6, done.out + done.err
    assert desk.videos() == ["b.mp4"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--code", "9999"), "no item that was asked for failed with 9999; codes are 1026"),
        (("--code", "1027"), "no item that was asked for failed with 1027 (did you mean 1026?)"),
        (("a", "--code", "9999"), "a failed, but not with what was asked for, so it is not tried again"),
    ],
)
def test_retry_by_a_code_that_nothing_failed_with_says_so(desk: Desk, args: tuple[str, ...], told: str) -> None:
    manifest = desk.manifest(["bad [1026]"])
    desk.s2v("run", manifest)

    assert told in desk.s2v("retry", manifest, *args).err


def test_retry_says_how_many_more_codes_there_are(desk: Desk) -> None:
    manifest = desk.manifest([f"bad {n} [1026]" for n in range(12)])
    desk.s2v("run", manifest)
    with closing(sqlite3.connect(desk.folder / "runs/try/state.db")) as journal, journal:
        journal.execute("UPDATE item SET code = json_quote(CAST(2000 + position AS TEXT))")

    err = desk.s2v("retry", manifest, "--code", "none").err

    assert "codes are 2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008 and 3 more" in err


def test_explain_ends_with_what_to_do_about_that_very_item(desk: Desk) -> None:
    manifest = desk.manifest(["one", "bad [1026]", "worse [1026]", "lost [500]"])
    desk.s2v("run", manifest)

    told = {id_: desk.s2v("explain", manifest, id_).out.splitlines()[-1] for id_ in "abd"}

    assert not told["a"].startswith("next: ")
    assert told["b"] == (
        "next: s2v retry m.yaml b   # 1 item failed: try again, which buys anew; "
        "a mended prompt or portrait makes a new item, which s2v run buys instead"
    )
    assert told["d"].startswith("next: s2v resolve m.yaml   # 1 item may have been bought and may not")
    asked = len(desk.submits)
    desk.s2v(*told["b"].partition(" #")[0].split()[2:])
    assert desk.submits[asked:] == ["bad [1026]"]


def test_explain_tells_the_whole_story_in_words(desk: Desk) -> None:
    manifest = desk.manifest(["one", "bad [1026]"])
    desk.s2v("run", manifest)

    told = desk.s2v("explain", manifest, "a", "b").out

    assert "a: done" in told
    assert "about to be bought at minimax for 0.65 USD, attempt 1" in told
    assert "bought: the provider took it as job" in told
    assert "refused, nothing was bought: 1026: mood 1026" in told
    assert json.loads(desk.s2v("explain", manifest, "a", "--json").out)["events"][-1]["event"] == "checked"
    assert desk.s2v("explain", manifest, "c").code == 2


def test_diff_names_what_is_new_changed_renamed_and_gone(desk: Desk) -> None:
    names = {"a": "first", "b": "second", "c": "third"}
    items = [{"id": i, "portrait": "anna.png", "prompt": p + desk.mark} for i, p in names.items()]
    desk.s2v("run", desk.manifest(items))
    items[0]["prompt"] = "changed" + desk.mark
    items[1]["id"] = "bertha"
    items[2] = {"id": "new", "portrait": "anna.png", "prompt": "new" + desk.mark}
    manifest = desk.manifest(items)

    told = {each["id"]: each["change"] for each in desk.s2v("diff", manifest, "--json").document}

    assert told == {"a": "changed", "new": "new", "bertha": "renamed", "c": "gone"}
    assert "4 differences" in desk.s2v("diff", manifest).out


def test_log_gives_every_fact_as_json(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"])
    desk.s2v("run", manifest)

    told = [json.loads(line) for line in desk.s2v("log", manifest).out.splitlines()]

    assert len(told) == len(desk.events())
    assert {json.loads(line)["id"] for line in desk.s2v("log", manifest, "a").out.splitlines()} == {"a"}


@pytest.mark.parametrize("command", ["log", "explain"])
@pytest.mark.parametrize("name", ["astronuat-smiles", "astro"], ids=["a slip", "the beginning alone"])
def test_an_item_that_is_told_of_must_be_there(desk: Desk, command: str, name: str) -> None:
    manifest = desk.manifest([{"id": "astronaut-smiles", "portrait": "anna.png", "prompt": "one" + desk.mark}])
    desk.s2v("run", manifest)

    done = desk.s2v(command, manifest, "astronaut-smiles", name)

    assert (done.code, done.out) == (2, "")
    assert f"no item is called '{name}' (did you mean astronaut-smiles?)" in done.err


def test_log_tells_of_an_item_by_what_it_is_called_now(desk: Desk) -> None:
    """After a swap of ids the id alone was that of two items; what left the manifest goes by its label."""
    items = [
        {"id": id_, "portrait": "anna.png", "prompt": prompt + desk.mark}
        for id_, prompt in zip("abc", ("one", "two", "three"), strict=True)
    ]
    desk.s2v("run", desk.manifest(items))
    items = [items[0] | {"id": "b"}, items[1] | {"id": "a"}]
    manifest = desk.manifest(items)
    desk.s2v("run", manifest)
    (superseded,) = (id_ for id_ in desk.results() if id_.startswith("c-"))

    told = {
        id_: [json.loads(line) for line in desk.s2v("log", manifest, id_).out.splitlines()] for id_ in ("a", superseded)
    }

    keys = {row["id"]: row["key"] for row in desk.results().values()}
    assert {id_: {event["key"] for event in events} for id_, events in told.items()} == {
        "a": {keys["a"]},
        superseded: {keys[superseded]},
    }
    assert [event["event"] for event in told[superseded]][-1] == "retired"
    assert [event["id"] for event in told["a"]][:: len(told["a"]) - 1] == ["b", "a"]


def pretend_very_many(folder: Path) -> None:
    """Let a journal with one whole video count so many that looking at them all takes long."""
    with closing(sqlite3.connect(folder / "state.db")) as sql:
        sql.execute(f"UPDATE tally SET items = {LOOKED_AT_ONCE + 1} WHERE phase IN ('done', 'review') AND items = 1")
        sql.commit()


@pytest.mark.parametrize(
    ("checks", "place", "end", "code"),
    [({}, "videos", "Checked", 0), ({"min_seconds": 1}, "review", "Judged", 6)],
    ids=["done", "in review"],
)
def test_where_very_many_videos_are_to_be_looked_at_the_work_goes_first_and_what_is_gone_comes_home_after_it(
    desk: Desk, checks: dict[str, int], place: str, end: str, code: int
) -> None:
    manifest = desk.manifest(["one", "two"], checks=checks)
    desk.s2v("run", manifest, "--limit", "1")
    folder = desk.folder / "runs/try"
    whole = (folder / place / "a.mp4").read_bytes()
    (folder / place / "a.mp4").unlink()
    (folder / "videos/.c.mp4.7.part").write_bytes(b"cut off")
    pretend_very_many(folder)

    done = desk.s2v("run", manifest)

    assert done.code == code, done.out + done.err
    assert [kind for _, kind in desk.events() if kind in {end, "Spoiled"}] == [end, end, "Spoiled", end]
    assert (folder / place / "a.mp4").read_bytes() == whole
    assert not (folder / "videos/.c.mp4.7.part").exists()
    assert sorted(desk.submits) == ["one", "two"]


def test_what_comes_home_after_the_work_opens_no_second_purse(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"])
    desk.s2v("run", manifest, "--limit", "1")
    priced = {"minimax": {"poll": "20ms", "rate": "1000/1s", "price": {"amount": 1, "currency": "USD"}}}
    desk.manifest(
        ["one", "two"], providers=priced, checks={"min_seconds": 60, "on_fail": "retake", "max_retakes": 1}
    )  # fmt: skip
    (desk.folder / "runs/try/videos/a.mp4").unlink()
    pretend_very_many(desk.folder / "runs/try")

    done = desk.s2v("run", manifest, "--max-cost", "2 USD")

    assert done.code == 6, done.out + done.err
    assert "1 video gone or changed in runs/try" in done.err
    assert {id_: told["state"] for id_, told in desk.results().items()} == {"a": "review", "b": "review"}
    assert sorted(desk.submits) == ["one", "two", "two"]


def test_a_run_that_ends_at_its_budget_still_notes_what_is_gone_of_very_many(desk: Desk) -> None:
    priced = {"minimax": {"poll": "20ms", "rate": "1000/1s", "price": {"amount": 1, "currency": "USD"}}}
    budget = {"budget": {"amount": 1, "currency": "USD"}}
    manifest = desk.manifest(["one", "two"], limits=budget, providers=priced)
    assert desk.s2v("run", manifest).code == 7
    (desk.folder / "runs/try/videos/a.mp4").unlink()
    pretend_very_many(desk.folder / "runs/try")

    codes = [desk.s2v("run", manifest).code for _ in range(2)]

    assert codes == [7, 7]
    assert desk.videos() == ["a.mp4"]
    assert desk.submits == ["one"]
