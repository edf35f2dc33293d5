"""What one integer decides about a world: the order, the limits, the providers' natures, and how much goes wrong.

Every draw has a name (`chance(seed, "poll", prompt, 3)`), so that no draw moves another: a world keeps its fate when
the program that lives in it takes another order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from runner.judgement import Grade
from runner.model import CheckPolicy, Money, Rate, RetryPolicy, StopAfter

FIRST: Final = "first"
OTHER: Final = "other"
TROUBLES: Final = (
    "refused", "unsent", "doubtful", "poll lost", "unknown word", "no file named", "link lost", "file cut",
    "file wrong", "job failed", "job gone", "job stuck", "file bad", "file gone", "slow", "shut", "drift",
    "call lost", "call doubled", "call late", "call again", "call garbled", "call forged",
)  # fmt: skip
"""The kinds of trouble, of which every provider has its own few: a storm of all hides what one alone would show."""

Theme = Literal["none", "breaks", "calls"]
Outage = Literal["no key", "no money", "long pause", "out of reach", "down", "silent"]
_CALLING: Final = frozenset({"doubtful", "call late", "call again", "call doubled", "job failed", "job stuck"})
_FAILURES: Final = frozenset({"job failed", "job gone", "file bad"})
_OUTAGES: Final[tuple[Outage, ...]] = ("no key", "no money", "long pause", "out of reach", "down", "silent")


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
class Spell:
    """A time in which a provider is broken for every order, and for all else as well where it is `total`."""

    outage: Outage
    since_s: float
    until_s: float
    total: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """One provider. `own_rate` and `own_in_flight` are its own limits, which the manifest may not know.

    It calls back where it is asked to and `calls_back`: `call_s` after a job was made, and when that is over.
    """

    seed: int
    name: str
    price: Money
    in_flight: int | None
    rates: tuple[Rate, ...]
    unseen_job_s: float
    keeps_keys: bool
    calls_back: bool
    call_s: float
    way_s: float
    job_s: float
    link_life_s: float
    own_rate: Rate | None
    own_in_flight: int | None
    balance: int | None
    trouble: float
    troubles: frozenset[str]
    spells: tuple[Spell, ...]

    def strikes(self, kind: str, dice: Random) -> bool:
        """Say whether trouble of this kind strikes now."""
        return kind in self.troubles and dice.random() < self.trouble

    def spell(self, now: float) -> Spell | None:
        """Return what it suffers from now."""
        return next((each for each in self.spells if each.since_s <= now < each.until_s), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One world, with its providers in the order in which they are preferred at first; `hears` what calls back.

    Every video is judged where any is `flawed`: that share of them is, and then `checks` says what becomes of it. Where
    losses are counted, what fails waits for a person.

    Every world has a theme, if only that it has none: the first provider `breaks` for a time and another stands in, or
    what is known of jobs comes by `calls` more often than by answers. Then little else goes wrong.
    """

    seed: int
    wanted: tuple[Wanted, ...]
    natures: tuple[Nature, ...]
    budget: Money | None
    deadline_s: float
    attempts: int
    resubmits: int
    hears: bool
    stop_after: StopAfter | None
    lives: int
    theme: Theme
    checks: CheckPolicy
    flawed: float

    @property
    def route(self) -> tuple[str, ...]:
        return tuple(nature.name for nature in self.natures)

    @property
    def retry(self) -> RetryPolicy:
        if not self.resubmits:
            return RetryPolicy(attempts=self.attempts)
        return RetryPolicy(attempts=self.attempts, in_doubt="resubmit", max_resubmits=self.resubmits)

    def grade(self, content: bytes) -> Grade:
        """Return what a check finds of a video: the same of the same bytes, whoever looks."""
        dice = chance(self.seed, "grade", content)
        return dice.choice(("fail", "fail", "review")) if dice.random() < self.flawed else "pass"


