"""The socket by which a run is steered: who is heard, what is answered, and that nobody can hold a run up by it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jumping_clock import jump
from unprivileged import as_nobody, open_folder

from runner.core.limits.steering import (
    Adjust,
    Answer,
    Cancel,
    Change,
    Declined,
    Instruction,
    LeftOut,
    Look,
    Pause,
    Paused,
    Standing,
)
from runner.edge.control.asking import ask
from runner.edge.control.listener import Box, listening
from runner.edge.control.messages import LINE_MOST, answer_line, question_line, read_answer, read_question
from runner.edge.control.place import PATH_MOST, places
from runner.errors import FolderError
from runner.model import Rate

RUN = "run-1"
PAUSED = Paused(under_way=3)


@pytest.fixture
def runtime() -> Iterator[Path]:
    """Give a private folder whose path is short, as that of a session is."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


def reply_to_all(box: Box) -> None:
    for asked in box.take():
        asked.reply(PAUSED)


@asynccontextmanager
async def heard(runtime: Path, folder: Path) -> AsyncIterator[Box]:
    """Listen for the run of a folder, and answer every question as an engine does that knows one answer."""
    async with listening(folder, RUN, {"XDG_RUNTIME_DIR": str(runtime)}, warn=pytest.fail) as box:
        assert box is not None
        box.attend(partial(reply_to_all, box))
        yield box


