"""The folders of shards are put together over real runs: nothing is bought again, and all accounts agree."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from contents import contents
from desk import Desk, Done

PROMPTS = ["one", "two", "bad [1026]", "lost [500]", "broke [fail]", "six", "seven"]
QUICK: dict[str, Any] = {"retry": {"backoff": "10ms..20ms"}}
ANY_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def run_shards(desk: Desk, count: int) -> list[str]:
    """Run every shard as a machine of its own would, and return their folders."""
    folders = [f"runs/try.shard-{n}of{count}" for n in range(1, count + 1)]
    for n in range(1, count + 1):
        desk.s2v("run", "m.yaml", "--shard", f"{n}/{count}")
    return folders


def merge(desk: Desk, *folders: str, to: str = "runs/try", flags: tuple[str, ...] = ()) -> Done:
    return desk.s2v("merge", to, *folders, *flags)


def told(text: str) -> Any:
    """Return a report without what two runs of one manifest differ in: times, folders, jobs and their films."""
    document = json.loads(ANY_TIME.sub("T", text))
    for name in ("id", "manifest", "manifest_digest"):
        document["run"].pop(name)
    document["run"].pop("forecast")  # a merge is no run, and was not forecast
    document["summary"].pop("bytes")
    for item in document["items"]:
        for name in ("job_id", "sha256", "bytes"):
            item.pop(name)
    return document


def test_what_shards_made_is_one_run_and_nothing_is_bought_again(desk: Desk) -> None:
    desk.manifest(PROMPTS, **QUICK)
    folders = run_shards(desk, 3)
    bought = sorted(desk.submits)

    done = merge(desk, *folders)

    assert done.code == 0, done.err
    assert "7 items new in runs/try from 3 folders; 4 videos brought" in done.out
    assert "4 of 7 videos done" in done.out
    assert desk.videos() == ["a.mp4", "b.mp4", "f.mp4", "g.mp4"]
    assert desk.s2v("verify", "runs/try", "--journal").code == 0
    assert desk.s2v("run", "m.yaml").code == 6
    assert sorted(desk.submits) == bought == sorted(PROMPTS)


def test_the_report_is_that_of_a_run_without_shards(desk: Desk) -> None:
    manifest = desk.manifest(PROMPTS, **QUICK)
    merge(desk, *run_shards(desk, 2))
    merged = (desk.folder / "runs/try/report.json").read_text()
    text = manifest.read_text().replace("name: try", "name: try\noutput: {dir: runs/whole}")
    (desk.folder / "whole.yaml").write_text(text)

    desk.s2v("run", "whole.yaml")

    whole = (desk.folder / "runs/whole/report.json").read_text()
    assert told(merged) == told(whole)
    again = desk.s2v("status", "runs/try", "--json").document
    assert again == json.loads(merged)


def test_after_a_merge_the_items_stand_in_the_manifest_s_order_and_their_facts_in_that_of_time(desk: Desk) -> None:
    desk.manifest(PROMPTS[:2] + PROMPTS[5:7])
    merge(desk, *run_shards(desk, 2))

    assert list(desk.results()) == ["a", "b", "c", "d"]
    with closing(sqlite3.connect(desk.folder / "runs/try/state.db")) as sql:
        times = [at for (at,) in sql.execute("SELECT at FROM event ORDER BY seq")]
    assert times == sorted(times)


def test_merging_twice_and_one_after_the_other_is_the_same_as_at_once(desk: Desk) -> None:
    desk.manifest(PROMPTS, **QUICK)
    folders = run_shards(desk, 3)
    merge(desk, *folders)
    before = contents(desk.folder / "runs/try")

    again = merge(desk, *folders)
    for folder in folders:
        one_by_one = merge(desk, folder, to="runs/slowly")

    assert (again.code, one_by_one.code) == (0, 0), again.err + one_by_one.err
    assert "0 items new in runs/try from 3 folders; 0 videos brought" in again.out
    after = contents(desk.folder / "runs/try")
    assert {name for name in before if before[name] != after[name]} <= {".lock", "state.db"}
    assert desk.results("slowly") == desk.results()


def test_sources_are_only_read(desk: Desk) -> None:
    desk.manifest(["one", "two", "three"])
    folders = run_shards(desk, 2)
    before = [contents(desk.folder / folder) for folder in folders]

    merge(desk, *folders)

    assert [contents(desk.folder / folder) for folder in folders] == before


def test_videos_are_linked_where_they_can_be(desk: Desk) -> None:
    desk.manifest(["one", "two", "three"])
    merge(desk, *run_shards(desk, 2))

    assert {path.stat().st_nlink for path in (desk.folder / "runs/try/videos").glob("*.mp4")} == {2}


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_video_that_is_gone_or_changed_is_fetched_by_the_next_run_for_nothing(desk: Desk, harm: str) -> None:
    desk.manifest(["one", "two"])
    folders = run_shards(desk, 2)
    (video,) = desk.folder.glob("runs/*/videos/a.mp4")
    whole = video.read_bytes()
    video.unlink() if harm == "gone" else video.write_bytes(b"another file")

    done = merge(desk, *folders)

    assert "1 video brought, 1 missing or changed in its folder" in done.out
    assert desk.videos() == ["b.mp4"]
    assert desk.s2v("run", "m.yaml").code == 0
    assert (desk.folder / "runs/try/videos/a.mp4").read_bytes() == whole
    assert sorted(desk.submits) == ["one", "two"]


def test_a_job_that_is_open_is_asked_after_by_the_merged_run(desk: Desk) -> None:
    desk.manifest(["slow [slow]"], limits={"item_deadline": "200ms"})
    merge(desk, *run_shards(desk, 2))

    done = desk.s2v("run", "m.yaml")

    assert done.code == 10
    assert desk.submits == ["slow [slow]"]


def test_what_left_the_manifest_in_a_shard_is_still_kept(desk: Desk) -> None:
    desk.manifest(["one", "two", "three"])
    run_shards(desk, 2)
    desk.manifest(["one"])
    folders = run_shards(desk, 2)

    merge(desk, *folders)

    assert desk.videos() == ["a.mp4"]
    assert len(list((desk.folder / "runs/try/superseded").glob("*.mp4"))) == 2
    desk.manifest(["one", "two", "three"])
    assert desk.s2v("run", "m.yaml").code == 0
    assert len(desk.submits) == 3


def test_a_shard_that_went_on_is_merged_again(desk: Desk) -> None:
    desk.manifest(["one", "bad [1026 once]"], **QUICK)
    folders = run_shards(desk, 2)
    merge(desk, *folders)
    for n in (1, 2):
        desk.s2v("run", "m.yaml", "--shard", f"{n}/2", "--failed")

    done = merge(desk, *folders)

    assert "1 item with news in runs/try from 2 folders; 1 video brought" in done.out
    assert desk.s2v("run", "m.yaml").code == 0
    assert len(desk.submits) == 3


def test_a_shard_does_not_buy_what_the_merged_run_has_bought_since(desk: Desk) -> None:
    limits = {"budget": {"amount": 1.40, "currency": "USD"}}
    desk.manifest(["one", "two", "three", "four"], limits=limits)
    folders = run_shards(desk, 2)
    merge(desk, *folders)
    desk.manifest(["one", "two", "three", "four"])
    assert desk.s2v("run", "m.yaml").code == 0

    done = run_shards(desk, 2)

    assert len(done) == len(folders)
    assert sorted(desk.submits) == ["four", "one", "three", "two"]


def test_the_budget_counts_what_all_shards_spent(desk: Desk) -> None:
    desk.manifest(["one", "two", "three", "four"], limits={"budget": {"amount": 2.00, "currency": "USD"}})
    merge(desk, *run_shards(desk, 2))

    done = desk.s2v("run", "m.yaml")

    assert done.code == 7
    assert "budget of 2.00 USD: 1.95 USD spent or reserved" in done.err
    assert len(desk.submits) == 3


def test_a_shard_that_is_being_run_is_not_merged(desk: Desk) -> None:
    desk.manifest(["slow [slow]"], limits={"item_deadline": "1m"})
    (shard,) = (f"{n}/2" for n in (1, 2) if desk.s2v("plan", "m.yaml", "--shard", f"{n}/2", "--json").document["items"])
    folder = f"runs/try.shard-{shard.replace('/', 'of')}"
    first = desk.start("run", "m.yaml", "--shard", shard, "--events")
    assert first.stdout is not None
    first.stdout.readline()

    done = merge(desk, folder)

    first.kill()
    first.communicate()
    assert done.code == 9
    assert f"{folder} is held by another run (process {first.pid} on" in done.err
    assert not (desk.folder / "runs/try").exists()
    assert merge(desk, folder).code == 0


def test_a_shard_that_is_not_there_is_missed(desk: Desk) -> None:
    desk.manifest(["one", "two"])
    folders = run_shards(desk, 3)

    first = merge(desk, *folders[:2])
    second = merge(desk, folders[2])

    assert "shard 3/3 is not in it" in first.err
    assert second.err == ""


def test_a_shard_that_was_not_merged_is_told_by_status_and_reports_and_before_a_run_buys(desk: Desk) -> None:
    desk.manifest(["one", "two", "three", "four"])
    folders = run_shards(desk, 3)
    here = [folder for folder in folders if desk.results(folder.removeprefix("runs/"))]
    last = here[-1].partition("shard-")[2].replace("of", "/")
    merge(desk, *(folder for folder in folders if folder != here[-1]))
    words = f"; shard {last} is not merged."

    status, document = desk.s2v("status", "runs/try").out, desk.s2v("status", "runs/try", "--json").document
    (desk.folder / here[-1]).rename(desk.folder / "elsewhere")
    bought = desk.s2v("run", "m.yaml", "--yes")
    done = desk.s2v("merge", "runs/other", *(folder for folder in folders if folder != here[-1]), "elsewhere")

    assert words in status.splitlines()[0]
    assert all(words in (desk.folder / f"runs/try/{name}").read_text() for name in ("report.md", "report.html"))
    assert document["run"]["unmerged"] == [last]
    assert f"shard {last} is not merged: what was bought there may be bought anew; s2v merge brings it" in bought.err
    assert (done.code, "not merged" in done.out) == (0, False)


def test_a_dry_run_says_what_is_new_and_writes_nothing(desk: Desk) -> None:
    desk.manifest(["one", "two"])
    folders = run_shards(desk, 2)

    done = merge(desk, *folders, flags=("--dry-run",))

    assert done.out == "2 items new in runs/try by this merge; nothing was written\n"
    assert not (desk.folder / "runs/try").exists()


def test_a_merged_folder_names_its_manifest_and_is_run_by_its_name(desk: Desk) -> None:
    desk.manifest(["one", "two"])
    merge(desk, *run_shards(desk, 2))

    done = desk.s2v("run", "runs/try")

    assert (done.code, "2 of 2 videos done; nothing to do in runs/try" in done.out) == (0, True), done.err


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        pytest.param(["runs/try", "runs/none"], 9, "runs/none is no run folder", id="no folder"),
        pytest.param(["runs/a", "runs/a"], 2, "are the same folder", id="itself"),
        pytest.param(["runs/b", "runs/a", "runs/../runs/a"], 2, "are the same folder", id="twice"),
        pytest.param(["runs/a", "runs/b"], 2, "runs/a is a run of 'a' and runs/b one of 'b'", id="two runs"),
        pytest.param(["runs/c.shard-1of1", "runs/a"], 2, "is the folder of shard 1/1", id="into a shard"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, words: list[str], code: int, complaint: str) -> None:
    desk.s2v("run", named(desk, "a"))
    desk.s2v("run", named(desk, "b"))
    desk.s2v("run", named(desk, "c"), "--shard", "1/1")

    done = desk.s2v("merge", *words)

    assert done.code == code, done.err
    assert complaint in done.err


def named(desk: Desk, name: str) -> Path:
    """Write a manifest whose run has another name than `try`."""
    manifest = desk.manifest([f"of {name}"], name=f"{name}.yaml")
    manifest.write_text(manifest.read_text().replace("name: try", f"name: {name}"))
    return manifest


def test_what_only_an_embedded_service_can_finish_is_finished_there_first(desk: Desk) -> None:
    desk.manifest(["one"], provider="local", providers={})
    desk.s2v("run", "m.yaml", "--shard", "1/1")
    folder = desk.folder / "runs/try.shard-1of1"
    (folder / "videos/a.mp4").unlink()

    early = merge(desk, str(folder))
    desk.s2v("run", folder)
    late = merge(desk, str(folder))

    assert early.code == 9
    assert "'a' in " in early.err
    assert "only the embedded service in that folder has its job" in early.err
    assert late.code == 0, late.err
    assert desk.s2v("run", "m.yaml").code == 0


def test_a_file_in_the_place_of_a_destination_is_named_and_stays(desk: Desk) -> None:
    desk.manifest(PROMPTS[:2], **QUICK)
    folders = run_shards(desk, 2)
    (desk.folder / "notes.txt").write_text("mine")

    done = merge(desk, *folders, to="notes.txt")

    assert done.code == 2, done.err
    assert done.err.startswith("s2v: notes.txt is no folder, and is named as the place to merge into; ")
    assert (desk.folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("to", ["notes.txt/deep", "link"])
def test_a_destination_that_can_be_no_folder_is_told_in_words(desk: Desk, to: str) -> None:
    desk.manifest(PROMPTS[:2], **QUICK)
    folders = run_shards(desk, 2)
    (desk.folder / "notes.txt").write_text("mine")
    (desk.folder / "link").symlink_to("unmounted/disk")

    done = merge(desk, *folders, to=to)

    assert done.code == 9, done.err
    assert (
        done.err
        == f"s2v: {Path(to).parts[0]} is no folder, and one is needed there; move it away, or name another place\n"
    )
