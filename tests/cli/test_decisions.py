"""What a person decided in the page, saved to a file and applied: once, as a whole, to the videos that it is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import Desk

from runner.cli.review.decisions import read_decisions
from runner.errors import UsageError
from runner.report.text import json_line

SHORT: dict[str, Any] = {"min_seconds": 1}  # the provider's tiny films run for 0.32 s


def saved(desk: Desk, **decisions: str) -> Path:
    """Write the file as the page does, about the videos that this very run folder has now."""
    report = json.loads((desk.folder / "runs/try/report.json").read_text())
    videos = {each["id"]: each["sha256"] for each in report["items"]}
    decided = {id_: {"decision": word, "sha256": videos.get(id_, "")} for id_, word in decisions.items()}
    path = desk.folder / f"{'-'.join(decisions.values())}.json"
    path.write_text(json.dumps({"version": 1, "run": report["run"]["id"], "decisions": decided}, indent=2))
    return path


def test_the_decisions_of_the_page_are_applied_and_once_more_change_nothing(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two", "three"], checks=SHORT)
    assert desk.s2v("run", manifest).code == 6
    file = saved(desk, a="keep", b="reject")

    done = desk.s2v("review", manifest, "--apply", file)
    facts = desk.events()
    again = desk.s2v("review", manifest, "--apply", file, "--json")

    assert done.code == 0, done.err
    assert done.out.splitlines()[:2] == ["a: kept; it stands in videos/", "b: rejected; the file is kept in rejected/"]
    assert "1 video still to look at" in done.out
    assert {id_: row["state"] for id_, row in desk.results().items()} == {"a": "done", "b": "failed", "c": "review"}
    assert again.code == 0, again.err
    assert (again.document["decided"], again.document["decided_before"]) == ({}, {"a": "keep", "b": "reject"})
    assert desk.events() == facts


def test_a_file_with_older_decisions_among_new_ones_takes_the_new_ones(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"], checks=SHORT)
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--keep", "a")

    done = desk.s2v("review", manifest, "--apply", saved(desk, a="keep", b="keep"))

    assert done.code == 0, done.err
    assert done.out.splitlines() == ["b: kept; it stands in videos/", "a: kept before"]
    assert desk.videos() == ["a.mp4", "b.mp4"]


def test_a_file_from_before_another_video_was_bought_decides_nothing_about_it(desk: Desk) -> None:
    """Neither the file that was applied, nor one that was saved beside it and taken up only now."""
    once = {"id": "a", "portrait": "anna.png", "prompt": f"[stranger once]{desk.mark}"}
    manifest = desk.manifest([once], checks={"min_seconds": 60})
    desk.s2v("run", manifest)
    rejects, keeps = saved(desk, a="reject"), saved(desk, a="keep")
    assert desk.s2v("review", manifest, "--apply", rejects).code == 0
    assert desk.s2v("retry", manifest).code == 6

    for file in (rejects, keeps):
        done = desk.s2v("review", manifest, "--apply", file)

        assert done.code == 2
        assert "'a' waits with another video than the one that was looked at: look at this one in" in done.err
    assert desk.results()["a"]["state"] == "review"


def test_a_file_from_before_another_video_was_kept_does_not_say_that_its_own_was(desk: Desk) -> None:
    once = {"id": "a", "portrait": "anna.png", "prompt": f"[stranger once]{desk.mark}"}
    manifest = desk.manifest([once], checks={"min_seconds": 60})
    desk.s2v("run", manifest)
    keeps = saved(desk, a="keep")
    desk.s2v("review", manifest, "--reject", "a")
    assert desk.s2v("retry", manifest).code == 6
    desk.s2v("review", manifest, "--keep", "a")

    done = desk.s2v("review", manifest, "--apply", keeps)

    assert done.code == 2, done.out
    assert "'a' has another video by now than the one that was looked at" in done.err
    assert "nothing was decided" in done.err


@pytest.mark.parametrize(
    ("decisions", "more", "told"),
    [
        ({"b": "keep", "aa": "keep"}, [], "no item is called 'aa'; nothing was decided"),
        ({"b": "keep", "a": "reject"}, [], "'a' does not wait to be looked at any more: it is done; nothing was"),
        ({"b": "keep"}, ["--keep", "b"], "--apply takes every decision from its file: leave out --keep and --reject"),
    ],
    ids=["unknown", "decided otherwise", "both ways"],
)
def test_a_file_that_does_not_fit_the_run_decides_nothing(
    desk: Desk, decisions: dict[str, str], more: list[str], told: str
) -> None:
    manifest = desk.manifest(["one", "two"], checks=SHORT)
    desk.s2v("run", manifest)
    desk.s2v("review", manifest, "--keep", "a")

    done = desk.s2v("review", manifest, "--apply", saved(desk, **decisions), *more)

    assert (done.code, done.err.count(told)) == (2, 1), done.err
    assert desk.results()["b"]["state"] == "review"


PLAIN: dict[str, Any] = {"version": 1, "run": "r1", "decisions": {"a": {"decision": "keep", "sha256": "5e"}}}
BAD: dict[str, tuple[str, str]] = {
    "no json": ('{\n  "version": 1,\n  nonsense', ":3:3: not valid JSON: expecting property name"),
    "cut off": ('{"version": 1, "decisions', ":1:16: not valid JSON: unterminated string"),
    "no text": ("\udcff", ": 'utf-8' codec can't decode byte 0xff"),
    "too deep": ("[" * 100_000, ": nested too deep"),
    "no object": ("[]", ": found an empty list, expected an object with version, run and decisions"),
    "twice": ('{"version": 1, "version": 1}', ": 'version' stands twice"),
    "unknown key": (json_line({**PLAIN, "by": "me"}), ": found 'by', expected no other keys than version, run, "),
    "other version": (json_line({**PLAIN, "version": 2}), ": version: found 2, expected 1"),
    "true for 1": (json_line({**PLAIN, "version": True}), ": version: found true, expected 1"),
    "other run": (json_line({**PLAIN, "run": "r2"}), ": run: found 'r2', expected 'r1': this file is about the videos"),
    "no run": ('{"version": 1, "decisions": {}}', ": run: found nothing, expected 'r1'"),
    "a list": (json_line({**PLAIN, "decisions": ["a"]}), ": decisions: found a list of 1, expected an object with"),
    "other word": (
        json_line({**PLAIN, "decisions": {"a": {"decision": "maybe", "sha256": "5e"}}}),
        ": decisions: 'a': decision: found 'maybe', expected keep or reject",
    ),
    "no word": (json_line({**PLAIN, "decisions": {"a": None}}), ": decisions: 'a': found nothing, expected an object"),
    "no video": (
        json_line({**PLAIN, "decisions": {"a": "keep"}}),
        ": decisions: 'a': found 'keep', expected an object",
    ),
    "video is no text": (
        json_line({**PLAIN, "decisions": {"a": {"decision": "keep", "sha256": 5}}}),
        ": decisions: 'a': sha256: found 5, expected the digest of the video, a text",
    ),
}


@pytest.mark.parametrize(("text", "told"), BAD.values(), ids=BAD)
def test_what_is_not_plainly_a_file_of_decisions_is_refused_with_the_place(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "d.json"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")

    with pytest.raises(UsageError) as error:
        read_decisions(file, "r1")

    assert str(error.value).startswith(f"{file}{told}")
    assert str(error.value).endswith("; nothing was decided")


@pytest.mark.parametrize(("name", "told"), [("none.json", " not found"), ("", " is a folder, not a file")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_decisions(tmp_path / name, "r1")


def test_a_plain_file_says_what_it_decides(tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    file.write_text(json_line(PLAIN))
    paper = read_decisions(file, "r1")
    assert (paper.decisions, paper.videos) == ({"a": "keep"}, {"a": "5e"})
