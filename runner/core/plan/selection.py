"""Which items a run is asked for: by id, tag, outcome and code, then a sample or a first few."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from ...model import Item
from ...values import dataclass
from ..life.state import Phase, State, code_of
from .plan import Items


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The flags of a run, as a value. An empty one asks for everything.

    `only` are ids or patterns (`wink-*`); tags are alternatives, and so are codes. `sample` draws so many items by
    `seed`, the same ones every time; `limit` takes the first so many of what is not done.
    """

    only: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    failed: bool = False
    codes: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0
    limit: int | None = None

    @property
    def is_everything(self) -> bool:
        """Return whether nothing is left out."""
        return self == Selection(seed=self.seed)

    @property
    def tries_again(self) -> bool:
        """Return whether failed items are asked for by name of their failure, so that they are tried again."""
        return self.failed or bool(self.codes)


def select(selection: Selection, items: Items, recall: Callable[[str], State | None]) -> frozenset[str]:
    """Return the keys of the items asked for; `recall` gives what the journal knows of one."""
    asked: Iterable[Item] = (item for item in items if _is_named(item, selection))
    if selection.tries_again:
        asked = (item for item in asked if _is_tried_again(item, selection, recall(item.key)))
    if selection.sample is not None:
        asked = sorted(asked, key=lambda item: _draw(selection.seed, item.key))[: selection.sample]
    if selection.limit is not None:
        drawn = {item.key for item in asked}
        asked = [item for item in items if item.key in drawn and not _is_done(recall(item.key))][: selection.limit]
    return frozenset(item.key for item in asked)


def given_up(selection: Selection, items: Iterable[Item], recall: Callable[[str], State | None]) -> Iterator[Item]:
    """Give the items that are not tried again, though asked for among others: nobody knows whether they are paid for.

    One that is named is.
    """
    if not selection.tries_again or selection.codes:
        return
    for item in items:
        if _is_named(item, selection) and item.id not in selection.only:
            state = recall(item.key)
            if state is not None and state.is_given_up:
                yield item


def unknown_ids(selection: Selection, items: Iterable[Item]) -> list[str]:
    """Return the ids and patterns that name no item."""
    ids = [item.id for item in items]
    return [name for name in selection.only if not any(fnmatchcase(id_, name) for id_ in ids)]


def _is_named(item: Item, selection: Selection) -> bool:
    by_id = not selection.only or any(fnmatchcase(item.id, name) for name in selection.only)
    return by_id and (not selection.tags or not set(selection.tags).isdisjoint(item.tags))


def _is_tried_again(item: Item, selection: Selection, state: State | None) -> bool:
    if state is None or state.phase is not Phase.FAILED:
        return False
    if state.is_given_up and item.id not in selection.only:
        return False
    return not selection.codes or code_of(state) in selection.codes


def _is_done(state: State | None) -> bool:
    return state is not None and state.phase is Phase.DONE


def _draw(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()
