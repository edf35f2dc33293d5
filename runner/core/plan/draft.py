"""A plan while it is made: items stream into a store of any kind, and doubles among them are found at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from dataclasses import field
from typing import Final, Protocol

from ...errors import Origin
from ...marks import Marks
from ...model import Item
from ...values import dataclass
from ..life.identity import look_alike
from .plan import Items, Plan, told
from .preflight import Complaint

_TWO: Final = "or set takes: 2 for two videos of the same pair"


class Store(Items, Protocol):
    """Where the items of a plan go, in memory or elsewhere; a list is one."""

    def append(self, item: Item, /) -> None:
        """Keep one more item, behind the others."""


class Draft:
    """Takes items one by one, at a few bytes each beside what the store needs."""

    def __init__(self, store: Store) -> None:
        """Start with an empty store."""
        self._store = store
        self._marks = Marks()
        self._sha = hashlib.sha256()

    def enter(self, item: Item) -> None:
        """Add one item."""
        self._marks.note(_name(item))
        self._marks.note(item.key)
        if (plain := look_alike(item)) is not None:
            self._marks.note(plain)
        self._sha.update(told(item))
        self._store.append(item)

    def suspects(self) -> frozenset[int]:
        """Return the marks that two items share; where there are any, `Doubles` must look at all items anew."""
        return self._marks.doubled()

    def plan(self) -> Plan:
        """Return what was entered, as one value."""
        return Plan(items=self._store, digest=self._sha.hexdigest())


@dataclass(slots=True)
class Doubles:
    """Finds doubles: the same id (letter case aside), or the same purchase, also where it is written otherwise.

    `among` are the marks of those that are worth a look; None means all. `spared` has the keys of what is not bought
    any more: two prompts that look alike and are both paid for stand in nobody's way.
    """

    among: Container[int] | None = None
    spared: Container[str] = frozenset()
    _names: dict[str, tuple[str, Origin]] = field(default_factory=dict)
    _keys: dict[str, tuple[str, Origin]] = field(default_factory=dict)
    _looks: dict[str, tuple[Item, Origin]] = field(default_factory=dict)

    def enter(self, item: Item, origin: Origin) -> Complaint | None:
        """Remember the item, or say what it clashes with; what clashes blocks nothing."""
        name, plain = _name(item), look_alike(item) or item.key
        if (alike := self._looks.get(plain)) and item.key not in self._keys:
            spared = [each for each in (alike[0], item) if each.key in self.spared]
            if len(spared) <= 1:
                return _look_alike(item, *alike, *spared)
        if known := self._keys.get(item.key):
            return Complaint(
                message=f"'{item.id}' has the same portrait, prompt and parameters as '{known[0]}' at {known[1]}: "
                "it would be bought twice",
                hint=f"remove one, {_TWO}",
            )
        if known := self._names.get(name):
            return Complaint(
                message=f"id '{item.id}' is taken by '{known[0]}' at {known[1]}",
                hint="give each item an id of its own; letter case does not count",
            )
        if self._is_suspect(name):
            self._names[name] = item.id, origin
        if self._is_suspect(item.key):
            self._keys[item.key] = item.id, origin
        if self._is_suspect(plain):
            self._looks.setdefault(plain, (item, origin))
        return None

    def _is_suspect(self, text: str) -> bool:
        return self.among is None or Marks.of(text) in self.among


def _look_alike(item: Item, known: Item, at: Origin, spared: Item | None = None) -> Complaint:
    left = known if spared is item else item
    return Complaint(
        message=f"the prompt of '{item.id}' looks like that of '{known.id}' at {at}, for one portrait, "
        "and differs in blanks, line ends or invisible characters: it would be bought twice",
        hint=f"remove '{left.id}', for '{spared.id}' was asked for already, {_TWO}"
        if spared
        else f"remove one, {_TWO}",
    )


def _name(item: Item) -> str:
    return item.id.casefold()
