"""The plan as a JSON document, for programs: the same manifest, portraits and journal give the same one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import indent
from typing import Any

from ...core.outlook.forecast import Costs, Forecast
from ...core.plan.plan import Action, Line
from ...core.sums.tally import without_queries
from ...model import Money
from ...report.document import money_document
from .comparing import Answer
from .overview import Expected, Overview
from .planning import Prepared
from .prospect import Prospect


def plan_document(prepared: Prepared, overview: Overview, expected: Expected, told: Iterator[Line]) -> Iterator[str]:
    """Yield the document, piece by piece."""
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
        "cost_at_most": _money(expected.cost.most if expected.cost and _is_more(expected.prospect) else overview.cost),
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


def _forecast(forecast: Forecast, cost: Costs | None) -> dict[str, Any]:
    return {
        "p50_seconds": round(forecast.p50_s, 1),
        "p90_seconds": round(forecast.p90_s, 1),
        "binding": forecast.binding,
        "items_per_hour": round(forecast.per_hour, 1),
        "cost_low": _money(cost.least if cost else None),
        "cost_high": _money(cost.most if cost else None),
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
        "portrait": without_queries(item.portrait.ref),
        "portrait_sha256": item.portrait.sha256,
        "prompt": item.prompt,
        "prompt_optimizer": item.prompt_optimizer,
        "take": item.take,
        "tags": list(item.tags),
        "metadata": dict(sorted(item.metadata.items())),
    }


def _money(money: Money | None) -> dict[str, str] | None:
    return None if money is None else money_document(money)
