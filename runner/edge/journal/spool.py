"""Values by the million on a temporary file without a name: written once, read in order as often as one likes.

A few never leave memory. The file is gone when the process is, however it ends.
"""

from __future__ import annotations

import pickle
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from ...core.sums.tally import Row
from ...judgement import Judgement
from ...model import Clip, Item, Money, Portrait
from ...values import made
from ..disk.files import halting
from ..disk.temporary import temporary_folder
from .codec import from_json, to_json

T = TypeVar("T")

_BATCH: Final = 512  # values that are written and read at one time
_IN_MEMORY: Final = 4 << 20  # bytes


class Spool(Generic[T]):
    """A list that takes next to no memory; `encode` gives the plain parts of a value, `decode` the value again.

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
            with halting(temporary_folder(), "read"):
                self._file.seek(begin)
                batch = pickle.loads(self._file.read(end - begin))  # noqa: S301 -- what we wrote, where nobody else can
            yield from map(self._decode, batch)
        yield from self._batch

    def _write(self) -> None:
        batch = pickle.dumps([self._encode(value) for value in self._batch])
        with halting(temporary_folder()):
            self._file.seek(self._ends[-1])
            self._file.write(batch)
        self._ends.append(self._ends[-1] + len(batch))
        self._batch.clear()


def item_spool() -> Spool[Item]:
    """Return an empty spool of items; its memory grows with the number of their portraits alone."""
    forms = _ItemForms()
    return Spool(forms.encode, forms.decode)


_ITEM_NAMES: Final = tuple(field.name for field in fields(Item))
_ITEM_VALUES: Final = attrgetter(*_ITEM_NAMES)
_PORTRAIT: Final = _ITEM_NAMES.index("portrait")
_METADATA: Final = _ITEM_NAMES.index("metadata")


class _ItemForms:
    """An item as a list, in which its portrait is a number."""

    def __init__(self) -> None:
        self._numbers: dict[Portrait, int] = {}
        self._portraits: list[Portrait] = []

    def encode(self, item: Item) -> list[Any]:
        values = [*_ITEM_VALUES(item)]
        values[_PORTRAIT] = self._number(item.portrait)
        values[_METADATA] = dict(item.metadata)
        return values

    def decode(self, values: list[Any]) -> Item:
        values[_PORTRAIT] = self._portraits[values[_PORTRAIT]]
        return made(Item, values)

    def _number(self, portrait: Portrait) -> int:
        number = self._numbers.setdefault(portrait, len(self._portraits))
        if number == len(self._portraits):
            self._portraits.append(portrait)
        return number


_NAMES: Final = tuple(field.name for field in fields(Row))
_VALUES: Final = attrgetter(*_NAMES)


def row_spool() -> Spool[Row]:
    """Return an empty spool of a report's rows."""
    return Spool(_encode_row, _decode_row)


def _encode_row(row: Row) -> list[Any]:
    values = [*_VALUES(row)]
    for at, encode in _ENCODED:
        if values[at] is not None:
            values[at] = encode(values[at])
    return values


def _decode_row(values: list[Any]) -> Row:
    for at, decode in _DECODED:
        if values[at] is not None:
            values[at] = decode(values[at])
    return made(Row, values)


def _encode_purse(purse: tuple[Money, ...]) -> list[tuple[int, str]]:
    return [(money.micros, money.currency) for money in purse]


def _decode_purse(purse: list[tuple[int, str]]) -> tuple[Money, ...]:
    return tuple([made(Money, money) for money in purse])


_PARTS: Final[Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]] = {
    "cost": (_encode_purse, _decode_purse),
    "reserved": (_encode_purse, _decode_purse),
    "checks": (attrgetter(*(field.name for field in fields(Clip))), partial(made, Clip)),
    "judgement": (to_json, partial(from_json, Judgement)),
    "metadata": (dict, dict),
}
_ENCODED: Final = [(_NAMES.index(name), encode) for name, (encode, _) in _PARTS.items()]
_DECODED: Final = [(_NAMES.index(name), decode) for name, (_, decode) in _PARTS.items() if decode is not dict]
