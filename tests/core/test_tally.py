from __future__ import annotations

from collections.abc import Iterator

import lives
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import ACCEPTED, CLIP, FINISHED, INTENDED, PASTS, PRICE, SAVED
from lives import SPOILED_FOR_GOOD as SPOILED

from runner.core.life.lifecycle import Outcome
from runner.core.life.state import Phase, State
from runner.core.sums.sums import MOST_GROUPS, MOST_IDS, summarise
from runner.core.sums.tally import Row, outcome, row, without_queries
from runner.events import Broke, Doubted, Event, Intended, Refused, Requeued, Retired, Settled
from runner.model import Item, Kind, Money, Portrait, Verdict

BROKE = Broke(verdict=Verdict(kind=Kind.CONTENT, code="1027", words="output new_sensitive"))
DONE = PASTS[Phase.DONE]


def item(id_: str = "a") -> Item:
    portrait = Portrait(ref="https://u:p@x.example/a.jpg?sig=canary", sha256="b" * 64)
    return lives.item(key=id_, id=id_, name=f"{id_}.mp4", portrait=portrait)


def told(*events: Event, id_: str = "a") -> State:
    return lives.told(*events, subject=item(id_))


def refused(code: str = "1026", words: str = "sensitive", *, final: bool = True) -> Refused:
    return Refused(verdict=Verdict(kind=Kind.CONTENT, code=code, words=words), final=final, retry_at=0.0)


@pytest.mark.parametrize(
    ("events", "state", "counts"),
    [
        pytest.param((), "open", True, id="planned"),
        pytest.param((Retired(),), "skipped", False, id="retired"),
        pytest.param((INTENDED,), "in_doubt", True, id="intended"),
        pytest.param((INTENDED, ACCEPTED), "open", True, id="running"),
        pytest.param((INTENDED, ACCEPTED, Retired()), "open", True, id="running though retired"),
        pytest.param((INTENDED, ACCEPTED, FINISHED), "open", True, id="ready"),
        pytest.param((INTENDED, ACCEPTED, FINISHED, SAVED), "open", True, id="saved"),
        pytest.param(DONE, "done", True, id="done"),
        pytest.param((INTENDED, refused()), "failed", True, id="refused"),
        pytest.param((INTENDED, refused(), Retired()), "failed", False, id="refused and retired"),
    ],
)
def test_a_row_says_where_its_item_stands(events: tuple[Event, ...], state: str, *, counts: bool) -> None:
    told_row = row(told(*events))

    assert (told_row.state, told_row.counts) == (state, counts)


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_a_word_and_a_reason(phase: Phase) -> None:
    state = State(item=item(), phase=phase)

    assert outcome(state) in Outcome
    assert bool(row(state).reason) is (phase is not Phase.DONE)


@pytest.mark.parametrize(
    ("events", "books"),
    [
        pytest.param((), (0, 0, 0), id="planned"),
        pytest.param((INTENDED,), (0, 0, 0), id="in doubt"),
        pytest.param((INTENDED, ACCEPTED), (1, 0, 0), id="under way"),
        pytest.param(DONE, (1, 1, 0), id="done"),
        pytest.param((INTENDED, ACCEPTED, BROKE), (1, 0, 1), id="failed after it was paid for"),
        pytest.param((INTENDED, ACCEPTED, FINISHED, SAVED, SPOILED), (1, 0, 1), id="spoiled"),
        pytest.param((INTENDED, ACCEPTED, BROKE, Requeued(by="me")), (1, 0, 1), id="queued again"),
        pytest.param((INTENDED, ACCEPTED, BROKE, Requeued(by="me"), *DONE), (2, 1, 1), id="done at the second try"),
        pytest.param((INTENDED, refused()), (0, 0, 0), id="refused"),
        pytest.param((INTENDED, Settled(decision="adopt", job_id="j")), (1, 0, 0), id="adopted"),
    ],
)
def test_every_bought_job_is_kept_lost_or_under_way(events: tuple[Event, ...], books: tuple[int, int, int]) -> None:
    told_row = row(told(*events))

    assert (told_row.bought, told_row.kept, told_row.lost) == books


def test_an_open_intent_reserves_and_an_accepted_one_costs() -> None:
    doubt, bought = row(told(INTENDED)), row(told(INTENDED, ACCEPTED))

    assert (doubt.cost, doubt.reserved) == ((), (PRICE,))
    assert (bought.cost, bought.reserved) == ((PRICE,), ())


def test_a_done_row_carries_the_video_and_its_checks() -> None:
    told_row = row(told(*DONE))

    assert (told_row.video, told_row.sha256, told_row.seconds) == ("videos/a.mp4", "c" * 64, 5.64)
    assert (told_row.checks, told_row.attempts, told_row.job_id, told_row.ended_at) == (CLIP, 1, "j1", 5.0)


