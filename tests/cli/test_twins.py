"""Copies of one run folder on one machine: what was bought in one of them since is not bought again in another."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from counter import Counter
from desk import ROOT, Desk, Done

from runner.edge.folder.whereabouts import lease_place, other_places, refuse_older
from runner.edge.journal.journal import Journal
from runner.errors import FolderError

PROMPTS = ["one", "two", "three"]
OF_COPY = {"output": {"dir": "runs/copy"}}
AT_ONCE: dict[str, Any] = {
    "retry": {"attempts": 1, "backoff": "1ms..2ms"}
}  # tells without patience that nobody is there
NOBODY = "http://127.0.0.1:9"
HERE_AND_THERE: dict[str, dict[str, Any]] = {"m.yaml": {}, "copy.yaml": OF_COPY}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Journal]:
    """Give the journal of a run that is called "run", for tests of where it was run alone."""
    folder = tmp_path / "journal"
    folder.mkdir()
    with Journal.create_or_open(folder, run_id="run") as journal:
        yield journal


def copied(desk: Desk, name: str = "try", copy: str = "copy") -> None:
    shutil.copytree(desk.folder / "runs" / name, desk.folder / "runs" / copy)


def begun(desk: Desk) -> None:
    """Run the first of three items, and copy the folder as a person does who wants to go on with the copy."""
    desk.s2v("run", desk.manifest(PROMPTS), "--only", "a")
    copied(desk)
    desk.manifest(PROMPTS, "copy.yaml", **OF_COPY)


def advised(desk: Desk, done: Done) -> Done:
    """Type the `s2v merge` that a refusal names."""
    told = done.err.partition("first, s2v ")[2].partition(", for one is a copy")[0]
    return desk.s2v(*shlex.split(told))


def test_a_copy_does_not_buy_what_was_bought_since_in_the_folder_that_it_is_a_copy_of(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")

    done = desk.s2v("run", "copy.yaml", "--yes")

    assert done.code == 2, done.err
    assert "1 item to be bought in runs/copy may be paid for in runs/try already (b); nothing was sent" in done.err
    assert "s2v merge runs/copy runs/try, for one is a copy of the other" in done.err
    assert desk.submits == ["one", "two"]


def test_a_folder_does_not_buy_what_was_bought_since_in_a_copy_of_it(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "copy.yaml")

    done = desk.s2v("run", "m.yaml")

    assert done.code == 2, done.err
    assert "2 items to be bought in runs/try may be paid for in runs/copy already (b, c)" in done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_a_copy_that_is_merged_as_advised_goes_on_and_buys_the_rest(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    refused = desk.s2v("run", "copy.yaml")

    merged, done = advised(desk, refused), desk.s2v("run", "copy.yaml")

    assert merged.code == 0, merged.err
    assert done.code == 0, done.err
    assert sorted(desk.submits) == sorted(PROMPTS)
    assert desk.videos("copy") == ["a.mp4", "b.mp4", "c.mp4"]
    assert desk.s2v("run", "m.yaml").code == 2


def test_a_copy_under_another_name_is_merged_as_advised(desk: Desk) -> None:
    begun(desk)
    renamed = desk.folder / "copy.yaml"
    renamed.write_text(renamed.read_text().replace("name: try", "name: copy"))
    desk.s2v("run", "copy.yaml", "--only", "b")
    refused = desk.s2v("run", "m.yaml")

    merged, done = advised(desk, refused), desk.s2v("run", "m.yaml")

    assert (refused.code, merged.code, done.code) == (2, 0, 0), (refused.err, merged.err, done.err)
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_what_no_copy_has_bought_since_is_bought_in_either(desk: Desk) -> None:
    begun(desk)

    done = [desk.s2v("run", name, "--only", id_) for name, id_ in (("copy.yaml", "b"), ("m.yaml", "c"))]

    assert [each.code for each in done] == [0, 0], done
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_a_project_that_was_copied_as_a_whole_buys_nothing_twice(desk: Desk) -> None:
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    desk.s2v("run", "m.yaml", "--only", "a")
    shutil.copytree(desk.folder, desk.folder / "copied", ignore=shutil.ignore_patterns("home", "copied"))
    desk.s2v("run", "m.yaml", "--only", "b")

    done = desk.s2v("run", "copied/m.yaml")

    assert done.code == 2, done.err
    assert "1 item to be bought in copied/runs/try may be paid for in runs/try already (b)" in done.err
    assert desk.submits == ["one", "two"]


def test_a_folder_that_was_moved_goes_on_where_it_lies_now(desk: Desk) -> None:
    begun(desk)
    shutil.rmtree(desk.folder / "runs/copy")
    (desk.folder / "runs/try").rename(desk.folder / "runs/copy")

    done = desk.s2v("run", "copy.yaml")

    assert done.code == 0, done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


@pytest.mark.parametrize("command", ["run", "fetch"])
def test_a_folder_that_was_moved_is_known_where_it_lies_now_though_it_buys_nothing_there(
    desk: Desk, command: str
) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml")
    (desk.folder / "runs/try").rename(desk.folder / "runs/moved")
    moved = desk.s2v(command, desk.manifest(PROMPTS, "moved.yaml", output={"dir": "runs/moved"}))

    done = desk.s2v("run", "copy.yaml")

    assert moved.code == 0, moved.err
    assert done.code == 2, done.err
    assert "2 items to be bought in runs/copy may be paid for in runs/moved already (b, c)" in done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


@pytest.mark.parametrize("command", ["run", "fetch"])
def test_a_folder_that_was_moved_below_another_working_folder_is_known_there(desk: Desk, command: str) -> None:
    other = elsewhere(desk)
    (desk.folder / "home").mkdir()
    desk.manifest(PROMPTS)
    other.s2v("run", "../m.yaml")
    (other.folder / "runs").rename(desk.folder / "runs")
    moved = desk.s2v(command, "m.yaml")

    done = other.s2v("run", "../m.yaml")

    assert moved.code == 0, moved.err
    assert done.code == 2, done.err
    assert f"3 items to be bought in runs/try may be paid for in {desk.folder}/runs/try already (a, b, c)" in done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_a_folder_that_was_moved_and_left_a_link_behind_has_no_twin(desk: Desk) -> None:
    begun(desk)
    shutil.rmtree(desk.folder / "runs/copy")
    (desk.folder / "runs/try").rename(desk.folder / "elsewhere")
    (desk.folder / "runs/copy").symlink_to("../elsewhere")
    (desk.folder / "runs/try").symlink_to("../elsewhere")

    done = [desk.s2v("run", name, "--only", id_) for name, id_ in (("copy.yaml", "b"), ("m.yaml", "c"))]

    assert [each.code for each in done] == [0, 0], done
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_another_run_in_the_place_of_one_that_was_moved_is_no_twin(desk: Desk) -> None:
    begun(desk)
    shutil.rmtree(desk.folder / "runs/copy")
    (desk.folder / "runs/try").rename(desk.folder / "runs/copy")
    desk.s2v("run", desk.manifest(["two"], name="m.yaml"))

    done = desk.s2v("run", "copy.yaml")

    assert done.code == 0, done.err
    assert sorted(desk.submits) == ["one", "three", "two", "two"]


def test_while_one_copy_is_run_the_other_is_not(desk: Desk) -> None:
    prompts = ["one", "slow [slow]", "three"]
    desk.s2v("run", desk.manifest(prompts), "--only", "a")
    copied(desk)
    desk.manifest(prompts, "copy.yaml", **OF_COPY)
    first = desk.start("run", "m.yaml", "--events")
    assert first.stdout is not None
    first.stdout.readline()

    second = desk.s2v("run", "copy.yaml")

    first.kill()
    first.communicate()
    assert second.code == 9
    assert f"runs/try is held by another run (process {first.pid} on" in second.err
    assert "what is to be bought in runs/copy may be bought there at this moment" in second.err


def test_copies_of_a_shard_are_merged_into_the_whole_as_advised(desk: Desk) -> None:
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shards = {shard: desk.s2v("plan", "m.yaml", "--shard", shard, "--json").document for shard in ("1/2", "2/2")}
    shard, items = max(((shard, plan["items"]) for shard, plan in shards.items()), key=lambda each: len(each[1]))
    desk.s2v("run", "m.yaml", "--shard", shard, "--only", items[0]["id"])
    shutil.copytree(desk.folder, desk.folder / "copied", ignore=shutil.ignore_patterns("home", "copied"))
    desk.s2v("run", "m.yaml", "--shard", shard)
    bought = len(desk.submits)

    refused = desk.s2v("run", "copied/m.yaml", "--shard", shard)
    merged, done = advised(desk, refused), desk.s2v("run", "copied/m.yaml")

    assert refused.code == 2
    assert len(items) == bought
    assert merged.code == 0, (refused.err, merged.err)
    assert done.code == 0, done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_a_retake_that_a_copy_has_bought_is_not_bought_once_more(shop: Desk, counter: Counter) -> None:
    keys: dict[str, Any] = {"checks": {"min_seconds": 4, "on_fail": "retake", "max_retakes": 1}}
    counter.unfinished.add("one")
    assert shop.s2v("run", shop.manifest(["one"], limits={"item_deadline": "50ms"}, **keys)).code == 10
    copied(shop)
    counter.unfinished.clear()
    assert shop.s2v("run", shop.manifest(["one"], "copy.yaml", **OF_COPY, **keys)).code == 6

    done = shop.s2v("run", "m.yaml")

    assert done.code == 2, done.err
    assert "may be paid for in runs/copy already (a)" in done.err
    assert counter.submits() == ["one", "one"]


def test_what_a_copy_has_merely_collected_is_collected_here_too(shop: Desk, counter: Counter) -> None:
    keys: dict[str, Any] = {"checks": {"min_seconds": 0.01, "on_fail": "retake", "max_retakes": 1}}
    counter.unfinished.add("one")
    assert shop.s2v("run", shop.manifest(["one"], limits={"item_deadline": "50ms"}, **keys)).code == 10
    copied(shop)
    counter.unfinished.clear()

    done = [shop.s2v("run", shop.manifest(["one"], "copy.yaml", **OF_COPY, **keys)), shop.s2v("run", "m.yaml")]

    assert [each.code for each in done] == [0, 0], done
    assert counter.submits() == ["one"]


@pytest.mark.parametrize("into", ["try", "copy"])
def test_a_video_that_came_home_in_two_copies_and_was_taken_back_in_one_is_bought_anew_once(
    shop: Desk, counter: Counter, into: str
) -> None:
    counter.unfinished.add("one")
    shop.s2v("run", shop.manifest(["one"], limits={"item_deadline": "50ms"}))
    copied(shop)
    counter.unfinished.clear()
    home = [shop.s2v("run", shop.manifest(["one"], name, **more)) for name, more in HERE_AND_THERE.items()]
    back = shop.s2v("review", "copy.yaml", "--reject", "a")

    merged = shop.s2v("merge", f"runs/{into}", "runs/copy" if into == "try" else "runs/try")
    reason, places = shop.results(into)["a"]["reason"], [*(shop.folder / "runs" / into).rglob("a*.mp4")]
    done = [shop.s2v("retry", each, "a", "--yes") for each in ("copy.yaml", "m.yaml")]

    assert [each.code for each in (*home, back)] == [0, 0, 0]
    assert merged.code == 0, merged.err
    assert (reason, [path.parent.name for path in places]) == ("rejected by you: it counted until then", ["rejected"])
    assert done[0].code in {0, 6}, done[0].err
    assert counter.submits() == ["one", "one"]
    assert shop.s2v("verify", f"runs/{into}", "--journal").code == 0


@pytest.mark.parametrize("into", ["try", "copy"])
@pytest.mark.parametrize(("word", "end"), [("--keep", ("done", "videos")), ("--reject", ("failed", "rejected"))])
def test_a_persons_word_on_a_video_holds_also_where_the_other_copy_let_it_count_unasked(
    shop: Desk, counter: Counter, into: str, word: str, end: tuple[str, str]
) -> None:
    counter.unfinished.add("one")
    shop.s2v("run", shop.manifest(["one"], limits={"item_deadline": "50ms"}))
    copied(shop)
    counter.unfinished.clear()
    home = shop.s2v("run", shop.manifest(["one"]))
    waits = shop.s2v("run", shop.manifest(["one"], "copy.yaml", **OF_COPY, checks={"min_seconds": 60}))
    said = shop.s2v("review", "copy.yaml", word, "a")

    merged = shop.s2v("merge", f"runs/{into}", "runs/copy" if into == "try" else "runs/try")

    assert (home.code, waits.code, said.code) == (0, 6, 0), waits.err
    assert merged.code == 0, merged.err
    state, places = shop.results(into)["a"]["state"], [*(shop.folder / "runs" / into).rglob("a*.mp4")]
    assert [(state, path.parent.name) for path in places] == [end]
    assert shop.s2v("verify", f"runs/{into}", "--journal").code == 0
    assert counter.submits() == ["one"]


def test_what_was_bought_anew_in_a_copy_is_merged_the_other_way_round_as_the_refusal_says(
    shop: Desk, counter: Counter
) -> None:
    counter.unfinished.add("one")
    shop.s2v("run", shop.manifest(["one"], limits={"item_deadline": "50ms"}))
    copied(shop)
    counter.unfinished.clear()
    shop.s2v("run", shop.manifest(["one"]))
    retaken = {"min_seconds": 60, "on_fail": "retake", "max_retakes": 1}
    shop.s2v("run", shop.manifest(["one"], "copy.yaml", **OF_COPY, checks=retaken), "--yes")

    refused = shop.s2v("merge", "runs/try", "runs/copy")
    told = refused.err.partition("the other way round nothing stands against it: ")[2].strip()
    merged = shop.s2v(*shlex.split(told)[1:])

    assert refused.code == 9, refused.err
    assert told == "s2v merge runs/copy runs/try"
    assert merged.code == 0, merged.err
    assert shop.results("copy")["a"]["job_id"] != shop.results()["a"]["job_id"]
    assert counter.submits() == ["one", "one"]


def test_status_says_of_an_older_copy_that_it_is_one_before_it_advises_to_run(desk: Desk) -> None:
    begun(desk)
    before = desk.s2v("status", "m.yaml")
    desk.s2v("run", "m.yaml", "--only", "b")
    newest = desk.s2v("status", "m.yaml")
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")

    told = desk.s2v("status", "m.yaml")
    without_home = desk.s2v("status", "m.yaml", HOME="")

    assert (before.err, newest.err, without_home.err) == ("", "", "")
    assert told.err.startswith("runs/try was put back from an older copy: what was bought here since")
    assert [each.code for each in (before, newest, told, without_home)] == [0, 0, 0, 0]


def test_a_folder_that_was_put_back_from_an_older_copy_buys_nothing_anew_unless_that_is_wanted(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")

    refused = [desk.s2v("run", "m.yaml") for _ in range(3)]
    fetched = desk.s2v("fetch", "m.yaml")
    bought = list(desk.submits)
    (desk.folder / "runs/try/.lock").unlink()
    refused.append(desk.s2v("run", "m.yaml"))
    note = Path(refused[3].err.rpartition("to go on from this one all the same, delete ")[2].strip())
    note.unlink()
    done = desk.s2v("run", "m.yaml")

    assert [each.code for each in refused] == [9, 9, 9, 9]
    assert (
        "runs/try was put back from an older copy: what was bought here since would be bought again" in refused[2].err
    )
    assert note.is_relative_to(desk.folder / "home/.local/state/s2v/places")
    assert (fetched.code, bought) == (0, ["one", "two"]), fetched.err
    assert done.code == 0, done.err
    assert sorted(desk.submits) == ["one", "three", "two", "two"]


@contextmanager
def amid_a_run(desk: Desk) -> Iterator[None]:
    """Stop a run of two items for the length of the block, when the first of them is bought; then let it end."""
    pace = {"minimax": {"poll": "500ms", "rate": "1000/1s"}}
    manifest = desk.manifest(["one", "two"], limits={"in_flight": 1}, providers=pace)
    with desk.start("run", manifest, "--events") as process:
        assert process.stdout is not None
        next(line for line in process.stdout if json.loads(line)["event"] == "accepted")
        process.send_signal(signal.SIGSTOP)
        yield
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)


def test_a_copy_that_was_made_while_the_run_went_on_is_an_older_one(desk: Desk) -> None:
    with amid_a_run(desk):
        copied(desk)
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")

    planned, done = desk.s2v("plan", "m.yaml"), desk.s2v("run", "m.yaml")

    assert "a run would be refused now: runs/try was put back from an older copy" in planned.err
    assert done.code == 9, done.err
    assert "runs/try was put back from an older copy" in done.err
    assert desk.submits == ["one", "two"]


def test_a_backup_of_the_journal_that_was_made_while_the_run_went_on_buys_nothing_anew(desk: Desk) -> None:
    state, backup = desk.folder / "runs/try/state.db", desk.folder / "backup.db"
    with amid_a_run(desk), closing(sqlite3.connect(state)) as sql, closing(sqlite3.connect(backup)) as copy:
        sql.backup(copy)
    backup.replace(state)

    done = desk.s2v("run", "m.yaml")

    assert done.code == 9, done.err
    assert "runs/try was put back from an older copy" in done.err
    assert desk.submits == ["one", "two"]


def test_a_copy_that_was_made_while_the_run_went_on_is_an_older_one_also_where_it_has_bought_since(desk: Desk) -> None:
    with amid_a_run(desk):
        copied(desk)
    went_on = desk.s2v("run", desk.manifest(PROMPTS, "copy.yaml", **OF_COPY), "--only", "c")
    shutil.rmtree(desk.folder / "runs/try")
    (desk.folder / "runs/copy").rename(desk.folder / "runs/try")

    done = desk.s2v("run", desk.manifest(PROMPTS))

    assert went_on.code == 0, went_on.err
    assert done.code == 9, done.err
    assert "runs/try was put back from an older copy" in done.err
    assert desk.submits == ["one", "two", "three"]


def put_back_from_amid_a_run(desk: Desk) -> None:
    """Put a folder back from a copy that was made amid a run, which bought one more and was killed then."""
    pace = {"minimax": {"poll": "500ms", "rate": "1000/1s"}}
    manifest = desk.manifest(PROMPTS, limits={"in_flight": 1}, providers=pace)
    with desk.start("run", manifest, "--only", "a", "--only", "b", "--events") as process:
        assert process.stdout is not None
        next(line for line in process.stdout if json.loads(line)["event"] == "accepted")
        process.send_signal(signal.SIGSTOP)
        copied(desk)
        process.send_signal(signal.SIGCONT)
        next(line for line in process.stdout if json.loads(line)["event"] == "accepted")
        process.kill()
    (desk.folder / "runs/try").rename(desk.folder / "newest")
    (desk.folder / "runs/copy").rename(desk.folder / "runs/try")


def test_what_was_fetched_for_an_older_copy_makes_it_none_the_newer(desk: Desk) -> None:
    put_back_from_amid_a_run(desk)

    fetched, done = desk.s2v("fetch", "m.yaml"), desk.s2v("run", "m.yaml")

    assert fetched.code == 0, fetched.err
    assert done.code == 9, done.err
    assert "runs/try was put back from an older copy" in done.err
    assert desk.submits == ["one", "two"]


def test_an_older_copy_takes_nothing_in_but_what_it_lacks(desk: Desk) -> None:
    put_back_from_amid_a_run(desk)
    desk.manifest(PROMPTS, "other.yaml", output={"dir": "runs/other"})
    desk.s2v("run", "other.yaml", "--only", "c")
    before = desk.events()

    refused = [desk.s2v("merge", "runs/try", "runs/other"), desk.s2v("run", "m.yaml")]
    after = desk.events()
    merged, done = desk.s2v("merge", "runs/try", "runs/other", "newest"), desk.s2v("run", "m.yaml")

    assert [each.code for each in refused] == [9, 9], refused
    assert "runs/try was put back from an older copy" in refused[0].err
    assert after == before
    assert (merged.code, done.code) == (0, 0), merged.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def listed_in(desk: Desk, shard: str) -> list[Any]:
    return list(desk.s2v("plan", "m.yaml", "--shard", shard, "--json").document["items"])


def put_back(desk: Desk, name: str, *words: str) -> None:
    """Buy the rest in a run folder, and put it back from a copy of before."""
    copied(desk, name, "backup")
    desk.s2v("run", "m.yaml", *words)
    shutil.rmtree(desk.folder / "runs" / name)
    copied(desk, "backup", name)


def test_a_copy_buys_nothing_that_the_folder_lacks_since_it_was_put_back_from_an_older_one(desk: Desk) -> None:
    begun(desk)
    put_back(desk, "try", "--only", "b")

    planned, refused = desk.s2v("plan", "copy.yaml"), desk.s2v("run", "copy.yaml")
    (desk.folder / "runs/try").rename(desk.folder / "aside")
    done = desk.s2v("run", "copy.yaml", "--only", "c")

    assert "a run would be refused now: runs/try was put back from an older copy" in planned.err
    assert (refused.code, done.code) == (9, 0), refused.err + done.err
    assert "runs/try was put back from an older copy" in refused.err
    assert desk.submits == ["one", "two", "three"]


def test_a_run_begun_elsewhere_buys_nothing_that_the_first_lacks_since_it_was_put_back(desk: Desk) -> None:
    other = elsewhere(desk)
    desk.s2v("run", desk.manifest(PROMPTS), "--only", "a")
    put_back(desk, "try", "--only", "b")

    done = other.s2v("run", "../m.yaml", "--only", "b")

    assert done.code == 9, done.err
    assert f"{desk.folder}/runs/try was put back from an older copy" in done.err
    assert desk.submits == ["one", "two"]


@pytest.mark.parametrize("trouble", ["older", "damaged"])
def test_trouble_with_another_run_of_the_name_says_how_to_go_on_without_it(desk: Desk, trouble: str) -> None:
    other = elsewhere(desk)
    desk.s2v("run", desk.manifest(PROMPTS), "--only", "a")
    copied(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    if trouble == "older":
        shutil.rmtree(desk.folder / "runs/try")
        (desk.folder / "runs/copy").rename(desk.folder / "runs/try")
    else:
        (desk.folder / "runs/try/state.db").write_bytes(b"no journal")

    items = [{"id": "a", "portrait": "anna.png", "prompt": f"another{desk.mark}"}]
    refused = other.s2v("run", other.manifest(items))
    planned = other.s2v("plan", "m.yaml")
    done = other.s2v("run", other.manifest(items, output={"dir": "runs/try"}))

    told = "if that is another run, which only has the same name, leave it as it is and let output.dir name a folder"
    assert (refused.code, done.code) == (9, 0), refused.err + done.err
    assert told in refused.err
    assert told in planned.err
    assert desk.submits == ["one", "two", "another"]


def test_the_whole_buys_nothing_that_a_shard_lacks_since_it_was_put_back(desk: Desk) -> None:
    desk.manifest([*PROMPTS, "four"])
    shard = max("1/2", "2/2", key=lambda each: len(listed_in(desk, each)))
    folder = f"try.shard-{shard.replace('/', 'of')}"
    desk.s2v("run", "m.yaml", "--shard", shard, "--limit", "1")
    put_back(desk, folder, "--shard", shard)
    bought = desk.submits

    refused = [desk.s2v("run", "m.yaml"), desk.s2v("merge", "runs/try", f"runs/{folder}")]
    is_merged = (desk.folder / "runs/try/results.jsonl").exists()

    assert len(bought) > 1
    assert [each.code for each in refused] == [9, 9], refused
    assert all(f"runs/{folder} was put back from an older copy" in each.err for each in refused)
    assert not is_merged
    assert desk.submits == bought


def test_a_copy_without_hidden_files_is_known_for_an_older_one(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(PROMPTS), "--only", "a")
    shutil.copytree(desk.folder / "runs/try", desk.folder / "runs/copy", ignore=shutil.ignore_patterns(".*"))
    desk.s2v("run", "m.yaml", "--only", "b")
    newest = desk.folder / "runs/try"
    newest.rename(desk.folder / "newest")
    copied(desk, "copy", "try")

    refused = desk.s2v("run", "m.yaml")
    shutil.rmtree(desk.folder / "runs/try")
    shutil.copytree(desk.folder / "newest", newest, ignore=shutil.ignore_patterns(".*"))
    done = desk.s2v("run", "m.yaml")

    assert refused.code == 9, refused.err
    assert "runs/try was put back from an older copy" in refused.err
    assert done.code == 0, done.err
    assert desk.submits == PROMPTS


@pytest.mark.parametrize("left_out", [(), (".*",)], ids=["with its lock", "without hidden files"])
def test_a_copy_of_before_a_purge_is_an_older_one(desk: Desk, left_out: tuple[str, ...]) -> None:
    """Who was purged would be back, and be bought again; a copy of after the purge may take the folder's place."""
    folder = desk.folder / "runs/try"
    desk.portrait("his.png", "teal")
    his: list[Any] = [{"id": "his", "portrait": "his.png", "prompt": f"his{desk.mark}"}]
    desk.s2v("run", desk.manifest(["hers", *his]))
    hidden = shutil.ignore_patterns(*left_out)
    shutil.copytree(folder, desk.folder / "before", ignore=hidden)
    purged = desk.s2v("purge", "runs/try", "--portrait", "anna.png", "--yes")
    shutil.copytree(folder, desk.folder / "after", ignore=hidden)
    shutil.rmtree(folder)

    (desk.folder / "before").rename(folder)
    refused = desk.s2v("run", desk.manifest(["hers", "hers anew", *his]))
    shutil.rmtree(folder)
    (desk.folder / "after").rename(folder)
    done = desk.s2v("run", desk.manifest([*his, {**his[0], "id": "more", "prompt": f"more{desk.mark}"}]))

    assert purged.code == 0, purged.err
    assert refused.code == 9, refused.err
    assert "put back from an older copy" in refused.err
    assert "and who was purged since would be back; put the newest one back" in refused.err
    assert done.code == 0, done.err
    assert desk.submits == ["hers", "his", "more"]


