"""`report.html`: one page beside its videos, to be opened, judged, shared and printed; it fetches nothing.

A literal template with style and script inside (`page/`), and the data as one island of JSON in which no sign can end
the element. The policy in the page lets nothing run but that very script, by its digest, and nothing be loaded but
pictures and videos from where the page lies.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..core.sums.tally import Group, Row, Summary
from ..judgement import DIGITS
from .advice import advice, decide, try_again
from .document import purse_document, run_document, summary_document
from .facts import RunFacts
from .markdown import headline, held_words
from .sheet import Listing, Record
from .text import foretold, sized, visible

MOST_CARDS: Final = 20_000
"""Of more items the page lists those that are not done: a browser reads 10 MB of data in a blink, and not 500."""
THUMB_LETTERS: Final = 16
"""Letters of a portrait's digest that name its small copy, `thumbs/<letters>.jpg`."""
FIELDS: Final = (
    "id", "state", "provider", "job_id", "video", "sha256", "bytes", "seconds", "picture", "cost", "micros", "attempts",
    "code", "reason", "findings", "distance", "portrait", "thumb", "prompt", "take", "tags", "metadata",
    "accepted", "finished", "ended", "polls",
)  # fmt: skip
_PARTS: Final = ("data", "numbers", "charts", "filters", "cards", "review", "closer", "hands")
_FOLDER: Final = Path(__file__).with_name("page")
_ISLAND: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class Page:
    """`report.html`: every item, or of very many those that are not done."""

    def __init__(self, run: RunFacts, summary: Summary) -> None:
        self._run, self._summary = run, summary
        self._listing = Listing(summary, MOST_CARDS)

    def head(self) -> Iterator[str]:
        """See `Sheet`."""
        head, _ = _page().split("@data@")
        yield from head.replace("@name@", html.escape(visible(self._run.name))).splitlines(keepends=True)
        yield _island(_head(self._run, self._summary)).removesuffix("]}")

    def line(self, record: Record) -> str:
        """See `Sheet`."""
        if not self._listing.takes(record.row):
            return ""
        return ("," if self._listing.count > 1 else "") + "\n" + _island(_values(record.row))

    def tail(self) -> Iterator[str]:
        """See `Sheet`."""
        _, tail = _page().split("@data@")
        yield from f"\n]}}{tail}".splitlines(keepends=True)


def _head(run: RunFacts, summary: Summary) -> dict[str, Any]:
    """Return all but the items, which come last, into the empty list."""
    told = summary_document(summary)
    return {
        "run": run_document(run),
        "headline": headline(summary, run),
        "summary": {name: told[name] for name in _NUMBERS}
        | {"size": sized(summary.placed_bytes), "seconds": summary.placed_seconds},
        "held": held_words(summary),
        "span": [summary.first_at, summary.last_at],
        "limits": {"in_flight": run.in_flight, "rates": run.rates},
        "forecast": foretold(run.forecast) if run.forecast else None,
        "decide": decide(run),
        "advice": [{"why": step.why, "command": step.command} for step in advice(run, summary)],
        "groups": [_group(run, summary, group) for group in summary.groups],
        "fields": FIELDS,
        "items": [],
    }


_NUMBERS: Final = (
    "items",
    "states",
    "bought",
    "kept",
    "flagged",
    "spent",
    "unpriced",
    "reserved",
    "ungrouped",
)


def _group(run: RunFacts, summary: Summary, group: Group) -> dict[str, Any]:
    return {
        "state": str(group.state),
        "code": _shown(group.code),
        "reason": visible(group.reason),
        "count": group.count,
        "command": try_again(run, summary, group),
    }


def _values(row: Row) -> list[Any]:
    """Return an item's values in the order of `FIELDS`; text as it is shown, with nothing invisible in it."""
    clip, cost = row.checks, purse_document(row.cost)
    return [
        row.id, str(row.state), row.provider, _shown(row.job_id), row.video, row.sha256, row.bytes_, row.seconds,
        f"{clip.width} x {clip.height} px, {clip.fps:g} frames a second" if clip else None,
        cost if isinstance(cost, list) else [cost] if cost else [], sum(each.micros for each in row.cost), row.attempts,
        _shown(row.code), _shown(row.reason), _findings(row), _distance(row), visible(row.portrait),
        row.portrait_sha256[:THUMB_LETTERS], _shown(row.prompt), row.take, [visible(tag) for tag in row.tags],
        {visible(name): visible(value) if isinstance(value, str) else value
         for name, value in sorted(row.metadata.items())},
        row.accepted_at, row.finished_at, row.ended_at, row.polls,
    ]  # fmt: skip


def _findings(row: Row) -> list[str]:
    """Return what the checks found in short words, by which the page can be filtered."""
    return [f"{each.check}: {each.grade}" for each in row.judgement.findings] if row.judgement else []


def _distance(row: Row) -> float | None:
    """Return how far the face is from the portrait's, as a median over the frames looked at."""
    median = row.judgement.likeness.median if row.judgement and row.judgement.likeness else None
    return None if median is None else round(median, DIGITS)


def _shown(text: str | None) -> str | None:
    return None if text is None else visible(text)


def _island(value: object) -> str:
    """Return JSON that can stand inside a script element: plain ASCII, in which no tag, comment or entity begins."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).translate(_ISLAND)


@cache
def _page() -> str:
    """Return the template with style, script and policy in it."""
    style = (_FOLDER / "style.css").read_text("utf-8")
    body = "".join((_FOLDER / f"{name}.js").read_text("utf-8") for name in _PARTS)
    script = f'"use strict";\n(() => {{\n{body}}})();\n'
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        f"img-src 'self' file:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
    page = (_FOLDER / "template.html").read_text("utf-8").replace("@policy@", html.escape(policy))
    return page.replace("@style@", style).replace("@script@", script)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
