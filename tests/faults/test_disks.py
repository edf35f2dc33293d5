"""Disks that are full, too small or read-only, under the real program: what is paid for is kept, no more is bought."""

from __future__ import annotations

import json
import os
import pty
import resource
import shutil
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from counter import Counter, Talk
from desk import Desk
from loopback import closed_port
from unprivileged import powerless

from runner.edge.disk.space import Space

ROOM = 128 * 2**20  # bytes of the small file system
LARGE = 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a file system of its own, which is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or not shutil.which("mount"):
        pytest.skip("no file system can be mounted here")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs more rights than this test has")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def large(shop: Desk, counter: Counter, *prompts: str, where: Path | None = None) -> Path:
    """Write a manifest of videos of a megabyte and more; each is bought when the one before is made."""
    counter.film += struct.pack(">I4s", 8 + LARGE, b"free") + bytes(LARGE)
    output = {"dir": str(where or shop.folder / "runs/try")}
    return shop.manifest(list(prompts), limits={"downloads": 1, "in_flight": 1}, output=output)


@pytest.mark.parametrize("command", ["status", "review", "plan"])
def test_a_run_at_which_nobody_works_is_looked_at_on_a_full_disk(shop: Desk, small_disk: Path, command: str) -> None:
    manifest = shop.manifest(["one"], output={"dir": str(small_disk / "run")})
    shop.s2v("run", manifest)
    with suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))

    done = shop.s2v(command, manifest)

    assert done.code == 0, done.err
    assert done.out


def parts(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.part")]


def test_a_disk_that_fills_up_with_videos_loses_nothing_that_is_paid_for(
    shop: Desk, counter: Counter, small_disk: Path
) -> None:
    run = small_disk / "run"
    manifest = large(shop, counter, "one", "two", "three", "four", where=run)
    counter.unfinished.add("three")
    ballast = small_disk / "ballast"

    def fill_the_disk(talk: Talk) -> None:
        """Leave what the journal needs, and too little for a video."""
        ballast.write_bytes(bytes(Space(small_disk).free_bytes() - LARGE // 2))
        talk.be_honest()

    counter.trap("file", "two", fill_the_disk)

    full = shop.s2v("run", manifest)

    assert full.code == 9
    assert "the disk is full: make room, then run the same command again" in full.err
    assert "Traceback" not in full.err
    assert counter.submits() == ["one", "two", "three"]
    assert parts(run) == []

    ballast.unlink()
    counter.unfinished.clear()
    done = shop.s2v("run", manifest)

    assert done.code == 0, done.err
    assert counter.submits() == ["one", "two", "three", "four"]
    assert len(list((run / "videos").glob("*.mp4"))) == 4
    assert shop.s2v("verify", run, "--journal").code == 0


def test_a_disk_that_has_no_room_for_a_video_is_seen_before_anything_is_bought(
    shop: Desk, counter: Counter, small_disk: Path
) -> None:
    manifest = large(shop, counter, "one", where=small_disk / "run")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(ROOM // 2))

    low = shop.s2v("run", manifest)

    assert low.code == 9
    assert "MB are free on the disk of the run folder, and the videos under way with one more may need 84 MB" in low.err
    assert counter.submits() == []
    ballast.unlink()
    assert shop.s2v("run", manifest).code == 0


def test_videos_larger_than_this_process_may_write_are_fetched_later_for_nothing(shop: Desk, counter: Counter) -> None:
    manifest = large(shop, counter, "one", "two", "three")
    counter.unfinished.add("two")

    stopped = shop.in_shell("ulimit -f 512; s2v", "run", manifest)  # kilobytes

    assert stopped.code == 9
    assert "larger than this process may write: raise the limit (ulimit -f)" in stopped.err
    assert counter.submits() == ["one", "two"]
    assert parts(shop.folder) == []
    counter.unfinished.clear()
    assert shop.s2v("run", manifest).code == 0
    assert counter.submits() == ["one", "two", "three"]


def test_a_state_that_cannot_be_written_any_more_names_the_job_and_ends_the_buying(
    shop: Desk, counter: Counter
) -> None:
    process: subprocess.Popen[str]

    def fill_the_disk(talk: Talk) -> None:
        """From the moment at which the request has arrived, the program can write no byte more."""
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, 1))
        talk.be_honest()

    counter.trap("submit", "one", fill_the_disk)
    manifest = shop.manifest(["one", "two", "three"], limits={"in_flight": 1})
    process = shop.start("run", manifest)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 9, err
    assert "a was bought at minimax as job job-0001-x, which could not be written" in err
    assert counter.submits() == ["one"]

    shop.manifest(["one", "two", "three"])  # or the doubt would hold the only slot for a quarter of an hour
    again = shop.s2v("run", manifest)
    assert again.code == 6
    assert sorted(counter.submits()) == ["one", "three", "two"]
    assert shop.s2v("resolve", manifest, "a", "--job", "job-0001-x").code == 0
    assert shop.s2v("run", manifest).code == 0
    assert counter.charges() == 3


@pytest.mark.parametrize("flags", [["--quiet"], ["--events"], ["--json", "--quiet"]], ids=" ".join)
def test_a_job_that_cannot_be_written_is_told_whatever_else_is_shown(
    shop: Desk, counter: Counter, flags: list[str]
) -> None:
    process: subprocess.Popen[str]

    def fill_the_disk(talk: Talk) -> None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, 1))
        talk.be_honest()

    counter.trap("submit", "one", fill_the_disk)
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as end:
        process = subprocess.Popen(
            shop.command("run", shop.manifest(["one"]), *flags), cwd=shop.folder, env=shop.environ(), text=True,
            stdin=subprocess.DEVNULL, stdout=end, stderr=subprocess.PIPE,
        )  # fmt: skip
    with os.fdopen(ours):
        _, err = process.communicate(timeout=20)

    assert process.returncode == 9, err
    told = "a was bought at minimax as job job-0001-x, which could not be written; if it is in doubt later: "
    assert f"{told}s2v resolve runs/try a --job job-0001-x\n" in err
    assert "Traceback" not in err
    assert list(shop.folder.rglob("jobs-*")) == []  # a file that could not be written either, and is not kept by half


