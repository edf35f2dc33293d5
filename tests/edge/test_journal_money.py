"""What the journal's index says of money is what its events say, in every currency."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.core.life.lifecycle import fold
from runner.core.life.state import State, index_of
from runner.edge.journal.journal import Journal
from runner.events import Accepted, Broke, Event, Intended, Planned, Refused, Requeued, Settled, Stamped
from runner.model import Item, Kind, Money, Portrait, Verdict

USD = Money(micros=650_000, currency="USD")
PTC = Money(micros=700_000, currency="PTC")
NO = Verdict(kind=Kind.CONTENT, code="1027", words="output new_sensitive")


def intended(price: Money | None, provider: str = "minimax") -> Intended:
    return Intended(attempt=1, provider=provider, price=price, idempotency_key=None)


def record(journal: Journal, key: str, *events: Event) -> State:
    """Write what happened to an item, as the ledger does."""
    portrait = Portrait(ref="a.png", sha256="0" * 64)
    planned = Planned(
        item=Item(key=key, id=key, name=f"{key}.mp4", portrait=portrait, prompt=None, prompt_optimizer=True)
    )
    history = [Stamped(at=float(n), event=event) for n, event in enumerate([planned, *events])]
    state = fold(history)
    journal.write(key, history, index_of(state))
    return state


def test_committed_sums_every_currency_of_every_item(tmp_path: Path) -> None:
    lost = (intended(USD), Accepted(job_id="j"), Broke(verdict=NO), Requeued(by="me"))
    with Journal.create_or_open(tmp_path) as journal:
        record(journal, "twice", *lost, intended(PTC, "vapi"), Accepted(job_id="j2"))
        record(journal, "doubt", intended(USD))
        record(journal, "unpriced", intended(None), Accepted(job_id="j3"))
        record(journal, "planned")

        committed = journal.committed()

    assert committed == {"PTC": 700_000, "USD": 1_300_000}


FREE = Money(micros=0, currency="USD")
GIVEN_UP = Settled(decision="abandon")


@pytest.mark.parametrize(
    ("events", "in_usd", "in_ptc"),
    [
        pytest.param((intended(USD), Accepted(job_id="j")), 0, 1, id="bought in dollars"),
        pytest.param((intended(PTC), Accepted(job_id="j")), 1, 0, id="bought in points"),
        pytest.param((intended(None), Accepted(job_id="j")), 1, 1, id="bought, nobody knows for how much"),
        pytest.param((intended(FREE), Accepted(job_id="j")), 0, 0, id="free"),
        pytest.param((intended(USD),), 0, 1, id="in doubt, in dollars"),
        pytest.param((intended(None),), 1, 1, id="in doubt, nobody knows for how much"),
        pytest.param((intended(FREE),), 0, 0, id="in doubt, and free"),
        pytest.param((intended(USD), GIVEN_UP), 0, 1, id="given up, in dollars"),
        pytest.param((intended(None), GIVEN_UP), 1, 1, id="given up, nobody knows for how much"),
        pytest.param((intended(None), Refused(verdict=NO, final=True, retry_at=0.0)), 0, 0, id="refused"),
        pytest.param((intended(None), Accepted(job_id="j"), Broke(verdict=NO)), 1, 1, id="failed, for how much ever"),
        pytest.param((), 0, 0, id="planned"),
    ],
)
def test_what_a_cap_cannot_count_is_known(tmp_path: Path, events: tuple[Event, ...], in_usd: int, in_ptc: int) -> None:
    with Journal.create_or_open(tmp_path) as journal:
        record(journal, "a", *events)
        record(journal, "b", intended(USD), Refused(verdict=NO, final=True, retry_at=0.0))

        assert (journal.uncounted("USD"), journal.uncounted("PTC")) == (in_usd, in_ptc)


def test_nothing_planned_has_committed_nothing(tmp_path: Path) -> None:
    with Journal.create_or_open(tmp_path) as journal:
        assert journal.committed() == {}


def test_the_index_reads_back_as_it_was_written(tmp_path: Path) -> None:
    lost = (intended(USD), Accepted(job_id="j"), Broke(verdict=NO), Requeued(by="me"))
    with Journal.create_or_open(tmp_path) as journal:
        states = [record(journal, "a", *lost, intended(PTC, "vapi")), record(journal, "b")]

        assert list(journal.index()) == [(state.item.key, index_of(state)) for state in states]


def test_words_with_half_a_letter_are_kept_for_what_they_are(tmp_path: Path) -> None:
    broke = Broke(verdict=Verdict(kind=Kind.CONTENT, code="1026", words="cut in the middle of \ud83d"))
    with Journal.create_or_open(tmp_path) as journal:
        state = record(journal, "a", intended(USD), Accepted(job_id="j"), broke)

        assert journal.state("a") == state
