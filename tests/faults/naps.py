"""A program that is stopped for a while, as by Ctrl-Z or a closed lid."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def asleep(process: subprocess.Popen[str]) -> Iterator[None]:
    """Run the block while the process is stopped for sure, and continue it then."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    yield
    process.send_signal(signal.SIGCONT)
