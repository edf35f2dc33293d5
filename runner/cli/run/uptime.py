"""How far the wall clock was set forward between the runs of a folder, so that the next one exceeds no rate.

A machine's uptime is set by nobody and goes on while it sleeps. Every run that buys notes how its clock stands to it; a
later run of the same boot sees by how much that has changed. Other machines, and other boots, are taken at their word.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

from ...edge.journal.header import CLOCK
from ...edge.journal.journal import Journal
from ...values import dataclass

BOOT_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """Seconds since a boot, which has a name of its own."""

    boot: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What a run noted: the clock less the uptime, and a leap that counts `until_s` of uptime."""

    boot: str
    offset_s: float
    leap_s: float
    until_s: float


def uptime() -> Uptime | None:
    """Return this machine's uptime, None where its boots have no names."""
    try:
        return Uptime(boot=_BOOT.read_text(encoding="ascii").strip(), seconds=time.clock_gettime(BOOT_CLOCK))
    except OSError:
        return None


def leap_s(book: Journal, up: Uptime | None, *, now: float, window_s: float) -> float:
    """Return by how many seconds what stands in the journal may be younger than it looks, and note this run's clock.

    What an earlier run found stays true for `window_s`, because the facts before it are still of the old time.
    """
    if up is None:
        return 0.0
    told, offset_s = _told(book), now - up.seconds
    leap, until_s = 0.0, 0.0
    if told is not None and told.boot == up.boot:
        if up.seconds < told.until_s:
            leap, until_s = told.leap_s, told.until_s
        if offset_s > told.offset_s:
            leap, until_s = leap + offset_s - told.offset_s, up.seconds + window_s
    note = _Note(boot=up.boot, offset_s=offset_s, leap_s=leap, until_s=until_s)
    book.set_header(**{CLOCK: json.dumps(asdict(note))})
    return leap


def _told(book: Journal) -> _Note | None:
    text = book.header.get(CLOCK)
    return None if text is None else _Note(**json.loads(text))
