"""Kills, stops and second runners, with the real program, real signals and a provider that keeps its own books."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from counter import Counter, Kind, Talk
from desk import ROOT, Desk, Done
from naps import asleep


def test_a_dozen_kills_at_random_moments_end_complete_and_buy_no_more_than_was_asked_for(
    shop: Desk, counter: Counter
) -> None:
    prompts = [f"take {number:02}" for number in range(12)]
    one_by_one = {"minimax": {"poll": "20ms", "rate": "1/100ms"}}  # or the first kill would leave eight in doubt
    manifest = shop.manifest(prompts, providers=one_by_one)
    dice = random.Random(20261121)
    codes = [killed(shop.start("run", manifest, "--events", "--quiet"), dice.randint(1, 5)) for _ in range(12)]

    done = shop.s2v("run", manifest)
    asked = len(counter.asked)
    again = shop.s2v("run", manifest)

    assert codes[0] == -signal.SIGKILL
    assert done.code == again.code
    assert done.code in {0, 6}
    assert len(counter.asked) == asked
    assert len(counter.submits()) == len(set(counter.submits())) == counter.charges() <= len(prompts)
    rows = shop.results()
    assert {row["state"] for row in rows.values()} <= {"done", "in_doubt"}
    for row in rows.values():
        if row["state"] == "done":
            prompt = row["prompt"].removesuffix(shop.mark)
            assert (shop.folder / "runs/try" / row["video"]).read_bytes() == counter.film_of(prompt)


def killed(process: subprocess.Popen[str], events: int) -> int:
    """Kill a run after some of its events, and return the code that it ended with."""
    with process:
        assert process.stdout is not None
        for _ in islice(process.stdout, events):
            continue
        process.kill()
    return process.returncode


def struck(shop: Desk, counter: Counter, moment: Kind, number: signal.Signals) -> tuple[int, str]:
    """Run until a request of this kind is under way, strike then, and return the exit code and stderr."""
    process: subprocess.Popen[str]

    def strike(talk: Talk) -> None:
        process.send_signal(number)
        talk.be_honest()

    counter.trap(moment, "one", strike)
    process = shop.start("run", "m.yaml")
    _, err = process.communicate(timeout=20)
    return process.returncode, err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143)], ids=["kill", "term"])
def test_a_signal_while_a_free_request_is_under_way_loses_nothing(
    shop: Desk, counter: Counter, number: signal.Signals, code: int
) -> None:
    manifest = shop.manifest(["one"])
    moments: list[Kind] = ["poll", "link", "file"]

    ends = [struck(shop, counter, moment, number) for moment in moments]

    assert [code for code, _ in ends] == [code] * 3
    assert not any("Traceback" in err for _, err in ends)
    assert shop.s2v("run", manifest).code == 0
    asked = len(counter.asked)
    assert shop.s2v("run", manifest).code == 0
    assert len(counter.asked) == asked
    assert (counter.submits(), counter.charges()) == (["one"], 1)
    assert (shop.folder / "runs/try/videos/a.mp4").read_bytes() == counter.film_of("one")
    assert list((shop.folder / "runs/try/.partial").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "codes"), [(signal.SIGKILL, (-9, 6)), (signal.SIGINT, (130, 0))], ids=["kill", "int"]
)
def test_a_signal_while_a_paid_request_is_under_way_buys_nothing_twice(
    shop: Desk, counter: Counter, number: signal.Signals, codes: tuple[int, int]
) -> None:
    manifest = shop.manifest(["one"])

    struck_code, err = struck(shop, counter, "submit", number)

    assert (struck_code, shop.s2v("run", manifest).code) == codes
    assert "Traceback" not in err
    assert (counter.submits(), counter.charges()) == (["one"], 1)


def test_a_second_signal_leaves_at_once_and_what_it_left_open_is_a_doubt(shop: Desk, counter: Counter) -> None:
    process: subprocess.Popen[str]

    def strike_twice(talk: Talk) -> None:
        talk.counter.charge(talk.prompt)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "once more to leave at once" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)

    counter.trap("submit", "one", strike_twice)
    manifest = shop.manifest(["one"])
    process = shop.start("run", manifest)
    process.wait(timeout=20)
    process.communicate()

    assert process.returncode == 130
    assert shop.s2v("run", manifest).code == 6
    for id_ in (" job-0001-x", "job-0001-x\n", ""):
        assert shop.s2v("resolve", manifest, "a", "--job", id_).code == 2
    for id_ in ("job-0009-z", "job-0001-x"):  # the first was a mistake
        assert shop.s2v("resolve", manifest, "a", "--job", id_).code == 0
    assert shop.s2v("run", manifest).code == 0
    assert (counter.submits(), counter.charges()) == (["one"], 1)


def test_a_run_that_slept_while_its_links_expired_goes_on_with_fresh_ones(shop: Desk, counter: Counter) -> None:
    """The lid is closed while a file is on its way; when it is opened, that link is refused."""
    process: subprocess.Popen[str]

    def sleep_and_expire(talk: Talk) -> None:
        with asleep(process):
            pass
        talk.answer(b"<Error>Request has expired</Error>", status=403)

    counter.trap("file", "one", sleep_and_expire)
    manifest = shop.manifest(["one"])
    process = shop.start("run", manifest)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 0, err
    assert [each.kind for each in counter.asked if each.kind in {"submit", "link", "file"}] == [
        "submit", "link", "file", "link", "file",
    ]  # fmt: skip


def test_a_stopped_runner_keeps_its_folder_and_goes_on_when_it_is_continued(shop: Desk, counter: Counter) -> None:
    process: subprocess.Popen[str]
    second = []

    def stop_and_let_another_try(talk: Talk) -> None:
        with asleep(process):
            second.append(shop.s2v("run", manifest))
        talk.be_honest()

    counter.trap("submit", "one", stop_and_let_another_try)
    manifest = shop.manifest(["one"])
    process = shop.start("run", manifest)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 0, err
    assert second[0].code == 9
    assert f"is held by another run (process {process.pid} on" in second[0].err
    assert counter.submits() == ["one"]


def test_a_runner_that_lost_its_lock_while_it_was_stopped_writes_and_buys_nothing_more(
    shop: Desk, counter: Counter
) -> None:
    process: subprocess.Popen[str]
    second = []

    def stop_and_be_replaced(talk: Talk) -> None:
        with asleep(process):
            (shop.folder / "runs/try/.lock").unlink()  # what a person does who does not know that it needs no help
            second.append(shop.s2v("run", manifest))
        talk.be_honest()

    counter.trap("poll", "one", stop_and_be_replaced)
    manifest = shop.manifest(["one", "two", "three"], limits={"in_flight": 1})
    process = shop.start("run", manifest)
    _, err = process.communicate(timeout=20)

    assert second[0].code == 0, second[0].err
    assert process.returncode == 9
    assert "another run has taken over this folder; this one stops without writing" in err
    assert counter.submits() == ["one", "two", "three"]
    assert shop.s2v("verify", manifest, "--journal").code == 0


def test_reports_are_not_written_beside_a_run_and_can_be_read_meanwhile(shop: Desk, counter: Counter) -> None:
    process: subprocess.Popen[str]
    meanwhile = []

    def ask_for_reports(talk: Talk) -> None:
        with asleep(process):
            meanwhile.extend([shop.s2v("report", manifest), shop.s2v("report", manifest, "--print", "report.json")])
        talk.be_honest()

    counter.trap("file", "one", ask_for_reports)
    manifest = shop.manifest(["one"])
    process = shop.start("run", manifest)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 0, err
    written, read = meanwhile
    assert (written.code, read.code) == (9, 0)
    assert f"is held by another run (process {process.pid} on" in written.err
    assert read.document["summary"]["states"]["open"] == 1
    report = (shop.folder / "runs/try/report.json").read_text()
    assert shop.s2v("report", manifest).code == 0
    assert (shop.folder / "runs/try/report.json").read_text() == report


def names(run: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file of a run folder but its state, with what tells a rewritten one from an untouched one."""
    found = (path for path in run.rglob("*") if path.is_file() and not path.name.startswith(("state.db", ".lock")))
    return {str(path.relative_to(run)): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


@pytest.mark.parametrize("moment", ["link", "file"])
def test_a_runner_that_lost_its_lock_in_a_download_touches_neither_videos_nor_reports(
    shop: Desk, counter: Counter, moment: Kind
) -> None:
    process: subprocess.Popen[str]
    second, left = list[Done](), list[dict[str, tuple[int, bytes]]]()

    def stop_and_be_replaced(talk: Talk) -> None:
        with asleep(process):
            (shop.folder / "runs/try/.lock").unlink()
            second.append(shop.s2v("run", manifest))
            left.append(names(shop.folder / "runs/try"))
        talk.be_honest()

    counter.trap(moment, "one", stop_and_be_replaced)
    manifest = shop.manifest(["one"])
    process = shop.start("run", manifest)
    _, err = process.communicate(timeout=20)

    assert second[0].code == 0, second[0].err
    assert process.returncode == 9
    assert "another run has taken over this folder; this one stops without writing" in err
    assert "videos/a.mp4" in left[0]
    assert names(shop.folder / "runs/try") == left[0]
    assert (counter.submits(), counter.charges()) == (["one"], 1)


def test_a_kill_while_a_report_is_written_leaves_the_old_one_whole(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("the old report")
    program = f"""
        import os, signal
        from pathlib import Path
        from runner.edge.disk.files import write_whole
        def chunks():
            yield "half of the new"
            os.kill(os.getpid(), signal.SIGKILL)
        write_whole(Path({str(report)!r}), chunks())
    """
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert report.read_text() == "the old report"


def test_an_item_that_left_the_manifest_while_its_job_ran_is_still_brought_home(shop: Desk, counter: Counter) -> None:
    counter.unfinished.add("one")
    shop.s2v("run", shop.manifest(["one", "two"], limits={"item_deadline": "50ms"}))
    counter.unfinished.clear()
    items = [{"id": "b", "portrait": "anna.png", "prompt": "two" + shop.mark}]

    done = shop.s2v("run", shop.manifest(items))

    assert done.code == 0, done.err
    assert shop.videos() == ["b.mp4"]
    (kept,) = (shop.folder / "runs/try/superseded").glob("a-*.mp4")
    assert kept.read_bytes() == counter.film_of("one")
    assert sorted(counter.submits()) == ["one", "two"]


def test_a_video_that_came_home_broken_and_left_the_manifest_is_fetched_again_for_nothing(
    shop: Desk, counter: Counter
) -> None:
    counter.trap("file", "one", *[lambda talk: talk.answer(b"<html>come back later</html>")] * 4)
    quick: dict[str, Any] = {"retry": {"backoff": "1ms..2ms"}}
    broken = shop.s2v("run", shop.manifest(["one", "two"], **quick))
    manifest = shop.manifest([{"id": "b", "portrait": "anna.png", "prompt": "two" + shop.mark}], **quick)
    gone = shop.s2v("run", manifest)

    done = shop.s2v("fetch", manifest)

    assert (broken.code, gone.code, done.code) == (5, 0, 0), broken.out + done.err
    (kept,) = (shop.folder / "runs/try/superseded").glob("a-*.mp4")
    assert kept.read_bytes() == counter.film_of("one")
    assert sorted(counter.submits()) == ["one", "two"]
    assert shop.s2v("verify", manifest).code == 0
