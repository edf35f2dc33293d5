"""What was measured of a video, and what follows from it: values that can be written beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from ..model import Clip
from .gates import Gates, IdentityGate, TechnicalGate

Grade = Literal["pass", "review", "fail"]
"""It counts; somebody has to look; it does not count."""
Check = Literal["length", "size", "pace", "frozen", "black", "cuts", "distance", "coverage", "portrait"]

WORST_FIRST: Final[tuple[Grade, ...]] = ("fail", "review", "pass")


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

    `distances` is None as a whole if the portrait shows no face that could be measured.
    """

    distances: tuple[float | None, ...] | None

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
    """What was measured, and every finding against it."""

    motion: Motion
    likeness: Likeness | None
    findings: tuple[Finding, ...]

    @property
    def grade(self) -> Grade:
        """Return the worst grade of all findings; without findings the video passes."""
        grades = {finding.grade for finding in self.findings}
        return next((grade for grade in WORST_FIRST if grade in grades), "pass")


def judge(clip: Clip, motion: Motion, likeness: Likeness | None, *, gates: Gates) -> Judgement:
    """Return what follows from the measures."""
    findings = [*_length(clip, gates.technical), *_picture(clip, motion, gates.technical)]
    if likeness is not None and gates.identity is not None:
        findings += _identity(likeness, gates.identity)
    return Judgement(motion=motion, likeness=likeness, findings=tuple(findings))


def _length(clip: Clip, gate: TechnicalGate) -> Iterator[Finding]:
    if gate.min_seconds is not None and clip.seconds < gate.min_seconds:
        yield _failed("length", f"it runs for {clip.seconds:.2f} s, expected at least {gate.min_seconds:g} s")
    if gate.max_seconds is not None and clip.seconds > gate.max_seconds:
        yield _failed("length", f"it runs for {clip.seconds:.2f} s, expected at most {gate.max_seconds:g} s")
    if gate.min_short_side is not None and min(clip.width, clip.height) < gate.min_short_side:
        size = f"{clip.width} x {clip.height} px"
        yield _failed("size", f"its frames are {size}, expected a shorter side of at least {gate.min_short_side} px")
    if gate.min_fps is not None and clip.fps < gate.min_fps:
        yield _failed("pace", f"it has {clip.fps:.1f} frames a second, expected at least {gate.min_fps:g}")


def _picture(clip: Clip, motion: Motion, gate: TechnicalGate) -> Iterator[Finding]:
    if gate.max_frozen is not None and motion.frozen > gate.max_frozen:
        yield _failed("frozen", f"{motion.frozen:.0%} of its frames stand still, expected {_at_most(gate.max_frozen)}")
    if gate.max_black is not None and motion.black > gate.max_black:
        yield _failed("black", f"{motion.black:.0%} of its frames are black, expected {_at_most(gate.max_black)}")
    if gate.max_cuts is not None and motion.cuts > gate.max_cuts:
        yield _failed("cuts", f"it has {motion.cuts} cuts in {clip.seconds:.1f} s, expected at most {gate.max_cuts}")


def _identity(likeness: Likeness, gate: IdentityGate) -> Iterator[Finding]:
    looked = len(likeness.distances or ())
    if likeness.distances is None:
        yield Finding(check="portrait", grade="review", words="the portrait shows no face that could be measured")
    elif likeness.median is None:
        yield _failed("coverage", f"none of the {looked} frames looked at shows a face")
    else:
        yield from _who(likeness.median, gate)
        yield from _how_often(likeness, looked, gate)


def _who(distance: float, gate: IdentityGate) -> Iterator[Finding]:
    if distance > gate.max_distance:
        grade: Grade = "fail" if distance > gate.other_person else "review"
        words = f"its face is {distance:.2f} from the portrait's, expected at most {gate.max_distance:.2f}"
        yield Finding(check="distance", grade=grade, words=words)


def _how_often(likeness: Likeness, looked: int, gate: IdentityGate) -> Iterator[Finding]:
    """Somebody who is there, but seldom, may have been asked to turn around: a person has to say."""
    coverage = likeness.coverage(within=gate.other_person)
    if coverage < gate.min_coverage:
        shown = round(coverage * looked)
        least = f"at least {gate.min_coverage:.0%}"
        words = f"{shown} of the {looked} frames looked at show the person of the portrait, expected {least}"
        yield Finding(check="coverage", grade="review" if shown else "fail", words=words)


def _failed(check: Check, words: str) -> Finding:
    return Finding(check=check, grade="fail", words=words)


def _at_most(share: float) -> str:
    return f"at most {share:.0%}"
