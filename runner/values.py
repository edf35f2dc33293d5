"""Values: dataclasses that cost a start little, and small things that are done a dozen million times in a run.

`dataclass` is that of the standard library, but for what it compiles when a class is imported: up to six methods each,
which for two hundred classes was a third of the time until a command began. Here a class with slots gets methods that
need no compiling, and its `__init__` is compiled for its first object. Type checkers see the standard library's.

`replace` is `dataclasses.replace` for frozen, slotted values: it copies, and runs no code; no more does `made`, which
makes one. `quoted` is `json.dumps` for a text, without an encoder that is made for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable
from dataclasses import MISSING, FrozenInstanceError, fields
from functools import cache
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

T = TypeVar("T")

quoted: Final[Callable[[str], str]] = encode_basestring_ascii
"""Gives a text as JSON in ASCII, quotes and all."""


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


def made(cls: type[T], parts: Iterable[object]) -> T:
    """Return a value of these parts, in the order of its fields; for dataclasses with `slots` alone."""
    _, writers = _parts(cast("Hashable", cls))
    value = object.__new__(cls)
    for write, part in zip(writers.values(), parts, strict=True):
        write(value, part)
    return value


@cache
def _parts(cls: Hashable) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, Callable[[Any, object], None]]]:
    names = [field.name for field in fields(cast("Any", cls))]
    return _reader(names), {name: getattr(cls, name).__set__ for name in names}


def _reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that gives the parts of a value by these names."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)  # attrgetter would give a single part bare


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - for whoever imports it from here
else:

    def dataclass(cls=None, /, **options):  # noqa: ANN001, ANN003, ANN201 - the types are theirs
        """Make a dataclass, as `dataclasses.dataclass` does; one with slots is spared what need not be compiled."""
        if cls is None:
            return lambda each: dataclass(each, **options)
        if not options.get("slots") or options.keys() - {"slots", "frozen", "kw_only"}:
            return dataclasses.dataclass(cls, **options)
        cls.__doc__ = cls.__doc__ or cls.__name__  # else it becomes the signature, which takes long to find out
        is_frozen, kw_only = options.get("frozen", False), options.get("kw_only", False)
        cls = dataclasses.dataclass(cls, slots=True, kw_only=kw_only, init=False, repr=False, eq=False)
        for name, method in (_frozen(cls) if is_frozen else _open(cls)).items():
            if cls.__dict__.get(name) is None:  # what a class defines itself stays
                setattr(cls, name, method)
        return cls


def _open(cls: type) -> dict[str, Any]:
    """Return the methods of a class whose objects may be changed."""
    names = [field.name for field in fields(cast("Any", cls))]
    read = _reader(names)

    def init(self: object, *parts: object, **named: object) -> None:
        compiled = _init(cls)
        cls.__init__ = compiled  # type: ignore[misc] # in place of this very function
        compiled(self, *parts, **named)

    def equals(self: object, other: object) -> bool:
        return read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented

    def shown(self: object) -> str:
        parts = zip(names, read(self), strict=True)
        return f"{type(self).__qualname__}({', '.join(f'{name}={part!r}' for name, part in parts)})"

    return {"__init__": init, "__eq__": equals, "__hash__": None, "__repr__": recursive_repr()(shown)}


def _frozen(cls: type) -> dict[str, Any]:
    """Return the methods of a class whose values stay as they are."""
    read = _reader([field.name for field in fields(cast("Any", cls))])

    def hashed(self: object) -> int:
        return hash(read(self))

    def set_part(_self: object, name: str, _part: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def delete_part(_self: object, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def reduced(self: object) -> tuple[object, ...]:
        return made, (type(self), read(self))

    frozen = {"__hash__": hashed, "__setattr__": set_part, "__delattr__": delete_part, "__reduce__": reduced}
    return _open(cls) | frozen


def _init(cls: type) -> Callable[..., None]:
    """Compile the `__init__` of a dataclass with slots."""
    known: dict[str, Any] = {"__unset": MISSING}
    ordered, named, lines = ["self"], list[str](), list[str]()
    for field in fields(cast("Any", cls)):
        name = field.name
        known[f"__set_{name}"], known[f"__make_{name}"] = getattr(cls, name).__set__, field.default_factory
        known[f"__default_{name}"] = field.default
        is_made, is_given = field.default_factory is not MISSING, field.default is not MISSING
        if field.init:
            where = named if field.kw_only else ordered
            where.append(f"{name}=__default_{name}" if is_made or is_given else name)
            part = f"__make_{name}() if {name} is __unset else {name}" if is_made else name
            lines.append(f"__set_{name}(self, {part})")
        elif is_made or is_given:
            lines.append(f"__set_{name}(self, {f'__make_{name}()' if is_made else f'__default_{name}'})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    head = ", ".join([*ordered, *(["*", *named] if named else [])])
    exec(f"def __init__({head}):\n " + "\n ".join(lines or ["pass"]), known)  # noqa: S102 - names of fields alone
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init
