"""Why items are not finished, as `s2v status` tells it: what the journal knows, and nothing that it does not."""

from __future__ import annotations

import json
import time
from functools import reduce

from desk import Desk

from runner.core.life.lifecycle import apply
from runner.core.life.state import index_of
from runner.edge.disk.lock import held
from runner.edge.journal.journal import Journal
from runner.events import Accepted, Event, Intended, Refused, Stalled, Stamped
from runner.model import Kind, Money, Verdict
from runner.report.text import iso

PRICE = Money(micros=650_000, currency="USD")
INTENT = Intended(attempt=1, provider="minimax", price=PRICE, idempotency_key=None)


def begun(desk: Desk, **facts: list[Event]) -> None:
    """Leave a run of which nothing was bought, but for what these facts tell of some items."""
    desk.s2v("run", desk.manifest(["one", "two", "three", "four", "five"]), "--max-cost", "0")
    folder = desk.folder / "runs/try"
    with held(folder), Journal.create_or_open(folder) as book:
        for key, entry in list(book.index()):
            stamped = [Stamped(at=time.time(), event=event) for event in facts.get(entry.id, [])]
            state = book.state(key)
            assert state is not None
            book.write(key, stamped, index_of(reduce(apply, stamped, state)))


def test_status_says_why_items_are_open_and_when_they_are_tried_again(desk: Desk) -> None:
    later = time.time() + 3600
    throttled = Verdict(kind=Kind.RATE, code="1002", words="rate limit")
    stalled = Stalled(reason="the download broke off", retry_at=later)
    begun(
        desk,
        a=[INTENT, Refused(verdict=throttled, final=False, retry_at=later)],
        b=[INTENT, Accepted(job_id="7")],
        c=[INTENT, Accepted(job_id="8"), stalled],
        d=[INTENT, Accepted(job_id="9"), stalled],
    )

    told = desk.s2v("status", "m.yaml").out.splitlines()
    document = desk.s2v("status", "m.yaml", "--json").document

    assert sorted(line for line in told if " open: " in line) == [
        "  1 open: 1002: rate limit; tried again from " + f"{iso(later)} (a)",
        "  1 open: not yet bought",
        "  1 open: still at the provider (b)",
        f"  2 open: the download broke off; tried again from {iso(later)} (c, d)",
    ]
    reasons = document["summary"]["unfinished"]
    assert reasons[0] == {
        "code": None, "reason": "the download broke off", "count": 2, "until": iso(later), "ids": ["c", "d"]
    }  # fmt: skip
    assert sum(each["count"] for each in reasons) == document["summary"]["states"]["open"] == 5
    assert desk.s2v("report", "m.yaml").code == 0
    assert json.loads((desk.folder / "runs/try/report.json").read_text()) == document


def test_a_moment_that_is_over_is_not_told(desk: Desk) -> None:
    begun(desk, a=[INTENT, Accepted(job_id="7"), Stalled(reason="the link is not there", retry_at=time.time() - 5)])

    lines = desk.s2v("status", "m.yaml").out.splitlines()

    assert "  1 open: the link is not there (a)" in lines
    assert "  4 open: not yet bought" in lines
