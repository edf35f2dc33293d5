"""Whether our clock agrees with those of the providers, by the Date of what they answered anyway."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ...edge.wire.api import http_date
from ...report.text import lasting
from .findings import Finding, fine, unknown, warning
from .reach import Heard

HARMLESS_S: Final = 30.0


def clock(heard: Iterable[Heard]) -> Finding:
    """Hold our clock against the one that agrees best with it: two clocks are seldom wrong by the same time."""
    skews = [(skew, each.host) for each in heard if (skew := _skew_s(each)) is not None]
    if not skews:
        return unknown("clock", "no answer told the time")
    skew, host = min(skews, key=lambda each: abs(each[0]))
    if abs(skew) <= HARMLESS_S:
        return fine("clock", f"agrees with that of {host} within {max(1, round(abs(skew)))} s")
    how = "ahead of" if skew > 0 else "behind"
    return warning(
        "clock", f"{lasting(abs(skew))} {how} that of {host}: certificates and the signatures of object stores are "
        "judged by it, pauses that a provider asks for until a date, and the times in journal and reports",
        "let the system set it (timedatectl set-ntp true, or chrony)",
    )  # fmt: skip


def _skew_s(heard: Heard) -> float | None:
    """Return by how much we are ahead of who answered, as little as it may be; None where nobody knows.

    A Date has whole seconds, and was written at some moment between question and answer.
    """
    headers = heard.reply.headers if heard.reply else {}
    if headers.get("age", "0").strip() != "0":  # from a cache, as it stood there
        return None
    if (told := http_date(headers.get("date", ""))) is None:
        return None
    least, most = heard.asked_at - told - 1.0, heard.asked_at + heard.took_s - told
    return 0.0 if least <= 0 <= most else min(least, most, key=abs)
