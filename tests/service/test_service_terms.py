"""Rates, jobs in flight, prices and balances, each account for itself; and the ledger that shows every job."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from ledgers import ledger
from service_client import Client, Clock, client, served
from spoken import ALL, Spoken

from runner.model import Money, Rate
from runner.service.renderer import Footage, Ticket
from runner.service.store import open_store
from runner.service.terms import PRICES, Terms

PROVIDERS = [ALL[name] for name in PRICES]
EVERY = pytest.mark.parametrize("spoken", PROVIDERS, ids=list(PRICES))


class Busy:
    """A renderer that never comes to an end."""

    async def start(self) -> int | None:
        """Begin nothing."""
        return None

    async def render(self, ticket: Ticket) -> Footage:
        assert ticket.out.suffix == ".part"
        await asyncio.Event().wait()
        return Footage(width=0, height=0)

    async def close(self) -> None:
        """Leave: there is nothing to stop."""


async def submit(c: Client, spoken: Spoken, key: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return await c.http.post(spoken.submit, json=spoken.body(), headers=headers)


REFUSED = {
    "rate": {"minimax": (200, "1002"), "vapi": (429, "rate"), "ai302": (429, "-10008"), "modellix": (429, "429")},
    "crowd": {"minimax": (200, "1041"), "vapi": (429, "rate"), "ai302": (429, "-10008"), "modellix": (429, "429")},
    "balance": {"minimax": (200, "1008"), "vapi": (200, "1008"), "ai302": (402, "-10006"), "modellix": (402, "402")},
}
TERMS = {
    "rate": Terms(rate=Rate(count=2, window_s=60.0)),
    "crowd": Terms(in_flight=2),
    "balance": Terms(prices=PRICES, balance_micros=1_400_000),
}


@EVERY
@pytest.mark.parametrize("limit", TERMS)
def test_the_third_submit_is_one_too_many(limit: str, spoken: Spoken, tmp_path: Path) -> None:
    async def act(c: Client) -> list[httpx.Response]:
        return [await submit(c, spoken, key) for key in ("a", "a", "a", "b")]

    *_, third, other = served(tmp_path, act, terms=TERMS[limit], renderer=Busy())
    status, code = REFUSED[limit][spoken.name]
    assert (third.status_code, code in third.text) == (status, True)
    assert spoken.task_id(other.json()), "another key has its own limits"
    assert len(ledger(tmp_path)) == 3


def test_a_rate_is_a_sliding_window_that_a_restart_does_not_forget(tmp_path: Path) -> None:
    clock, spoken = Clock(), ALL["modellix"]
    terms = Terms(rate=Rate(count=2, window_s=60.0))

    async def submits(*after_s: float) -> list[tuple[int, str | None]]:
        async with client(tmp_path, clock=clock, terms=terms) as c:
            replies = []
            for pause_s in after_s:
                clock.now += pause_s
                replies.append(await submit(c, spoken))
            return [(reply.status_code, reply.headers.get("retry-after")) for reply in replies]

    assert asyncio.run(submits(0.0, 30.0, 10.0)) == [(200, None), (200, None), (429, "20")]
    assert asyncio.run(submits(0.0, 20.5, 0.0)) == [(429, "20"), (200, None), (429, "30")]


def test_a_slot_is_free_again_once_the_job_is_made(tmp_path: Path) -> None:
    async def act(c: Client) -> list[int]:
        codes = []
        for _ in range(3):
            codes.append((await submit(c, ALL["modellix"])).status_code)
            await c.service.drain()
        return codes

    assert served(tmp_path, act, terms=Terms(in_flight=1)) == [200, 200, 200]


@pytest.mark.parametrize("limit", ["rate", "crowd", "balance"])
def test_twenty_at_once_do_not_overshoot_a_limit(limit: str, tmp_path: Path) -> None:
    async def act(c: Client) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(submit(c, ALL["modellix"]))

    served(tmp_path, act, terms=TERMS[limit], renderer=Busy())
    assert len(ledger(tmp_path)) == 2


def test_a_repeated_order_under_its_key_is_answered_whatever_the_limits(tmp_path: Path) -> None:
    async def act(c: Client) -> list[dict[str, Any]]:
        return [await c.submit(key="1"), await c.submit(key="1")]

    first, again = served(tmp_path, act, terms=Terms(rate=Rate(count=1, window_s=60.0)))
    assert first == again


def test_modellix_tells_the_balance_and_what_a_job_cost(tmp_path: Path) -> None:
    spoken = ALL["modellix"]

    async def act(c: Client) -> tuple[float, str]:
        task_id = await spoken.order(c)
        await c.service.drain()
        told = await spoken.ask(c, task_id)
        left = (await c.http.get("/api/v1/team/balance")).json()["data"]["balance"]
        return left, told["data"]["billing"]["amount"]

    terms = Terms(prices=PRICES, balance_micros=5_000_000)
    assert served(tmp_path, act, terms=terms) == (4.35, "0.6500")


def test_the_ledger_shows_every_job_of_a_key_as_one_document_and_as_lines(tmp_path: Path) -> None:
    async def act(c: Client) -> tuple[Any, list[Any], int]:
        for name in PRICES:
            await submit(c, ALL[name], "mine")
        await submit(c, ALL["minimax"], "other")
        headers = {"Authorization": "Bearer mine"}
        lines = (await c.http.get("/ledger.jsonl", headers=headers)).text.splitlines()
        stranger = await c.http.get("/ledger")
        document = (await c.http.get("/ledger", headers=headers)).json()
        return document, [json.loads(line) for line in lines], stranger.json()["base_resp"]["status_code"]

    keys = frozenset({"mine", "other"})
    document, lines, stranger = served(tmp_path, act, keys=keys, terms=Terms(prices=PRICES))

    assert [job["dialect"] for job in document["jobs"]] == list(PRICES)
    assert [job["job_id"] for job in lines] == [job["job_id"] for job in document["jobs"]]
    assert document["jobs"][2]["price"] == {"amount": 0.7, "currency": "PTC"}
    assert {job["prompt"] for job in lines} == {"She smiles."}
    assert len({job["key_digest"] for job in lines}) == 1
    assert "mine" not in str(document)
    assert stranger == 1004


def test_the_ledger_is_read_in_pages_and_is_whole(tmp_path: Path) -> None:
    async def act(c: Client) -> None:
        for key in "aabab":
            await submit(c, ALL["minimax"], key)

    served(tmp_path, act)
    mine = ledger(tmp_path)[0].key_digest
    with open_store(tmp_path) as store:
        pages = [[len(list(store.submissions(whose, page=size))) for size in (1, 2, 3, 5, 9)] for whose in (None, mine)]
    assert pages == [[5] * 5, [3] * 5]


def test_the_embedded_service_costs_nothing(tmp_path: Path) -> None:
    served(tmp_path, lambda c: submit(c, ALL["minimax"]))
    assert [line.price for line in ledger(tmp_path)] == [Money(micros=0, currency="USD")]
