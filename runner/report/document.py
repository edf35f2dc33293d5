"""Rows, summaries and events as JSON documents: one meaning for every format that is made of them.

Keys stand in the order of `schemas/results.schema.json`; where an order means nothing (metadata, providers) they are
sorted. Times are ISO 8601 UTC, amounts are decimal strings, and what does not exist is null, never left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from ..core.life.state import State
from ..core.sums.tally import Group, Row, Summary, without_queries
from ..events import Stamped
from ..judgement import DIGITS, Judgement
from ..model import Clip, Money
from .facts import Foretold, RunFacts
from .text import amount, iso, json_line

VERSION: Final = 1  # of report.json; a key that changes its meaning or goes away raises it

_USERS_OWN: Final = frozenset({"prompt", "tags", "metadata"})  # carried as written, URLs and all


def item_document(row: Row) -> dict[str, Any]:
    """Return one item as `results.jsonl` and `report.json` show it."""
    return {
        "id": row.id,
        "state": str(row.state),
        "provider": row.provider,
        "job_id": row.job_id,
        "video": row.video,
        "sha256": row.sha256,
        "seconds": row.seconds,
        "bought": row.bought,
        "kept": row.kept,
        "cost": purse_document(row.cost),
        "attempts": row.attempts,
        "code": row.code,
        "reason": row.reason,
        "checks": {**checks_document(row.checks), **judgement_document(row.judgement)},
        "bytes": row.bytes_,
        "lost": row.lost,
        "in_review": row.in_review,
        "retakes": row.retakes,
        "reserved": purse_document(row.reserved),
        "key": row.key,
        "portrait": row.portrait,
        "portrait_sha256": row.portrait_sha256,
        "prompt": row.prompt,
        "prompt_optimizer": row.prompt_optimizer,
        "take": row.take,
        "model": row.model,
        "tags": list(row.tags),
        "metadata": dict(sorted(row.metadata.items())),
        "times": {
            "intended": iso(row.intended_at),
            "accepted": iso(row.accepted_at),
            "finished": iso(row.finished_at),
            "saved": iso(row.saved_at),
            "ended": iso(row.ended_at),
        },
    }


def money_document(money: Money) -> dict[str, str]:
    """Return an amount as a decimal string, which no JSON reader rounds."""
    return {"amount": str(amount(money)), "currency": money.currency}


def purse_document(purse: tuple[Money, ...]) -> dict[str, str] | list[dict[str, str]] | None:
    """Return null for no amount and the amount when there is one; only more than one currency makes a list.

    A reader that has never met two currencies breaks at the list, where it would miscount beside a second key.
    """
    documents = [money_document(money) for money in purse]
    return documents if len(documents) > 1 else next(iter(documents), None)


def checks_document(clip: Clip | None) -> dict[str, Any]:
    """Return what the decoder found in the video; empty before it was opened."""
    if clip is None:
        return {}
    return {
        "decode": "full" if clip.decoded else "header",
        "width": clip.width,
        "height": clip.height,
        "fps": clip.fps,
        "frames": clip.frames,
        "codec": clip.codec,
        "audio": clip.has_audio,
    }


def judgement_document(judgement: Judgement | None) -> dict[str, Any]:
    """Return what was measured, by which thresholds it was judged and what was found; empty where nothing was asked.

    `distance` and `similarity` are one measure: 0 and 1 are the same picture, 0.6 and 0.5 the border of two people.
    """
    if judgement is None:
        return {}
    found = [{"check": each.check, "grade": each.grade, "words": each.words} for each in judgement.findings]
    return {
        "grade": judgement.grade,
        "findings": found,
        "gates": _plain(judgement.gates),
        "motion": _plain(judgement.motion),
        "identity": _likeness_document(judgement),
    }


def _likeness_document(judgement: Judgement) -> dict[str, Any] | None:
    likeness = judgement.likeness
    if likeness is None:
        return None
    distance, similarity = likeness.median, likeness.similarity
    return {
        "distance": None if distance is None else round(distance, DIGITS),
        "similarity": None if similarity is None else round(similarity, DIGITS),
        "coverage": None if judgement.coverage is None else round(judgement.coverage, DIGITS),
        "distances": None if likeness.distances is None else list(likeness.distances),
    }


def run_document(run: RunFacts) -> dict[str, Any]:
    """Return where the numbers come from."""
    return {
        "name": run.name,
        "id": run.run_id,
        "manifest": run.manifest,
        "manifest_digest": run.manifest_digest,
        "plan_digest": run.plan_digest,
        "runner_version": run.runner_version,
        "providers": list(run.providers),
        "shard": run.shard,
        "unmerged": list(run.unmerged),
        "forecast": None if run.forecast is None else _forecast_document(run.forecast),
    }


def _forecast_document(forecast: Foretold) -> dict[str, Any]:
    return {
        "at": iso(forecast.at),
        "items": forecast.items,
        "p50_seconds": forecast.p50_s,
        "p90_seconds": forecast.p90_s,
        "binding": forecast.binding,
        "took_seconds": forecast.took_s,
        "ratio": None if forecast.ratio is None else round(forecast.ratio, 3),
    }


def summary_document(summary: Summary) -> dict[str, Any]:
    """Return the numbers of the run."""
    return {
        "items": summary.items,
        "states": {str(state): count for state, count in summary.by_state.items()},
        "selected": {str(state): count for state, count in summary.selected.items()},
        "providers": dict(summary.providers),
        "bought": summary.bought,
        "kept": summary.kept,
        "in_review": summary.in_review,
        "flagged": summary.flagged,
        "lost": summary.lost,
        "unpriced": summary.unpriced,
        "spent": [money_document(money) for money in summary.spent],
        "reserved": [money_document(money) for money in summary.reserved],
        "bytes": summary.bytes_,
        "seconds": summary.seconds,
        "first": iso(summary.first_at),
        "last": iso(summary.last_at),
        "groups": [_group_document(group) for group in summary.groups],
        "ungrouped": summary.ungrouped,
        "unfinished": [
            {
                "code": each.code,
                "reason": each.reason,
                "count": each.count,
                "until": iso(each.until),
                "ids": [*each.ids],
            }
            for each in summary.unfinished
        ],
    }


def _group_document(group: Group) -> dict[str, Any]:
    return {
        "state": str(group.state),
        "code": group.code,
        "reason": group.reason,
        "count": group.count,
        "ids": list(group.ids),
    }


def event_line(state: State, stamped: Stamped) -> str:
    """Return one fact as a line of JSON, without its line end; `state` is the item's state after it."""
    document: dict[str, Any] = {
        "at": iso(stamped.at),
        "id": state.item.id,
        "key": state.item.key,
        "event": type(stamped.event).__name__.lower(),
        "phase": str(state.phase),
        "provider": state.provider,
        "job_id": state.job_id,
    }
    return json_line(document | {"facts": _plain(stamped.event)})


def _plain(value: object, name: str = "") -> Any:  # noqa: ANN401 -- any value of a fact, as JSON knows it
    match value:
        case Money():
            return money_document(value)
        case Enum():
            return value.value
        case str():
            return value if name in _USERS_OWN else without_queries(value)
        case tuple():
            return [_plain(each, name) for each in value]
        case Mapping():
            return {key: _plain(each, name) for key, each in sorted(value.items())}
        case _ if is_dataclass(value):
            return {f.name.rstrip("_"): _plain(getattr(value, f.name), f.name) for f in fields(value)}
        case _:
            return value
