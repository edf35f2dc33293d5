"""One limit that is in force at a provider, and who set it: what plans, reports and people are told of a gate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MINUTE_S: Final = 60.0


class Source(StrEnum):
    """Who set a limit."""

    MANIFEST = "manifest"  # the user
    PROVIDER = "provider"  # its traits, as far as they are known
    LEARNED = "learned"  # nobody told us: it took so many, and refused one more


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """At most `count` submits in any `window_s` seconds, or at most `count` jobs at one time where that is None."""

    count: int
    window_s: float | None = None
    source: Source

    def __str__(self) -> str:
        """Give `3 in flight (learned)` or `5 a minute (provider)`."""
        if self.window_s is None:
            return f"{self.count} in flight ({self.source})"
        window = "a minute" if self.window_s == MINUTE_S else f"in {self.window_s:g} s"
        return f"{self.count} {window} ({self.source})"
