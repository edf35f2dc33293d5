"""What an object store lacks of a run's files: two sorted lists, compared as they stream by and never held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

from ...values import dataclass


class Standing(StrEnum):
    """How a file of the run and an object of its name stand to each other."""

    UP = "up"  # the object is there and is the file, as far as was looked
    MISSING = "missing"  # there is no such object
    OTHER = "other"  # an object of another content has the name
    STRAY = "stray"  # an object is there whose name no file of the run has


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file that is to be there under `key`; `sha256` is empty where nobody asks for more than its size.

    `item` is the key of the item whose video it is, empty for any other file.
    """

    key: str
    bytes_: int
    sha256: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object as the store lists it; `sha256` is None where nobody looked, and empty where the object bears none."""

    key: str
    bytes_: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one name stands; `file` is None for a stray, `stored` for what is missing."""

    key: str
    standing: Standing
    file: Wanted | None = None
    stored: Stored | None = None


T = TypeVar("T", Wanted, Stored)


class UnsortedError(ValueError):
    """A list that must be sorted by key is not."""


def findings(wanted: Iterable[Wanted], stored: Iterable[Stored]) -> Iterator[Finding]:
    """Give one finding for every key of either list, in their order; raise UnsortedError when one of them has none."""
    ours, theirs = _in_order(wanted), _in_order(stored)
    file, found = next(ours, None), next(theirs, None)
    while file is not None or found is not None:
        if found is None or (file is not None and file.key < found.key):
            assert file is not None
            yield Finding(key=file.key, standing=Standing.MISSING, file=file)
            file = next(ours, None)
        elif file is None or found.key < file.key:
            yield Finding(key=found.key, standing=Standing.STRAY, stored=found)
            found = next(theirs, None)
        else:
            yield Finding(key=file.key, standing=_compared(file, found), file=file, stored=found)
            file, found = next(ours, None), next(theirs, None)


def _compared(file: Wanted, found: Stored) -> Standing:
    is_same = found.sha256 is None or not file.sha256 or found.sha256 == file.sha256
    return Standing.UP if file.bytes_ == found.bytes_ and is_same else Standing.OTHER


def _in_order(entries: Iterable[T]) -> Iterator[T]:
    last = None
    for entry in entries:
        if last is not None and entry.key <= last:
            raise UnsortedError(f"{entry.key} comes behind {last}")
        last = entry.key
        yield entry