def draw(seed: int) -> Rules:
    """Return the world of a seed."""
    dice = chance(seed, "rules")
    theme: Theme = dice.choice(("none", "none", "none", "breaks", "calls"))
    breaks, is_capped = theme == "breaks", dice.random() < 0.15
    wanted = tuple(
        Wanted(prompt=f"prompt {n}", id=f"item-{n}", takes=dice.choice((1, 1, 1, 1, 1, 2)))
        for n in range(dice.choice((4, 5, 6, 8) if breaks or is_capped else (1, 1, 2, 2, 3, 3, 4, 5, 6, 8)))
    )
    count = sum(one.takes for one in wanted)
    stop_after = _stop_after(dice) if is_capped else None
    natures = tuple(
        _nature(seed, name, count) for name in ((FIRST, OTHER) if breaks or dice.random() < 0.35 else (FIRST,))
    )
    if theme == "calls":
        wanted = tuple(replace(one, takes=dice.choice((1, 2, 3))) for one in wanted[:4])
        natures = tuple(_calling(nature, dice) for nature in natures)
    if breaks:
        natures = _breaking(natures[0], dice), _slow(natures[1], dice)
    if stop_after is not None:
        natures = tuple(replace(one, in_flight=1, trouble=0.5, troubles=one.troubles | _FAILURES) for one in natures)
    return Rules(
        seed=seed,
        wanted=wanted,
        natures=natures,
        budget=dice.choice((None, times(natures[0].price, dice.randint(count // 2 if breaks else 1, count + 2)))),
        deadline_s=dice.choice((200.0, 900.0, 3600.0)),
        attempts=dice.choice((2, 4, 6)),
        resubmits=chance(seed, "resubmits").choice((0, 0, 0, 1, 2)),
        hears=theme == "calls" or dice.random() < 0.5,
        stop_after=stop_after,
        lives=dice.choice((3, 4)) if theme == "calls" else dice.choice((1, 1, 2, 2, 3, 4)),
        theme=theme,
        checks=CheckPolicy() if is_capped else _checks(seed),
        flawed=chance(seed, "flaws").choice((0.0, 0.6) if is_capped else (0.0, 0.0, 0.3, 0.6)),
    )


def _checks(seed: int) -> CheckPolicy:
    dice = chance(seed, "checks")
    return CheckPolicy(on_fail=dice.choice(("accept", "review", "retake", "retake")), max_retakes=dice.randint(1, 3))


def times(price: Money, videos: int) -> Money:
    """Return the price of so many videos."""
    return Money(micros=videos * price.micros, currency=price.currency)


def _nature(seed: int, name: str, count: int) -> Nature:
    dice = chance(seed, "nature", name)
    unseen_job_s = dice.choice((120.0, 300.0, 900.0))
    return Nature(
        seed=seed,
        name=name,
        price=Money(micros=650_000 if name == FIRST else dice.choice((400_000, 650_000, 900_000)), currency="USD"),
        in_flight=dice.choice((None, 1, 2, 3, 5)),
        rates=tuple(_rate(dice) for _ in range(dice.choice((0, 1, 1, 2)))),
        unseen_job_s=unseen_job_s,
        keeps_keys=dice.random() < 0.3,
        calls_back=dice.random() < 0.8,
        call_s=dice.choice((0.05, 1.0, 20.0)),
        way_s=dice.choice((0.05, 0.5, 3.0)),
        job_s=dice.uniform(5.0, 0.8 * unseen_job_s),
        link_life_s=dice.choice((30.0, 600.0, 3600.0)),
        own_rate=dice.choice((None, None, _rate(dice))),
        own_in_flight=dice.choice((None, None, 1, 2, 4)),
        balance=dice.randint(0, count) if dice.random() < 0.2 else None,
        trouble=dice.choice((0.0, 0.1, 0.2, 0.35, 0.5)),
        troubles=frozenset(kind for kind in TROUBLES if dice.random() < 0.5),
        spells=tuple(_spell(dice) for _ in range(dice.choice((0, 0, 0, 1, 1, 2)))),
    )


def _breaking(nature: Nature, dice: Random) -> Nature:
    """Return a provider that is broken for a time, and then is sound again."""
    since_s = dice.choice((0.0, dice.uniform(0.0, 60.0)))
    spell = Spell(
        outage=dice.choice(_OUTAGES), since_s=since_s, until_s=since_s + dice.uniform(30.0, 3000.0), total=False
    )
    nature = replace(nature, trouble=dice.choice((0.0, 0.1)), spells=(spell,), balance=None)
    return replace(nature, in_flight=None, rates=(), own_rate=None) if dice.random() < 0.5 else nature


def _calling(nature: Nature, dice: Random) -> Nature:
    """Return a provider whose answers get lost, and whose calls come at last."""
    return replace(
        nature, keeps_keys=False, calls_back=True, trouble=0.5, troubles=_CALLING, call_s=dice.choice((0.05, 200.0)),
        in_flight=dice.choice((1, 2)), rates=(), unseen_job_s=120.0, job_s=min(nature.job_s, 90.0), spells=(),
        balance=None,
    )  # fmt: skip


def _slow(nature: Nature, dice: Random) -> Nature:
    """Return a provider that sells so slowly that a broken one may be sound again before all is bought."""
    rate = Rate(count=1, window_s=dice.choice((120.0, 300.0, 600.0)))
    return replace(nature, rates=(rate,), trouble=min(nature.trouble, 0.2), spells=(), balance=None)


def _spell(dice: Random) -> Spell:
    since_s = dice.choice((0.0, dice.uniform(0.0, 60.0), dice.uniform(0.0, 2000.0)))
    until_s = since_s + dice.choice((30.0, 400.0, 2000.0, 20_000.0))
    return Spell(outage=dice.choice(_OUTAGES), since_s=since_s, until_s=until_s, total=dice.random() < 0.3)


def _rate(dice: Random) -> Rate:
    return Rate(count=dice.choice((1, 2, 3, 5)), window_s=dice.choice((6.0, 20.0, 60.0, 600.0)))


def _stop_after(dice: Random) -> StopAfter:
    failures, share = dice.choice(((1, None), (1, None), (2, None), (3, None), (2, 0.5), (None, 0.2)))
    return StopAfter(failures=failures, share=share)
