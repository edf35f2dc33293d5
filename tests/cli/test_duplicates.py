"""A provider that delivers one file for two jobs, as the user sees it."""

from __future__ import annotations

import json
import re

import pytest
from desk import Desk


def test_the_second_of_two_that_are_one_file_waits_until_somebody_keeps_it(desk: Desk) -> None:
    manifest = desk.manifest(["one", "[same] two", "[same] three"])
    done = desk.s2v("run", manifest)

    assert done.code == 6, done.out + done.err
    assert "2 of 3 videos done; 1 to review." in done.out
    assert "1 review: duplicate: the same file as another job's" in done.out
    assert ": its file is, byte for byte, that of job " in done.err

    (waits,) = desk.s2v("review", manifest, "--json").document["waiting"]
    results = desk.results()
    (other,) = (row for row in results.values() if row["id"] != waits["id"] and row["sha256"] == waits["sha256"])
    words = f"its file is, byte for byte, that of job {other['job_id']} at minimax"
    assert waits["reason"] == words
    assert waits["checks"]["findings"] == [{"check": "duplicate", "grade": "fail", "words": words}]
    assert f"  the other {other['id']}: videos/{other['id']}.mp4" in desk.s2v("review", manifest).out.splitlines()
    assert json.loads((desk.folder / f"runs/try/review/{waits['id']}.json").read_text())["judgement"]["grade"] == "fail"
    assert f"; {words}" not in desk.s2v("explain", manifest, other["id"]).out
    assert words in desk.s2v("explain", manifest, waits["id"]).out

    assert desk.s2v("review", manifest, "--keep", waits["id"]).code == 0
    assert desk.s2v("run", manifest).code == 0
    assert desk.s2v("verify", manifest, "--journal").code == 0
    assert len(desk.submits) == 3


def test_the_video_that_an_item_got_instead_is_not_shown_as_the_other(desk: Desk) -> None:
    manifest = desk.manifest(["[same once] one", "[same once] two"])
    assert desk.s2v("run", manifest).code == 6
    (waits,) = desk.s2v("review", manifest, "--json").document["waiting"]
    first = "b" if waits["id"] == "a" else "a"

    assert desk.s2v("review", manifest, "--reject", first).code == 0
    assert desk.s2v("retry", manifest, first).code == 0

    assert desk.results()[first]["state"] == "done"
    assert f"  the other {first}: its file is not there any more" in desk.s2v("review", manifest).out.splitlines()


@pytest.mark.parametrize("then", [[], ["--dry-run"]])
def test_a_purge_names_who_else_got_a_file_of_that_person(desk: Desk, then: list[str]) -> None:
    portraits = {"a": desk.portrait(), "b": desk.portrait("bob.png", "navy"), "c": desk.portrait("carl.png", "teal")}
    moods = {"a": "[same] ", "b": "[same] ", "c": ""}
    manifest = desk.manifest(
        [{"id": id_, "portrait": each.name, "prompt": moods[id_] + id_} for id_, each in portraits.items()]
    )
    assert desk.s2v("run", manifest).code == 6
    (waits,) = desk.s2v("review", manifest, "--json").document["waiting"]
    assert desk.s2v("review", manifest, "--reject", waits["id"]).code == 0
    purged = "b" if waits["id"] == "a" else "a"

    done = desk.s2v("purge", manifest, "--portrait", portraits[purged], "--yes", *then)

    words = "its file is, byte for byte, one of these, and stays: it may show this person"
    assert [line for line in done.out.splitlines() if words in line] == [f"  same    {waits['id']}: {words}"]


def test_the_embedded_service_makes_another_film_for_another_wish_and_in_place_of_one_that_was_rejected(
    desk: Desk,
) -> None:
    pair = {"portrait": "anna.png", "prompt": "She smiles."}
    items = [{"id": "a", **pair}, {"id": "b", **pair, "prompt_optimizer": False}]
    manifest = desk.manifest(items, provider="local", providers={})

    assert desk.s2v("run", manifest).code == 0
    assert desk.s2v("review", manifest, "--reject", "a").code == 0
    assert desk.s2v("retry", manifest, "a").code == 0


def test_where_the_manifest_accepts_it_it_counts_and_the_report_says_how_many(desk: Desk) -> None:
    manifest = desk.manifest(["[same] one", "[same] two"], checks={"on_fail": "accept"})
    assert desk.s2v("run", manifest).code == 0
    assert (
        "counted although a check found something | 1 video" in desk.s2v("report", manifest, "--print", "report.md").out
    )


def test_a_merge_tells_of_one_file_that_came_home_in_two_shards(desk: Desk) -> None:
    desk.manifest([f"[same] {number}" for number in range(8)])
    for shard in ("1/2", "2/2"):
        assert "1 of " in desk.s2v("run", "m.yaml", "--shard", shard).out
    said = ""
    for _ in range(2):
        done = desk.s2v("merge", "runs/try", "runs/try.shard-1of2", "runs/try.shard-2of2")
        assert "2 of 8 videos done; 6 to review." in done.out, done.err
        first, later = sorted(id_ for id_, row in desk.results().items() if row["state"] == "done")
        told = re.search(
            r"1 video is the file of another item, byte for byte: (\w) is that of (\w); look at both", done.err
        )
        assert told is not None
        assert sorted(told.groups()) == [first, later]
        said = told[0]
    assert said in desk.s2v("verify", "runs/try").err

    assert desk.s2v("review", "runs/try", "--reject", later).code == 0
    assert "byte for byte" not in desk.s2v("verify", "runs/try").err
