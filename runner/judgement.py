"""What was measured of a video and what was found: values that are written beside it and into the journal.

Distances are kept, embeddings never: from a distance to one portrait nobody can tell a face.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from statistics import median
from typing import Final, Literal

from .gates import Gates
from .values import dataclass

Grade = Literal["pass", "review", "fail"]
"""It counts; somebody has to look; it does not count."""
Check = Literal["length", "size", "pace", "frozen", "black", "cuts", "distance", "coverage", "portrait", "duplicate"]

DIGITS: Final = 4
"""Decimals of a measure: it is judged as it is written."""
WORST_FIRST: Final[tuple[Grade, ...]] = ("fail", "review", "pass")


IN_GENERAL: Final[Mapping[Check, str]] = {
    "length": "too short or too long",
    "size": "too small",
    "pace": "too few frames a second",
    "frozen": "stands still",
    "black": "black",
    "cuts": "cut too often",
    "distance": "the face is too far from the portrait's",
    "coverage": "too few frames show the person of the portrait",
    "portrait": "the portrait's face could not be measured",
    "duplicate": "the same file as another job's",
}
"""What a check found, without the figures in which any two videos differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be; `words` say what was found and what was expected, with units."""

    check: Check
    grade: Grade
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What moved: shares of frames that are frozen and black, cuts, mean brightness and mean difference (of 255)."""

    frozen: float
    black: float
    cuts: int
    brightness: float
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How far the face closest to the portrait's is from it, in each frame looked at; None where there is no face.

    `distances` is None as a whole if the portrait shows no face that could be measured. Raise ValueError for a distance
    that is no number: it could neither be judged nor be written into a report.
    """

    distances: tuple[float | None, ...] | None

    def __post_init__(self) -> None:
        if not all(map(isfinite, self.seen)):
            raise ValueError(f"a distance of faces is no number: {self.seen}")

    @property
    def seen(self) -> tuple[float, ...]:
        """Return the distances of the frames that show a face."""
        return tuple(each for each in self.distances or () if each is not None)

    @property
    def median(self) -> float | None:
        """Return the median distance over the frames that show a face."""
        return median(self.seen) if self.seen else None

    def coverage(self, *, within: float) -> float:
        """Return the share of all frames looked at that show a face within a distance."""
        return sum(each <= within for each in self.seen) / len(self.distances) if self.distances else 0.0

    @property
    def similarity(self) -> float | None:
        """Return the median distance as people like to read it: 1 is the same picture, 0.5 the border of two people."""
        return None if self.median is None else min(1.0, max(0.0, 1.0 - self.median / 1.2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was measured, by which thresholds it was judged, and every finding; None is what nobody looked at."""

    gates: Gates
    findings: tuple[Finding, ...] = ()
    motion: Motion | None = None
    likeness: Likeness | None = None

    @property
    def grade(self) -> Grade:
        """Return the worst grade of all findings; without findings the video passes."""
        grades = {finding.grade for finding in self.findings}
        return next((grade for grade in WORST_FIRST if grade in grades), "pass")

    @property
    def worst(self) -> Finding | None:
        """Return the first of the gravest findings, None where there is none."""
        return next((finding for finding in self.findings if finding.grade == self.grade), None)

    @property
    def is_duplicate(self) -> bool:
        """Return whether another job brought the same file."""
        return any(finding.check == "duplicate" for finding in self.findings)

    @property
    def words(self) -> str:
        """Return all findings as one phrase."""
        return "; ".join(finding.words for finding in self.findings)

    @property
    def coverage(self) -> float | None:
        """Return the share of the frames looked at that show the person of the portrait, None if nobody asked."""
        if self.likeness is None or self.gates.identity is None:
            return None
        return self.likeness.coverage(within=self.gates.identity.other_person)
