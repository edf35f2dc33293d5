"""What is said of a folder while a run is at work: nothing of a doubt that may be none, and no advice to settle it."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest
from counter import Counter, Talk
from desk import Desk

from runner.core.life.lifecycle import apply
from runner.core.life.state import index_of
from runner.edge.disk.lock import held
from runner.edge.journal.journal import Journal
from runner.events import Intended, Stamped
from runner.model import Money

WHO = f"a run is at work, or paused: process {os.getpid()} on {socket.gethostname()}"
STOPPED = "the run stopped while the request was under way"


@pytest.fixture
def folder(desk: Desk) -> Path:
    """Return a run folder of one item whose request was under way when the journal was written last."""
    desk.s2v("run", desk.manifest(["one"]), "--max-cost", "0")
    folder = desk.folder / "runs/try"
    price = Money(micros=650_000, currency="USD")
    intent = Stamped(
        at=9.0, event=Intended(attempt=1, provider="minimax", price=price, idempotency_key=None)
    )  # fmt: skip
    with held(folder), Journal.create_or_open(folder) as book:
        ((key, _),) = book.index()
        state = book.state(key)
        assert state is not None
        book.write(key, [intent], index_of(apply(state, intent)))
    return folder


def test_status_says_who_is_at_work_and_does_not_advise_to_resolve(desk: Desk, folder: Path) -> None:
    with held(folder):
        done = desk.s2v("status", "m.yaml")

    assert done.out.startswith("0 of 1 video done; 1 being bought or in doubt.\n")
    assert f"next: s2v status m.yaml --watch   # {WHO}\n" in done.out
    assert STOPPED not in done.out
    assert "resolve" not in done.out


@pytest.mark.parametrize("command", ["pause", "status"])
def test_a_run_that_has_no_journal_yet_is_at_work_all_the_same(desk: Desk, command: str) -> None:
    desk.manifest(["one"])
    (desk.folder / "runs/try").mkdir(parents=True)

    with held(desk.folder / "runs/try"):
        done = desk.s2v(command, "m.yaml")

    assert done.code == 9, done.err
    who = f"process {os.getpid()} on {socket.gethostname()}"
    assert done.err == f"s2v: a run has only just begun in runs/try ({who}): the same command again, in a moment\n"


def test_status_of_a_run_that_stopped_tells_of_the_doubt(desk: Desk, folder: Path) -> None:
    done = desk.s2v("status", folder)

    assert done.out.startswith(f"0 of 1 video done; 1 in doubt.\n  1 in doubt: {STOPPED} (a)\n")
    assert "next: s2v resolve m.yaml" in done.out


@pytest.mark.parametrize("name", ["report.md", "report.html", "report.json", "results.jsonl", "junit.xml"])
def test_a_report_that_is_printed_says_nothing_of_a_run_that_stopped(desk: Desk, folder: Path, name: str) -> None:
    with held(folder):
        done = desk.s2v("report", "m.yaml", "--print", name)

    assert done.code == 0, done.err
    assert STOPPED not in done.out
    assert "s2v resolve" not in done.out


def test_the_printed_page_for_people_says_who_is_at_work(desk: Desk, folder: Path) -> None:
    with held(folder):
        done = desk.s2v("report", "m.yaml", "--print", "report.md")

    assert "**0 of 1 video done; 1 being bought or in doubt.**" in done.out
    assert WHO in done.out
    assert "| `a` | being bought or in doubt |" in done.out


def test_a_plan_says_what_is_being_bought(desk: Desk, folder: Path) -> None:
    with held(folder):
        done, told = desk.s2v("plan", "m.yaml"), desk.s2v("plan", "m.yaml", "--json").document

    assert "a  rest     open      being bought or in doubt\n" in done.out
    assert "      1  rest, left to you or to the run at work\n" in done.out
    assert done.out.endswith(f"{WHO}; what it buys meanwhile leaves this plan\n")
    assert [(each["state"], each["why"]) for each in told["items"]] == [("open", "being bought or in doubt")]


def test_resolve_settles_nothing_that_may_be_being_bought(desk: Desk, folder: Path) -> None:
    with held(folder):
        done = desk.s2v("resolve", "m.yaml")

    assert done.code == 6
    assert f"1 item being bought or in doubt; {WHO}: settle them when it ends\n" in done.out
    assert "--abandon" not in done.out
    assert "1 item in doubt: look at the provider" in desk.s2v("resolve", "m.yaml").out


def test_the_story_of_what_may_be_being_bought_says_who_is_at_work(desk: Desk, folder: Path) -> None:
    with held(folder):
        done, told = desk.s2v("explain", "m.yaml", "a"), desk.s2v("explain", "m.yaml", "a", "--json").document

    assert done.out.startswith(f"a: being bought or in doubt; {WHO}\n")
    assert told["state"] == "in_doubt"
    assert told["reason"] == "the request is under way, or was when an earlier run stopped"
    assert desk.s2v("explain", "m.yaml", "a").out.startswith("a: in doubt\n")


@pytest.mark.parametrize("is_replaced", [False, True], ids=["moved", "moved, and another put in its place"])
def test_a_run_whose_folder_is_taken_away_buys_nothing_more_and_goes_on_when_it_is_back(
    desk: Desk, *, is_replaced: bool
) -> None:
    manifest = desk.manifest(["one", "two", "three"], limits={"in_flight": 1, "rate": "1/1s"})
    folder, aside = desk.folder / "runs/try", desk.folder / "aside"
    with desk.start("run", manifest, "--events", "--quiet") as process:
        assert process.stdout is not None
        next(line for line in process.stdout if '"accepted"' in line)
        folder.rename(aside)
        if is_replaced:
            folder.mkdir()
        out, err = process.communicate(timeout=60)

    assert (process.returncode, len(desk.submits)) == (9, 1), err
    assert "was moved, deleted or replaced while a run was at work" in err
    assert "nothing that has a job is bought twice" not in out + err

    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    assert desk.s2v("run", manifest).code == 0
    assert len(desk.submits) == 3


@pytest.mark.parametrize("how", ["moved", "deleted", "not to be looked at"])
def test_a_receipt_that_comes_when_the_folder_was_taken_away_is_told_and_stands_in_it_when_it_is_put_back(
    shop: Desk, counter: Counter, how: str
) -> None:
    folder, aside = shop.folder / "runs/try", shop.folder / "aside"

    def take_away(talk: Talk) -> None:
        shutil.rmtree(folder) if how == "deleted" else folder.rename(aside)
        if how == "not to be looked at":
            folder.symlink_to(folder)  # the system refuses to go round in a circle
        talk.be_honest()

    counter.trap("submit", "one", take_away)

    done = shop.s2v("run", shop.manifest(["one", "two"], limits={"in_flight": 1}))

    assert (done.code, counter.submits()) == (9, ["one"]), done.err
    assert "a was bought at minimax as job job-0001-x, and its run folder was taken away meanwhile" in done.err
    if how != "deleted":
        folder.unlink() if folder.is_symlink() else shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
        assert shop.s2v("run", "m.yaml").code == 0
        assert counter.submits() == ["one", "two"]


def test_a_dumb_terminal_is_asked_and_gets_plain_lines_without_colour(desk: Desk) -> None:
    done = desk.s2v_at_a_terminal("run", desk.manifest(["one"]), typed="y\n", TERM="dumb")

    assert (done.code, desk.videos()) == (0, ["a.mp4"])
    assert "[y/N]" in done.err
    assert "\n1/1 done" in done.err.replace("\r\n", "\n")
    assert "\x1b" not in done.err
