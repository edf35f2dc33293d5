"""A worker process of the local pool: reads calls from a socket, a line each, and writes answers; ends with its driver.

The kernel closes the driver's end of the socket when the driver dies, however it dies. A thread of its own waits for
that, so a process that is busy leaves as well. One that is stopped cannot; Linux kills it then, for it would keep the
driver's stderr open, and whoever reads that waiting.
"""

from __future__ import annotations

import ctypes
import os
import queue
import resource
import signal
import socket
import sys
import threading
import traceback
from typing import BinaryIO, Final, cast

from .seam import Perform
from .worker import named

HELLO: Final = b"ready\n"
OF_A_TERMINAL: Final = (signal.SIGINT, signal.SIGHUP)  # which it sends to all of a run
_PR_SET_PDEATHSIG: Final = 1
YIELDING: Final = 10  # steps of scheduling priority, of the 19 that there are, by which steps yield to their driver


def main(descriptor: int, place: str) -> None:
    """Do calls until the driver is gone, by the function that stands at `place`.

    Whoever asks comes first, whoever works second: else a busy pool makes every answer wait for a turn on the CPU.
    Ctrl-C, and a terminal that closes, are the driver's business. A decoder that a file breaks leaves no core file in
    the user's folder.
    """
    _end_with_driver()
    os.nice(YIELDING)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    for number in OF_A_TERMINAL:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_A_TERMINAL)
    wire, calls = socket.socket(fileno=descriptor), queue.SimpleQueue[bytes]()
    threading.Thread(target=_listen, args=(wire.makefile("rb"), calls), daemon=True).start()
    try:
        perform = cast("Perform", named(place))
        _tell(wire, HELLO)
        while True:
            _tell(wire, perform(calls.get().decode()).encode() + b"\n")
    except BaseException:  # noqa: BLE001 - whatever it is, it ends the process, whose other thread reads for ever
        traceback.print_exc()
        os._exit(1)


def _end_with_driver() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _tell(wire: socket.socket, said: bytes) -> None:
    """Send what the driver waits for; where it died just now that is no trouble of the worker's."""
    try:
        wire.sendall(said)
    except ConnectionError:
        os._exit(0)


def _listen(lines: BinaryIO, calls: queue.SimpleQueue[bytes]) -> None:
    try:
        for line in lines:
            calls.put(line)
    finally:  # a driver that dies before it has read all resets the connection, which is no end of the lines
        os._exit(0)
