"""A process that has imported the program, and forks for every command: all of `python -m runner` but its start.

Each command has a process, a folder, an environment and streams of its own, and ends as an interpreter ends: it waits
for its threads, does what is to be done at the exit, flushes its streams. What is shared are the imports, a third of a
second of every command, half a second of a run; they are not taken apart again (`leave`). Not for what Python reads
when it starts: a locale, `PYTHONUTF8`, a missing package.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TextIO, TypedDict

MOST_S = 120.0  # that a command may take
LOADED_BY_A_RUN = ("runner.edge.wire.fast", "runner.edge.wire.by_httpx", "runner.service.service")


class Request(TypedDict):
    """What is to be run: the words after `s2v`, in a folder, with an environment and the caller's umask."""

    args: list[str]
    cwd: str
    env: dict[str, str]
    umask: int


@dataclass(frozen=True, slots=True)
class WarmStart:
    """The way to the process that forks."""

    wire: socket.socket

    def run(
        self, args: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end, as `subprocess.run` does; raise `TimeoutError` after killing it."""
        with ExitStack() as stack:
            files = [stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _ in range(3)]
            files[0].write(stdin)
            files[0].seek(0)
            here, there = socket.socketpair()
            here.settimeout(MOST_S)
            talk = stack.enter_context(here.makefile("rw", encoding="utf-8"))
            with here, there:
                socket.send_fds(self.wire, [b"."], [there.fileno(), *(file.fileno() for file in files)])
            os.umask(umask := os.umask(0))
            request = Request(args=[*args], cwd=str(cwd), env={**env}, umask=umask)
            talk.write(json.dumps(request) + "\n")
            talk.flush()
            pid = int(talk.readline())
            try:
                code = int(talk.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise
            for file in files[1:]:
                file.seek(0)
            return subprocess.CompletedProcess([*args], code, files[1].read(), files[2].read())


@contextmanager
def warm_start(root: Path, *more: str) -> Iterator[WarmStart]:
    """Give the way to a process that has imported the program of `root`; it ends with the block or this process.

    It has imported these modules as well, which the program imports when it needs them.
    """
    here, there = socket.socketpair()
    with here:
        with there:
            process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(there.fileno()), *more], env={"PYTHONPATH": str(root)},
                stdin=subprocess.DEVNULL, pass_fds=[there.fileno()],
            )  # fmt: skip
        yield WarmStart(here)
    process.wait(timeout=20)


def serve(wire: socket.socket) -> None:
    """Fork for every caller, and tell each its program's number and then its code; return only in a program."""
    woken, waker = socket.socketpair()
    waker.setblocking(False)  # noqa: FBT003 - as Python asks for it
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)  # what is in it says enough
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    callers = dict[int, TextIO]()
    while True:
        ready, _, _ = select.select([wire, woken], [], [])
        if woken in ready:
            woken.recv(1 << 16)
            tell_ends(callers)
        if wire not in ready:
            continue
        if not (fds := socket.recv_fds(wire, 1, 4)[1]):
            sys.exit()
        with socket.socket(fileno=fds[0]) as end:
            caller = end.makefile("rw", encoding="utf-8")
        request: Request = json.loads(caller.readline())
        if (pid := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (wire, woken, waker):
                each.close()
            for talk in (caller, *callers.values()):
                talk.close()
            become(request, fds[1:])
            return
        for fd in fds[1:]:
            os.close(fd)
        callers[pid] = caller
        with suppress(ConnectionError):  # as in `tell_ends`
            print(pid, file=caller, flush=True)


def tell_ends(callers: dict[int, TextIO]) -> None:
    """Tell each caller whose program has ended its code, and forget it."""
    for pid in [*callers]:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with suppress(ConnectionError), callers.pop(pid) as caller:  # who does not wait any more
                print(os.waitstatus_to_exitcode(status), file=caller, flush=True)


def become(request: Request, streams: Sequence[int]) -> None:
    """Take on the request's folder, umask, environment, streams and arguments."""
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(request["cwd"])
    os.umask(request["umask"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv[1:] = request["args"]


def prepare(*more: str) -> None:
    """Import what the commands import when they are asked for, and these modules."""
    from PIL import Image  # noqa: PLC0415 - what is forked imports this, and who asks for forks does not

    from runner.cli import commands  # noqa: PLC0415 - the same

    Image.preinit()  # the formats of portraits
    ours = [each.name for each in iter_modules(commands.__path__, f"{commands.__name__}.")]
    for name in ["runner.cli.main", *ours, *more]:
        import_module(name)
    for name in LOADED_BY_A_RUN:
        with suppress(ImportError):  # an extra
            import_module(name)
    compile_methods()
    gc.freeze()  # or each command's search for garbage would copy the memory that it shares


def compile_methods() -> None:
    """Compile the methods of the program's dataclasses, which else each command does for those that it needs."""
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "runner"]
    for each in {each for module in ours for each in vars(module).values() if isinstance(each, type)}:
        if is_dataclass(each):
            _ = each.__init__, each.__eq__, each.__hash__


def leave(codes: Sequence[int]) -> None:
    """End at once with the code that is known, for taking apart what was imported would copy all of it.

    This is the last that is done at an exit. Where a thread still runs, or a stream takes no more, Python goes on.
    """
    if codes and threading.active_count() == 1:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(codes[0])


if __name__ == "__main__":
    ended: list[int] = []
    atexit.register(leave, ended)  # before anybody else, so that it is the last to be called
    from runner.__main__ import main

    prepare(*sys.argv[2:])
    serve(socket.socket(fileno=int(sys.argv[1])))
    try:
        ended.append(main())
    except SystemExit as exit_:
        if isinstance(exit_.code, int):
            ended.append(exit_.code)
        raise
    sys.exit(*ended)
