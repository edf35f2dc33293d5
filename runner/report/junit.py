"""`junit.xml` as GitLab, Jenkins and GitHub reporters read it: a run is a suite, an item a test case.

A failed item, or one that waits for a review, is a failure; one in doubt is an error, since nobody knows its result;
one that is open, left out or no longer in the manifest is skipped. The counts are of all items, also where only some of
very many are listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..core.life.lifecycle import Outcome
from ..core.sums.tally import Row, Summary
from .facts import RunFacts
from .records import metadata_of
from .sheet import Listing, Record
from .text import iso, together, visible, xml_attribute, xml_text

MOST_CASES: Final = 10_000  # some 6 MB; what shows a run's cases refuses larger files, or takes minutes

_ELEMENTS: Final = {
    Outcome.FAILED: "failure",
    Outcome.REVIEW: "failure",
    Outcome.IN_DOUBT: "error",
    Outcome.OPEN: "skipped",
    Outcome.SKIPPED: "skipped",
}


class Junit:
    """`junit.xml`: a case for each item, or of very many for those that are not done."""

    def __init__(self, run: RunFacts, summary: Summary) -> None:
        self._run, self._summary = run, summary
        self._listing = Listing(summary, MOST_CASES)

    def head(self) -> Iterator[str]:
        """See `Sheet`."""
        head = f'name="{xml_attribute(self._run.name)}" {_counts(self._summary)}'
        left_out = f'skipped="{_count(self._summary, "skipped")}"'
        # Without milliseconds and zone, as the JUnit schema wants it.
        started = (iso(self._summary.first_at) or "")[:19]
        stamp = f' timestamp="{started}"' if started else ""
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {head}>\n<testsuite {head} {left_out}{stamp}>\n'

    def line(self, record: Record) -> str:
        """See `Sheet`."""
        return _case(self._run, record.row) if self._listing.takes(record.row) else ""

    def tail(self) -> Iterator[str]:
        """See `Sheet`."""
        listed, items = self._listing.count, self._summary.items
        if listed < items:
            yield f"<system-out>{listed} of {items} items are listed; results.jsonl has all</system-out>\n"
        yield "</testsuite>\n</testsuites>\n"


def _counts(summary: Summary) -> str:
    """Return the numbers that the element above the suite may bear as well, of which `skipped` is none."""
    return (
        f'tests="{summary.items}" failures="{_count(summary, "failure")}" errors="{_count(summary, "error")}" '
        f'time="{_took(summary.first_at, summary.last_at)}"'
    )


def _count(summary: Summary, wanted: str) -> int:
    if wanted == "skipped":
        judged = (state for state in Outcome if _ELEMENTS.get(state) != "skipped")
        return summary.items - sum(summary.wanted[state] for state in judged)
    return sum(summary.wanted[state] for state, element in _ELEMENTS.items() if element == wanted)


def _took(first: float | None, last: float | None) -> str:
    """Return seconds, none below zero: a clock may have been set back between two runs."""
    return f"{max(last - first, 0.0):.3f}" if first is not None and last is not None else "0.000"


def _case(run: RunFacts, row: Row) -> str:
    head = f'name="{xml_attribute(row.id)}" classname="{xml_attribute(run.name)}"'
    head += f' time="{_took(row.intended_at, row.ended_at)}"'
    element = _ELEMENTS.get(row.state) if row.counts else "skipped"
    inner = _trouble(element, row) if element else ""
    return f"<testcase {head}>\n{inner}<system-out>{xml_text(_story(row))}</system-out>\n</testcase>\n"


def _trouble(element: str, row: Row) -> str:
    is_gone = _ELEMENTS.get(row.state) != element
    message = xml_attribute(f"no longer in the manifest ({row.state})" if is_gone else row.reason)
    if element == "skipped":
        return f'<skipped message="{message}"/>\n'
    code = xml_attribute(row.code or str(row.state))
    words = xml_text(f"{row.code}: {row.reason}" if row.code else row.reason)
    return f'<{element} type="{code}" message="{message}">{words}</{element}>\n'


def _story(row: Row) -> str:
    cost = together(row.cost) if row.cost else "a price not known"
    told = {
        "prompt": row.prompt,
        "portrait": row.portrait,
        "provider": row.provider,
        "job": row.job_id,
        "video": row.video,
        "metadata": metadata_of(row),
        "bought": f"{row.bought} for {cost}" if row.bought else None,
    }
    return "\n".join(f"{name}: {visible(value)}" for name, value in told.items() if value is not None)
