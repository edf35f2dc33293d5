"""What the journal's index says of money is what its events say, in every currency."""

from __future__ import annotations

from pathlib import Path

from runner.core.lifecycle import fold
from runner.core.state import State, index_of
from runner.edge.journal import Journal
from runner.events import Accepted, Broke, Event, Intended, Planned, Requeued, Stamped
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
