"""Where a price is not known, nobody is told that nothing was spent."""

from __future__ import annotations

from pathlib import Path

from desk import Desk

QUICK = {"poll": "20ms", "rate": "1000/1s"}


def test_what_was_bought_at_a_price_that_is_not_known_is_told_as_that(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"], provider="vapi", providers={"vapi": QUICK})
    host = {"VAPI_API_HOST": desk.url, "VAPI_API_KEY": "sk-any"}

    run = desk.s2v("run", manifest, **host)
    status, report = desk.s2v("status", manifest), Path(desk.folder / "runs/try/report.md").read_text()

    assert "  spent   the unknown price of 2 items for 2 jobs" in run.out.splitlines(), run.err
    assert "  spent   the unknown price of 2 items for 2 jobs" in status.out.splitlines()
    assert "| spent | the unknown price of 2 items for 2 jobs |" in report.splitlines()
