"""What holds in every dialect: one life of a job, from order to download; strangers, foreign jobs, wrong fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from ledgers import ledger
from service_client import Client, data_url, picture, served
from spoken import ALL, Spoken
from tiny_films import refuse

EVERY = pytest.mark.parametrize("spoken", ALL.values(), ids=ALL)


@EVERY
def test_a_film_goes_from_order_to_download(spoken: Spoken, tmp_path: Path) -> None:
    async def act(c: Client) -> tuple[Any, Any, httpx.Response]:
        task_id = await spoken.order(c)
        early = await spoken.ask(c, task_id)
        await c.service.drain()
        done = await spoken.ask(c, task_id)
        return early, done, await c.http.get(await spoken.link(c, done, task_id))

    early, done, film = served(tmp_path, act, keys=frozenset({"k"}), key="k")

    assert spoken.status(early) in spoken.waiting
    assert spoken.status(done) == spoken.done
    assert (film.status_code, film.content[4:8]) == (200, b"ftyp")
    assert [line.dialect for line in ledger(tmp_path)] == [spoken.name.partition("-")[0]]


@EVERY
def test_a_film_that_cannot_be_drawn_fails_in_the_dialects_word(spoken: Spoken, tmp_path: Path) -> None:
    async def act(c: Client) -> Any:
        task_id = await spoken.order(c)
        await c.service.drain()
        return await spoken.ask(c, task_id)

    told = served(tmp_path, act, draw=refuse)

    assert spoken.status(told) == spoken.failed
    assert "nothing can be drawn" in str(told)


STRANGERS = {
    "minimax": (200, ("base_resp", "status_code"), 1004),
    "vapi": (401, ("error", "code"), "invalid_api_key"),
    "ai302": (401, ("error", "err_code"), -10001),
    "modellix": (401, ("code",), 401),
}


@EVERY
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic k", "k"], ids=["none", "wrong", "basic", "bare"])
def test_a_stranger_is_refused_in_the_dialects_own_way(header: str | None, spoken: Spoken, tmp_path: Path) -> None:
    async def act(c: Client) -> list[httpx.Response]:
        headers = {"Authorization": header} if header else {}
        submitted = await c.http.post(spoken.submit, json=spoken.body(), headers=headers)
        return [submitted, await c.http.get(spoken.query.format("1"), headers=headers)]

    status, path, code = STRANGERS[spoken.name.partition("-")[0]]
    for reply in served(tmp_path, act, keys=frozenset({"k"})):
        assert reply.status_code == status
        assert at(reply.json(), path) == code
    assert ledger(tmp_path) == ()


GONE = {
    "minimax": (200, ("base_resp", "status_code"), 2013),
    "vapi": (400, ("code",), "task_not_exist"),
    "ai302": (200, ("code",), "task_not_exist"),
    "modellix": (404, ("code",), 404),
}


@EVERY
@pytest.mark.parametrize("whose", ["nobody's", "another key's", "another provider's"])
def test_a_job_that_is_not_yours_is_as_unknown_as_one_that_never_was(
    whose: str, spoken: Spoken, tmp_path: Path
) -> None:
    other = ALL["minimax" if spoken.name.startswith("modellix") else "modellix"]

    async def act(c: Client) -> httpx.Response:
        task_id = await (other if whose == "another provider's" else spoken).order(c)
        wanted = "123" if whose == "nobody's" else task_id
        headers = {"Authorization": "Bearer other"} if whose == "another key's" else {}
        return await c.http.get(spoken.query.format(wanted), headers=headers)

    reply = served(tmp_path, act, keys=frozenset({"mine", "other"}), key="mine")
    status, path, code = GONE[spoken.name.partition("-")[0]]
    assert reply.status_code == status
    assert at(reply.json(), path) == code


@pytest.mark.parametrize("name", ["minimax", "vapi", "ai302"])
def test_a_file_of_another_key_is_not_found(name: str, tmp_path: Path) -> None:
    spoken = ALL[name]

    async def act(c: Client) -> Any:
        task_id = await spoken.order(c)
        await c.service.drain()
        file_id = (await spoken.ask(c, task_id))["file_id"]
        reply = await c.http.get(
            str(spoken.look_up), params={"file_id": file_id}, headers={"Authorization": "Bearer other"}
        )
        return reply.json()

    told = served(tmp_path, act, keys=frozenset({"mine", "other"}), key="mine")
    assert told["base_resp"]["status_code"] == 2013


def test_two_keys_may_use_the_same_idempotency_key(tmp_path: Path) -> None:
    async def act(c: Client) -> set[str]:
        found = set()
        for key in ("mine", "other", "mine"):
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "1"}
            reply = await c.http.post(ALL["minimax"].submit, json=ALL["minimax"].body(), headers=headers)
            found.add(reply.json()["task_id"])
        return found

    assert len(served(tmp_path, act)) == 2


INPUT = {
    "minimax": (200, ("base_resp", "status_code"), 2013),
    "vapi": (200, ("base_resp", "status_code"), 2013),
    "ai302": (200, ("base_resp", "status_code"), 2013),
    "ai302-unified": (400, ("error", "type"), "api_error"),
    "modellix": (400, ("code",), 400),
}
SMALL, LONG = data_url(picture(200, 200)), data_url(picture(900, 301))
WRONG: list[tuple[str, dict[str, Any]]] = [
    *[(name, {"prompt": "x" * 2001}) for name in INPUT],
    *[(name, {"prompt": None}) for name in INPUT],
    *[(name, {"prompt_optimizer": None}) for name in INPUT],
    *[(name, {"prompt_optimizer": "true"}) for name in INPUT],
    *[(name, {"model": "S2V-02"}) for name in INPUT if name != "modellix"],
    *[(name, {"prompt": "word " * 200}) for name in ("ai302", "ai302-unified")],
    ("vapi", {"subject_reference": [{"type": "character", "image": [PORTRAIT_URL := data_url(picture())]}]}),
    ("vapi", {"subject_reference": [{"type": "character", "image": SMALL}]}),
    ("vapi", {"subject_reference": [{"type": "character", "image": LONG}]}),
    ("vapi", {"callback_url": "ftp://example.org"}),
    ("minimax", {"subject_reference": [{"type": "character", "image": PORTRAIT_URL}]}),
    ("minimax", {"callback_url": 7}),
    ("ai302", {"subject_reference": [{"type": "character", "image": [PORTRAIT_URL, PORTRAIT_URL]}]}),
    ("ai302-unified", {"image": [PORTRAIT_URL]}),
    ("modellix", {"prompt": ""}),
    ("modellix", {"subject_reference_images": []}),
    ("modellix", {"subject_reference_images": [""]}),
    ("modellix", {"subject_reference_images": PORTRAIT_URL}),
    ("modellix", {"subject_reference_images": [PORTRAIT_URL] * 11}),
    ("modellix", {"subject_reference_images": [PORTRAIT_URL, "data:image/png;base64,AAAA"]}),
]


@pytest.mark.parametrize(("name", "fields"), WRONG, ids=[f"{n}-{next(iter(f))}-{k}" for k, (n, f) in enumerate(WRONG)])
def test_a_wrong_field_is_refused_and_makes_no_job(name: str, fields: dict[str, Any], tmp_path: Path) -> None:
    spoken = ALL[name]
    reply = served(tmp_path, lambda c: c.http.post(spoken.submit, json=spoken.body(**fields)))

    status, path, code = INPUT[name]
    assert reply.status_code == status
    assert at(reply.json(), path) == code
    assert ledger(tmp_path) == ()


RIGHT: list[tuple[str, dict[str, Any]]] = [
    ("minimax", {"prompt": "x" * 2000}),
    ("minimax", {"prompt": ""}),
    ("ai302", {"prompt": "word " * 199}),
    ("ai302", {"subject_reference": [{"type": "character", "image": PORTRAIT_URL}]}),
    ("ai302", {"callback_url": "https://example.org/passed/over"}),
    ("modellix", {"subject_reference_images": [PORTRAIT_URL] * 10}),
    ("modellix", {"subject_reference_images": [SMALL]}),
    ("modellix", {"subject_reference_images": [LONG]}),
]


@pytest.mark.parametrize(("name", "fields"), RIGHT, ids=[f"{n}-{next(iter(f))}-{k}" for k, (n, f) in enumerate(RIGHT)])
def test_a_field_at_the_edge_of_the_rules_is_taken(name: str, fields: dict[str, Any], tmp_path: Path) -> None:
    assert served(tmp_path, lambda c: ALL[name].order(c, **fields))
    assert len(ledger(tmp_path)) == 1


def at(document: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        document = document[step]
    return document
