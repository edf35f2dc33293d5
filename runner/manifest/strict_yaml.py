"""Strict YAML: one document of plain mappings, lists and scalars, read over parse events.

Refused with a reason: duplicate keys, scalars that two versions of YAML read differently, anchors, aliases, merge keys,
tags, directives, several documents, keys that are not text, more than 32 levels, a `#` that may be text. What is
refused leaves `FLAWED` in its place, so that one reading finds every flaw. The builder keeps no positions but one for
each landmark; `positions.locate` reads the text again for the few places that an error names.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import Enum
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ..values import dataclass
from .comments import Comments
from .flaws import Flaw, Spot
from .scalars import Ambiguous, as_written, resolve
from .syntax import HALF, OUT, explain
from .words import Path, Step, clipped

DEEPEST: Final = 32
"""Levels; deeper nesting is an attack or a slip, and libyaml's work grows with its square."""
WATCHED: Final = "items"
LANDMARK: Final = "portrait"
"""The top-level list, and the key in its elements, of which positions are kept."""
VERBATIM: Final = "metadata"
"""The key of mappings whose numbers are handed on to others as they are written, or not at all."""
_HALVES: Final = re.compile("[\ud800-\udfff]")
LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Gap(Enum):
    """Stands in a document where something was refused."""

    FLAWED = "flawed"


FLAWED: Final = Gap.FLAWED


@dataclass(slots=True, kw_only=True)
class Document:
    """What a text holds, what is wrong with it, and what in it may be meant otherwise.

    `landmarks` has a packed position (`Spot.unpack`) for each element of the list at `WATCHED`: that of its `LANDMARK`,
    its own where it has none.
    """

    value: object = None
    flaws: list[Flaw] = field(default_factory=list)
    warnings: list[Flaw] = field(default_factory=list)
    landmarks: array[int] = field(default_factory=lambda: array("Q"))


def load(text: str, *, loader: type = LOADER) -> Document:
    """Read `text` and every flaw in it."""
    builder = _Builder(Comments(text))
    try:
        events = yaml.parse(text, Loader=loader)
        for event in _whole(events) if loader is yaml.SafeLoader else events:
            if not builder.take(event):
                break
    except yaml.MarkedYAMLError as error:
        builder.give_up(explain(error, text))
    return builder.document


def _whole(events: Iterable[Event]) -> Iterator[Event]:
    """Give the events of PyYAML's own parser, which takes half a character where libyaml refuses it."""
    for event in events:
        if isinstance(event, ScalarEvent) and _HALVES.search(event.value):
            where: Any = event.start_mark
            raise yaml.MarkedYAMLError("while parsing a quoted scalar", where, f"found {HALF} code", where)
        yield event