def test_a_run_whose_folder_is_gone_says_that_it_buys_all_again(desk: Desk) -> None:
    """Its project was moved away and checked out anew, say."""
    words = "runs/try was run here before, and that journal is gone: what was bought then, if anything, is bought again"
    first = desk.s2v("run", desk.manifest(PROMPTS), "--only", "a")
    (desk.folder / "runs").rename(desk.folder / "away")

    planned, again = desk.s2v("plan", "m.yaml"), desk.s2v("run", "m.yaml", "--only", "a")
    goes_on = desk.s2v("run", "m.yaml", "--only", "b")
    shutil.rmtree(desk.folder / "runs")
    (desk.folder / "away").rename(desk.folder / "runs")
    back = desk.s2v("run", "m.yaml", "--only", "c")

    assert [words in done.err for done in (first, planned, again, goes_on, back)] == [False, True, True, False, False]
    assert (again.code, back.code) == (0, 0), back.err
    assert desk.submits == ["one", "one", "two", "three"]


@pytest.mark.parametrize("words", ["a person says no", "the provider is not there"])
def test_that_a_folder_is_gone_is_said_until_something_is_bought_anew(desk: Desk, words: str) -> None:
    """Who reads it says no, looks around, and comes back."""
    told = "and that journal is gone"
    new = desk.s2v_at_a_terminal("run", desk.manifest(PROMPTS, **AT_ONCE), typed="n\n")
    first = desk.s2v("run", "m.yaml", "--only", "a")
    (desk.folder / "runs").rename(desk.folder / "away")
    if words == "a person says no":
        nothing = desk.s2v_at_a_terminal("run", "m.yaml", typed="n\n")
    else:
        nothing = desk.s2v("run", "m.yaml", MINIMAX_API_HOST=NOBODY)

    planned, again, rest = (
        desk.s2v("plan", "m.yaml"),
        desk.s2v("run", "m.yaml", "--only", "a"),
        desk.s2v("run", "m.yaml"),
    )

    assert nothing.code == again.code + 10, nothing.err
    assert [told in done.err for done in (new, first)] == [False, False]
    assert [told in done.err for done in (nothing, planned, again, rest)] == [True, True, True, False]


