"""The plan refuses doubles, has a digest of its own, and says of each item what a run would do and why."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from lives import (
    ABANDONED,
    ACCEPTED,
    BROKE,
    DOUBTED,
    FINISHED,
    INTENDED,
    KEYED,
    LET_GO,
    PASTS,
    PRICE,
    REFUSED,
    REFUSED_FOR_GOOD,
    REQUEUED,
    RETIRED,
    SPOILED_FOR_GOOD,
    item,
    told,
)

from runner.core.life.state import Phase, State
from runner.core.plan.plan import Action, Line, Plan, dearest, digest_of, is_refetched, lines, worst_case
from runner.events import Broke, Event
from runner.model import Item, Kind, Money, Portrait, Verdict

BROKEN = (*PASTS[Phase.SAVED], SPOILED_FOR_GOOD)


def plan_of(*items: Item) -> Plan:
    return Plan(items=items, digest=digest_of(items))


class Memory:
    """Knows the states that it is given."""

    def __init__(self, *states: State) -> None:
        self._states = states

    def state(self, item: Item, /) -> State | None:
        return next((each for each in self._states if each.item.key == item.key), None)

    def former(self, id_: str, /) -> Item | None:
        return next((each.item for each in self._states if each.item.id == id_), None)


def told_line(state: State | None, former: State | None = None, *, subject: Item | None = None, **options: Any) -> Line:
    """Return the line of one item of which `state` is known; `former` had the same id before."""
    known = Memory(*(each for each in (state, former) if each is not None))
    chosen: dict[str, Any] = {"price": PRICE, "selected": None, "again": frozenset()}
    (line,) = lines(plan_of(subject or item()), known, **chosen | options)
    return line


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({}, id="plain"),
        pytest.param({"id": 'a "b" \\ \u00e9\n\U0001f600', "tags": ("x", "\u2028")}, id="texts that are escaped"),
        pytest.param({"metadata": {"b": True, "a": 1.5e-7, "c": "\ud800", "d": 10**20}}, id="facts of every kind"),
    ],
)
def test_what_a_digest_takes_in_of_an_item_is_the_json_of_it(facts: dict[str, Any]) -> None:
    one = item(**facts)
    said = [one.key, one.id, one.name, one.portrait.ref, one.tags, sorted(one.metadata.items())]
    assert digest_of([one]) == hashlib.sha256(json.dumps(said, separators=(",", ":")).encode() + b"\n").hexdigest()


def test_the_digest_of_a_plan_never_changes_by_itself() -> None:
    items = (item(), item(key="k2", id="bertha"))

    assert digest_of(items) == "2542c2a55bc0fcb5c99d9653fb06c4db8433bdfce8647c8bd394a23380b02660"
    assert digest_of(()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "items",
    [
        (item(key="k2", id="bertha"), item()),
        (item(),),
        (item(id="other"), item(key="k2", id="bertha")),
        (item(key="other"), item(key="k2", id="bertha")),
    ],
    ids=["order", "fewer", "an id", "a purchase"],
)
def test_whatever_changes_a_plan_changes_its_digest(items: tuple[Item, ...]) -> None:
    assert digest_of(items) != digest_of((item(), item(key="k2", id="bertha")))


@pytest.mark.parametrize(
    "noted",
    [
        item(tags=("x",)), item(metadata={"a": 1}), item(name="other.mp4"),
        item(portrait=replace(item().portrait, ref="elsewhere.png")),
    ],
    ids=["tags", "metadata", "name", "place of the portrait"],
)  # fmt: skip
def test_whatever_the_manifest_says_of_an_item_is_in_the_digest(noted: Item) -> None:
    assert digest_of([noted]) != digest_of([item()])


def test_the_order_of_metadata_is_no_part_of_the_digest() -> None:
    assert digest_of([item(metadata={"a": 1, "b": 2})]) == digest_of([item(metadata={"b": 2, "a": 1})])


@pytest.mark.parametrize(
    ("events", "action", "word", "why"),
    [
        pytest.param((), Action.BUY, "new", "planned, never bought", id="planned"),
        pytest.param((INTENDED, REFUSED), Action.BUY, "new", "refused before: 1026: input new_sensitive", id="refused"),
        pytest.param(
            (INTENDED, ACCEPTED, BROKE, REQUEUED), Action.BUY, "again", "bought before, in vain", id="requeued"
        ),
        pytest.param((INTENDED, LET_GO), Action.BUY, "new", "in doubt, and bought again", id="crashed and let go"),
        pytest.param(
            (INTENDED, DOUBTED, LET_GO), Action.BUY, "new", "in doubt, and bought again: read time-out after 60 s",
            id="let go",
        ),
        pytest.param(
            (INTENDED, LET_GO, INTENDED, REFUSED), Action.BUY, "new", "refused before: 1026: input new_sensitive",
            id="let go, then refused",
        ),
        pytest.param(
            (INTENDED, ABANDONED, REQUEUED), Action.BUY, "new", "in doubt, and bought again",
            id="given up, and tried again",
        ),
        pytest.param((INTENDED, ACCEPTED), Action.COLLECT, "open", "bought at minimax as job j1", id="running"),
        pytest.param((INTENDED, ACCEPTED, FINISHED), Action.COLLECT, "open", "bought at minimax as job j1", id="made"),
        pytest.param(PASTS[Phase.SAVED], Action.COLLECT, "open", "bought at minimax as job j1", id="saved"),
        pytest.param(
            (KEYED,), Action.COLLECT, "open", "the request is repeated under its idempotency key", id="keyed"
        ),
        pytest.param(
            (INTENDED,), Action.REST, "in doubt", "the run stopped while the request was under way", id="crashed"
        ),
        pytest.param((INTENDED, DOUBTED), Action.REST, "in doubt", "read time-out after 60 s", id="in doubt"),
        pytest.param(PASTS[Phase.DONE], Action.KEEP, "done", "", id="done"),
        pytest.param(
            (INTENDED, REFUSED_FOR_GOOD), Action.REST, "failed", "1026: input new_sensitive", id="refused for good"
        ),
        pytest.param((INTENDED, ABANDONED), Action.REST, "failed", "in doubt, then given up", id="given up"),
        pytest.param(BROKEN, Action.REST, "failed", "an HTML page", id="spoiled"),
        pytest.param((RETIRED,), Action.BUY, "new", "planned, never bought", id="back in the manifest"),
    ],
)  # fmt: skip
def test_a_line_says_what_a_run_would_do_and_why(
    events: tuple[Event, ...], action: Action, word: str, why: str
) -> None:
    line = told_line(told(*events))

    assert (line.action, line.word, line.why) == (action, word, why)
    assert line.price == (PRICE if action is Action.BUY else None)


def test_an_item_that_nobody_knows_is_new() -> None:
    line = told_line(None)

    assert (line.action, line.word, line.why, line.price) == (Action.BUY, "new", "never bought", PRICE)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"portrait": Portrait(ref="anna.png", sha256="b" * 64)}, "the portrait changed", id="portrait"),
        pytest.param({"prompt": "She winks."}, "the prompt changed", id="prompt"),
        pytest.param({"prompt": None}, "the prompt changed", id="prompt taken away"),
        pytest.param({"prompt_optimizer": False}, "prompt_optimizer changed to false", id="parameter"),
        pytest.param({"take": 2}, "the take changed", id="take"),
        pytest.param({"model": "S2V-02"}, "the parameters changed", id="model"),
    ],
)
def test_a_changed_item_says_what_changed(change: dict[str, Any], why: str) -> None:
    line = told_line(None, former=told(*PASTS[Phase.DONE]), subject=item(key="k2", **change))

    assert (line.action, line.word, line.why) == (Action.BUY, "changed", why)


def test_a_done_item_under_another_id_is_kept_and_says_so() -> None:
    line = told_line(told(*PASTS[Phase.DONE]), subject=item(id="bertha"))

    assert (line.action, line.why) == (Action.KEEP, "renamed from anna")


def test_a_failed_item_is_bought_again_when_a_person_asks() -> None:
    line = told_line(told(INTENDED, ACCEPTED, BROKE), again=frozenset({"k"}))

    assert (line.action, line.word, line.price) == (Action.BUY, "failed", PRICE)
    assert line.why == "tried again: 1026: input new_sensitive"


def test_a_failed_item_whose_video_was_made_is_fetched_again_for_nothing() -> None:
    line = told_line(told(*BROKEN), again=frozenset({"k"}))

    assert (line.action, line.word, line.price) == (Action.COLLECT, "failed", None)
    assert line.why == "the video of job j1 is fetched again: an HTML page"


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.FAILED])
def test_what_has_not_failed_is_not_tried_again_though_a_person_asks(phase: Phase) -> None:
    state = told(*PASTS[phase])

    assert told_line(state, again=frozenset({"k"})) == told_line(state)


@pytest.mark.parametrize(
    ("events", "is_free"),
    [(BROKEN, True), ((INTENDED, ACCEPTED, BROKE), False), ((INTENDED, REFUSED_FOR_GOOD), False), ((), False),
     (PASTS[Phase.READY], False), ((*PASTS[Phase.READY], BROKE), False)],
    ids=["spoiled", "broke at the provider", "refused", "planned", "made", "made, then lost at the provider"],
)  # fmt: skip
def test_only_a_video_that_was_made_and_failed_here_is_refetched(*, events: tuple[Event, ...], is_free: bool) -> None:
    assert is_refetched(told(*events)) is is_free


GONE = Broke(verdict=Verdict(kind=Kind.INPUT, code="2013", words="no such task"), is_gone=True)


def test_a_job_that_was_not_known_is_asked_after_again_for_nothing_unless_its_item_is_named() -> None:
    state = told(INTENDED, ACCEPTED, GONE)
    among, named = (told_line(state, again=frozenset({"k"}), named=names) for names in ((), (state.item.id,)))

    assert (among.action, among.price) == (Action.COLLECT, None)
    assert (is_refetched(state), is_refetched(state, named=True)) == (True, False)
    assert among.why == "job j1 is asked after again, for nothing: 2013: no such task"
    assert (named.action, named.price) == (Action.BUY, PRICE)


def test_what_is_not_selected_is_not_bought() -> None:
    line = told_line(None, selected=frozenset())

    assert (line.action, line.why, line.price) == (Action.SKIP, "not selected", None)


@pytest.mark.parametrize("phase", [Phase.IN_DOUBT, Phase.RUNNING, Phase.READY, Phase.SAVED, Phase.DONE, Phase.FAILED])
def test_what_is_bought_or_at_rest_does_not_mind_the_selection(phase: Phase) -> None:
    state = told(*PASTS[phase])

    assert told_line(state, selected=frozenset()) == told_line(state)


def bought(micros: int | None) -> Line:
    price = None if micros is None else Money(micros=micros, currency="USD")
    return Line(item=item(), action=Action.BUY, word="new", why="", price=price)


KEPT = Line(item=item(), action=Action.KEEP, word="done", why="", price=None)


@pytest.mark.parametrize(
    ("entries", "micros"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([KEPT], None, id="nothing to buy"),
        pytest.param([bought(650_000), KEPT, bought(650_000)], 1_300_000, id="two"),
        pytest.param([bought(650_000), bought(None)], None, id="a price not known"),
        pytest.param([bought(0)], 0, id="for nothing"),
    ],
)
def test_the_worst_case_is_the_price_of_all_that_would_be_bought(entries: list[Line], micros: int | None) -> None:
    assert worst_case(entries) == (None if micros is None else Money(micros=micros, currency="USD"))


@pytest.mark.parametrize(
    ("prices", "highest"),
    [
        pytest.param(["0.65 USD"], "0.65 USD", id="one provider"),
        pytest.param(["0.65 USD", "0.70 USD", "0.10 USD"], "0.70 USD", id="the dearest"),
        pytest.param(["0.65 USD", None], None, id="one that is not known"),
        pytest.param(["0.65 USD", "0.10 PTC"], None, id="two currencies"),
        pytest.param(["0.00 USD", "0.10 PTC"], "0.10 PTC", id="what is free is free in any currency"),
        pytest.param(["0.10 PTC", "0.00 USD"], "0.10 PTC", id="in any order"),
        pytest.param(["0.00 USD"], "0.00 USD", id="for nothing"),
    ],
)
def test_the_dearest_provider_of_the_route_is_reckoned_with(prices: list[str | None], highest: str | None) -> None:
    assert str(dearest(None if price is None else _money(price) for price in prices)) == str(highest)


def _money(text: str) -> Money:
    amount, currency = text.split()
    return Money(micros=round(float(amount) * 1_000_000), currency=currency)
