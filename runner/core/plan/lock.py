"""The plan lock: the digest of every portrait and prompt, so that `--frozen` can refuse to run anything else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...model import Item
from ...values import quoted
from .plan import Plan

VERSION: Final = 1
_JSON: Final = json.JSONEncoder().encode


def lock_text(plan: Plan) -> Iterator[str]:
    """Yield the lock of a plan as the text of a JSON file, an item at a time; the same plan gives the same text."""
    yield f'{{\n "version": {VERSION},\n "items": {{'
    for number, item in enumerate(plan.items):
        facts = ",\n   ".join(
            f'"{name}": {quoted(value) if isinstance(value, str) else _JSON(value)}'
            for name, value in _entry(item).items()
        )
        yield f"{',' if number else ''}\n  {quoted(item.id)}: {{\n   {facts}\n  }}"
    yield "\n }\n}\n"


def drift(plan: Plan, locked: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between a plan and what was locked, in plan order, then what is gone."""
    before: Mapping[str, Mapping[str, Any]] = locked["items"]
    told = [words for item in plan.items if (words := _difference(item, before.get(item.id)))]
    ids = {item.id for item in plan.items}
    return told + [f"'{id_}' is gone" for id_ in before if id_ not in ids]


def _entry(item: Item) -> dict[str, Any]:
    return {
        "portrait": item.portrait.sha256,
        "prompt": None if item.prompt is None else hashlib.sha256(item.prompt.encode()).hexdigest(),
        "prompt_optimizer": item.prompt_optimizer,
        "take": item.take,
        "model": item.model,
    }


def _difference(item: Item, before: Mapping[str, Any] | None) -> str:
    if before is None:
        return f"'{item.id}' is new"
    now = _entry(item)
    changed = [name for name in now if now[name] != before.get(name)]
    return f"'{item.id}': {' and '.join(changed)} changed" if changed else ""
