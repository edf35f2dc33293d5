"""`s2v plan`: what a run would do and why, what it costs at most, and how long it should take. Sends nothing."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import field
from datetime import UTC, datetime, timedelta
from itertools import chain
from textwrap import indent
from typing import Any, Final, Self

from ...core.life.money import totals
from ...core.life.state import UNANSWERED
from ...core.outlook.forecast import Forecast
from ...core.plan.plan import Action, Line, lines, worst_case
from ...core.plan.selection import Selection, select
from ...edge.disk.holder import holder
from ...errors import Exit
from ...model import Money, Shard
from ...report.advice import at_work
from ...report.document import money_document
from ...report.text import clipped, counted, lasting, together
from ...values import dataclass, replace
from ..args import Args
from ..environment import environment
from ..plan import plan_lock
from ..plan.choosing import max_cost_of, selection_of
from ..plan.comparing import Answer, answer, answer_words
from ..plan.flaws import tell_warnings
from ..plan.known import KnownItems, known_in
from ..plan.planning import Prepared, prepared_for
from ..plan.prospect import Prospect, bound_by, prospect_of
from ..plan.target import tidy
from ..run.giving_up import tell_given_up
from ..run.neighbours import tell_refusal_ahead
from ..screen import Screen

_SHOWN: Final = 50  # items shown on a terminal; --json has them all
_WORDS: Final = 100  # characters of a reason
_DOES: Final = {
    Action.BUY: "buy",
    Action.COLLECT: "collect, already paid for",
    Action.REST: "leave to you",
    Action.KEEP: "keep",
    Action.SKIP: "leave out",
}


def plan(args: Args, screen: Screen) -> int:
    """Show the plan of a manifest."""
    prepared = prepared_for(args, environment(screen.environ, args.env_file))
    tell_warnings(screen, prepared.warnings)
    if args.frozen:
        plan_lock.require_lock(tidy(prepared.manifest.folder), prepared.plan)
    return show(args, screen, prepared, selection_of(args, prepared.every))


def show(args: Args, screen: Screen, prepared: Prepared, selection: Selection) -> int:
    """Show what a run with this selection would do now."""
    folder = tidy(prepared.manifest.folder)
    who = holder(folder)
    with known_in(folder, prepared.manifest.shard) as known:
        asked = None if selection.is_everything else select(selection, prepared.plan.items, known.recall)
        tell_given_up(args, screen, selection, prepared.plan.items, known.book)
        again = asked if asked is not None and selection.tries_again else frozenset[str]()

        def told() -> Iterator[Line]:
            told = lines(
                prepared.plan, known, price=prepared.price, selected=asked, again=again, named=selection.only,
                resubmits=prepared.manifest.retry.resubmits,
            )  # fmt: skip
            return told if who is None else map(_being_bought, told)

        overview = _Overview.of(told())
        outlook = _Expected.of(args, prepared, known, overview.counts)
        if overview.counts[Action.BUY] or overview.counts[Action.COLLECT]:
            tell_refusal_ahead(args, screen, prepared, selection, known.book, asked=asked)
        if args.json:
            screen.stream(_document(prepared, overview, outlook, told()))
        else:
            _show(screen, prepared, overview, who)
            _show_caps(screen, outlook)
            _show_repurchases(screen, outlook)
            _show_forecast(screen, prepared, outlook)
            if who is not None:
                screen.say(f"{at_work(who)}; what it buys meanwhile leaves this plan")
    return Exit.OK


def _being_bought(line: Line) -> Line:
    """Return a line without the doubt about a request that a run at work may just be making."""
    return replace(line, word="open", why="being bought or in doubt") if line.why == UNANSWERED else line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """What a run would take and cost, as things are and otherwise; reckoned from the journal's newest fact."""

    prospect: Prospect
    forecast: Forecast
    cost: tuple[Money, Money] | None
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
class _Overview:
    """What is said of all lines together, and the first few of each kind."""

    counts: Counter[Action] = field(default_factory=Counter)
    heads: dict[Action, list[Line]] = field(default_factory=lambda: {action: [] for action in _DOES})
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
            if number < _SHOWN:
                self.width = max(self.width, len(entry.item.id))
            if len(self.heads[entry.action]) < _SHOWN:
                self.heads[entry.action].append(entry)
            yield entry


def _show(screen: Screen, prepared: Prepared, overview: _Overview, who: str | None) -> None:
    for entry in list(chain.from_iterable(overview.heads.values()))[:_SHOWN]:
        why = f"  {clipped(entry.why, _WORDS)}" if entry.why else ""
        screen.say(f"{entry.item.id:<{overview.width}}  {entry.action:<7}  {entry.word:<8}{why}".rstrip())
    total = overview.counts.total()
    if total > _SHOWN:
        screen.say(f"... and {total - _SHOWN} more; --json shows all")
    if prepared.manifest.shard:
        _show_shard(screen, prepared, prepared.manifest.shard)
    screen.say(f"{counted(total, 'video')} in {tidy(prepared.manifest.folder)}:")
    does = _DOES if who is None else {**_DOES, Action.REST: "leave to you, or to the run at work"}
    for action, words in does.items():
        if count := overview.counts[action]:
            screen.say(f"  {count:>5}  {words}{_cost(prepared, overview) if action is Action.BUY else ''}")
    if prepared.manifest.destination:
        screen.say(f"what counts is published to {prepared.manifest.destination}")


def _show_caps(screen: Screen, expected: _Expected) -> None:
    """Say how many of the purchases a cap has room for, where it has not for all."""
    prospect = expected.prospect
    if (cap := prospect.strictest) and prospect.buys:
        most = f", for at most {expected.cost[1]}" if expected.cost else ""
        screen.say(f"  {prospect.told(prospect.buys):>5}  of these within {cap}{most}; then the run stops")
    elif cap:
        screen.say(f"  {prospect.buys:>5}  of these within {cap}: nothing is bought until it is raised")


