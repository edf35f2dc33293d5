"""Values of `model` and `events` to JSON and back, by their annotations.

Fields at None are left out, so a row stays short and a field added later with a default reads old rows.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

from .. import events

T = TypeVar("T")

EVENT_TYPES: Mapping[str, type] = {cls.__name__: cls for cls in typing.get_args(events.Event)}


def to_json(value: Any) -> Any:  # noqa: ANN401 - JSON is what json.dumps takes
    """Return `value` as plain dicts, lists, strings and numbers."""
    if is_dataclass(value):
        pairs = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name: to_json(part) for name, part in pairs if part is not None}
    if isinstance(value, Mapping):
        return {key: to_json(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [to_json(part) for part in value]
    return value


def from_json(cls: type[T], data: Any) -> T:  # noqa: ANN401
    """Return the `cls` that `to_json` wrote; raise TypeError, KeyError or ValueError when it is not one."""
    return typing.cast("T", _reader(typing.cast("Hashable", cls))(data))


@functools.cache
def _reader(hint: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    if isinstance(hint, type) and is_dataclass(hint):
        return functools.partial(_read_dataclass, hint, _field_readers(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (inner,) = (arg for arg in typing.get_args(hint) if arg is not type(None))
        return _reader(inner)
    if typing.get_origin(hint) is tuple:
        return functools.partial(_read_tuple, _reader(typing.get_args(hint)[0]))
    return float if hint is float else _same


def _same(data: Any) -> Any:  # noqa: ANN401
    return data


def _field_readers(cls: type) -> dict[str, Callable[[Any], Any]]:
    hints = typing.get_type_hints(cls)
    return {f.name: _reader(hints[f.name]) for f in fields(cls)}


def _read_dataclass(cls: type, readers: Mapping[str, Callable[[Any], Any]], data: Mapping[str, Any]) -> Any:  # noqa: ANN401
    absent = {name: None for name in readers if name not in data and _is_bare(cls, name)}
    return cls(**{name: readers[name](part) for name, part in data.items()}, **absent)


def _read_tuple(inner: Callable[[Any], Any], data: list[Any]) -> tuple[Any, ...]:
    return tuple(inner(part) for part in data)


@functools.cache
def _is_bare(cls: type, name: str) -> bool:
    """Return whether a field without a default may be None, so that leaving it out meant None."""
    (field,) = (f for f in fields(cls) if f.name == name)
    hint = typing.get_type_hints(cls)[name]
    return field.default is MISSING and field.default_factory is MISSING and type(None) in typing.get_args(hint)