def test_a_plan_where_nobody_can_say_whether_the_folder_was_run_before_tells_that_its_run_would_be_refused(
    desk: Desk,
) -> None:
    done = desk.s2v("plan", desk.manifest(PROMPTS, output={"dir": "runs/copy"}), HOME="", S2V_STATE_DIR="")

    assert done.code == 0, done.err
    assert "a run would be refused now: there is no home folder" in done.err
    assert "3  buy at minimax" in done.out


def test_a_copy_of_before_a_merge_is_an_older_one(desk: Desk) -> None:
    shards = ["runs/try.shard-1of2", "runs/try.shard-2of2"]
    for n, shard in enumerate(shards, 1):
        desk.s2v("run", desk.manifest([*PROMPTS, "four"]), "--shard", f"{n}/2")
        desk.s2v("merge", "runs/try", shard)
        if n == 1:
            copied(desk)
    for folder in ("runs/try", *shards):
        shutil.rmtree(desk.folder / folder)
    copied(desk, "copy", "try")

    done = desk.s2v("run", "m.yaml")

    assert done.code == 9, done.err
    assert "runs/try was put back from an older copy" in done.err
    assert sorted(desk.submits) == sorted([*PROMPTS, "four"])


def test_a_copy_of_before_a_merge_that_was_killed_is_an_older_one(desk: Desk) -> None:
    shards = ["runs/try.shard-1of2", "runs/try.shard-2of2"]
    for n, shard in enumerate(shards, 1):
        desk.s2v("run", desk.manifest([*PROMPTS, "four"]), "--shard", f"{n}/2")
        if n == 1:
            desk.s2v("merge", "runs/try", shard)
            copied(desk)
    before = len(desk.events())
    words = ["merge", "runs/try", shards[1]]
    next(n for n in range(200) if killed_at(desk, n, words) and len(desk.events()) > before)
    again = desk.s2v(*words)
    for folder in ("runs/try", *shards):
        shutil.rmtree(desk.folder / folder)
    copied(desk, "copy", "try")

    done = desk.s2v("run", "m.yaml")

    assert again.code == 0, again.err
    assert done.code == 9, done.err
    assert sorted(desk.submits) == sorted([*PROMPTS, "four"])


