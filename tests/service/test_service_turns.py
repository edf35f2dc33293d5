"""Keys take turns: one that orders by the thousand holds up none that orders once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from ledgers import ledger
from service_client import Client, body, served
from test_service_terms import Busy

from runner.service.errands import Challenge, Delivery, Errand, Errands
from runner.service.outside import Patience
from runner.service.store import open_store


class Deaf:
    """Every callback's host, which never answers."""

    async def post(self, url: str, document: Any, *, within_s: float) -> Any:
        assert url.startswith("http://callback.test/")
        assert document
        async with asyncio.timeout(within_s):
            await asyncio.Event().wait()


def ordered(folder: Path, keys: str, **options: Any) -> dict[str, str]:
    """Place an order for each letter, under the key of that name, and return the letter of each task."""
    taken = dict[str, str]()

    async def act(c: Client) -> None:
        for key in keys:
            order = body() | ({"callback_url": f"http://callback.test/{key}"} if "poster" in options else {})
            headers = {"Authorization": f"Bearer {key}"}
            reply = await c.http.post("/v1/video_generation", json=order, headers=headers)
            taken[reply.json()["task_id"]] = key

    served(folder, act, renderer=Busy(), **options)
    return taken


def test_the_keys_take_turns_and_each_keys_orders_go_in_their_order(tmp_path: Path) -> None:
    letters = ordered(tmp_path, "aaaaabcb")
    order = [line.task_id for line in ledger(tmp_path)]

    with open_store(tmp_path) as store:
        tasks = [task.task_id for _ in range(9) if (task := store.take(now=0.0)) is not None]

    assert sorted(letters[task] for task in tasks[:3]) == ["a", "b", "c"]
    assert sorted(letters[task] for task in tasks[3:5]) == ["a", "b"]
    assert [letters[task] for task in tasks[5:]] == ["a"] * 3
    for key in "ab":
        assert [task for task in tasks if letters[task] == key] == [task for task in order if letters[task] == key]


def test_orders_without_a_key_go_in_their_order(tmp_path: Path) -> None:
    ordered(tmp_path, "   ")

    with open_store(tmp_path) as store:
        tasks = [task.task_id for _ in range(3) if (task := store.take(now=0.0)) is not None]

    assert tasks == [line.task_id for line in ledger(tmp_path)]


@pytest.mark.parametrize("kind", [Challenge, Delivery])
def test_callbacks_that_nobody_answers_hold_no_other_key_up(kind: type, tmp_path: Path) -> None:
    letters = ordered(tmp_path, "aaaab", poster=Deaf(), patience=Patience(handshake_s=60.0))
    with open_store(tmp_path) as store:
        errands, under_way = Errands(store.database), list[Errand]()
        if kind is Delivery:
            while isinstance(errand := errands.first([], now=0.0), Challenge):
                errands.verified(errand, is_good=True)
            while store.take(now=0.0):
                pass
        for _ in range(3):
            errand = errands.first(under_way, now=0.0)
            assert errand is not None
            assert type(errand) is kind
            under_way.append(errand)

    assert sorted(letters[errand.task_id] for errand in under_way) == ["a", "a", "b"]
