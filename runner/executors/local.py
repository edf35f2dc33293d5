"""The executor of one machine: a pool of processes, each started when all others are busy, each ended with its driver.

They are fresh interpreters, so none holds a lock or a connection of the driver; they get its module path and what is
left of its environment, from which the front desk takes every secret but Ray's, and this one all of Ray's.
A step that kills its process harms no other.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ..errors import Halt
from .child import HELLO, OF_A_TERMINAL
from .envelope import opened, sealed
from .seam import ExecutorInfo, Json, Perform, StepCall, WorkerLostError, WorkerTakenError
from .worker import perform as free_steps

NAME: Final = "local"
LEAST: Final = 2  # workers, however few cores there are: one step may wait for the disk
_LINE_MOST: Final = 1 << 20  # bytes of an answer
_STDERR: Final = 2
_RAYS_OWN: Final = "RAY_"  # variables, by which a cluster lets its own in
_BREAKING: Final = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGABRT,
        signal.SIGSYS,
        signal.SIGTRAP,
    }
)
"""By what a program ends that breaks over its input; any other signal comes from the machine, or a person."""
_FULL: Final = frozenset({errno.ENOMEM, errno.EAGAIN})  # no room for a process now
_PROGRAM: Final = "import sys; from runner.executors.child import main; main(int(sys.argv[1]), sys.argv[2])"


def usual_workers() -> int:
    """Return how many steps this machine does at one time where nobody says: one for each core, at least `LEAST`."""
    return max(LEAST, cores())


def cores() -> int:
    """Return how many cores this process may use, of all that the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalExecutor:
    """Does steps in `workers` processes; `environs` are more environment, of one worker each."""

    def __init__(
        self, workers: int, *, perform: Perform = free_steps, environs: Sequence[Mapping[str, str]] = ()
    ) -> None:
        place = f"{perform.__module__}:{perform.__qualname__}"
        more = [*environs, *({} for _ in range(workers - len(environs)))]
        self._slots = [_Slot(place, each) for each in more[:workers]]
        self._free: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()  # so that a process that runs goes before a new one
        for slot in reversed(self._slots):
            self._free.put_nowait(slot)
        self._is_closed = False

    async def start(self) -> ExecutorInfo:
        """Start nothing: a process begins with the first step for it."""
        return ExecutorInfo(name=NAME, slots=len(self._slots))

    async def run(self, call: StepCall) -> Mapping[str, Json]:
        """Do the step in the next free process; raises Halt where no process can be started."""
        text = sealed(call)
        slot = await self._free.get()
        try:
            if self._is_closed:
                raise WorkerTakenError("the pool is closed")
            return opened(await slot.do(text, within_s=call.timeout_s))
        finally:
            self._free.put_nowait(slot)

    async def close(self) -> None:
        """End every process at once."""
        self._is_closed = True
        for slot in self._slots:
            slot.end()


class _Slot:
    """One process and the way to it."""

    def __init__(self, place: str, environ: Mapping[str, str]) -> None:
        self._place = place
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def do(self, text: str, *, within_s: float) -> str:
        """Return the answer of the process; end it when it gives none, or nobody waits for it any more."""
        is_done = False
        try:
            async with asyncio.timeout(within_s):
                answer = await self._asked(text)
            is_done = True
        except TimeoutError as error:
            raise WorkerLostError(f"no answer within {within_s:g} s") from error
        finally:
            if not is_done:
                self.end()
        return answer

    def end(self) -> None:
        """End the process at once, whatever it does; also one that is stopped."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._lines is not None:
            self._lines[1].close()
            self._lines = None

    async def _asked(self, text: str) -> str:
        if self._process is None or self._process.poll() is not None:
            self.end()
            await self._begin()
        assert self._process is not None
        assert self._lines is not None
        process, (reader, writer) = self._process, self._lines
        writer.write(text.encode() + b"\n")
        line = await _line(reader)
        if not line.endswith(b"\n"):
            raise _loss(process)
        return line.decode()

    async def _begin(self) -> None:
        """Start the process, and wait until it can work; one that ends by itself before that would do so each time.

        Raise WorkerTakenError where there is no room for it now, or it was killed, Halt where it cannot be at all.
        """
        try:
            ours, process = self._connected()
        except OSError as error:
            if error.errno in _FULL:
                raise WorkerTakenError(f"there is no room for a worker process: {error.strerror}") from error
            raise Halt(f"cannot start a worker process: {error.strerror or error}") from error
        self._lines = await asyncio.open_connection(sock=ours, limit=_LINE_MOST)
        if await _line(self._lines[0]) != HELLO:
            words = _fate(process)
            if process.returncode < 0:
                raise WorkerTakenError(words)
            raise Halt(f"a worker process cannot be started: {words}; what it said stands above")

    def _connected(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        """Return a new process, and our end of the socket to it."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = self._started(theirs)
            except OSError:
                ours.close()
                raise
        return ours, self._process

    def _started(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
        ours = {name: value for name, value in os.environ.items() if not name.startswith(_RAYS_OWN)}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_A_TERMINAL)  # until the process has learnt to ignore them
        try:
            return subprocess.Popen(  # noqa: S603 - this very interpreter, and no word of a stranger
                [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno()), self._place],
                pass_fds=[theirs.fileno()], env={**ours, "PYTHONPATH": path, **self._environ},
                stdin=subprocess.DEVNULL, stdout=_STDERR,
            )  # fmt: skip
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _loss(process: subprocess.Popen[bytes]) -> WorkerLostError:
    """Return how a process was lost that was doing a step: by its own end or its own fault, or taken away."""
    words, code = _fate(process), process.returncode
    is_broken = code >= 0 or -code in _BREAKING
    return WorkerLostError(words) if is_broken else WorkerTakenError(words)


def _fate(process: subprocess.Popen[bytes]) -> str:
    """Return how a process ended, in words; it closed its end of the socket, so it has ended or is about to."""
    code = process.wait()
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return f"worker process {process.pid} {how}"


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ConnectionError:
        return b""
