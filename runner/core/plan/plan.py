"""The plan: every item in order, and for each what would happen to it now and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol, assert_never

from ...model import Item, Money
from ...values import dataclass, quoted, replace
from ..life.state import UNANSWERED, Phase, State, reason_of


class Items(Protocol):
    """The items of a plan in its order, as often as one likes, wherever they are kept; a tuple is one."""

    def __iter__(self) -> Iterator[Item]:
        """Start from the first."""

    def __len__(self) -> int:
        """Return how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The items of one manifest, in its order; the same manifest and portraits give the same `digest`.

    `places` are the items' numbers in the manifest where these are only a part of it; None where they are all of it.
    """

    items: Items
    digest: str
    places: Sequence[int] | None = None

    def placed(self) -> Iterable[tuple[int, Item]]:
        """Return the items with their numbers in the manifest."""
        return enumerate(self.items) if self.places is None else zip(self.places, self.items, strict=True)


def digest_of(items: Iterable[Item]) -> str:
    """Return the SHA-256 (hex) over everything that the manifest says of every item, in order."""
    sha = hashlib.sha256()
    for item in items:
        sha.update(told(item))
    return sha.hexdigest()


def told(item: Item) -> bytes:
    """Return everything that the manifest says of one item, as the digest of a plan takes it in."""
    names = f"{quoted(item.key)},{quoted(item.id)},{quoted(item.name)},{quoted(item.portrait.ref)}"
    facts = ",".join([f"[{quoted(name)},{_fact(fact)}]" for name, fact in sorted(item.metadata.items())])
    return f"[{names},[{','.join(map(quoted, item.tags))}],[{facts}]]\n".encode()


def _fact(fact: str | float) -> str:
    return quoted(fact) if isinstance(fact, str) else json.dumps(fact)


class Action(StrEnum):
    """What a run would do with an item now."""

    BUY = "buy"  # submit it
    COLLECT = "collect"  # it is bought: go on polling, fetching, checking, for nothing
    KEEP = "keep"  # it is done
    REST = "rest"  # it failed, is in doubt, waits to be looked at or is purged: a person decides
    SKIP = "skip"  # not selected


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of the plan with what a run would do and why; `price` is what it may cost at most."""

    item: Item
    action: Action
    word: str
    why: str
    price: Money | None


def line(item: Item, state: State | None, former: Item | None, price: Money | None, *, resubmits: int) -> Line:
    """Return what a run would do with `item`.

    `state` is what the journal knows of this very purchase, `former` the item that had the same id before. A doubt is
    bought again by itself `resubmits` times at most.
    """
    action, word, why = _unknown(item, former) if state is None else _deed(item, state, resubmits)
    return Line(item=item, action=action, word=word, why=why, price=price if action is Action.BUY else None)


def _unknown(item: Item, former: Item | None) -> tuple[Action, str, str]:
    """Return what `_deed` does, of an item that the journal does not know."""
    return (Action.BUY, "changed", _difference(former, item)) if former else (Action.BUY, "new", "never bought")


def _deed(item: Item, state: State, resubmits: int) -> tuple[Action, str, str]:
    """Return what a run would do with an item that the journal knows, the word for how it stands, and why."""
    match state.phase:
        case Phase.PLANNED:
            past = "bought before, in vain" if state.bought else "planned, never bought"
            before = "taken again" if state.retakes else "refused before"
            if state.is_let_go:
                past = before = "in doubt, and bought again"
            return Action.BUY, "again" if state.bought else "new", f"{before}: {state.note}" if state.note else past
        case Phase.RUNNING | Phase.READY | Phase.SAVED:
            return Action.COLLECT, "open", f"bought at {state.provider} as job {state.job_id}"
        case Phase.IN_DOUBT if state.idempotency_key is not None:
            return Action.COLLECT, "open", "the request is repeated under its idempotency key"
        case Phase.IN_DOUBT if state.is_resubmitted(resubmits):
            return Action.BUY, "in doubt", f"bought again, as retry.in_doubt says: {state.note or UNANSWERED}"
        case Phase.IN_DOUBT:
            return Action.REST, "in doubt", state.note or UNANSWERED
        case Phase.REVIEW:
            return Action.REST, "review", state.note or ""
        case Phase.DONE:
            return Action.KEEP, "done", f"renamed from {state.item.id}" if state.item.id != item.id else ""
        case Phase.FAILED:
            return Action.REST, "failed", state.note or ""
        case Phase.PURGED:
            return Action.REST, "purged", reason_of(state)
        case _ as never:
            assert_never(never)