def test_a_job_that_no_journal_took_is_kept_aside_until_it_is_settled(
    shop: Desk, counter: Counter, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"

    def fill_the_disk(talk: Talk) -> None:
        """Leave no room, not for one page."""
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(LARGE)):
                pass
        talk.be_honest()

    counter.trap("submit", "one", fill_the_disk)
    run = small_disk / "run"
    manifest = shop.manifest(["one"], output={"dir": str(run)})

    full = shop.s2v("run", manifest, "--quiet")

    (kept,) = (shop.folder / "home").rglob("jobs-*.jsonl")
    words = f"could not be written, and is kept in {kept}; if it is in doubt later: s2v resolve disk/run a --job job-"
    assert full.code == 9
    assert words in full.err
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    line = json.loads(kept.read_text())
    assert (line["run"], line["item"], line["provider"]) == (str(run), "a", "minimax")

    ballast.unlink()
    assert shop.s2v("resolve", line["run"], line["item"], "--job", line["job"]).code == 0
    assert shop.s2v("run", manifest).code == 0
    assert (counter.submits(), counter.charges()) == (["one"], 1)


@pytest.mark.parametrize(
    ("code", "ends", "flags"), [(1026, 5, ["--failed"]), (1004, 8, [])], ids=["a failure", "a refused key"]
)
def test_a_user_s_state_that_cannot_be_written_any_more_ends_no_run_that_bought_nothing_otherwise(
    shop: Desk, counter: Counter, code: int, ends: int, flags: list[str]
) -> None:
    state = shop.folder / "state"
    places = state / "places"

    def break_the_disk(talk: Talk) -> None:
        places.rename(state / "aside")
        places.touch()
        talk.answer_json({"task_id": ""}, code, "no")

    counter.trap("submit", "two", break_the_disk)
    shop.s2v("run", shop.manifest(["one"]), S2V_STATE_DIR=str(state))
    done = shop.s2v("run", shop.manifest(["one", "two"]), S2V_STATE_DIR=str(state))

    assert done.code == ends, done.err
    assert "nothing is lost, but an older copy of runs/try would be refused in its place" in done.err

    places.unlink()
    (state / "aside").rename(places)
    again = shop.s2v("run", "m.yaml", *flags, S2V_STATE_DIR=str(state))
    assert again.code == 0, again.err
    assert (counter.submits(), counter.charges()) == (["one", "two", "two"], 2)


def test_a_state_that_cannot_be_begun_buys_nothing(shop: Desk, counter: Counter) -> None:
    done = shop.in_shell("ulimit -f 8; s2v", "run", shop.manifest(["one"]))

    assert done.code == 9
    assert "Traceback" not in done.err
    assert counter.asked == []


@pytest.mark.parametrize("is_begun", [False, True], ids=["new folder", "folder of an earlier run"])
def test_a_read_only_folder_is_found_before_anything_is_sent(shop: Desk, counter: Counter, *, is_begun: bool) -> None:
    quick = {"attempts": 1, "backoff": "1ms..2ms"}
    manifest, run = shop.manifest(["one"], retry=quick), shop.folder / "runs" / "try"
    run.mkdir(parents=True)
    if is_begun:
        shop.s2v("run", manifest, MINIMAX_API_HOST=f"http://127.0.0.1:{closed_port()}")
    for path in (run, *run.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)

    done = subprocess.run(
        powerless(shop.command("run", manifest), right="dac_override"), cwd=shop.folder, env=shop.environ(),
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip

    assert done.returncode == 9, done.stderr
    assert "cannot write in runs/try: Permission denied" in done.stderr
    assert counter.asked == []
