"""The signals that ask a run to stop: heard while it drives, so that what is paid for is answered and written first."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from typing import Final

from ...core.sums.ending import Ending
from ...edge.watch.watcher import Watcher
from ...engine.crew import CHECK_GRACE_S
from ...engine.drive import Drive
from ...errors import Exit

_ENDINGS: Final = {
    signal.SIGINT: Ending.INTERRUPTED_INT,
    signal.SIGTERM: Ending.INTERRUPTED_TERM,
    signal.SIGHUP: Ending.INTERRUPTED_HUP,
}
_CODES: Final = {signal.SIGINT: Exit.SIGINT, signal.SIGTERM: Exit.SIGTERM}


class Signals:
    """Ctrl-C once stops cleanly, twice at once: the journal is valid either way.

    A terminal that closes asks once, however often it says so: shell and kernel each do, and nobody presses a key.
    What was told to ignore that before the start (`nohup`) goes on.
    """

    def __init__(self, drive: Drive, watchers: Sequence[Watcher]) -> None:
        """Stop `drive` when asked, and let `watchers` know."""
        self._drive = drive
        self._watchers = watchers
        self._asked = False
        self._heeded = [
            number for number in _ENDINGS
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
        ]  # fmt: skip

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        self._before = {number: signal.getsignal(number) for number in self._heeded if number is not signal.SIGINT}
        for number in self._heeded:
            loop.add_signal_handler(number, self._hear, number)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._heeded:
            loop.remove_signal_handler(number)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._asked:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the reports are yet to be written, and it may say so again

    def _hear(self, number: signal.Signals) -> None:
        if self._asked and number is signal.SIGHUP:
            return
        if self._asked:
            self._drive.write_down()  # an answer that came just now may not be written yet
            os._exit(_CODES[number])
        self._asked = True
        for watcher in self._watchers:
            watcher.said(
                f"stopping: requests under way are finished first, checks for {CHECK_GRACE_S:g} s at most; "
                f"once more to leave at once"
            )
        self._drive.stop(_ENDINGS[number], f"asked to stop by {number.name}")
