"""Every dialect's requests as they leave this machine: one for each call, the key in its header and nowhere else."""

from __future__ import annotations

import asyncio
import json

import pytest
from loopback import Remote, Seen, answer, serving

from runner.dialects.registry import DIALECTS
from runner.dialects.seam import Call, Ticket
from runner.edge.secret import Secret
from runner.edge.wire import api
from runner.model import Item, Job, Portrait

CANARY = "sk-canary-0123456789"
URL = "https://example.org/anna.png"
ITEM = Item(
    key="k", id="anna", name="anna.mp4", portrait=Portrait(ref=URL, sha256="a" * 64), prompt="She smiles.",
    prompt_optimizer=True,
)  # fmt: skip
JOB = Job(provider="any", id="task/7?x=1", file_id="42")
ORDERS = [(name, form) for name, dialect in DIALECTS.items() for form in dialect.forms or (None,)]


def sent(call: Call) -> list[Seen]:
    async def main() -> list[Seen]:
        async with (
            serving(answer()) as server,
            api(server.url, Secret(CANARY), portraits=Remote(), now=lambda: 0.0, timeout_s=2.0) as wire,
        ):
            await wire.send(call)
            return server.seen

    return asyncio.run(main())


@pytest.mark.parametrize(("name", "form"), ORDERS, ids=[f"{name}, {form}" for name, form in ORDERS])
def test_an_order_is_one_request_with_the_portrait_in_its_body_and_the_key_in_a_header(
    name: str, form: str | None
) -> None:
    (seen,) = sent(next(DIALECTS[name].submit(ITEM, Ticket(form=form))))

    assert seen.line.startswith("POST /")
    assert json.dumps(json.loads(seen.body)).count(URL) == 1
    assert [header for header, value in seen.headers.items() if CANARY in value] == ["authorization"]
    assert CANARY not in seen.line + seen.body.decode()


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("flow", ["poll", "locate"])
def test_a_free_call_is_one_request_and_an_id_stays_what_it_is(name: str, flow: str) -> None:
    dialect = DIALECTS[name]
    (seen,) = sent(next(dialect.poll(JOB) if flow == "poll" else dialect.locate(JOB)))

    assert seen.line.startswith("GET /")
    assert seen.body == b""
    assert CANARY not in seen.line
    assert seen.headers["authorization"] == f"Bearer {CANARY}"
    assert "task%2F7%3Fx%3D1" in seen.line or "file_id=42" in seen.line
