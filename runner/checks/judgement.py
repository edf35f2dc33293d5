"""What follows from what was measured of a video; needs neither pixels nor networks."""

from __future__ import annotations

from collections.abc import Iterator

from ..gates import Gates, IdentityGate, TechnicalGate
from ..judgement import Check, Finding, Grade, Judgement, Likeness, Motion
from ..model import Clip


def judge(clip: Clip, motion: Motion | None, likeness: Likeness | None, *, gates: Gates) -> Judgement:
    """Return what follows from the measures; those of the pixels are None where nobody looked at them."""
    findings = [*_length(clip, gates.technical)]
    if motion is not None:
        findings += _picture(clip, motion, gates.technical)
    if likeness is not None and gates.identity is not None:
        findings += _identity(likeness, gates.identity)
    return Judgement(gates=gates, findings=tuple(findings), motion=motion, likeness=likeness)


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
        yield Finding(check="portrait", grade="review", words="no face could be measured in the portrait")
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