class _Builder:
    """Builds a document out of events.

    `stack` holds the open containers under a root list, `keys` where the next value stands in each of them; None says
    that a mapping waits for a key. The top mapping is `stack[1]`, the watched list `stack[2]`, its element `stack[3]`.
    """

    def __init__(self, comments: Comments) -> None:
        self.document = Document()
        self._comments = comments
        self._ends = comments.ends
        self._watched: list[Any] | None = None
        self._root: list[Any] = []
        self._stack: list[Any] = [self._root]
        self._keys: list[Step | None] = [0]
        self._skip_nodes = 0
        self._skip_depth = 0

    def take(self, event: Event) -> bool:
        """Take in one event; False when reading on makes no sense."""
        if self._skip_nodes:
            return self._skip(event)
        if isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            return self._open(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._stack.pop()
            self._keys.pop()
            self._move_on()
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, DocumentStartEvent):
            return self._document_start(event)
        elif isinstance(event, DocumentEndEvent):
            self.document.value = self._root[0]
        return True

    def give_up(self, flaw: Flaw) -> None:
        """Note a flaw after which nothing that was read can be judged."""
        self.document.flaws.append(flaw)
        self.document.value = FLAWED

    def _document_start(self, event: DocumentStartEvent) -> bool:
        if self._root:
            self._flaw(event, "a second document starts here; a manifest is one document", "make it a file of its own")
            return False
        if event.version or event.tags:
            self._flaw(event, "directives (%YAML, %TAG) are not allowed", "remove the lines that start with %")
        return True

    def _scalar(self, event: ScalarEvent) -> None:
        if event.anchor or event.tag:
            self._decorated(event)
        if self._keys[-1] is None:
            self._key(event, event.value)
            return
        value: object = resolve(event.value) if event.implicit[0] else event.value
        if isinstance(value, Ambiguous):
            self._flaw(event, f"{clipped(event.value)} {value.why}", value.write)
            value = FLAWED
        elif isinstance(value, int | float) and not isinstance(value, bool) and self._keys[-2:-1] == [VERBATIM]:
            value = as_written(event.value, value)
        elif self._ends and event.implicit[0] and isinstance(value, str):
            value = self._commented(event)
        self._put(value, event)
        self._move_on()

    def _commented(self, event: ScalarEvent) -> object:
        """Return a plain text, unless a comment behind it may hide some of it."""
        end = event.end_mark
        hidden = self._comments.hidden(event, self._path()) if end and end.index in self._ends else None
        if hidden is None:
            return event.value
        if hidden.spoils:
            self.document.flaws.append(hidden)
            return FLAWED
        self.document.warnings.append(hidden)
        return event.value

    def _key(self, event: ScalarEvent, text: str) -> None:
        """Take `text` as the key of the value that follows; the value of a refused key is passed over."""
        self._keys[-1] = sys.intern(text)
        refusal = _refusal(text) if event.implicit[0] else None
        if refusal is not None:
            self._flaw(event, *refusal)
            self._skip_nodes = 1
        elif text in self._stack[-1]:
            path = self._path()
            twice = f"key '{clipped(text)}' stands twice in one mapping"
            self.document.flaws.append(Flaw(path=path, message=twice, spot=_spot(event), also=path))
            self._skip_nodes = 1

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> bool:
        if len(self._stack) + self._skip_depth > DEEPEST:
            self._too_deep(event)
            return False
        if event.anchor or event.tag:
            self._decorated(event)
        if self._keys[-1] is None:
            self._flaw(event, "a key must be text, not a list or a mapping", "write key: value")
            self._skip_nodes, self._skip_depth = 2, 1
            return True
        container: Any = {} if isinstance(event, MappingStartEvent) else []
        self._put(container, event)
        if type(container) is list and len(self._stack) == 2 and self._keys[1] == WATCHED:  # noqa: PLR2004 -- see the class
            self._watched = container
        self._stack.append(container)
        self._keys.append(None if type(container) is dict else 0)
        return True

    def _put(self, value: object, event: Event) -> None:
        parent, key = self._stack[-1], self._keys[-1]
        if type(parent) is list:
            parent.append(value)
            if parent is self._watched:
                self.document.landmarks.append(_spot(event).pack())
            return
        parent[key] = value
        if key == LANDMARK and len(self._stack) == 4 and self._stack[2] is self._watched:  # noqa: PLR2004 -- see the class
            self.document.landmarks[-1] = _spot(event).pack()

    def _move_on(self) -> None:
        key = self._keys[-1]
        self._keys[-1] = key + 1 if type(key) is int else None

    def _alias(self, event: AliasEvent) -> None:
        self._flaw(event, f"alias *{clipped(event.anchor or '')} is not allowed", OUT)
        if self._keys[-1] is None:
            self._keys[-1] = "*"
            self._skip_nodes = 1
            return
        self._put(FLAWED, event)
        self._move_on()

    def _skip(self, event: Event) -> bool:
        """Pass over what belongs to a refused key."""
        if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._skip_depth += 1
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._skip_depth -= 1
        if len(self._stack) + self._skip_depth > DEEPEST:
            self._too_deep(event)
            return False
        if self._skip_depth == 0:
            self._skip_nodes -= 1
            if self._skip_nodes == 0:
                self._move_on()
        return True

    def _too_deep(self, event: Event) -> None:
        hint = "a manifest needs no more than six; nothing after this place was read"
        self.give_up(Flaw(path=(), message=f"nested more than {DEEPEST} levels deep", hint=hint, spot=_spot(event)))

    def _decorated(self, event: MappingStartEvent | SequenceStartEvent | ScalarEvent) -> None:
        if event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._flaw(event, f"tag {clipped(tag)} is not allowed", "remove it; quote the value if it is text")
        if event.anchor:
            self._flaw(event, f"anchor &{clipped(event.anchor)} is not allowed", "use defaults, or write the value out")

    def _flaw(self, event: Event, message: str, hint: str) -> None:
        flaw = Flaw(path=self._path(), message=message, hint=hint, spot=_spot(event), spoils=bool(self._path()))
        self.document.flaws.append(flaw)

    def _path(self) -> Path:
        return tuple(key for key in self._keys[1:] if key is not None)


def _refusal(text: str) -> tuple[str, str] | None:
    """Return why the plain scalar `text` cannot be a key, and what to write; None when it can."""
    if text == "<<":
        return "merge key << is not allowed", "write the keys out, or put them into defaults"
    value = resolve(text)
    if isinstance(value, Ambiguous):
        return f"key {clipped(text)} {value.why}", "put the key in quotes"
    if not isinstance(value, str):
        return f"key {clipped(text) or '(empty)'} is not text", "put the key in quotes"
    return None


def _spot(event: Event) -> Spot:
    return Spot.of(event.start_mark)