def killed_at(desk: Desk, step: int, words: list[str]) -> bool:
    """Kill a command before its step of this number on the disk; return whether it came to that."""
    program = f"import merge_child; raise SystemExit(merge_child.survives({step}, {words}))"
    path = {"PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"}
    return (
        subprocess.run(
            [sys.executable, "-c", program], cwd=desk.folder, env=desk.environ(**path), check=False, timeout=60
        ).returncode
        == 0
    )


def elsewhere(desk: Desk) -> Desk:
    """Return a desk in another working folder, of the same person."""
    other = replace(desk, folder=desk.folder / "elsewhere")
    other.folder.mkdir()
    (other.folder / "home").symlink_to(desk.folder / "home")
    return other


def test_a_run_that_is_begun_in_another_working_folder_buys_nothing_twice(desk: Desk) -> None:
    other = elsewhere(desk)
    desk.s2v("run", desk.manifest(PROMPTS), "--only", "a")

    planned, refused = other.s2v("plan", "../m.yaml"), other.s2v("run", "../m.yaml")
    rest = other.s2v("run", "../m.yaml", "--only", "b")
    back = desk.s2v("run", "m.yaml")

    told = "1 item to be bought in runs/try may be paid for in "
    assert f"a run would be refused now: {told}" in planned.err
    assert refused.code == 2, refused.err
    assert f"{told}{desk.folder}/runs/try already (a); nothing was sent: without output.dir a run lies" in refused.err
    assert f"begin it in {desk.folder}, or let output.dir name a folder of its own" in refused.err
    assert rest.code == 0, rest.err
    assert "may be paid for in elsewhere/runs/try already (b)" in back.err
    assert desk.submits == ["one", "two"]


