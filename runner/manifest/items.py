"""Items: the quick check that nearly every item passes, and the way from a sound mapping to a `Wish`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from ..errors import Origin
from ..model import Wish
from .schemas import definition
from .words import clipped

_REMOTE: Final = ("http://", "https://", "data:")
_SHOWN_PART: Final = 32  # characters of a data URL that tell a person which one it is


def is_surely_sound(item: object) -> bool:
    """Return whether `item` passes the schema, at a hundredth of its cost; False says only that the schema must tell.

    The patterns are the schema's own, and a test holds this function against the schema.
    """
    if type(item) is not dict:
        return False
    checks = _checks()
    for key, value in item.items():
        check = checks.get(key)
        if check is None or not check(value):
            return False
    return "portrait" in item


def sound_claim(item: Mapping[str, Any], takes: int) -> tuple[str, int] | None:
    """Return the id that a sound item claims and how many takes of it, None where it names no id."""
    id_ = item.get("id")
    return None if id_ is None else (id_, item.get("takes", takes))


def claim_of(item: object, takes: int) -> tuple[str, int] | None:
    """Return the id that `item` claims and how many takes of it, even when something else is wrong with the item."""
    checks = _checks()
    if not isinstance(item, dict) or "id" not in item or not checks["id"](item["id"]):
        return None
    own = item.get("takes", takes)
    return item["id"], own if checks["takes"](own) else 1


def portrait_alone(item: object) -> dict[str, Any] | None:
    """Return an item with nothing but its portrait, whatever else is wrong with it; None without a sound one."""
    if not isinstance(item, dict) or not _checks()["portrait"](item.get("portrait")):
        return None
    return {"portrait": item["portrait"]}


def wish(item: Mapping[str, Any], defaults: Mapping[str, Any], *, folder: str, origin: Origin, path: str) -> Wish:
    """Return what a sound item asks for: defaults filled in, its portrait's path made absolute against `folder`."""
    portrait: str = item["portrait"]
    metadata = item.get("metadata")
    common = defaults.get("metadata", {})
    return Wish(
        id=item.get("id"),
        portrait=portrait if portrait.startswith(_REMOTE) else absolute(portrait, folder),
        shown=_shown_portrait(portrait),
        prompt=item.get("prompt", defaults.get("prompt")),
        prompt_optimizer=item.get("prompt_optimizer", defaults.get("prompt_optimizer", True)),
        takes=item.get("takes", defaults.get("takes", 1)),
        tags=tuple(item.get("tags", defaults.get("tags", ()))),
        metadata={**common, **metadata} if metadata else common,
        origin=origin,
        path=path,
    )


def absolute(portrait: str, folder: str) -> str:
    """Return the path of a portrait file, which is relative to `folder`."""
    return portrait if portrait.startswith("/") else f"{folder}/{portrait.removeprefix('./')}"


def _shown_portrait(portrait: str) -> str:
    """Return what a person sees of a portrait: what was written, or the start of a data URL."""
    if portrait.startswith("data:"):
        return f"{clipped(portrait[:_SHOWN_PART])}... ({len(portrait)} characters)"
    return portrait


@cache
def _checks() -> dict[str, Callable[[Any], bool]]:
    patterns = {name: re.compile(definition(name)["pattern"]).search for name in ("id", "portrait", "prompt", "tag")}
    takes = definition("takes")
    least, most = takes["minimum"], takes["maximum"]
    text = re.compile(definition("metadata")["additionalProperties"]["pattern"]).search
    name = re.compile(definition("metadata")["propertyNames"]["pattern"]).search
    tags_most = definition("tags")["maxItems"]
    keys_most = definition("metadata")["maxProperties"]

    def is_text(key: str) -> Callable[[Any], bool]:
        search = patterns[key]
        return lambda value: type(value) is str and search(value) is not None

    is_tag, is_other_prompt = is_text("tag"), is_text("prompt")

    def is_prompt(value: object) -> bool:
        is_plain = type(value) is str and value.isprintable() and value != "" and not value.isspace()
        return is_plain or is_other_prompt(value)

    def are_tags(value: object) -> bool:
        return (
            type(value) is list
            and len(value) <= tags_most
            and all(map(is_tag, value))
            and len(set(value)) == len(value)
        )

    def is_fact(value: object) -> bool:
        return text(value) is not None if type(value) is str else type(value) in (int, float, bool)

    def is_metadata(value: object) -> bool:
        return (
            type(value) is dict
            and len(value) <= keys_most
            and all(map(name, value))
            and all(map(is_fact, value.values()))
        )

    return {
        "id": is_text("id"),
        "portrait": is_text("portrait"),
        "prompt": is_prompt,
        "prompt_optimizer": lambda value: type(value) is bool,
        "takes": lambda value: type(value) is int and least <= value <= most,
        "tags": are_tags,
        "metadata": is_metadata,
    }