async def tell(path: Path, text: bytes) -> bytes:
    """Send bytes to a socket and return all that comes back."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(text)
        await writer.drain()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def socket_of(runtime: Path, folder: Path) -> Path:
    return next(places(folder, {"XDG_RUNTIME_DIR": str(runtime)}))


@pytest.mark.parametrize(
    "instruction",
    [
        Pause(),
        Look(),
        Cancel(names=("wink-*", "b")),
        Adjust(in_flight=4, rate=Rate(count=2, window_s=60.0), downloads=None),
    ],
)
def test_a_question_arrives_as_it_was_asked(instruction: Instruction) -> None:
    assert read_question(question_line(RUN, instruction), RUN) == instruction


STANDS = Standing(
    is_paused=True, is_over=False, why="", wait_s=None, changes=(Change(limit="rate", now="2/1m", before=None),)
)


@pytest.mark.parametrize("answer", [PAUSED, STANDS, Declined(why="no"), LeftOut(names=("a",), under_way=())])
def test_an_answer_arrives_as_it_was_given(answer: Answer) -> None:
    assert read_answer(answer_line(answer)) == answer


def test_a_question_from_another_thread_is_answered_and_the_socket_goes_with_the_run(
    runtime: Path, tmp_path: Path
) -> None:
    async def live() -> Answer | None:
        async with heard(runtime, tmp_path):
            return await asyncio.to_thread(ask, tmp_path, RUN, Pause(), {"XDG_RUNTIME_DIR": str(runtime)})

    assert asyncio.run(live()) == PAUSED
    assert list(runtime.iterdir()) == []
    assert ask(tmp_path, RUN, Pause(), {"XDG_RUNTIME_DIR": str(runtime)}) is None


def question(**facts: Any) -> bytes:
    return json.dumps({"version": 1, "run": RUN, "ask": "Adjust", "facts": facts}).encode() + b"\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"\x00\xff nonsense\n", "a line of JSON", id="garbage"),
        pytest.param(b"[" * 60_000 + b"\n", "a line of JSON", id="nested without end"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", "a line of JSON", id="a browser"),
        pytest.param(b"[]\n", "version 1", id="no object"),
        pytest.param(b'{"version": 2}\n', "version 1", id="another version"),
        pytest.param(question_line("run-2", Pause()), "another run", id="another run"),
        pytest.param(b'{"version":1,"run":"run-1","ask":["Pause"],"facts":{}}\n', "one of Adjust", id="no word"),
        pytest.param(question(in_flight="4"), "expected int", id="a text for a number"),
        pytest.param(question(budget=5), "no field 'budget'", id="money"),
        pytest.param(question(in_flight=0), "in_flight: expected", id="too little"),
        pytest.param(question(downloads=10**30), "downloads: expected", id="too much"),
        pytest.param(question(rate={"count": 1, "window_s": float("nan")}), "a time above 0", id="no number"),
        pytest.param(question(rate={"count": 1, "window_s": 0}), "a time above 0", id="no time"),
        pytest.param(question(), "no limit", id="nothing"),
        pytest.param(question_line(RUN, Cancel(names=())), "no item", id="nobody"),
        pytest.param(question_line(RUN, Cancel(names=("a", ""))), "no item", id="a name without letters"),
    ],
)
def test_what_is_no_sound_question_is_declined_in_words_and_reaches_no_engine(
    runtime: Path, tmp_path: Path, text: bytes, why: str
) -> None:
    async def live() -> tuple[bytes, list[object]]:
        async with heard(runtime, tmp_path) as box:
            rung: list[object] = []
            box.attend(lambda: rung.append(box.take()))
            return await tell(socket_of(runtime, tmp_path), text), rung

    said, rung = jump(live())

    answer = read_answer(said)
    assert isinstance(answer, Declined)
    assert why in answer.why
    assert rung == []


def test_a_question_without_an_end_is_cut_off(runtime: Path, tmp_path: Path) -> None:
    async def live() -> bytes:
        async with heard(runtime, tmp_path):
            return await tell(socket_of(runtime, tmp_path), b"x" * (4 * LINE_MOST))

    said = jump(live())

    assert said == b"" or isinstance(read_answer(said), Declined)


def test_clients_that_hang_stop_neither_the_others_nor_the_end_of_the_run(runtime: Path, tmp_path: Path) -> None:
    async def live() -> tuple[bytes, bytes, float]:
        loop = asyncio.get_running_loop()
        async with heard(runtime, tmp_path):
            path = socket_of(runtime, tmp_path)
            silent, its_writer = await asyncio.open_unix_connection(path)
            half, other_writer = await asyncio.open_unix_connection(path)
            other_writer.write(b'{"version"')
            served = await tell(path, question_line(RUN, Pause()))
            ended = loop.time()
        cut = await silent.read() + await half.read()
        for writer in (its_writer, other_writer):
            writer.close()
        return served, cut, loop.time() - ended

    served, cut, after_s = jump(live())

    assert read_answer(served) == PAUSED
    assert cut == b""
    assert after_s == 0.0


def test_a_client_that_says_nothing_is_cut_off_after_a_while(runtime: Path, tmp_path: Path) -> None:
    async def live() -> bytes:
        async with heard(runtime, tmp_path):
            reader, writer = await asyncio.open_unix_connection(socket_of(runtime, tmp_path))
            try:
                return await reader.read()
            except ConnectionError:
                return b""
            finally:
                writer.close()

    assert jump(live()) == b""


def test_what_somebody_asked_who_waits_no_more_is_not_done_when_the_run_goes_on(runtime: Path, tmp_path: Path) -> None:
    """A run that was stopped (Ctrl-Z) finds the question when it goes on, and by then nobody waits for an answer."""

    async def live() -> list[Instruction]:
        taken = list[Instruction]()

        def take(box: Box) -> None:
            for asked in box.take():
                taken.append(asked.instruction)
                asked.reply(PAUSED)

        async with listening(tmp_path, RUN, {"XDG_RUNTIME_DIR": str(runtime)}, warn=pytest.fail) as box:
            assert box is not None
            box.attend(partial(take, box))
            path = socket_of(runtime, tmp_path)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:  # the loop stands still meanwhile
                end.connect(str(path))
                end.sendall(question_line(RUN, Pause()))
            await tell(path, question_line(RUN, Cancel(names=("a",))))
        return taken

    assert asyncio.run(live()) == [Cancel(names=("a",))]


def test_more_clients_than_can_be_served_are_turned_away(runtime: Path, tmp_path: Path) -> None:
    async def live() -> bytes:
        async with heard(runtime, tmp_path):
            path = socket_of(runtime, tmp_path)
            crowd = [await asyncio.open_unix_connection(path) for _ in range(40)]
            await asyncio.sleep(0.1)
            said = await tell(path, question_line(RUN, Pause()))
            for _, writer in crowd:
                writer.close()
            return said

    assert jump(live()) == b""


def test_another_user_is_not_heard(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be two users")

    def connected(path: Path) -> socket.socket:
        path.parent.chmod(0o755)
        path.chmod(0o777)
        end = socket.socket(socket.AF_UNIX)
        with as_nobody():
            end.connect(str(path))
        end.setblocking(False)  # noqa: FBT003 - as it is
        return end

    async def live(home: Path) -> bytes:
        async with heard(home, tmp_path):
            end = connected(socket_of(home, tmp_path))
            reader, writer = await asyncio.open_unix_connection(sock=end)
            try:
                writer.write(question_line(RUN, Pause()))
                return await reader.read()
            except ConnectionError:
                return b""
            finally:
                writer.close()

    with open_folder() as home:
        home.chmod(0o700)
        assert jump(live(home)) == b""


def test_the_socket_of_a_dead_run_is_replaced(runtime: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_of(runtime, tmp_path)))
    assert ask(tmp_path, RUN, Pause(), {"XDG_RUNTIME_DIR": str(runtime)}) is None

    async def live() -> bytes:
        async with heard(runtime, tmp_path):
            return await tell(socket_of(runtime, tmp_path), question_line(RUN, Pause()))

    assert read_answer(jump(live())) == PAUSED


def test_the_socket_of_a_run_that_took_over_is_left_alone(runtime: Path, tmp_path: Path) -> None:
    async def live() -> bytes:
        async with heard(runtime, tmp_path):
            later = heard(runtime, tmp_path)
            await later.__aenter__()
        said = await tell(socket_of(runtime, tmp_path), question_line(RUN, Pause()))
        await later.__aexit__(None, None, None)
        return said

    assert read_answer(jump(live())) == PAUSED


def open_to_others(home: Path) -> None:
    home.mkdir(mode=0o700)
    home.chmod(0o750)


def link(home: Path) -> None:
    home.with_name("elsewhere").mkdir(mode=0o700)
    home.symlink_to(home.with_name("elsewhere"))


def strangers(home: Path) -> None:
    home.mkdir(mode=0o700)
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(home, 65_534, 65_534)


@contextmanager
def temporary(folder: Path) -> Iterator[None]:
    """Let this folder be the one for what is temporary."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(open_to_others, "can be entered by others", id="open to others"),
        pytest.param(link, "is not a folder", id="a link"),
        pytest.param(strangers, "belongs to another user", id="a stranger's"),
        pytest.param(Path.touch, "is not a folder", id="a file"),
    ],
)
def test_a_folder_that_others_could_use_is_not_trusted_by_either_side_and_the_run_goes_on(
    runtime: Path, tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(runtime / f"s2v-{os.geteuid()}")
    warned: list[str] = []

    async def live() -> Box | None:
        async with listening(tmp_path, RUN, {}, warn=warned.append) as box:
            return box

    with temporary(runtime):
        assert jump(live()) is None
        assert ask(tmp_path, RUN, Pause(), {}) is None

    assert len(warned) == 1
    assert warned[0].startswith("this run cannot be steered while it goes on: ")
    assert why in warned[0]


def test_where_the_sessions_folder_is_of_no_use_the_one_for_what_is_temporary_is_taken(
    runtime: Path, tmp_path: Path
) -> None:
    far = {"XDG_RUNTIME_DIR": str(runtime / ("x" * PATH_MOST))}

    async def live(environ: Mapping[str, str]) -> Answer | None:
        async with listening(tmp_path, RUN, environ, warn=pytest.fail) as box:
            assert box is not None
            box.attend(partial(reply_to_all, box))
            return await asyncio.to_thread(ask, tmp_path, RUN, Pause(), far)

    with temporary(runtime):
        assert asyncio.run(live({"XDG_RUNTIME_DIR": "not/absolute"})) == PAUSED
    assert stat.S_IMODE((runtime / f"s2v-{os.geteuid()}").stat().st_mode) == 0o700


def test_what_nobody_took_is_answered_when_the_run_ends(runtime: Path, tmp_path: Path) -> None:
    async def live() -> bytes:
        async with heard(runtime, tmp_path) as box:
            asked = asyncio.Event()
            box.attend(asked.set)
            said = asyncio.create_task(tell(socket_of(runtime, tmp_path), question_line(RUN, Pause())))
            await asked.wait()
        return await said

    assert read_answer(jump(live())) == Declined(why="the run has just ended")


def test_more_than_a_message_holds_is_not_sent(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="use a pattern"):
        ask(tmp_path, RUN, Cancel(names=tuple(f"item-{n}" for n in range(9_000))), {})


_NOWHERE = """
import asyncio, resource
from pathlib import Path
from runner.edge.control.listener import listening

async def listen():
    async with listening(Path("run"), "id", {}, warn=print) as box:
        assert box is None

resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no folder takes a file, so that none is found for what is temporary
asyncio.run(listen())
"""


def test_a_machine_without_any_folder_for_sockets_is_told_why_nobody_can_steer() -> None:
    done = subprocess.run([sys.executable, "-c", _NOWHERE], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "this run cannot be steered while it goes on: there is no folder for sockets: "
        "let XDG_RUNTIME_DIR or TMPDIR name one of yours\n"
    )
