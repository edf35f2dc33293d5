"""What becomes of a whole video that was judged: it is kept, waits for a person, or is replaced by another purchase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ...judgement import Judgement
from ...model import CheckPolicy
from ...values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """The decision, and why in words; a video that is kept needs none."""

    decision: Literal["keep", "review", "retake"]
    reason: str = ""


def fate(judgement: Judgement, policy: CheckPolicy, *, retakes: int, obstacle: Callable[[], str | None]) -> Fate:
    """Return what becomes of a video whose item was taken again `retakes` times by now.

    `obstacle` says why no other video may be bought for the item at this moment, or None when one may; it is asked only
    when everything else speaks for a purchase. What lies between the thresholds is never bought again by a program, nor
    is a file that another job brought, too: which of the two got what is not its own is for a person to see.
    """
    if judgement.grade == "pass" or policy.on_fail == "accept":
        return Fate(decision="keep")
    if policy.on_fail == "review" or judgement.grade == "review" or judgement.is_duplicate:
        return Fate(decision="review", reason=judgement.words)
    if retakes >= policy.max_retakes:
        used = f"all {policy.max_retakes} retakes are used" if policy.max_retakes > 1 else "its one retake is used"
        return Fate(decision="review", reason=f"{judgement.words}; {used}")
    if why := obstacle():
        return Fate(decision="review", reason=f"{judgement.words}; not taken again: {why}")
    return Fate(decision="retake", reason=judgement.words)
