"""What `s2v explain` says of a fact."""

from __future__ import annotations

from runner.core.life.possession import NOT_KNOWN
from runner.events import Broke
from runner.model import Kind, Verdict
from runner.report.story import told


def test_a_job_that_was_not_known_is_not_said_to_have_failed() -> None:
    verdict = Verdict(kind=Kind.INPUT, code="2013", words=f"{NOT_KNOWN}: invalid task_id")

    story = told(Broke(verdict=verdict, is_gone=True))

    words = "2013: the provider knows no such job or file: invalid task_id"
    assert story == f"not asked after any more, and asking again costs nothing: {words}"
