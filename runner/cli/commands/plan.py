"""`s2v plan`: what a run would do and why, what it costs at most, and how long it should take. Sends nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ...core.forecast import duration_s
from ...core.plan import Action, Line, lines, worst_case
from ...core.selection import Selection, select
from ...core.state import State
from ...edge import state_file
from ...edge.journal import Journal
from ...errors import Exit
from ...model import Manifest, Money, Shard
from ...report.document import money_document
from ...report.text import clipped, counted, lasting
from .. import books
from ..args import Args
from ..choosing import selection_of
from ..environment import environment
from ..planning import Prepared, prepared_for
from ..screen import Screen
from ..target import require_shard, tidy

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
    if args.frozen:
        books.require_lock(tidy(prepared.manifest.folder), prepared.plan)
    return show(args, screen, prepared, selection_of(args, prepared.every))


def show(args: Args, screen: Screen, prepared: Prepared, selection: Selection) -> int:
    """Show what a run with this selection would do now."""
    known = _known(prepared.manifest)
    asked = select(selection, prepared.plan.items, known.get)
    told = lines(
        prepared.plan, known, price=prepared.price, selected=None if selection.is_everything else asked,
        again=asked if selection.tries_again else frozenset(),
    )  # fmt: skip
    if args.json:
        screen.give(json.dumps(_document(prepared, told), indent=2, ensure_ascii=True))
    else:
        _show(screen, prepared, told)
    return Exit.OK


def _known(manifest: Manifest) -> Mapping[str, State]:
    folder = tidy(manifest.folder)
    if not (folder / state_file.FILE).is_file():
        return {}
    with Journal.read(folder) as book:
        require_shard(book.header, manifest.shard, folder)
        return {state.item.key: state for state in book.states()}


def _show(screen: Screen, prepared: Prepared, told: Sequence[Line]) -> None:
    shown = [entry for action in _DOES for entry in told if entry.action is action][:_SHOWN]
    width = max((len(entry.item.id) for entry in shown), default=0)
    for entry in shown:
        why = f"  {clipped(entry.why, _WORDS)}" if entry.why else ""
        screen.say(f"{entry.item.id:<{width}}  {entry.action:<7}  {entry.word:<8}{why}".rstrip())
    if len(told) > _SHOWN:
        screen.say(f"... and {len(told) - _SHOWN} more; --json shows all")
    counts = Counter(entry.action for entry in told)
    if prepared.manifest.shard:
        _show_shard(screen, prepared, prepared.manifest.shard)
    screen.say(f"{counted(len(told), 'video')} in {tidy(prepared.manifest.folder)}:")
    for action, words in _DOES.items():
        if counts[action]:
            screen.say(f"  {counts[action]:>5}  {words}{_cost(prepared, told) if action is Action.BUY else ''}")


def _show_shard(screen: Screen, prepared: Prepared, shard: Shard) -> None:
    mine = f"{len(prepared.plan.items)} of {counted(len(prepared.every), 'video')}"
    limits = ", ".join(f"{each.limit} {each.part} of {each.whole}" for each in prepared.parts)
    screen.say(f"shard {shard}: {mine}; its part of the limits: {limits or 'nothing is divided'}")


def _cost(prepared: Prepared, told: Sequence[Line]) -> str:
    total = worst_case(told)
    price = prepared.price_words if total is None else f"for at most {total}"
    return f" at {prepared.sellers} {price}, in about {lasting(_seconds(prepared, told))}"


def _seconds(prepared: Prepared, told: Sequence[Line]) -> float:
    seller, buys = prepared.seller, sum(entry.action is Action.BUY for entry in told)
    job_s = seller.dialect.traits.job_s.value
    return duration_s(buys, rates=seller.rates, in_flight=seller.in_flight, job_s=job_s)


def _document(prepared: Prepared, told: Sequence[Line]) -> dict[str, Any]:
    """Return the plan as a JSON document; the same manifest, portraits and journal give the same one."""
    counts = Counter(entry.action for entry in told)
    return {
        "version": 1,
        "name": prepared.manifest.name,
        "plan_digest": prepared.plan.digest,
        "provider": prepared.seller.name,
        "providers": list(prepared.manifest.route),
        "shard": _shard(prepared),
        "counts": {str(action): counts[action] for action in Action},
        "cost_at_most": _money(worst_case(told)),
        "seconds_about": round(_seconds(prepared, told)),
        "items": [_entry(each) for each in told],
    }


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
