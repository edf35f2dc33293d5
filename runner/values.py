"""Values: dataclasses that cost a start little, and small things that are done a dozen million times in a run.

`dataclass` is that of the standard library, but for what it compiles when a class is imported: up to six methods each,
which for two hundred classes was a third of the time until a command began. Here the methods of a class with slots are
compiled when they are first asked for. Type checkers see the standard library's.

`replace` is `dataclasses.replace` for frozen, slotted values: it copies, and runs no code; no more does `made`, which
makes one. `quoted` is `json.dumps` for a text, without an encoder that is made for it.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from functools import cache, partial
from json.encoder import encode_basestring_ascii
from reprlib import recursive_repr
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

T = TypeVar("T")

quoted: Final[Callable[[str], str]] = encode_basestring_ascii
"""Gives a text as JSON in ASCII, quotes and all."""


def replace(value: T, /, **changes: object) -> T:
    """Return `value` with other values in the fields that are named; for dataclasses with `slots` alone."""
    copied, writers = _copier(cast("Hashable", type(value)))
    copy = copied(value)
    for name, part in changes.items():
        if name not in writers:
            raise TypeError(f"{type(value).__name__} has no field '{name}'")
        writers[name](copy, part)
    return cast("T", copy)


def made(cls: type[T], parts: Iterable[object]) -> T:
    """Return a value of these parts, in the order of its fields; for dataclasses with `slots` alone."""
    return cast("T", _maker(cast("Hashable", cls))(parts))


@cache
def _copier(cls: Hashable) -> tuple[Callable[[object], object], dict[str, Callable[[object, object], None]]]:
    """Return what copies a value of a class, and what sets each of its parts."""
    known, names = _known(cls), _names(cls)
    copied = _compiled(cls, "copied(value)", _filled(names, "value.{0}"), known)
    return copied, {name: known[f"__set_{name}"] for name in names}


@cache
def _maker(cls: Hashable) -> Callable[[Iterable[object]], object]:
    """Return what makes a value of a class of its parts."""
    names = _names(cls)
    unpacked = f"[{', '.join(names)}] = parts"
    return _compiled(cls, "made(parts)", [unpacked, *_filled(names, "{0}")], _known(cls))


def _filled(names: Sequence[str], part: str) -> list[str]:
    """Return the lines that make a value and set each of its parts."""
    return ["__made = __new()", *(f"__set_{name}(__made, {part.format(name)})" for name in names), "return __made"]


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
    compared = [each.name for each in _fields(cls) if each.compare]
    shown = [each.name for each in _fields(cls) if each.repr]

    def show(self: object) -> str:
        parts = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__qualname__}({parts})"

    return {
        "__init__": _Later(cls, lambda: _init(cls, "self.{0} = {1}")),
        "__eq__": _Later(cls, lambda: _equals(cls, compared)),
        "__hash__": None,
        "__repr__": recursive_repr()(show),
    }


def _frozen(cls: type) -> dict[str, Any]:
    """Return the methods of a class whose values stay as they are."""
    names = _names(cls)
    hashed = [each.name for each in _fields(cls) if (each.compare if each.hash is None else each.hash)]

    def set_part(_self: object, name: str, _part: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def delete_part(_self: object, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def reduced(self: object) -> tuple[object, ...]:
        return made, (type(self), [getattr(self, name) for name in names])

    return _open(cls) | {
        "__init__": _Later(cls, lambda: _init(cls, "__set_{0}(self, {1})")),
        "__hash__": _Later(cls, lambda: _compiled(cls, "__hash__(self)", [f"return hash({_tuple('self', hashed)})"])),
        "__setattr__": set_part,
        "__delattr__": delete_part,
        "__reduce__": reduced,
    }


class _Later:
    """A method of a class that is compiled when it is first asked for, and then stands there itself."""

    def __init__(self, cls: type, compile_: Callable[[], Callable[..., Any]]) -> None:
        self._cls = cls
        self._compile = compile_

    def __get__(self, instance: object, owner: type | None = None) -> Any:  # noqa: ANN401 - any method
        method: Any = self._compile()
        setattr(self._cls, method.__name__, method)
        return method.__get__(instance, owner)


def _init(cls: type, setting: str) -> Callable[..., None]:
    """Compile the `__init__` of a dataclass with slots, where a part is set by such a line."""
    known = _known(cls) | {"__unset": MISSING}
    ordered, named, lines = ["self"], list[str](), list[str]()
    for each in _fields(cls):
        name = each.name
        known[f"__make_{name}"], known[f"__default_{name}"] = each.default_factory, each.default
        is_made, is_given = each.default_factory is not MISSING, each.default is not MISSING
        if each.init:
            where = named if each.kw_only else ordered
            where.append(f"{name}=__default_{name}" if is_made or is_given else name)
            part = f"__make_{name}() if {name} is __unset else {name}" if is_made else name
            lines.append(setting.format(name, part))
        elif is_made or is_given:
            lines.append(setting.format(name, f"__make_{name}()" if is_made else f"__default_{name}"))
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    head = ", ".join([*ordered, *(["*", *named] if named else [])])
    method = _compiled(cls, f"__init__({head})", lines, known)
    method.__annotations__ = {each.name: each.type for each in _fields(cls) if each.init} | {"return": None}
    return method


def _equals(cls: type, names: Sequence[str]) -> Callable[..., bool]:
    same = f"{_tuple('self', names)} == {_tuple('other', names)}"
    line = f"return {same} if other.__class__ is self.__class__ else NotImplemented"
    return _compiled(cls, "__eq__(self, other)", [line])


def _tuple(of: str, names: Sequence[str]) -> str:
    return f"({''.join(f'{of}.{name}, ' for name in names)})"


def _fields(cls: Any) -> tuple[Field[Any], ...]:  # noqa: ANN401 - any dataclass
    return fields(cls)


def _names(cls: object) -> list[str]:
    return [each.name for each in _fields(cls)]


def _known(cls: object) -> dict[str, Any]:
    """Return what lines about the objects of a class may name: what makes one, and what sets each of its parts."""
    setters = {f"__set_{name}": getattr(cls, name).__set__ for name in _names(cls)}
    return {"__new": partial(object.__new__, cast("type", cls)), **setters}


def _compiled(
    cls: Any,  # noqa: ANN401 - any class
    head: str, lines: Sequence[str], known: Mapping[str, object] = MappingProxyType({}),
) -> Callable[..., Any]:  # fmt: skip
    """Compile a method of the module of a class, of lines that name its fields and what is `known`."""
    name = head.partition("(")[0]
    body = "".join(f"\n  {line}" for line in lines or ["pass"])
    text = f"def make({', '.join(known)}):\n def {head}:{body}\n return {name}"
    scope: dict[str, Any] = {}
    # As code and not as text: where an interrupt strikes in a text, Python ends by the signal whoever took it.
    code = compile(text, "<string>", "exec")
    exec(code, vars(sys.modules[cls.__module__]), scope)  # noqa: S102 - it holds names of fields alone
    method: Callable[..., Any] = scope["make"](**known)
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    return method
