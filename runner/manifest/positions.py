"""Where the few places that an error names stand in the text: a second reading, only when there is an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from ..values import dataclass
from .flaws import Spot
from .strict_yaml import LOADER
from .words import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a key and its value stand; for a list element both are the element."""

    key: Spot
    value: Spot


def locate(text: str, wanted: Iterable[Path], *, loader: type = LOADER) -> dict[Path, Place]:
    """Return the place of each wanted path that exists; of a key that stands twice, the first is meant.

    `text` is one that `strict_yaml.load` could read.
    """
    targets = set(wanted)
    above = {path[:cut] for path in targets for cut in range(len(path))}
    found: dict[Path, Place] = {}
    if not targets:
        return found
    for path, key, value in _nodes(yaml.parse(text, Loader=loader), above):
        if path in targets and path not in found:
            found[path] = Place(key=_spot(key), value=_spot(value))
            if len(found) == len(targets):
                break
    return found


@dataclass(slots=True)
class _Open:
    """A container that is being read: its path, and the key or the number of what comes next."""

    path: Path
    is_mapping: bool
    key: NodeEvent | None = None
    count: int = 0

    def child(self) -> Path:
        step: Any = getattr(self.key, "value", "?") if self.is_mapping else self.count
        return (*self.path, step)

    def move_on(self) -> None:
        self.key = None
        self.count += 1


def _nodes(events: Iterable[Event], above: set[Path]) -> Iterator[tuple[Path, NodeEvent, NodeEvent]]:
    """Yield path, key event and value event of each node whose parent is in `above`."""
    stack: list[_Open] = []
    depth = 0  # inside a node that nobody asks about
    for event in events:
        if depth:
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        elif isinstance(event, CollectionEndEvent):
            stack.pop()
        elif isinstance(event, (ScalarEvent, AliasEvent, CollectionStartEvent)):
            opens = isinstance(event, CollectionStartEvent)
            parent = stack[-1] if stack else None
            if parent is not None and parent.is_mapping and parent.key is None:
                parent.key = event
                depth = int(opens)
                continue
            path = parent.child() if parent else ()
            yield path, (parent.key if parent else None) or event, event
            if parent:
                parent.move_on()
            if opens and path in above:
                stack.append(_Open(path, isinstance(event, MappingStartEvent)))
            else:
                depth = int(opens)


def _spot(event: Event) -> Spot:
    return Spot.of(event.start_mark)
