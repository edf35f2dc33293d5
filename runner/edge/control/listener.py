"""The socket of a run, on the engine's own loop, and the box in which its questions wait for the engine.

Whoever opens it holds the lock of the run folder, so that what lies at its path was left by a dead run and is replaced.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from ...core.limits.steering import Answer, Declined, Instruction
from ...engine.ports import Asked
from .messages import LINE_MOST, answer_line, read_question
from .place import Unsafe, places, prepare

CLIENTS_MOST: Final = 16  # at one time; more are turned away at the door
LINE_S: Final = 5.0  # for a question to arrive, and for an answer to leave
_NOWHERE: Final = "there is no folder for sockets: let XDG_RUNTIME_DIR or TMPDIR name one of yours"
_UCRED: Final = struct.Struct("3i")  # process, user and group of a peer, as Linux gives them


class Box:
    """Keeps what is asked until the engine takes it; all of it on one loop."""

    def __init__(self) -> None:
        self._asked: list[Asked] = []
        self._open: set[asyncio.Future[Answer]] = set()
        self._ring: Callable[[], None] = lambda: None
        self._is_closed = False

    def attend(self, ring: Callable[[], None]) -> None:
        """Call `ring` whenever there is something to take."""
        self._ring = ring

    def take(self) -> list[Asked]:
        """Return what was asked and empty the box."""
        asked, self._asked = self._asked, []
        return asked

    def ask(self, instruction: Instruction) -> asyncio.Future[Answer]:
        """Put a question into the box; its answer comes at the latest when the box is closed."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self._is_closed:
            answer.set_result(_OVER)
            return answer
        self._open.add(answer)
        answer.add_done_callback(self._open.discard)
        self._asked.append(Asked(instruction=instruction, reply=lambda said: _reply(answer, said)))
        self._ring()
        return answer

    def close(self) -> None:
        """Take nothing more, and answer what nobody took."""
        self._is_closed = True
        for answer in tuple(self._open):
            _reply(answer, _OVER)


_OVER: Final = Declined(why="the run has just ended")


def _reply(answer: asyncio.Future[Answer], said: Answer) -> None:
    if not answer.done():  # whoever asked may have gone
        answer.set_result(said)


@asynccontextmanager
async def listening(
    folder: Path, run_id: str, environ: Mapping[str, str], *, warn: Callable[[str], None]
) -> AsyncIterator[Box | None]:
    """Listen for whoever may steer the run of a folder; where that cannot be, `warn` is told why, and None is given."""
    box = Box()
    counter, refusals = _Counter(box, run_id), list[str]()
    for path in places(folder, environ):
        try:
            prepare(path)
            with suppress(FileNotFoundError):
                path.unlink()
            server = await asyncio.start_unix_server(counter.serve, path, limit=LINE_MOST)
            own = path.lstat().st_ino
        except (Unsafe, OSError) as error:
            refusals.append(str(error))
            continue
        try:
            yield box
        finally:
            server.close()
            _unlink(path, own)
            await counter.close()
        return
    warn(f"this run cannot be steered while it goes on: {'; '.join(refusals) or _NOWHERE}")
    yield None


def _unlink(path: Path, own: int) -> None:
    """Remove the socket, unless another run has put one of its own there by now."""
    with suppress(OSError):
        if path.lstat().st_ino == own:
            path.unlink()


class _Counter:
    """Serves one client after another, each with one question."""

    def __init__(self, box: Box, run_id: str) -> None:
        self._box = box
        self._run_id = run_id
        self._clients: set[asyncio.Task[None]] = set()
        self._readers: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear a question and answer it; one that never ends, or is never heard out, is cut off."""
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if len(self._clients) <= CLIENTS_MOST and _is_ours(writer.get_extra_info("socket")):
                await self._converse(task, reader, writer)
        except (TimeoutError, OSError):
            writer.transport.abort()
        finally:
            self._clients.discard(task)
            writer.close()

    async def close(self) -> None:
        """Let go of whoever still asks, and hand out the answers that are due."""
        self._box.close()
        for task in self._readers:
            task.cancel()
        if self._clients:
            await asyncio.wait(self._clients)

    async def _converse(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._readers.add(task)
        try:
            instruction = read_question(await _line(reader), self._run_id)
        except ValueError as error:
            answer: Answer = Declined(why=str(error))
        else:
            self._readers.discard(task)
            _require_there(writer.get_extra_info("socket"))
            answer = await self._box.ask(instruction)
        finally:
            self._readers.discard(task)
        writer.write(answer_line(answer))
        async with asyncio.timeout(LINE_S):
            await writer.drain()


async def _line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(LINE_S):
        try:
            return await reader.readline()
        except ValueError as error:
            raise ValueError(f"more than {LINE_MOST} bytes") from error


def _require_there(peer: socket.socket) -> None:
    """Raise ConnectionError when whoever asked has hung up: a run that was stopped hears it only when it goes on."""
    poll = select.poll()
    poll.register(peer.fileno(), 0)
    if any(news & select.POLLHUP for _, news in poll.poll(0)):
        raise ConnectionError("nobody waits for the answer any more")


def _is_ours(peer: socket.socket) -> bool:
    """Return whether the other end is a process of this user; where the system does not say, the folder decides."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, user, _ = _UCRED.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return bool(user == os.geteuid())
