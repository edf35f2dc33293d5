"""A purge takes the logs of bugs with it: whatever went wrong may have said a prompt, or named a portrait."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from desk import Desk

from runner.cli.main import guarded
from runner.cli.purge import purging
from runner.cli.screen import Screen
from runner.edge.disk.lock import held
from runner.edge.journal.journal import Journal

STATE = Path("home/.local/state/s2v")


def bug(desk: Desk, **environ: str) -> Path:
    """Let a bug leave its log, which holds words of hers, and return it."""

    def command() -> int:
        raise ValueError("invalid literal: 'unmistakable-words'")

    err = io.StringIO()
    guarded(command, Screen.of(io.StringIO(), err, None, desk.environ(**environ)))
    return Path(err.getvalue().partition("the log is in ")[2].partition(";")[0])


def purged(desk: Desk, *flags: str, **environ: str) -> str:
    desk.portrait("her.png", "teal")
    desk.s2v("run", desk.manifest([{"id": "hers", "portrait": "her.png", "prompt": "unmistakable-words"}]))
    return desk.s2v("purge", "m.yaml", "--portrait", "her.png", *flags, **environ).out


def test_no_log_of_a_bug_is_left_by_a_purge_which_says_so_before(desk: Desk) -> None:
    log = bug(desk)
    assert "unmistakable-words" in log.read_text()
    mine = (
        log.with_name("bug-report.log"),
        log.with_name("bug-20260101T000000-7.log"),
        log.with_name("jobs-1-2-3.jsonl"),
    )
    for path in mine:
        path.write_text("of somebody")

    foretold = purged(desk, "--dry-run")
    is_kept = log.exists()
    told = purged(desk, "--yes")

    words = f"  logs    1 of a bug in {desk.folder / STATE}, which may tell of this person: it goes, too\n"
    assert (words in foretold, words in told, is_kept) == (True, True, True), foretold
    assert not log.exists()
    assert all(path.read_text() == "of somebody" for path in mine)


def test_logs_that_lie_elsewhere_go_too(desk: Desk) -> None:
    state, log = str(desk.folder / "state"), bug(desk, S2V_STATE_DIR=str(desk.folder / "state"))
    assert log.parent == desk.folder / "state"

    purged(desk, "--yes", S2V_STATE_DIR=state)

    assert not log.exists()


def test_the_run_that_ends_a_purge_which_was_cut_off_takes_the_logs(desk: Desk) -> None:
    log = bug(desk)
    purged(desk, "--dry-run")
    digest = hashlib.sha256((desk.folder / "her.png").read_bytes()).hexdigest()
    with held(folder := desk.folder / "runs/try"), Journal.create_or_open(folder) as book:
        purging.begin(book, digest, [], 9.0)

    done = desk.s2v("run", desk.manifest(["He waves."]))

    assert done.code == 0, done.err
    assert not log.exists()