def test_a_failed_row_carries_code_and_words_of_the_provider() -> None:
    told_row = row(told(INTENDED, ACCEPTED, BROKE))

    assert (told_row.code, told_row.reason) == ("1027", "output new_sensitive")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("no link", "no link"),
        ("see https://a.example/v.mp4?X-Amz-Signature=1&b=2 soon", "see https://a.example/v.mp4 soon"),
        ("'http://a.example?t=1' and HTTPS://b.example/#t", "'http://a.example' and HTTPS://b.example/"),
        ("https://user:pw@a.example/x", "https://a.example/x"),
        ("is it? s3://bucket/k?versionId=9", "is it? s3://bucket/k"),
        ('<a href="https://a.example/x?s=1">', '<a href="https://a.example/x">'),
    ],
)  # fmt: skip
def test_urls_lose_user_query_and_fragment(text: str, clean: str) -> None:
    assert without_queries(text) == clean


def test_no_signed_link_reaches_a_row() -> None:
    reason = "link expired: https://cdn.example/v?sig=canary"
    rows = [row(told(INTENDED, Doubted(reason=reason))), row(told(INTENDED, refused(words=reason)))]

    assert "canary" not in repr(rows)
    assert rows[0].portrait == "https://x.example/a.jpg"


def test_a_summary_balances_the_books() -> None:
    unpriced = Intended(attempt=1, provider="vapi", price=None, idempotency_key=None)
    yuan = Intended(attempt=1, provider="vapi", price=Money(micros=3_000_000, currency="CNY"), idempotency_key=None)
    states = [
        told(*DONE), told(*DONE), told(INTENDED, ACCEPTED, BROKE), told(INTENDED), told(yuan, ACCEPTED),
        told(unpriced, ACCEPTED), told(), told(Retired()),
    ]  # fmt: skip

    summary = summarise(map(row, states))

    assert dict(summary.by_state) == {"done": 2, "failed": 1, "in_doubt": 1, "open": 3, "review": 0, "skipped": 1}
    assert dict(summary.selected) == {"done": 2, "failed": 1, "in_doubt": 1, "open": 3, "review": 0, "skipped": 0}
    assert dict(summary.providers) == {"minimax": 4, "vapi": 2}
    assert (summary.items, summary.bought, summary.kept, summary.lost, summary.unpriced) == (8, 5, 2, 1, 1)
    assert [str(money) for money in summary.spent] == ["3.00 CNY", "1.95 USD"]
    assert [str(money) for money in summary.reserved] == ["0.65 USD"]
    assert (summary.bytes_, summary.seconds, summary.first_at, summary.last_at) == (2000, 11.28, 1.0, 5.0)


def test_what_left_the_manifest_counts_for_money_alone() -> None:
    states = [told(*DONE), told(*DONE, Retired()), told(INTENDED, refused(), Retired()), told(INTENDED, Retired())]

    summary = summarise(map(row, states))

    assert {state: count for state, count in summary.wanted.items() if count} == {"done": 1, "in_doubt": 1}
    assert dict(summary.gone) == {"done": 1, "failed": 1}
    assert [group.state for group in summary.groups] == ["in_doubt"]
    assert (summary.bought, str(summary.spent[0]), summary.bytes_, summary.seconds) == (2, "1.30 USD", 2000, 11.28)
    assert (summary.placed_bytes, summary.placed_seconds) == (1000, 5.64)


def test_nothing_sums_up_to_nothing() -> None:
    summary = summarise([])

    assert (summary.items, summary.spent, summary.groups, summary.first_at, summary.last_at) == (0, (), (), None, None)


def test_troubles_are_grouped_by_code_and_words_the_commonest_first() -> None:
    common = [told(INTENDED, refused(), id_=f"c{n}") for n in range(MOST_IDS + 5)]
    states = [told(INTENDED, Doubted(reason="time-out"), id_="d"), told(INTENDED, ACCEPTED, BROKE, id_="b"), *common]

    groups = summarise(map(row, states)).groups

    assert [(g.state, g.code, g.reason, g.count) for g in groups] == [
        ("failed", "1026", "sensitive", MOST_IDS + 5),
        ("in_doubt", None, "time-out", 1),
        ("failed", "1027", "output new_sensitive", 1),
    ]
    assert groups[0].ids == tuple(f"c{n}" for n in range(MOST_IDS))


def test_a_summary_stays_small_however_many_kinds_of_trouble_there_are() -> None:
    def rows() -> Iterator[Row]:
        for n in range(MOST_GROUPS + 30):
            yield row(told(INTENDED, refused(words=f"request {n}")))

    summary = summarise(rows())

    assert (len(summary.groups), summary.ungrouped) == (MOST_GROUPS, 30)


@given(st.permutations([told(*DONE), told(INTENDED), told(INTENDED, ACCEPTED, BROKE), told(*DONE[:3]), told()]))
def test_the_numbers_do_not_depend_on_the_order_of_rows(states: list[State]) -> None:
    summary = summarise(map(row, states))

    assert (summary.seconds, summary.bought, summary.kept, summary.lost, summary.first_at) == (5.64, 3, 1, 1, 1.0)
    assert str(summary.spent[0]) == "1.95 USD"
