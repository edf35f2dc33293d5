"""`s2v plan`: what a run would do and why, what it costs at most, and how long it should take. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

from ...core.life.state import UNANSWERED
from ...core.plan.plan import Action, Line, lines
from ...core.plan.selection import Selection, select
from ...edge.disk.holder import holder
from ...errors import Exit
from ...model import Shard
from ...report.advice import at_work
from ...report.text import clipped, counted, lasting, together
from ...values import replace
from ..args import Args
from ..environment import environment
from ..naming import tidy
from ..plan import plan_lock
from ..plan.choosing import selection_of
from ..plan.comparing import answer_words
from ..plan.flaws import tell_warnings
from ..plan.known import known_in
from ..plan.overview import SHOWN, Expected, Overview
from ..plan.plan_document import plan_document
from ..plan.planning import Prepared, prepared_for
from ..plan.prospect import bound_by
from ..run.alone import tell_refusal_ahead
from ..run.giving_up import tell_given_up
from ..screen import Screen

_WORDS: Final = 100  # characters of a reason
_DOES: Final = {
    Action.BUY: "buy",
    Action.COLLECT: "collect, already paid for",
    Action.REST: "rest, left to you",
    Action.KEEP: "keep",
    Action.SKIP: "skip, left out of this run",
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
            entries = lines(
                prepared.plan, known, price=prepared.price, selected=asked, again=again, named=selection.only,
                resubmits=prepared.manifest.retry.resubmits,
            )  # fmt: skip
            return entries if who is None else map(_being_bought, entries)

        overview = Overview.of(told())
        outlook = Expected.of(args, prepared, known, overview.counts)
        if overview.counts[Action.BUY] or overview.counts[Action.COLLECT]:
            tell_refusal_ahead(args, screen, prepared, selection, known.book, asked=asked)
        if args.json:
            screen.stream(plan_document(prepared, overview, outlook, told()))
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


def _show(screen: Screen, prepared: Prepared, overview: Overview, who: str | None) -> None:
    for entry in list(chain.from_iterable(overview.heads[action] for action in _DOES))[:SHOWN]:
        why = f"  {clipped(entry.why, _WORDS)}" if entry.why else ""
        screen.say(f"{entry.item.id:<{overview.width}}  {entry.action:<7}  {entry.word:<8}{why}".rstrip())
    total = overview.counts.total()
    if total > SHOWN:
        screen.say(f"... and {total - SHOWN} more; --json shows all")
    if prepared.manifest.shard:
        _show_shard(screen, prepared, prepared.manifest.shard)
    screen.say(f"{counted(total, 'video')} in {tidy(prepared.manifest.folder)}:")
    does = _DOES if who is None else {**_DOES, Action.REST: "rest, left to you or to the run at work"}
    for action, words in does.items():
        if count := overview.counts[action]:
            screen.say(f"  {count:>5}  {words}{_cost(prepared, overview) if action is Action.BUY else ''}")
    if prepared.manifest.destination:
        screen.say(f"what counts is published to {prepared.manifest.destination}")


def _show_caps(screen: Screen, expected: Expected) -> None:
    """Say how many of the purchases a cap has room for, where it has not for all."""
    prospect = expected.prospect
    if (cap := prospect.strictest) and prospect.buys:
        most = f", for at most {expected.cost.most}" if expected.cost else ""
        screen.say(f"  {prospect.told(prospect.buys):>5}  of these within {cap}{most}; then the run stops")
    elif cap:
        screen.say(f"  {prospect.buys:>5}  of these within {cap}: nothing is bought until it is raised")


def _show_repurchases(screen: Screen, expected: Expected) -> None:
    """Say what may be bought beside, and what all of it then costs."""
    prospect = expected.prospect
    if count := prospect.repurchases:
        cap = prospect.cap_on(prospect.wanted + count)
        total = f"; with them at most {expected.cost.most}{f', within {cap}' if cap else ''}" if expected.cost else ""
        screen.say(f"  {count:>5}  buy at most in place of videos {prospect.repurchased}{total}")


def _show_forecast(screen: Screen, prepared: Prepared, expected: Expected) -> None:
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


def _cost(prepared: Prepared, overview: Overview) -> str:
    price = prepared.price_words if overview.cost is None else f"for at most {overview.cost}"
    return f" at {prepared.sellers} {price}"