@pytest.mark.parametrize("name", ["m.yaml", "renamed.yaml", "../renamed.yaml"])
def test_a_manifest_that_was_moved_and_is_begun_in_another_working_folder_buys_nothing_twice(
    desk: Desk, name: str
) -> None:
    other = elsewhere(desk)
    desk.s2v("run", desk.manifest(PROMPTS), "--only", "a")
    text = (desk.folder / "m.yaml").read_text()
    (desk.folder / "m.yaml").unlink()
    (other.folder / name).write_text(text)
    shutil.copy(desk.folder / "anna.png", other.folder)

    refused, done = other.s2v("run", name), other.s2v("run", name, "--only", "b")

    assert (refused.code, done.code) == (2, 0), refused.err + done.err
    assert f"1 item to be bought in runs/try may be paid for in {desk.folder}/runs/try already (a)" in refused.err
    assert f"begin it in {desk.folder}, or let output.dir name a folder of its own" in refused.err
    assert desk.submits == ["one", "two"]


@pytest.mark.parametrize("words", [[], ["--shard", "1/1"]], ids=["the whole", "a shard"])
def test_what_was_bought_below_two_working_folders_is_brought_together_as_advised(desk: Desk, words: list[str]) -> None:
    other = elsewhere(desk)
    desk.s2v("run", desk.manifest(PROMPTS), "--only", "a", *words)
    other.s2v("run", "../m.yaml", "--only", "b", *words)
    there, here = desk.s2v("run", "m.yaml", *words), other.s2v("run", "../m.yaml", *words)

    told = here.err.partition("or bring what was bought there: s2v ")[2]
    merged, done = other.s2v(*shlex.split(told)), other.s2v("run", "../m.yaml")

    assert (there.code, here.code, merged.code, done.code) == (2, 2, 0, 0), here.err + merged.err + done.err
    assert sorted(desk.submits) == sorted(PROMPTS)
    assert other.videos() == ["a.mp4", "b.mp4", "c.mp4"]


@pytest.mark.parametrize("name", ["another", "try"])
def test_another_run_that_was_begun_in_another_working_folder_keeps_nobody_from_buying(desk: Desk, name: str) -> None:
    other = elsewhere(desk)
    desk.s2v("run", desk.manifest(["one", "two"]))
    prompt = "one" if name == "another" else "another"

    manifest = other.manifest([{"id": "a", "portrait": "anna.png", "prompt": prompt + desk.mark}])
    manifest.write_text(manifest.read_text().replace("name: try", f"name: {name}"))
    done = other.s2v("run", manifest)

    assert done.code == 0, done.err
    assert sorted(desk.submits) == sorted(["one", "two", prompt])


