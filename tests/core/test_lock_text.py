"""The lock's text is the JSON document that it says it is."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from lives import item

from runner.core.plan.lock import lock_text
from runner.core.plan.plan import Plan
from runner.model import Item


@pytest.mark.parametrize("count", [1, 3])
def test_the_lock_is_a_json_document_with_an_entry_for_each_item(count: int) -> None:
    items = tuple(item(key=f"k{n}", id=f"item-{n}") for n in range(count))

    text = "".join(lock_text(Plan(items=items, digest="")))

    document = json.loads(text)
    assert text == json.dumps(document, indent=1) + "\n"
    assert document == {"version": 1, "items": {each.id: entry(each) for each in items}}


def entry(each: Item) -> dict[str, object]:
    return {
        "portrait": each.portrait.sha256, "prompt": sha256((each.prompt or "").encode()).hexdigest(),
        "prompt_optimizer": each.prompt_optimizer, "take": each.take, "model": each.model,
    }  # fmt: skip
