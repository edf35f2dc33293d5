"""Values of `model` and `events` to JSON and back, by their annotations.

Fields at None are left out, so a row stays short and a field added later with a default reads old rows. Nothing is
guessed on the way back: a field that is strange, missing or of another type is an error that names it.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from ... import events

T = TypeVar("T")

EVENT_TYPES: Mapping[str, type] = {cls.__name__: cls for cls in typing.get_args(events.Event)}


def to_json(value: Any) -> Any:  # noqa: ANN401 - JSON is what json.dumps takes
    """Return `value` as plain dicts, lists, strings and numbers."""
    if type(value) in _PLAIN:
        return value
    names = _names(type(value))  # type: ignore[arg-type]  # a class is hashable, whatever its metaclass may do
    if names is not None:
        document = {}
        for name in names:
            part = getattr(value, name)
            if part is not None:
                document[name] = part if type(part) in _PLAIN else to_json(part)
        return document
    if isinstance(value, Mapping):
        return {key: to_json(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [to_json(part) for part in value]
    return value


_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


@functools.cache
def _names(cls: Any) -> tuple[str, ...] | None:  # noqa: ANN401
    return tuple(f.name for f in fields(cls)) if is_dataclass(cls) else None


def from_json(cls: type[T], data: Any) -> T:  # noqa: ANN401
    """Return the `cls` that `to_json` wrote; raise TypeError or ValueError, which say why, when it is not one."""
    return typing.cast("T", _reader(typing.cast("Hashable", cls))(data))


@functools.cache
def _reader(hint: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass_reader(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (inner,) = (arg for arg in typing.get_args(hint) if arg is not type(None))
        return _reader(inner)
    if typing.get_origin(hint) is tuple:
        return functools.partial(_read_tuple, _element_reader(typing.get_args(hint)[0]))
    if typing.get_origin(hint) is typing.Literal:
        return functools.partial(_read_word, typing.get_args(hint))
    if typing.get_origin(hint) is Mapping and issubclass(key := typing.get_args(hint)[0], Enum):
        return functools.partial(_read_mapping, key)
    return _read_float if hint is float else _plain_reader(typing.get_origin(hint) or hint)


def _read_mapping(key: type[Enum], data: Any) -> dict[Enum, Any]:  # noqa: ANN401
    return {key(word): part for word, part in _read_plain(dict, data).items()}


def _element_reader(hint: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    """Return what reads an element of a tuple, where alone None is written: left out, it would move the others."""
    read = _reader(hint)
    if type(None) not in typing.get_args(hint):
        return read
    return lambda data: None if data is None else read(data)


def _plain_reader(cls: type) -> Callable[[Any], Any]:
    return lambda data: data if type(data) is cls else _read_plain(cls, data)


def _read_plain(cls: type, data: Any) -> Any:  # noqa: ANN401
    if not isinstance(data, cls) or (cls is int and isinstance(data, bool)):
        raise TypeError(f"expected {cls.__name__}, found {data!r:.60}")
    return data


def _read_float(data: Any) -> float:  # noqa: ANN401
    if not isinstance(data, int | float) or isinstance(data, bool):
        raise TypeError(f"expected a number, found {data!r:.60}")
    return float(data)


def _read_word(words: tuple[str, ...], data: Any) -> str:  # noqa: ANN401
    if data not in words:
        raise ValueError(f"expected one of {', '.join(words)}, found {data!r:.60}")
    return typing.cast("str", data)


def _field_readers(cls: type) -> dict[str, Callable[[Any], Any]]:
    hints = typing.get_type_hints(cls)
    return {f.name: _reader(hints[f.name]) for f in fields(cls)}


def _dataclass_reader(cls: type) -> Callable[[Any], Any]:
    readers, bare = _field_readers(cls), [f.name for f in fields(cls) if _is_bare(cls, f.name)]

    def read(data: Any) -> Any:  # noqa: ANN401
        _read_plain(dict, data)
        if not data.keys() <= readers.keys():
            raise ValueError(f"{cls.__name__} has no field '{min(data.keys() - readers.keys())}'")
        values = {name: readers[name](part) for name, part in data.items()}
        for name in bare:
            values.setdefault(name, None)
        return cls(**values)

    return read


def _read_tuple(inner: Callable[[Any], Any], data: Any) -> tuple[Any, ...]:  # noqa: ANN401
    _read_plain(list, data)
    return tuple(inner(part) for part in data)


def _is_bare(cls: type, name: str) -> bool:
    """Return whether a field without a default may be None, so that leaving it out meant None."""
    (field,) = (f for f in fields(cls) if f.name == name)
    hint = typing.get_type_hints(cls)[name]
    return field.default is MISSING and field.default_factory is MISSING and type(None) in typing.get_args(hint)
