"""Every row of the verdict tables, said by the service over real HTTP, and what the run makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from desk import Desk
from test_serve import Served, faults, serving

from runner.dialects.verdicts import CODES, STATUSES
from runner.model import Kind

CLOSING = {Kind.AUTH: 8, Kind.QUOTA: 7}
SHAPED = ("minimax", "vapi", "ai302")  # whose answers carry MiniMax's codes
FORMED = ("vapi", "ai302", "modellix")  # whose request has another form, which is tried after a refusal of the first
UNLISTED = {9999: Kind.UNKNOWN}
SERVER_ERRORS = dict.fromkeys((500, 502, 503, 504), Kind.TRANSIENT)
STATES = {
    Kind.RATE: "done", Kind.TRANSIENT: "in_doubt", Kind.UNKNOWN: "in_doubt", Kind.CONTENT: "failed",
    Kind.INPUT: "failed",
}  # fmt: skip


def rules() -> Iterator[dict[str, Any]]:
    """Give a rule for each code and status; what throttles does so once for each order."""
    for code, kind in {**CODES, **UNLISTED}.items():
        once = {"per": "order", "first": 1} if kind is Kind.RATE else {}
        number = {"number": code, "retry_after": "10ms"} if kind is Kind.RATE else code
        yield {"when": {"operation": "submit", "prompt": f"code {code};", **once}, "do": {"code": number}}
    for status, kind in {**STATUSES, **SERVER_ERRORS}.items():
        once = {"per": "order", "first": 1} if kind is Kind.RATE else {}
        answer = {"status": status, "retry_after": "10ms"} if kind is Kind.RATE else status
        yield {"when": {"operation": "submit", "prompt": f"status {status};", **once}, "do": {"http": answer}}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("verdicts")
    with serving(folder, "--faults", faults(folder, *rules())) as served:
        yield served


def run(desk: Desk, service: Served, name: str, prompts: list[str]) -> int:
    """Run these prompts at a provider; its name stands before each, so that every order is one of its own."""
    items = [{"id": f"i{n}", "portrait": "anna.png", "prompt": f"{name} {prompt}"} for n, prompt in enumerate(prompts)]
    manifest = desk.manifest(
        items, provider=name, retry={"attempts": 100, "backoff": "1ms..2ms"},
        providers={name: {"poll": "20ms", "rate": "1000/1s", "in_flight": 100}},
    )  # fmt: skip
    environ = {f"{name.upper()}_API_HOST": service.base, f"{name.upper()}_API_KEY": f"sk-{desk.folder.name}"}
    return desk.s2v("run", manifest, "--quiet", **environ).code


def expected(name: str, kind: Kind, prompt: str) -> str:
    """Return where an item ends; Modellix's 429 may have been taken, and 1027 is said of a video that was made."""
    may_be_paid = (name, prompt) == ("modellix", "status 429;") or prompt == "code 1027;"
    return "in_doubt" if may_be_paid else STATES[kind]


@pytest.mark.parametrize("name", [*SHAPED, "modellix"])
def test_each_no_to_one_item_ends_as_the_table_says(desk: Desk, service: Served, name: str) -> None:
    codes = {f"code {code};": kind for code, kind in {**CODES, **UNLISTED}.items() if name in SHAPED}
    statuses = {f"status {status};": kind for status, kind in {**STATUSES, **SERVER_ERRORS}.items()}
    told = {prompt: kind for prompt, kind in {**codes, **statuses}.items() if kind in STATES}

    code = run(desk, service, name, list(told))

    found = {row["prompt"].removeprefix(f"{name} "): row["state"] for row in desk.results().values()}
    assert found == {prompt: expected(name, kind, prompt) for prompt, kind in told.items()}
    assert code == 6
    made = [job["prompt"].removeprefix(f"{name} ") for job in service.jobs() if job["dialect"] == name]
    assert sorted(made) == sorted(prompt for prompt, state in found.items() if state == "done")


ENDS = [
    (name, f"{sort} {number};", kind)
    for name in (*SHAPED, "modellix")
    for sort, table in (("code", CODES), ("status", STATUSES))
    for number, kind in table.items()
    if kind in CLOSING
    and (name == "minimax" or number in {1004, 1008, 401, 402})
    and not (name == "modellix" and sort == "code")
    and number not in {404, 405}
]


@pytest.mark.parametrize(("name", "prompt", "kind"), ENDS, ids=[f"{name} {prompt[:-1]}" for name, prompt, _ in ENDS])
def test_each_no_to_the_account_ends_the_run(desk: Desk, service: Served, name: str, prompt: str, kind: Kind) -> None:
    code = run(desk, service, name, [prompt])

    assert code == CLOSING[kind]
    assert [row["state"] for row in desk.results().values()] == ["open"]


@pytest.mark.parametrize("name", FORMED)
def test_a_path_that_nobody_knows_is_tried_in_the_other_form_and_costs_nothing(
    desk: Desk, service: Served, name: str
) -> None:
    before = len(service.jobs())

    code = run(desk, service, name, ["status 404;"])

    assert code in {5, 8}
    assert len(service.jobs()) == before