class Known(Protocol):
    """What a journal knows of the items of a plan."""

    def state(self, item: Item, /) -> State | None:
        """Return what is known of this very purchase; of one that is done, no more than its id and its phase."""

    def former(self, id_: str, /) -> Item | None:
        """Return the item that had an id before."""


def lines(
    plan: Plan,
    known: Known,
    *,
    price: Money | None,
    selected: Container[str] | None = None,
    again: Container[str] = (),
    named: Container[str] = (),
    resubmits: int = 0,
) -> Iterator[Line]:
    """Give a line for each item; `selected` None means all, `again` are failed items that are to be tried again.

    `named` are the ids that a person wrote out. A doubt is bought again by itself `resubmits` times at most.
    """
    for item in plan.items:
        state = known.state(item)
        entry = line(item, state, known.former(item.id) if state is None else None, price, resubmits=resubmits)
        if item.key in again and state is not None and state.phase is Phase.FAILED:
            entry = _again(entry, state, price, named=item.id in named)
        elif selected is not None and item.key not in selected and entry.action is Action.BUY:
            entry = Line(item=item, action=Action.SKIP, word=entry.word, why="not selected", price=None)
        yield entry


def _again(entry: Line, state: State, price: Money | None, *, named: bool) -> Line:
    if is_refetched(state) and not state.is_gone:
        why = f"the video of job {state.job_id} is fetched again: {state.note}"
        return replace(entry, action=Action.COLLECT, why=why)
    if state.is_gone and not named:
        why = f"job {state.job_id} is asked after again, for nothing: {state.note}"
        return replace(entry, action=Action.COLLECT, why=why)
    return replace(entry, action=Action.BUY, why=f"tried again: {state.note}", price=price)


def is_refetched(state: State, *, named: bool = False) -> bool:
    """Return whether another try of a failed item needs no purchase: its video was made and came home broken.

    What the provider itself declared lost has a verdict, and what a person rejected a judgement: that is bought anew. A
    job that the provider did not know is asked after again, unless a person `named` the very item.
    """
    if state.phase is not Phase.FAILED or state.job_id is None:
        return False
    if state.is_gone:
        return not named
    return state.output is not None and state.verdict is None and state.judgement is None


def _difference(former: Item, item: Item) -> str:
    if former.portrait.sha256 != item.portrait.sha256:
        return "the portrait changed"
    if former.prompt != item.prompt:
        return "the prompt changed"
    if former.prompt_optimizer != item.prompt_optimizer:
        return f"prompt_optimizer changed to {str(item.prompt_optimizer).lower()}"
    return "the take changed" if former.take != item.take else "the parameters changed"


def worst_case(entries: Iterable[Line]) -> Money | None:
    """Return what all purchases of these lines cost at most; None when a price is not known or nothing is bought."""
    micros, currency = 0, None
    for entry in entries:
        if entry.action is not Action.BUY:
            continue
        if entry.price is None:
            return None
        micros, currency = micros + entry.price.micros, entry.price.currency
    return None if currency is None else Money(micros=micros, currency=currency)


def dearest(prices: Iterable[Money | None]) -> Money | None:
    """Return the highest of several providers' prices; None when one is not known, or they cannot be compared.

    What is free is free in any currency.
    """
    highest: Money | None = None
    for price in prices:
        if price is None:
            return None
        if highest is None or not highest.micros:
            highest = price
        elif price.micros and price.currency != highest.currency:
            return None
        elif price.micros > highest.micros:
            highest = price
    return highest
