"""What another try of the failed items means for money: some are bought anew, others brought home for nothing."""

from __future__ import annotations

from typing import Final

from ..core.life.lifecycle import Outcome
from ..core.life.possession import GIVEN_UP, NOT_KNOWN
from ..core.life.state import REJECTED
from ..core.sums.tally import Group, Summary
from ..values import dataclass
from .text import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """How many items failed, and of them those whose next try buys nothing.

    `broken` videos came home broken, `unknown` jobs were not known to their provider. Of `given_up` ones the doubt was:
    they are tried again only where they are named. Rare faults that nobody told apart count as bought anew.
    """

    all_: int
    broken: int
    unknown: int
    given_up: tuple[Group, ...]

    @property
    def left_out(self) -> int:
        """Return how many are not tried again among others."""
        return sum(group.count for group in self.given_up)

    @property
    def bought_anew(self) -> int:
        """Return how many another try buys anew."""
        return self.all_ - self.broken - self.unknown - self.left_out

    @property
    def names(self) -> tuple[str, ...]:
        """Return the ids that are to be named to try anything again; none where there is more to try than doubts."""
        return self.given_up[0].ids if self.given_up and self.left_out == self.all_ else ()


def failures_of(summary: Summary) -> Failures:
    """Return the failures of a run by what another try of them means."""
    failed = [group for group in summary.groups if group.state is Outcome.FAILED]
    return Failures(
        all_=summary.wanted[Outcome.FAILED],
        broken=sum(group.count for group in failed if _is_broken(group)),
        unknown=sum(group.count for group in failed if is_unknown(group)),
        given_up=tuple(group for group in failed if group.reason == GIVEN_UP),
    )


def is_unknown(group: Group) -> bool:
    """Return whether items failed only because their provider did not know the job, which it may do yet."""
    return group.state is Outcome.FAILED and group.reason.startswith(NOT_KNOWN)


def _is_broken(group: Group) -> bool:
    """Return whether items failed of no provider's word, no check and no person's, as a doubt that is given up does."""
    return group.code is None and group.reason != GIVEN_UP and not group.reason.startswith(REJECTED)


def why_again(failures: Failures, raised: str | None) -> str:
    """Return the reason for trying again; `raised` says in words that the budget must be, if it must for a purchase."""
    items, is_one = counted(failures.all_, "item"), failures.all_ == 1
    if failures.bought_anew:
        again = f"{raised}, then try again" if raised else "try again"
        return "; ".join([f"{items} failed: {again}, which buys anew", *_others(failures), MENDED])
    for count, (one, many) in zip((failures.broken, failures.unknown, failures.left_out), _ALIKE, strict=True):
        if count == failures.all_:
            return f"{items} {one if is_one else many}"
    return "; ".join([f"{items} failed: try again, which buys nothing", *_others(failures)])


_ALIKE: Final = (
    (
        "failed, for its video came home broken: try again, which buys nothing",
        "failed, for their videos came home broken: try again, which buys nothing",
    ),
    (
        "failed, for the provider does not know its job: ask after it again, which buys nothing",
        "failed, for the provider does not know their jobs: ask after them again, which buys nothing",
    ),
    (
        "may be paid for, for its doubt was given up: it is bought anew only where it is named",
        "may be paid for, for their doubts were given up: each is bought anew only where it is named",
    ),
)
"""What is said where all are broken, unknown or given up: of one item, and of several."""


MENDED: Final = "a mended prompt or portrait makes a new item, which s2v run buys instead"
"""What is said beside another try that buys anew: it tries what failed as it was, and knows nothing of a new item."""


def _others(failures: Failures) -> list[str]:
    """Return what becomes of those that another try does not buy anew."""
    told = (
        (failures.broken, "video", "came home broken and is", "came home broken and are", "fetched again for nothing"),
        (failures.unknown, "job", "is not known to the provider and", "are not known to the provider and", _ASKED),
        (failures.left_out, "doubt", "was given up and is", "were given up and are", "left out"),
    )
    return [f"{counted(n, noun)} {one if n == 1 else many} {end}" for n, noun, one, many, end in told if n]


_ASKED: Final = "asked after again for nothing"
