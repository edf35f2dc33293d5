"""The driver's end of the line to its envoy: starts it, sends it orders, hears what came of them, and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError, Halt
from .ray_words import meaning_of, surroundings
from .seam import WorkerLostError, WorkerTakenError

OWN: Final = "local"  # the address that starts a Ray of our own and joins no other
CONNECT_S: Final = 90.0  # a Ray of our own starts in 4 s on an idle machine
LOOK_S: Final = 0.25  # between two looks at what Ray says while it starts
CLOSE_S: Final = 20.0  # a Ray of our own ends in 2 s
_LINE_MOST: Final = 1 << 20  # bytes of an answer
_SAID_MOST: Final = 20_000  # bytes of Ray's, at the end of its log
_TAIL_MOST: Final = 500  # characters of them that a message quotes
_PLACE_MOST: Final = 24  # characters
_OVER: Final = "the connection with Ray ended"


class RayLine:
    """The line to one envoy; `slots` is how many CPUs its Ray had when it began."""

    def __init__(self, process: Process, *, who: str, log: Path, folder: Path) -> None:
        self._process = process
        self._who = who
        self._log = log
        self._folder = folder
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._hearing: asyncio.Task[None] | None = None
        self._is_connected = False
        self.slots = 0

    @classmethod
    async def begun(cls, start: Mapping[str, Any], *, log: Path | None) -> RayLine:
        """Return the line to a new envoy that has reached Ray; raise ConfigError where it does not."""
        is_own = start["address"] == OWN
        folder = Path(tempfile.mkdtemp(prefix="s2v-ray-", dir=_place(os.environ)))
        log = log or folder / "log"
        try:
            process = await _started(log, surroundings(os.environ, own=folder if is_own else None))
        except BaseException:
            shutil.rmtree(folder)
            raise
        who = "a Ray of our own" if is_own else f"Ray at {start['address']}"
        line = cls(process, who=who, log=log, folder=folder)
        try:
            await line._open({**start, "folder": str(folder)})
        except BaseException:
            await line.close()
            raise
        return line

    @property
    def is_over(self) -> bool:
        """Return whether the envoy is gone."""
        return self._hearing is None or self._hearing.done()

    async def follow(self, order: Mapping[str, Any]) -> str:
        """Return the answer to an order; raise WorkerLostError or Halt in place of one."""
        if self.is_over:
            raise WorkerTakenError(_OVER)
        n = next(self._numbers)
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[n] = waiting
        self._say({"n": n, **order})
        try:
            return await waiting
        except asyncio.CancelledError:
            self._say({"n": n, "give_up": True})
            raise
        finally:
            del self._waiting[n]

    async def close(self) -> None:
        """End the envoy and what it started; whoever waits hears that all is lost. May be called again."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S if self._is_connected else 0):
                await self._process.wait()
        await asyncio.to_thread(_end_session, self._process.pid)
        await self._process.wait()
        if self._hearing is not None:
            await self._hearing
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _open(self, start: Mapping[str, Any]) -> None:
        """Tell the envoy how to start, and wait until it has; raise ConfigError where it says or shows that it cannot.

        Ray says early why it is not let in, and waits up to 80 s before it gives up.
        """
        self._say(start)
        first = asyncio.create_task(self._next())
        try:
            async with asyncio.timeout(CONNECT_S):
                while not (await asyncio.wait({first}, timeout=LOOK_S))[0]:
                    if meaning := meaning_of(self._said()):
                        raise ConfigError(f"{self._who}: {meaning}")
        except TimeoutError as error:
            raise ConfigError(f"{self._who}: no connection within {CONNECT_S:g} s; {self._tail()}") from error
        finally:
            first.cancel()
        self._is_connected = "connected" in self._agreed(first.result())
        self.slots = int(self._agreed(await self._next())["slots"])
        self._hearing = asyncio.create_task(self._hear())

    def _agreed(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what an envoy told that starts; raise ConfigError for its refusal, or its end."""
        if told and "refused" not in told:
            return told
        words = str(told.get("refused", ""))
        raise ConfigError(f"{self._who}: {meaning_of(words) or words or f'it ended by itself; {self._tail()}'}")

    async def _hear(self) -> None:
        """Hand each answer to who waits for it; when there are no more, all that is waited for is lost."""
        while told := await self._next():
            waiting = self._waiting.get(told["n"])
            if waiting is not None and not waiting.done():
                _settle(waiting, told)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(WorkerTakenError(_OVER))

    async def _next(self) -> dict[str, Any]:
        """Return the next line from the envoy; empty at the end."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        return dict(json.loads(line)) if line.endswith(b"\n") else {}

    def _say(self, words: Mapping[str, Any]) -> None:
        """Write a line to the envoy; that one is gone is noticed where it is heard."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")

    def _said(self) -> str:
        return self._log.read_bytes()[-_SAID_MOST:].decode(errors="replace")

    def _tail(self) -> str:
        return f"Ray's last words: {' '.join(self._said().split())[-_TAIL_MOST:] or 'none'}"


def _end_session(leader: int) -> None:
    """End what an envoy leaves that was killed: Ray's helpers in its group, and workers, each in a group of its own.

    Where the system lists no processes, the workers end by themselves some seconds later.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
    for each in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(each.name)) == leader:
                _end(int(each.name))


def _end(pid: int) -> None:
    """Kill a process, and return when it is dead."""
    handle = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        ends = select.poll()
        ends.register(handle, select.POLLIN)
        ends.poll(CLOSE_S * 1000)
    finally:
        os.close(handle)


def _settle(waiting: asyncio.Future[str], told: Mapping[str, Any]) -> None:
    if "answer" in told:
        waiting.set_result(str(told["answer"]))
    elif "lost" in told:
        waiting.set_exception(WorkerLostError(str(told["lost"])))
    elif "taken" in told:
        waiting.set_exception(WorkerTakenError(str(told["taken"])))
    else:
        waiting.set_exception(Halt(str(told["broken"])))


async def _started(log: Path, environ: Mapping[str, str]) -> Process:
    """Return a new envoy; its log is its owner's alone, and nothing is written through a link."""
    try:
        words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"Ray's log {log} cannot be written: {error.strerror}; mend or remove it") from error
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "runner.executors.envoy", stdin=PIPE, stdout=PIPE, stderr=words, cwd="/",
            env=environ, start_new_session=True, limit=_LINE_MOST,
        )  # fmt: skip
    finally:
        os.close(words)


def _place(environ: Mapping[str, str]) -> str:
    """Return a folder whose name is short: Ray makes sockets below it, whose names may have 107 characters."""
    place = environ.get("RAY_TMPDIR") or tempfile.gettempdir()
    return place if len(place) <= _PLACE_MOST else "/tmp"  # noqa: S108 - the folder made there has a name of its own