def _show_repurchases(screen: Screen, expected: _Expected) -> None:
    """Say what may be bought beside, and what all of it then costs."""
    prospect = expected.prospect
    if count := prospect.repurchases:
        cap = prospect.cap_on(prospect.wanted + count)
        total = f"; with them at most {expected.cost[1]}{f', within {cap}' if cap else ''}" if expected.cost else ""
        screen.say(f"  {count:>5}  buy at most in place of videos {prospect.repurchased}{total}")


def _show_forecast(screen: Screen, prepared: Prepared, expected: _Expected) -> None:
    """Say how long it takes, what holds it up and, to a person at a terminal, when it would end if it began now."""
    now, prospect = expected.forecast, expected.prospect
    if any(money.micros for money in expected.spent):
        screen.say(f"spent or reserved so far: {together(expected.spent)}")
    if prospect.items:
        ends = f"; begun now, it ends at {_clock(now.p50_s)}" if screen.stdout.isatty() else ""
        learned = prospect.outlook.learned_from(prospect.now)
        source = f"; learned from {counted(learned, 'job')}" if learned else ""
        bound = bound_by(now.binding, prepared)
        screen.say(f"about {lasting(now.p50_s)} (9 in 10 within {lasting(now.p90_s)}), bound by {bound}{source}{ends}")
    for given in expected.answers if prospect.items or prospect.wanted else ():
        screen.say(answer_words(given, prospect))


def _clock(after_s: float) -> str:
    return (datetime.now(UTC).astimezone() + timedelta(seconds=after_s)).strftime("%a %H:%M")


def _show_shard(screen: Screen, prepared: Prepared, shard: Shard) -> None:
    mine = f"{len(prepared.plan.items)} of {counted(len(prepared.every), 'video')}"
    limits = ", ".join(f"{each.limit} {each.part} of {each.whole}" for each in prepared.parts)
    screen.say(f"shard {shard}: {mine}; its part of the limits: {limits or 'nothing is divided'}")


def _cost(prepared: Prepared, overview: _Overview) -> str:
    price = prepared.price_words if overview.cost is None else f"for at most {overview.cost}"
    return f" at {prepared.sellers} {price}"


def _document(prepared: Prepared, overview: _Overview, expected: _Expected, told: Iterator[Line]) -> Iterator[str]:
    """Yield the plan as a JSON document; the same manifest, portraits and journal give the same one."""
    head = {
        "version": 1,
        "name": prepared.manifest.name,
        "plan_digest": prepared.plan.digest,
        "provider": prepared.seller.name,
        "providers": list(prepared.manifest.route),
        "shard": _shard(prepared),
        "destination": str(prepared.manifest.destination) if prepared.manifest.destination else None,
        "counts": {str(action): overview.counts[action] for action in Action},
        "affordable": expected.prospect.buys,
        "cost_at_most": _money(expected.cost[1] if expected.cost and _is_more(expected.prospect) else overview.cost),
        "retakes_at_most": expected.prospect.retakes,
        "resubmits_at_most": expected.prospect.resubmits,
        "seconds_about": round(expected.forecast.p50_s),
        "forecast": _forecast(expected.forecast, expected.cost),
        "spent": [_money(money) for money in expected.spent],
        "what_if": [_what_if(each) for each in expected.answers],
        "items": [],
    }
    yield json.dumps(head, indent=2).removesuffix("]\n}")
    for number, each in enumerate(told):
        yield f"{',' if number else ''}\n{indent(json.dumps(_entry(each), indent=2), '    ')}"
    yield "\n  ]\n}\n"


def _is_more(prospect: Prospect) -> bool:
    """Return whether a run costs something else than what it is to buy: more for others, or less under a cap."""
    return bool(prospect.repurchases or prospect.cap)


def _forecast(forecast: Forecast, cost: tuple[Money, Money] | None) -> dict[str, Any]:
    least, most = cost or (None, None)
    return {
        "p50_seconds": round(forecast.p50_s, 1),
        "p90_seconds": round(forecast.p90_s, 1),
        "binding": forecast.binding,
        "items_per_hour": round(forecast.per_hour, 1),
        "cost_low": _money(least),
        "cost_high": _money(most),
    }


def _what_if(given: Answer) -> dict[str, Any]:
    told = {"what_if": given.what_if.words, **_forecast(given.forecast, given.cost)}
    return told | {"seconds_sooner": round(given.sooner_s, 1), "exceeds": list(given.exceeds)}


def _shard(prepared: Prepared) -> dict[str, Any] | None:
    shard = prepared.manifest.shard
    if shard is None:
        return None
    limits = {each.limit: {"part": each.part, "whole": each.whole} for each in prepared.parts}
    return {"index": shard.index, "count": shard.count, "videos_of_all": len(prepared.every), "limits": limits}


def _entry(line: Line) -> dict[str, Any]:
    item = line.item
    return {
        "id": item.id,
        "key": item.key,
        "action": str(line.action),
        "state": line.word,
        "why": line.why,
        "price": _money(line.price),
        "video": f"videos/{item.name}",
        "portrait": item.portrait.ref,
        "portrait_sha256": item.portrait.sha256,
        "prompt": item.prompt,
        "prompt_optimizer": item.prompt_optimizer,
        "take": item.take,
        "tags": list(item.tags),
        "metadata": dict(sorted(item.metadata.items())),
    }


def _money(money: Money | None) -> dict[str, str] | None:
    return None if money is None else money_document(money)
