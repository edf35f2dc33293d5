"""A clock that is set forward between two runs is seen by the machine's uptime, and counts as long as it matters."""

from __future__ import annotations

from pathlib import Path

from runner.cli.run.uptime import Uptime, leap_s
from runner.edge.journal.journal import Journal

WINDOW_S = 60.0


def _up(seconds: float, boot: str = "one") -> Uptime:
    return Uptime(boot=boot, seconds=seconds)


def test_a_clock_that_was_set_forward_is_seen_until_the_window_is_over(tmp_path: Path) -> None:
    with Journal.create_or_open(tmp_path) as book:
        runs = [(100.0, 5000.0), (110.0, 8610.0), (120.0, 8620.0), (140.0, 8740.0), (199.0, 8799.0), (201.0, 8801.0)]
        leaps = [leap_s(book, _up(up), now=now, window_s=WINDOW_S) for up, now in runs]

    assert leaps == [0.0, 3600.0, 3600.0, 3700.0, 3700.0, 0.0]


def test_a_clock_that_was_set_back_another_boot_and_another_system_make_no_leap(tmp_path: Path) -> None:
    with Journal.create_or_open(tmp_path) as book:
        first = leap_s(book, _up(100.0), now=5000.0, window_s=WINDOW_S)
        back = leap_s(book, _up(110.0), now=4000.0, window_s=WINDOW_S)
        rebooted = leap_s(book, _up(10.0, "two"), now=9000.0, window_s=WINDOW_S)
        unknown = leap_s(book, None, now=99_000.0, window_s=WINDOW_S)

    assert (first, back, rebooted, unknown) == (0.0, 0.0, 0.0, 0.0)
