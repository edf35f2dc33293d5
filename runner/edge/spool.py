"""Values by the million on a temporary file without a name: written once, read in order as often as one likes.

A few never leave memory. The file is gone when the process is, however it ends.
"""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from ..core.lifecycle import Outcome
from ..core.tally import Row
from ..judgement import Judgement
from ..model import Clip, Item, Money, Portrait
from .codec import from_json, to_json
from .files import halting

T = TypeVar("T")

_BATCH: Final = 512  # values that are written and read at one time
_IN_MEMORY: Final = 4 << 20  # bytes


class Spool(Generic[T]):
    """A list that takes next to no memory; `encode` gives what JSON can hold of a value, `decode` the value again.

    Raises Halt when the folder for temporary files (`TMPDIR`) has no room.
    """

    def __init__(self, encode: Callable[[T], list[Any]], decode: Callable[[list[Any]], T]) -> None:
        """Start empty."""
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- lives as long as the spool
        weakref.finalize(self, self._file.close)
        self._encode, self._decode = encode, decode
        self._ends = [0]
        self._batch: list[T] = []

    def append(self, value: T, /) -> None:
        """Keep one more value, behind the others."""
        self._batch.append(value)
        if len(self._batch) == _BATCH:
            self._write()

    def __len__(self) -> int:
        return (len(self._ends) - 1) * _BATCH + len(self._batch)

    def __iter__(self) -> Iterator[T]:
        for begin, end in zip(self._ends, self._ends[1:], strict=False):
            with halting(Path(tempfile.gettempdir()), "read"):
                self._file.seek(begin)
                batch = json.loads(self._file.read(end - begin))
            yield from map(self._decode, batch)
        yield from self._batch

    def _write(self) -> None:
        batch = json.dumps([self._encode(value) for value in self._batch], separators=(",", ":")).encode()
        with halting(Path(tempfile.gettempdir())):
            self._file.seek(self._ends[-1])
            self._file.write(batch)
        self._ends.append(self._ends[-1] + len(batch))
        self._batch.clear()


def item_spool() -> Spool[Item]:
    """Return an empty spool of items; its memory grows with the number of their portraits alone."""
    forms = _ItemForms()
    return Spool(forms.encode, forms.decode)


class _ItemForms:
    """An item as a list, in which its portrait is a number."""

    def __init__(self) -> None:
        self._numbers: dict[Portrait, int] = {}
        self._portraits: list[Portrait] = []

    def encode(self, item: Item) -> list[Any]:
        return [
            item.key, item.id, item.name, self._number(item.portrait), item.prompt, item.prompt_optimizer, item.take,
            item.model, item.tags, dict(item.metadata),
        ]  # fmt: skip

    def decode(self, values: list[Any]) -> Item:
        key, id_, name, portrait, prompt, prompt_optimizer, take, model, tags, metadata = values
        return Item(
            key=key, id=id_, name=name, portrait=self._portraits[portrait], prompt=prompt,
            prompt_optimizer=prompt_optimizer, take=take, model=model, tags=tuple(tags), metadata=metadata,
        )  # fmt: skip

    def _number(self, portrait: Portrait) -> int:
        number = self._numbers.setdefault(portrait, len(self._portraits))
        if number == len(self._portraits):
            self._portraits.append(portrait)
        return number


_NAMES: Final = tuple(field.name for field in fields(Row))
_VALUES: Final = attrgetter(*_NAMES)
_CLIP_NAMES: Final = tuple(field.name for field in fields(Clip))
_CLIP_VALUES: Final = attrgetter(*_CLIP_NAMES)


def row_spool() -> Spool[Row]:
    """Return an empty spool of a report's rows."""
    return Spool(_encode_row, _decode_row)


def _encode_row(row: Row) -> list[Any]:
    values = dict(zip(_NAMES, _VALUES(row), strict=True))
    values["cost"], values["reserved"] = _encode_purse(row.cost), _encode_purse(row.reserved)
    values["checks"] = row.checks and _CLIP_VALUES(row.checks)
    values["judgement"] = row.judgement and to_json(row.judgement)
    values["metadata"] = dict(row.metadata)
    return list(values.values())


def _decode_row(values: list[Any]) -> Row:
    named = dict(zip(_NAMES, values, strict=True))
    named["state"], named["tags"] = Outcome(named["state"]), tuple(named["tags"])
    named["cost"], named["reserved"] = _decode_purse(named["cost"]), _decode_purse(named["reserved"])
    if clip := named["checks"]:
        named["checks"] = Clip(**dict(zip(_CLIP_NAMES, clip, strict=True)))
    if judgement := named["judgement"]:
        named["judgement"] = from_json(Judgement, judgement)
    return Row(**named)


def _encode_purse(purse: tuple[Money, ...]) -> list[tuple[int, str]]:
    return [(money.micros, money.currency) for money in purse]


def _decode_purse(purse: list[tuple[int, str]]) -> tuple[Money, ...]:
    return tuple(Money(micros=micros, currency=currency) for micros, currency in purse)
