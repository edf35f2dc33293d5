"""What would come of other limits or another price: a forecast beside that of things as they are."""

from __future__ import annotations

from dataclasses import replace

from ...core.outlook.forecast import Costs, Forecast
from ...report.text import counted, lasting
from ...values import dataclass
from ..what_if import WhatIf
from .planning import Prepared
from .prospect import Prospect, bound_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What would come of it; `sooner_s` is negative where it would take longer, `exceeds` the known limits.

    `buys` are the purchases that the caps then have room for.
    """

    what_if: WhatIf
    forecast: Forecast
    sooner_s: float
    buys: int
    cost: Costs | None
    exceeds: tuple[str, ...]


def answer(case: WhatIf, prospect: Prospect, prepared: Prepared, now: Forecast) -> Answer:
    """Return what would come of it, beside the forecast as things are now."""
    known = prospect.outlook.bounds
    told = replace(prospect, prices=(case.price,)) if case.price else prospect
    then = told.forecast(case.bounds(known))
    return Answer(
        what_if=case, forecast=then, sooner_s=now.p50_s - then.p50_s, buys=told.buys, cost=told.cost,
        exceeds=tuple(bound_by(limit, prepared) for limit in case.exceeded(known)),
    )  # fmt: skip


def answer_words(given: Answer, prospect: Prospect) -> str:
    """Return an answer as a line for a person."""
    then = given.forecast
    if not prospect.items and not given.buys:
        return f"with {given.what_if.words}: nothing is bought either"
    gain = f", {lasting(abs(given.sooner_s))} {'sooner' if given.sooner_s > 0 else 'later'}"
    change = gain if round(given.sooner_s) else ", no sooner"
    few = f", {given.buys} of {counted(prospect.wanted, 'video')}" if given.buys < prospect.wanted else ""
    cost = f"{few}, for at most {given.cost.most}" if given.cost and prospect.wanted else ""
    over = f"; more than is known to be allowed ({', '.join(given.exceeds)})" if given.exceeds else ""
    return (
        f"with {given.what_if.words}: about {lasting(then.p50_s)} (9 in 10 within {lasting(then.p90_s)})"
        f"{change if prospect.items else ''}, bound by {then.binding}{cost}{over}"
    )