@contextmanager
def asking(desk: Desk, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Give a run of the desk's manifest that waits for the answer to its question."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as end, os.fdopen(ours, "rb", buffering=0) as terminal:
        asks = subprocess.Popen(
            desk.command("run", "m.yaml", *words), cwd=desk.folder, env=desk.environ(), stdin=end,
            stdout=subprocess.DEVNULL, stderr=end,
        )  # fmt: skip
        while terminal.read(1) != b"?":
            pass
        yield asks
        asks.kill()
        asks.wait(timeout=60)


@pytest.mark.parametrize("words", [[], ["--shard", "1/2"]], ids=["the whole", "a shard"])
def test_while_a_run_asks_its_question_no_other_working_folder_buys_the_same(desk: Desk, words: list[str]) -> None:
    other = elsewhere(desk)
    desk.manifest(PROMPTS)
    with asking(desk, *words) as asks:
        done = other.s2v("run", "../m.yaml")

    assert done.code == 9, done.err
    assert f"is held by another run (process {asks.pid} on" in done.err
    assert "what is to be bought in runs/try may be bought there at this moment" in done.err
    assert desk.submits == other.submits == []


@contextmanager
def at_work(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """Give a run of the desk's manifest once it has bought something."""
    with desk.start("run", "m.yaml", "--yes", "--events", "--quiet") as process:
        assert process.stdout is not None
        next(line for line in process.stdout if '"accepted"' in line)
        yield process
        process.kill()


def test_while_a_run_is_at_work_another_one_of_its_name_with_other_items_buys_below_another_working_folder(
    desk: Desk,
) -> None:
    other = elsewhere(desk)
    desk.manifest(["slow [slow]"])
    with at_work(desk):
        items = [{"id": "a", "portrait": "anna.png", "prompt": f"another{desk.mark}"}]
        done = other.s2v("run", other.manifest(items))

    assert done.code == 0, done.err
    assert desk.submits == ["slow [slow]", "another"]


def test_while_a_run_is_at_work_no_other_working_folder_buys_an_item_of_its(desk: Desk) -> None:
    other = elsewhere(desk)
    desk.manifest(["slow [slow]", "two"], limits={"in_flight": 1})
    with at_work(desk) as process:
        done = other.s2v("run", "../m.yaml", "--only", "b")

        assert done.code == 9, done.err
        assert f"is held by another run (process {process.pid} on" in done.err
    assert desk.submits == ["slow [slow]"]


def test_while_a_run_asks_of_what_is_new_to_it_no_other_working_folder_buys_that(desk: Desk) -> None:
    other = elsewhere(desk)
    desk.s2v("run", desk.manifest(["one"]))
    desk.manifest(["one", "two"])
    with asking(desk) as asks:
        done = other.s2v("run", "../m.yaml", "--only", "b")

    assert done.code == 9, done.err
    assert f"is held by another run (process {asks.pid} on" in done.err
    assert desk.submits == ["one"]


@pytest.mark.parametrize("folder", ["sets/second", "runs/try"])
def test_a_run_that_is_given_an_output_dir_is_another_one(desk: Desk, folder: str) -> None:
    (desk.folder / "home").mkdir()
    elsewhere(desk).s2v("run", desk.manifest(["one"]))
    desk.manifest(["one"], output={"dir": folder})

    done = desk.s2v("run", "m.yaml")

    assert done.code == 0, done.err
    assert desk.submits == ["one", "one"]


@pytest.mark.parametrize("folder", ["sets/try", "sets/first", "try"])
def test_a_run_that_has_no_output_dir_any_more_buys_nothing_twice(desk: Desk, folder: str) -> None:
    desk.s2v("run", desk.manifest(["one"], output={"dir": folder}))
    desk.manifest(["one"])

    done = desk.s2v("run", "m.yaml")

    assert done.code == 2, done.err
    assert f"1 item to be bought in runs/try may be paid for in {folder} already (a); nothing was sent" in done.err
    assert ": let output.dir name that folder, or let output.dir name a folder of its own" in done.err
    assert desk.submits == ["one"]


@pytest.mark.parametrize("name", ["try", "another"])
def test_a_shard_that_is_begun_in_another_working_folder_buys_nothing_of_the_whole_twice(desk: Desk, name: str) -> None:
    desk.s2v("run", desk.manifest([*PROMPTS, "four"]))
    text = (desk.folder / "m.yaml").read_text()
    (desk.folder / "m.yaml").write_text(text.replace("name: try", f"name: {name}"))
    other = elsewhere(desk)

    done = [other.s2v("run", "../m.yaml", "--shard", shard) for shard in ("1/2", "2/2")]

    assert {each.code for each in done} == ({2} if name == "try" else {0}), done
    assert len(desk.submits) == (4 if name == "try" else 8)


def test_no_doubt_is_settled_in_a_folder_that_was_put_back_from_an_older_copy(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["lost [500]", "two"]), "--only", "a")
    copied(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")

    listed, refused = desk.s2v("resolve", "m.yaml"), desk.s2v("resolve", "m.yaml", "a", "--resubmit")

    assert "1 item in doubt" in listed.out
    assert refused.code == 9
    assert "runs/try was put back from an older copy" in refused.err
    assert "Settled" not in [kind for _, kind in desk.events()]


@pytest.mark.parametrize("has_lock", [True, False], ids=["with its lock", "without hidden files"])
@pytest.mark.parametrize("decision", ["--job=77", "--abandon", "--resubmit"])
def test_an_older_copy_in_which_a_doubt_is_not_settled_is_known_though_nothing_was_bought_since(
    desk: Desk, decision: str, *, has_lock: bool
) -> None:
    desk.s2v("run", desk.manifest(["lost [500]"]))
    copied(desk)
    if not has_lock:
        (desk.folder / "runs/try/.lock").unlink()
    settled = desk.s2v("resolve", "m.yaml", "a", decision)
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")
    desk.manifest(["lost [500]"], retry={"in_doubt": "resubmit"})

    done = desk.s2v("run", "m.yaml")

    assert settled.code == 0, settled.err
    assert done.code == 9, done.err
    assert "runs/try was put back from an older copy" in done.err
    assert desk.submits == ["lost [500]"]


@pytest.mark.parametrize("decision", ["--job=77", "--abandon"])
def test_a_copy_without_hidden_files_in_which_a_doubt_is_not_settled_is_known_for_an_older_one(
    desk: Desk, decision: str
) -> None:
    desk.s2v("run", desk.manifest(["lost [500]"]))
    shutil.copytree(desk.folder / "runs/try", desk.folder / "runs/copy", ignore=shutil.ignore_patterns(".*"))
    settled = desk.s2v("resolve", "m.yaml", "a", decision)
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")
    desk.manifest(["lost [500]"], retry={"in_doubt": "resubmit"})

    done = desk.s2v("run", "m.yaml")

    assert settled.code == 0, settled.err
    assert done.code == 9, done.err
    assert "runs/try was put back from an older copy" in done.err
    assert desk.submits == ["lost [500]"]


@pytest.mark.parametrize("words", ["run", "run --only a", "fetch", "resolve b --abandon"])
def test_a_copy_of_before_the_first_purchase_is_an_older_one_also_where_the_folder_was_moved_to(
    desk: Desk, words: str
) -> None:
    """What is done there buys nothing."""
    prompts = ["one", "lost [500]"]
    desk.s2v("run", desk.manifest(prompts), "--failed")
    copied(desk)
    desk.s2v("run", "m.yaml")
    (desk.folder / "runs/try").rename(desk.folder / "runs/moved")
    desk.manifest(prompts, output={"dir": "runs/moved"})
    command, *rest = words.split()
    desk.s2v(command, "m.yaml", *rest)
    shutil.rmtree(desk.folder / "runs/moved")
    copied(desk, "copy", "moved")

    done = desk.s2v("run", "m.yaml")

    assert done.code == 9, done.err
    assert "what was bought" in done.err
    assert sorted(desk.submits) == sorted(prompts)


def test_a_folder_that_came_back_to_its_first_place_lets_no_copy_in_that_lacks_what_was_bought_meanwhile(
    desk: Desk,
) -> None:
    desk.s2v("run", desk.manifest(PROMPTS), "--only", "a")
    shutil.copytree(desk.folder / "runs/try", desk.folder / "runs/copy", ignore=shutil.ignore_patterns(".*"))
    desk.manifest(PROMPTS, "copy.yaml", output={"dir": "runs/moved"})
    (desk.folder / "runs/try").rename(desk.folder / "runs/moved")
    desk.s2v("run", "copy.yaml", "--only", "b")
    (desk.folder / "runs/moved").rename(desk.folder / "runs/try")
    desk.s2v("run", "m.yaml", "--only", "b")
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")

    done = desk.s2v("run", "m.yaml")

    assert done.code == 9, done.err
    assert "runs/try was put back from an older copy" in done.err
    assert desk.submits == ["one", "two"]


def test_a_slip_at_a_doubt_keeps_no_older_copy_from_its_place(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["lost [500]", "lost too [500]"]))
    desk.s2v("resolve", "m.yaml", "a", "--job", "77")
    copied(desk)

    slips = [desk.s2v("resolve", "m.yaml", *words) for words in (["c", "--abandon"], ["b", "--job", "77"])]
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")

    assert [each.code for each in slips] == [2, 2]
    assert desk.s2v("resolve", "m.yaml", "b", "--abandon").code == 0


@pytest.mark.parametrize("words", ["of a stop by the budget", "of a no", "of a provider that is not there"])
def test_a_run_that_bought_nothing_keeps_no_older_copy_from_its_place(desk: Desk, words: str) -> None:
    begun(desk)
    priced = {"minimax": {"poll": "20ms", "rate": "1000/1s", "price": {"amount": 0.5, "currency": "USD"}}}
    match words:
        case "of a stop by the budget":
            capped = {"limits": {"budget": {"amount": 0.5, "currency": "USD"}}, "providers": priced}
            nothing = desk.s2v("run", desk.manifest(PROMPTS, "capped.yaml", output={"dir": "runs/try"}, **capped))
        case "of a no":
            nothing = desk.s2v_at_a_terminal("run", "m.yaml", typed="n\n")
        case _:
            hasty = desk.manifest(PROMPTS, "hasty.yaml", output={"dir": "runs/try"}, **AT_ONCE)
            nothing = desk.s2v("run", hasty, MINIMAX_API_HOST=NOBODY)
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")
    shutil.rmtree(desk.folder / "runs/copy")

    done = desk.s2v("run", "m.yaml")

    assert nothing.code in {7, 10}, nothing.err
    assert done.code == 0, done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_a_folder_that_was_emptied_is_run_anew_though_the_first_run_in_it_wrote_nothing(desk: Desk) -> None:
    """`rm -r FOLDER/*` leaves the lock, which tells of the journal that is gone; the next run lacks a key, say."""
    for prompt in PROMPTS:
        desk.s2v("run", desk.manifest([prompt]))
    for each in (desk.folder / "runs/try").glob("[!.]*"):
        shutil.rmtree(each) if each.is_dir() else each.unlink()

    nothing, done = desk.s2v("run", "m.yaml", MINIMAX_API_KEY=""), desk.s2v("run", "m.yaml")

    assert nothing.code == 8, nothing.err
    assert done.code == 0, done.err
    assert desk.submits == [*PROMPTS, PROMPTS[-1]]


def test_a_first_run_that_bought_nothing_keeps_no_older_copy_from_its_place(desk: Desk) -> None:
    view = ["The camera pans left."]
    desk.s2v("run", desk.manifest(view, provider="local", providers={}))
    copied(desk)
    nothing = desk.s2v("run", desk.manifest([*view, "two"], **AT_ONCE), MINIMAX_API_HOST=NOBODY)
    shutil.rmtree(desk.folder / "runs/try")
    (desk.folder / "runs/copy").rename(desk.folder / "runs/try")

    done = desk.s2v("run", "m.yaml")

    assert nothing.code == 10, nothing.err
    assert done.code == 0, done.err
    assert desk.submits == ["two"]


def test_a_run_that_was_refused_keeps_the_copy_that_went_on_from_no_place(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "copy.yaml", "--only", "b")
    refused = desk.s2v("run", "m.yaml")
    shutil.rmtree(desk.folder / "runs/try")
    (desk.folder / "runs/copy").rename(desk.folder / "runs/try")

    done = desk.s2v("run", "m.yaml")

    assert refused.code == 2
    assert done.code == 0, done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_a_folder_at_a_place_that_was_new_to_it_is_known_there_though_it_bought_nothing(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "copy.yaml", "--only", "b", S2V_STATE_DIR=str(desk.folder / "another machine"))
    desk.s2v("run", desk.manifest(PROMPTS, "copy.yaml", **OF_COPY, **AT_ONCE), MINIMAX_API_HOST=NOBODY)

    done = desk.s2v("run", "m.yaml")

    assert done.code == 2, done.err
    assert "may be paid for in runs/copy already (b)" in done.err
    assert desk.submits == ["one", "two"]


def test_a_copy_that_went_on_takes_the_place_of_the_folder_that_it_is_a_copy_of(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "copy.yaml", "--only", "b")
    shutil.rmtree(desk.folder / "runs/try")
    (desk.folder / "runs/copy").rename(desk.folder / "runs/try")

    done = desk.s2v("run", "m.yaml")

    assert done.code == 0, done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_a_copy_into_which_the_folder_was_merged_takes_its_place(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    desk.s2v("merge", "runs/copy", "runs/try")
    shutil.rmtree(desk.folder / "runs/try")
    (desk.folder / "runs/copy").rename(desk.folder / "runs/try")

    done = desk.s2v("run", "m.yaml")

    assert done.code == 0, done.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_the_embedded_service_costs_nothing_and_its_copies_go_their_ways(desk: Desk) -> None:
    keys: dict[str, Any] = {"provider": "local", "providers": {}}
    desk.s2v("run", desk.manifest(["The camera pans left."], **keys), "--only", "a")
    copied(desk)
    prompts = ["The camera pans left.", "The camera pushes in."]
    desk.manifest(prompts, **keys)
    desk.manifest(prompts, "copy.yaml", **OF_COPY, **keys)

    done = [desk.s2v("run", name) for name in ("m.yaml", "copy.yaml")]

    assert [each.code for each in done] == [0, 0], done


def test_a_twin_that_cannot_be_read_stops_the_buying_and_says_what_to_do(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    (desk.folder / "runs/try/state.db").write_bytes(b"rubbish")

    refused = desk.s2v("run", "copy.yaml")
    (desk.folder / "runs/try").rename(desk.folder / "lost")
    done = desk.s2v("run", "copy.yaml")

    assert refused.code == 9
    assert "where this journal was run before: mend it, or move runs/try away" in refused.err
    assert done.code == 0, done.err


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"folder": 1}', "\x00", "[" * 100_000])
def test_a_note_that_names_no_folder_is_refused_by_its_name(tmp_path: Path, book: Journal, text: str) -> None:
    lease_place(tmp_path / "state", tmp_path, book)
    (note,) = (tmp_path / "state").rglob("*.json")
    note.write_text(text)

    with pytest.raises(FolderError, match=f"{note} is damaged: it does not name a folder; remove it"):
        list(other_places(tmp_path / "state", "run", tmp_path))


def test_places_are_told_by_journal_and_once_each(tmp_path: Path, book: Journal) -> None:
    folders = [tmp_path / name for name in ("one", "two\nwith \udce9", "none")]
    for folder in folders:
        folder.mkdir()
        (folder / "state.db").touch()
    for folder in [*folders, *folders]:
        lease_place(tmp_path / "state", folder, book)
    (folders[2] / "state.db").unlink()

    assert list(other_places(tmp_path / "state", "run", folders[0])) == [folders[1]]
    assert list(other_places(tmp_path / "state", "another", folders[0])) == []


@pytest.mark.parametrize("command", [["plan"], ["run", "--dry-run"]], ids=["plan", "dry run"])
def test_a_plan_says_that_its_run_would_be_refused(desk: Desk, command: list[str]) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    before = listed(desk)

    done, other = desk.s2v(*command, "copy.yaml"), desk.s2v(*command, "copy.yaml", "--only", "c")

    assert (done.code, other.code) == (0, 0)
    assert "a run would be refused now: 1 item to be bought in runs/copy may be paid for in runs/try" in done.err
    assert "refused" not in other.err
    assert listed(desk) == before


def test_a_plan_and_the_doctor_say_that_the_folder_was_put_back_from_an_older_copy(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    shutil.rmtree(desk.folder / "runs/try")
    copied(desk, "copy", "try")

    done, looked = desk.s2v("plan", "m.yaml"), desk.s2v("doctor", "m.yaml", "--offline")

    assert "a run would be refused now: runs/try was put back from an older copy" in done.err
    assert looked.code == 9
    assert "runs/try was put back from an older copy: what was bought here since" in looked.out


def test_a_plan_of_the_whole_says_that_a_shard_has_bought_some_of_it(desk: Desk) -> None:
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    for shard in ("1/2", "2/2"):
        desk.s2v("run", "m.yaml", "--shard", shard)

    done, refused = desk.s2v("plan", "m.yaml"), desk.s2v("run", "m.yaml")

    assert refused.code == 2
    assert f"a run would be refused now: {refused.err.removeprefix('s2v: ')}" in done.err


def listed(desk: Desk) -> list[str]:
    return sorted(str(path) for path in desk.folder.rglob("*") if not path.name.startswith("state.db-"))


def test_a_folder_that_comes_back_to_its_first_place_after_many_runs_goes_on(tmp_path: Path, book: Journal) -> None:
    home, first, second = (tmp_path / name for name in ("state", "first", "second"))
    first.mkdir()
    lease_place(home, first, book)
    first.rename(second)
    for _ in range(200):
        lease_place(home, second, book)
    second.rename(first)

    lease_place(home, first, book)


def test_many_runs_under_another_user_s_state_make_no_folder_an_older_copy(tmp_path: Path, book: Journal) -> None:
    here, there, run, older = (tmp_path / name for name in ("here", "there", "run", "older"))
    run.mkdir()
    lease_place(here, run, book)
    shutil.copytree(run, older)
    lease_place(here, run, book)
    for _ in range(700):
        lease_place(there, run, book)

    lease_place(here, run, book)
    lease_place(there, run, book)

    shutil.rmtree(run)
    older.rename(run)
    for home in (here, there):
        with pytest.raises(FolderError, match="was put back from an older copy"):
            refuse_older(home, run, book)


def test_a_state_that_was_put_back_from_a_backup_knows_the_folder_for_many_runs(tmp_path: Path, book: Journal) -> None:
    home, backup, run = (tmp_path / name for name in ("state", "backup", "run"))
    run.mkdir()
    lease_place(home, run, book)
    shutil.copytree(home, backup)
    for _ in range(200):
        lease_place(home, run, book)

    refuse_older(backup, run, book)


def test_an_older_copy_is_known_by_whatever_path_of_the_folder_it_is_run(tmp_path: Path, book: Journal) -> None:
    home, first, second, older = (tmp_path / name for name in ("state", "first", "second", "older"))
    first.mkdir()
    (first / "state.db").touch()
    lease_place(home, first, book)
    first.rename(second)
    lease_place(home, second, book)
    shutil.copytree(second, older)
    second.rename(first)
    lease_place(home, first, book)
    shutil.rmtree(first)
    older.rename(second)
    first.symlink_to(second)  # so that both are one folder, as a mount makes it

    with pytest.raises(FolderError, match="was put back from an older copy"):
        refuse_older(home, second, book)


def test_a_look_for_an_older_copy_makes_no_lock(tmp_path: Path, book: Journal) -> None:
    home, folder = tmp_path / "state", tmp_path / "run"
    folder.mkdir()
    lease_place(home, folder, book)
    (folder / ".lock").unlink()

    refuse_older(home, folder, book)

    assert list(folder.iterdir()) == []


def test_a_folder_that_left_a_link_behind_may_be_run_there_for_ever(tmp_path: Path, book: Journal) -> None:
    home, first, second = (tmp_path / name for name in ("state", "first", "second"))
    first.mkdir()
    (first / "state.db").touch()
    lease_place(home, first, book)
    first.rename(second)
    first.symlink_to(second)
    for _ in range(400):
        lease_place(home, second, book)

    first.unlink()
    second.rename(first)

    lease_place(home, first, book)


@pytest.mark.parametrize("words", ["", "fetch"], ids=["at once", "fetched first"])
@pytest.mark.parametrize("left", ["state.db alone", "whole folder"])
def test_an_older_copy_at_a_new_place_buys_nothing_anew_where_the_newest_is_gone_unless_that_is_wanted(
    desk: Desk, left: str, words: str
) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    (desk.folder / "runs/try").rename(desk.folder / "gone")
    if left == "state.db alone":
        (desk.folder / "runs/copy").rename(desk.folder / "backup")
        (desk.folder / "runs/copy").mkdir()
        shutil.copy(desk.folder / "backup/state.db", desk.folder / "runs/copy")
    fetched = [desk.s2v(each, "copy.yaml") for each in words.split()]

    planned, refused = desk.s2v("plan", "copy.yaml"), [desk.s2v("run", "copy.yaml") for _ in range(2)]
    Path(refused[1].err.rpartition("to go on from this one all the same, delete ")[2].strip()).unlink()
    done = desk.s2v("run", "copy.yaml")

    told = f"runs/copy is an older copy of {desk.folder}/runs/try, which is gone: what was bought there since"
    assert [each.code for each in (*fetched, *refused, done)] == [0] * len(fetched) + [9, 9, 0], done.err
    assert f"a run would be refused now: {told}" in planned.err
    assert told in refused[1].err
    assert desk.submits == ["one", "two", *sorted(["two", "three"], key=PROMPTS.index)]


def test_a_folder_at_a_new_place_goes_on_that_lacks_nothing_of_what_was_bought_where_it_was(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    shutil.rmtree(desk.folder / "runs/copy")
    (desk.folder / "runs/try").rename(desk.folder / "runs/copy")

    done = desk.s2v("run", "copy.yaml")

    assert done.code == 0, done.err
    assert desk.submits == PROMPTS


def test_an_older_copy_buys_nothing_anew_where_another_run_lies_in_the_place_of_the_newest(desk: Desk) -> None:
    begun(desk)
    desk.s2v("run", "m.yaml", "--only", "b")
    shutil.rmtree(desk.folder / "runs/try")
    other = desk.s2v("run", desk.manifest(["another"]))

    refused = desk.s2v("run", "copy.yaml")

    assert (other.code, refused.code) == (0, 9), refused.err
    assert f"runs/copy is an older copy of {desk.folder}/runs/try, which is gone" in refused.err
    assert desk.submits == ["one", "two", "another"]


def test_a_run_that_was_moved_goes_on_where_another_run_lies_in_the_place_that_it_left(desk: Desk) -> None:
    begun(desk)
    shutil.rmtree(desk.folder / "runs/copy")
    (desk.folder / "runs/try").rename(desk.folder / "runs/copy")
    desk.s2v("run", desk.manifest(["another"]))

    done = desk.s2v("run", "copy.yaml")

    assert done.code == 0, done.err
    assert desk.submits == ["one", "another", "two", "three"]


def mine(desk: Desk) -> tuple[str, str]:
    """Return the shard that has the second of the items, and its id."""
    return next((shard, "b") for shard in ("1/2", "2/2") if "b" in {each["id"] for each in listed_in(desk, shard)})


def test_a_shard_does_not_buy_what_was_bought_in_a_copy_of_the_whole_run(desk: Desk) -> None:
    begun(desk)
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shard, id_ = mine(desk)
    desk.s2v("run", "copy.yaml", "--only", id_)

    planned = desk.s2v("plan", "m.yaml", "--shard", shard)
    refused = desk.s2v("run", "m.yaml", "--shard", shard, "--only", id_)
    merged = advised(desk, refused)
    again = desk.s2v("run", "m.yaml", "--shard", shard, "--only", id_)

    told = f"1 item to be bought in runs/try.shard-{shard.replace('/', 'of')} may be paid for in runs/copy already (b)"
    assert (refused.code, merged.code, again.code) == (2, 0, 2), refused.err + merged.err
    assert told in planned.err
    assert told in refused.err
    assert "go on there: s2v run m.yaml" in again.err
    assert desk.submits == ["one", "two"]


def test_a_copy_of_the_whole_run_does_not_buy_what_a_shard_beside_the_other_one_bought(desk: Desk) -> None:
    begun(desk)
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shard, id_ = mine(desk)
    desk.s2v("run", "m.yaml", "--shard", shard, "--only", id_)

    refused = desk.s2v("run", "copy.yaml", "--only", id_)
    merged = advised(desk, refused)
    done = desk.s2v("run", "copy.yaml")

    assert (refused.code, merged.code, done.code) == (2, 0, 0), refused.err + merged.err + done.err
    assert f"may be paid for in runs/try.shard-{shard.replace('/', 'of')} already (b)" in refused.err
    assert desk.submits == PROMPTS


def test_a_run_that_is_typed_in_one_of_the_folders_looks_around_it_as_well(desk: Desk) -> None:
    begun(desk)
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shard, id_ = mine(desk)
    desk.s2v("run", "m.yaml", "--shard", shard, "--only", id_)
    desk.manifest(PROMPTS, "copy.yaml", output={"dir": str(desk.folder / "runs/copy")})

    refused = desk.warm.run(
        ["run", str(desk.folder / "copy.yaml"), "--only", id_],
        cwd=desk.folder / "runs/try",
        env=desk.environ(),
        stdin="",
    )

    assert refused.returncode == 2, refused.stderr
    assert "already (b); nothing was sent" in refused.stderr
    assert desk.submits == ["one", "two"]


def test_the_whole_does_not_buy_what_was_bought_in_a_copy_of_a_shard(desk: Desk) -> None:
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shard, id_ = mine(desk)
    name = f"try.shard-{shard.replace('/', 'of')}"
    desk.s2v("run", "m.yaml", "--shard", shard, "--max-cost", "0")
    desk.manifest(PROMPTS, "copy.yaml", **OF_COPY)
    shutil.copytree(desk.folder / "runs" / name, desk.folder / "runs" / name.replace("try", "copy"))
    desk.s2v("run", "copy.yaml", "--shard", shard, "--only", id_)

    refused = desk.s2v("run", "m.yaml", "--only", id_)
    merged = advised(desk, refused)
    done = desk.s2v("run", "m.yaml", "--only", id_)

    assert (refused.code, merged.code, done.code) == (2, 0, 0), refused.err + merged.err + done.err
    assert f"may be paid for in runs/{name.replace('try', 'copy')} already (b)" in refused.err
    assert desk.submits == ["two"]


@pytest.mark.parametrize("is_whole_begun", [True, False], ids=["the whole goes on", "a shard goes on"])
def test_what_a_shard_bought_that_was_left_behind_is_not_bought_again_where_the_whole_was_moved_to(
    desk: Desk, *, is_whole_begun: bool
) -> None:
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shard, id_ = mine(desk)
    desk.s2v("run", "m.yaml", "--only", "a")
    desk.s2v("run", "m.yaml", "--shard", shard, "--only", id_)
    (desk.folder / "runs/try").rename(desk.folder / "runs/moved")
    desk.manifest(PROMPTS, output={"dir": "runs/moved"})
    flags = [] if is_whole_begun else ["--shard", shard, "--only", id_]

    refused = desk.s2v("run", "m.yaml", *flags)
    merged = advised(desk, refused)
    done = desk.s2v("run", "m.yaml")

    assert (refused.code, merged.code, done.code) == (2, 0, 0), refused.err + merged.err + done.err
    assert f"may be paid for in runs/try.shard-{shard.replace('/', 'of')} already (b)" in refused.err
    assert sorted(desk.submits) == sorted(PROMPTS)


def test_another_run_in_the_place_that_a_run_left_has_shards_of_its_own(desk: Desk) -> None:
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shard, id_ = mine(desk)
    desk.s2v("run", "m.yaml", "--only", "a")
    (desk.folder / "runs/try").rename(desk.folder / "runs/moved")
    other = desk.folder / desk.manifest(PROMPTS, "other.yaml", output={"dir": "runs/try"})
    other.write_text(other.read_text().replace("name: try", "name: other"))
    desk.s2v("run", "other.yaml", "--shard", shard, "--only", id_)
    desk.manifest(PROMPTS, output={"dir": "runs/moved"})

    done = desk.s2v("run", "m.yaml")

    assert done.code == 0, done.err
    assert desk.submits == ["one", "two", "two", "three"]


def test_an_older_copy_is_told_as_that_and_not_sent_to_a_merge_that_refuses_it(desk: Desk) -> None:
    begun(desk)
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shard, id_ = mine(desk)
    desk.s2v("run", "m.yaml", "--only", "c")
    desk.s2v("run", "m.yaml", "--shard", shard, "--only", id_)
    shutil.rmtree(desk.folder / "runs/try")
    (desk.folder / "runs/copy").rename(desk.folder / "runs/try")

    refused = desk.s2v("run", "m.yaml")

    assert refused.code == 9, refused.err
    assert refused.err.startswith("s2v: runs/try was put back from an older copy: ")


@pytest.mark.parametrize("words", [["run", "."], ["run", "../../m.yaml"]], ids=["the folder", "its manifest"])
def test_the_whole_does_not_buy_what_a_shard_bought_where_it_is_typed_in_its_own_folder(
    desk: Desk, words: list[str]
) -> None:
    desk.manifest(PROMPTS, output={"dir": "runs/try"})
    shard, id_ = mine(desk)
    desk.s2v("run", "m.yaml", "--only", "a")
    desk.s2v("run", "m.yaml", "--shard", shard, "--only", id_)

    refused = desk.warm.run(
        [*words, "--only", id_], cwd=desk.folder / "runs/try", env=desk.environ(), stdin=""
    )  # fmt: skip

    assert refused.returncode == 2, refused.stderr
    assert desk.submits == ["one", "two"]
