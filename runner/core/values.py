"""`replace` for frozen, slotted values, at half the cost of `dataclasses.replace`: it copies, and runs no code.

A million items are a dozen million changes of a state of some thirty fields.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

T = TypeVar("T")


def replace(value: T, /, **changes: object) -> T:
    """Return `value` with other values in the fields that are named; for dataclasses with `slots` alone."""
    read, writers = _parts(cast("Hashable", type(value)))
    copy = object.__new__(type(value))
    for write, part in zip(writers.values(), read(value), strict=True):
        write(copy, part)
    for name, part in changes.items():
        if name not in writers:
            raise TypeError(f"{type(value).__name__} has no field '{name}'")
        writers[name](copy, part)
    return copy


@cache
def _parts(cls: Hashable) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, Callable[[Any, object], None]]]:
    names = [field.name for field in fields(cast("Any", cls))]
    return attrgetter(*names), {name: getattr(cls, name).__set__ for name in names}
