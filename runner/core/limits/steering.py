"""What may be asked of a run while it goes on, and what the run answers: two closed unions of values.

Money is not among it: a cap is raised in the manifest or by `--max-cost`, where it stands in writing before the run.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Final

from ...model import Rate
from ...values import dataclass

MOST: Final[Mapping[str, int]] = {"in_flight": 100_000, "downloads": 64, "rate": 999_999}
"""The highest counts of the manifest's own limits (a rate's is that of its submits), which hold here as well."""
WINDOW_MOST_S: Final = 1e9  # thirty years
NAMES_MOST: Final = 10_000  # ids and patterns that one run leaves out
NAMES_LENGTH: Final = 1_000_000  # characters of all of them, which an answer may repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """Go by other limits for the rest of this run; None leaves one as it is."""

    in_flight: int | None = None
    rate: Rate | None = None
    downloads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Buy nothing more until `Resume`; what is under way comes home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Buy again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Leave out of this run what is not yet bought of these ids or patterns (`wink-*`)."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Say how buying stands; nothing is changed by it."""


Instruction = Adjust | Pause | Resume | Cancel | Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One limit that is another now; `before` is None where the manifest set none."""

    limit: str
    now: str
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tighter:
    """A provider's own limit that is tighter than what was asked for, and holds."""

    provider: str
    limit: str
    holds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """Other limits are in force."""

    changes: tuple[Change, ...]
    tighter: tuple[Tighter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Nothing more is bought; so many are under way and still come home. `is_news` is False when it was so before."""

    under_way: int
    is_news: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Buying goes on. `is_news` is False when it was never paused."""

    is_news: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What has one of these names and is not yet bought stays so; `under_way` are the ids for which it is too late.

    `before` are the names that were left out before.
    """

    names: tuple[str, ...]
    under_way: tuple[str, ...]
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Nothing was changed."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How buying stands. `changes` and `left_out` are what was asked of this run so far and still holds.

    `why` is what the next purchase waits for, for another `wait_s` seconds (None: until something else ends); or, where
    it `is_over`, why nothing more is bought. It is empty where nothing holds buying up, or all is bought.
    """

    is_paused: bool
    is_over: bool
    why: str
    wait_s: float | None
    changes: tuple[Change, ...] = ()
    left_out: tuple[str, ...] = ()


Answer = Adjusted | Paused | Resumed | LeftOut | Declined | Standing


def flaw(instruction: Instruction) -> str | None:
    """Say what is wrong with an instruction that came from outside, or None."""
    match instruction:
        case Adjust(in_flight=in_flight, rate=rate, downloads=downloads):
            counts: dict[str, int | None] = {
                "in_flight": in_flight,
                "downloads": downloads,
                "rate": rate.count if rate else None,
            }
            for name, count in counts.items():
                if count is not None and not 1 <= count <= MOST[name]:
                    return f"{name}: expected a number from 1 to {MOST[name]}, found {count}"
            if rate is not None and not (math.isfinite(rate.window_s) and 0 < rate.window_s <= WINDOW_MOST_S):
                return f"rate: expected a time above 0, of at most {WINDOW_MOST_S:.0f} s"
            return None if any(counts.values()) else "no limit is named"
        case Cancel(names=names):
            return None if names and len(names) <= NAMES_MOST and all(names) else "no item is named, or too many are"
        case _:
            return None


def is_named(id_: str, names: Collection[str]) -> bool:
    """Return whether an id is one of these, or fits a pattern among them."""
    return any(fnmatchcase(id_, name) for name in names)
