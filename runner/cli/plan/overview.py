"""What a plan comes to: its lines counted, the first of each kind, and what a run would take and cost."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import field
from typing import Final, Self

from ...core.life.money import totals
from ...core.outlook.forecast import Costs, Forecast
from ...core.plan.plan import Action, Line, worst_case
from ...model import Money
from ...values import dataclass
from ..args import Args
from .choosing import max_cost_of
from .comparing import Answer, answer
from .known import KnownItems
from .planning import Prepared
from .prospect import Prospect, prospect_of

SHOWN: Final = 50  # items shown on a terminal; --json has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a run would take and cost, as things are and otherwise; reckoned from the journal's newest fact."""

    prospect: Prospect
    forecast: Forecast
    cost: Costs | None
    spent: tuple[Money, ...]
    answers: tuple[Answer, ...]

    @classmethod
    def of(cls, args: Args, prepared: Prepared, known: KnownItems, counts: Counter[Action]) -> Self:
        """Forecast what these counts leave to do."""
        buys, book = counts[Action.BUY], known.book
        cap = max_cost_of(args.max_cost, prepared.offers)
        prospect = prospect_of(prepared, book, buys=buys, collects=counts[Action.COLLECT], max_cost=cap)
        now = prospect.forecast()
        spent = book.committed() if book else {}
        return cls(
            prospect=prospect, forecast=now, cost=prospect.cost,
            spent=totals(*(Money(micros=micros, currency=currency) for currency, micros in spent.items())),
            answers=tuple(answer(case, prospect, prepared, now) for case in args.what_if),
        )  # fmt: skip


@dataclass(slots=True)
class Overview:
    """What is said of all lines together, and the first few of each kind."""

    counts: Counter[Action] = field(default_factory=Counter)
    heads: dict[Action, list[Line]] = field(default_factory=lambda: {action: [] for action in Action})
    width: int = 0
    cost: Money | None = None

    @classmethod
    def of(cls, told: Iterator[Line]) -> Self:
        """Take in all lines, one by one."""
        self = cls()
        noted = self._noted(told)
        self.cost = worst_case(noted)
        deque(noted, maxlen=0)  # a price that is not known ends the sum, not the lines
        return self

    def _noted(self, told: Iterator[Line]) -> Iterator[Line]:
        for number, entry in enumerate(told):
            self.counts[entry.action] += 1
            if number < SHOWN:
                self.width = max(self.width, len(entry.item.id))
            if len(self.heads[entry.action]) < SHOWN:
                self.heads[entry.action].append(entry)
            yield entry
