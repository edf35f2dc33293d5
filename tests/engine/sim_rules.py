"""What one integer decides about a world: the order, the limits, the provider's nature, and how much goes wrong.

Every draw has a name (`chance(seed, "poll", prompt, 3)`), so that no draw moves another: a world keeps its fate when
the program that lives in it takes another order.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from runner.model import Money, Rate

PRICE: Final = Money(micros=650_000, currency="USD")
TROUBLES: Final = (
    "refused", "unsent", "doubtful", "poll lost", "unknown word", "no file named", "link lost", "file cut",
    "file wrong", "job failed", "job gone", "job stuck", "file bad", "file gone", "slow", "shut", "drift",
)  # fmt: skip
"""The kinds of trouble, of which every world has its own few: a storm of all hides what one alone would show."""


def chance(seed: int, *names: object) -> Random:
    """Return the dice for one named draw."""
    return Random(":".join(map(str, (seed, *names))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One line of a manifest: a prompt, the id that it goes by, and how many takes of it are asked for."""

    prompt: str
    id: str
    takes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One world. `own_rate` and `own_in_flight` are the provider's own limits, which the manifest may not know."""

    seed: int
    wanted: tuple[Wanted, ...]
    in_flight: int | None
    rates: tuple[Rate, ...]
    budget: Money | None
    deadline_s: float
    unseen_job_s: float
    keeps_keys: bool
    attempts: int
    way_s: float
    job_s: float
    link_life_s: float
    own_rate: Rate | None
    own_in_flight: int | None
    balance: int | None
    trouble: float
    troubles: frozenset[str]
    lives: int

    def strikes(self, kind: str, dice: Random) -> bool:
        """Say whether trouble of this kind strikes now."""
        return kind in self.troubles and dice.random() < self.trouble


def draw(seed: int) -> Rules:
    """Return the world of a seed."""
    dice = chance(seed, "rules")
    wanted = tuple(
        Wanted(prompt=f"prompt {n}", id=f"item-{n}", takes=dice.choice((1, 1, 1, 1, 1, 2)))
        for n in range(dice.choice((1, 1, 2, 2, 3, 3, 4, 5, 6, 8)))
    )
    unseen_job_s = dice.choice((120.0, 300.0, 900.0))
    count = sum(one.takes for one in wanted)
    return Rules(
        seed=seed,
        wanted=wanted,
        in_flight=dice.choice((None, 1, 2, 3, 5)),
        rates=tuple(_rate(dice) for _ in range(dice.choice((0, 1, 1, 2)))),
        budget=dice.choice((None, _dollars(dice.randint(1, count + 2)))),
        deadline_s=dice.choice((200.0, 900.0, 3600.0)),
        unseen_job_s=unseen_job_s,
        keeps_keys=dice.random() < 0.3,
        attempts=dice.choice((2, 4, 6)),
        way_s=dice.choice((0.05, 0.5, 3.0)),
        job_s=dice.uniform(5.0, 0.8 * unseen_job_s),
        link_life_s=dice.choice((30.0, 600.0, 3600.0)),
        own_rate=dice.choice((None, None, _rate(dice))),
        own_in_flight=dice.choice((None, None, 1, 2, 4)),
        balance=dice.randint(0, count) if dice.random() < 0.2 else None,
        trouble=dice.choice((0.0, 0.1, 0.2, 0.35, 0.5)),
        troubles=frozenset(kind for kind in TROUBLES if dice.random() < 0.5),
        lives=dice.choice((1, 1, 2, 2, 3, 4)),
    )


def _rate(dice: Random) -> Rate:
    return Rate(count=dice.choice((1, 2, 3, 5)), window_s=dice.choice((6.0, 20.0, 60.0, 600.0)))


def _dollars(videos: int) -> Money:
    return Money(micros=videos * PRICE.micros, currency=PRICE.currency)
