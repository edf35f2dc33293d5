"""Watching a run from another terminal: what is shown, when it ends, and that the run notices nothing."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import termios
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from desk import Desk, read_out, slow_run
from told_lives import intent, item, told
from told_schemas import hold

from runner.cli.screen import Screen
from runner.cli.watching import look, watch
from runner.core.life.lifecycle import fold
from runner.core.life.state import Entry, Phase, index_of
from runner.edge.disk.lock import held
from runner.edge.journal.journal import Journal
from runner.errors import FolderError
from runner.events import Accepted, Event, Refused
from runner.model import Kind, Verdict

NO = Refused(verdict=Verdict(kind=Kind.CONTENT, code="1026", words="no"), final=True, retry_at=0.0)
LIFE: tuple[tuple[str, Event], ...] = (("a", intent()), ("a", Accepted(job_id="j")), ("b", intent()), ("b", NO))


class Run:
    """A run of three items in which one thing happens whenever its watcher pauses, and which then ends."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.pauses = folder, list[float]()
        self._stack = stack
        stack.enter_context(held(folder))
        self._book = stack.enter_context(Journal.create_or_open(folder))
        self._book.set_header(name="winks")
        self._lives = {name: told(item(name)) for name in "abc"}
        for name in self._lives:
            self._write(name, since=0)

    def pause(self, seconds: float) -> None:
        """Let the next thing happen."""
        self.pauses.append(seconds)
        if len(self.pauses) > len(LIFE):
            self._stack.close()
            return
        name, event = LIFE[len(self.pauses) - 1]
        earlier = len(self._lives[name])
        self._lives[name] = told(item(name), *(each.event for each in self._lives[name][1:]), event)
        self._write(name, since=earlier)

    def _write(self, name: str, *, since: int) -> None:
        life = self._lives[name]
        index = index_of(fold(life))
        self._book.write_all([Entry(key=item(name).key, stamped=life[since:], index=index, position=ord(name))])


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with ExitStack() as stack:
        yield Run(tmp_path, stack)


def test_off_a_terminal_every_look_is_a_line_until_nobody_is_at_work(run: Run) -> None:
    out = io.StringIO()

    watch(run.folder, Screen.of(out, io.StringIO(), None, {}), every_s=2.0, pause=run.pause)

    lines = [line.split("; pace")[0] for line in out.getvalue().splitlines()]
    both = "1 being bought or in doubt; 1 at the provider; 1 waiting; money   1.30 USD spent or reserved"
    assert lines == [
        "winks: 0 of 3 videos done; 3 waiting; money   nothing spent or reserved",
        "winks: 0 of 3 videos done; 1 being bought or in doubt; 2 waiting; money   0.65 USD spent or reserved",
        "winks: 0 of 3 videos done; 1 at the provider; 2 waiting; money   0.65 USD spent or reserved",
        f"winks: 0 of 3 videos done; {both}",
        *["winks: 0 of 3 videos done; 1 at the provider; 1 failed; 1 waiting; money   0.65 USD spent or reserved"] * 2,
    ]
    at_work = [f"at work process {os.getpid()} on" in line for line in out.getvalue().splitlines()]
    assert at_work == [True] * len(LIFE) + [True, False]
    assert run.pauses == [2.0] * (len(LIFE) + 1)


def test_on_a_terminal_the_lines_are_drawn_over_the_former_ones_and_never_wider_than_it(run: Run) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 40))
    with os.fdopen(theirs, "w") as end:
        watch(run.folder, Screen.of(end, io.StringIO(), None, {}), every_s=2.0, pause=run.pause)

    first, *others = read_out(ours).split("\x1b[5A")
    assert len(others) == len(LIFE) + 1
    for block in (first, *others):
        lines = block.split("\r\n")[:-1]
        assert [line.startswith("\r\x1b[K") for line in lines] == [True] * 5
        assert max(len(line.removeprefix("\r\x1b[K")) for line in lines) == 39


def test_looking_leaves_the_folder_and_its_lock_as_they_are(run: Run) -> None:
    def bytes_of(folder: Path) -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in folder.iterdir() if each.suffix != ".db-shm"}

    before = bytes_of(run.folder)

    glance = look(run.folder, {})

    assert bytes_of(run.folder) == before
    assert glance.phases == {Phase.PLANNED: 3}
    with pytest.raises(FolderError, match="is held by another run"), held(run.folder):
        pass


class Gone(io.StringIO):
    """A stream whose reader went away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(f"nobody reads {text!r}")


def test_a_watcher_whom_nobody_listens_to_any_more_ends(run: Run) -> None:
    watch(run.folder, Screen.of(Gone(), io.StringIO(), None, {}), every_s=2.0, pause=run.pause)

    assert run.pauses == []


def test_a_run_is_watched_from_another_process_until_it_ends(desk: Desk) -> None:
    with (
        slow_run(desk) as process,
        desk.start("status", "m.yaml", "--watch", "--interval", "100ms", "--json") as watching,
    ):
        assert watching.stdout is not None
        first = json.loads(watching.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        rest, _ = watching.communicate(timeout=20)

    assert (process.returncode, watching.returncode) == (130, 0)
    assert (first["phases"]["running"], first["at_work"].split()[1]) == (1, str(process.pid))
    assert json.loads(rest.splitlines()[-1])["at_work"] is None
    hold(["status", "--watch", "--json"], json.dumps(first) + rest)
    assert first["buying"] == {
        "paused": False, "over": True, "why": "", "wait_s": None, "limits": {}, "left_out": []
    }  # fmt: skip
    assert json.loads(rest.splitlines()[-1])["buying"] is None


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """Let children hear Ctrl-C, also where the tests run in the background of a script, which ignores it for them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_ends_the_watching_and_not_the_run(desk: Desk) -> None:
    with slow_run(desk) as process, desk.start("status", "runs/try", "--watch", "--interval", "1h") as watching:
        assert watching.stdout is not None
        line = watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        with ExitStack() as stack:
            stack.callback(watching.kill)
            watching.communicate(timeout=20)
        still_runs = process.poll() is None

    assert line.startswith("try: 0 of 1 video done; 1 at the provider; ")
    assert (watching.returncode, still_runs) == (130, True)


def test_where_nobody_is_at_work_watching_is_one_look_and_the_status(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")

    done = desk.s2v("status", "m.yaml", "--watch")

    first, *rest = done.out.splitlines()
    assert (done.code, first.partition(";")[0]) == (0, "try: 1 of 1 video done")
    assert "at work nobody" in first
    assert rest[0] == "1 of 1 video done."


@pytest.mark.parametrize("interval", ["0s", "50ms", "2", "soon"])
def test_an_interval_that_makes_no_sense_is_refused(desk: Desk, interval: str) -> None:
    done = desk.s2v("status", "m.yaml", "--watch", "--interval", interval)

    assert (done.code, f"found '{interval}', expected" in done.err) == (2, True)
