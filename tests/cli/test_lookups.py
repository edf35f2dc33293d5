"""A name server that never answers: what asks it is told so in time, and neither loop nor process waits for it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from runner.cli.diagnosis.findings import Grade
from runner.cli.diagnosis.keys import key
from runner.cli.diagnosis.reach import Question, ask
from runner.cli.diagnosis.stores import claimed
from runner.cli.lookups import LookUp, UnheldLoop
from runner.cli.plan.offers import offer
from runner.cli.run.patience import PatientLoop
from runner.dialects.seam import Call
from runner.edge import wire
from runner.edge.portrait.portraits import PortraitShelf
from runner.edge.wire.transport import CHOICE, WAYS
from runner.errors import ConfigError, NotSent
from runner.model import CheckPolicy, Destination, Limits, Manifest, RetryPolicy

HOST = "api.provider.example"
ENVIRON = {"MINIMAX_API_HOST": f"https://{HOST}", "MINIMAX_API_KEY": "sk-0123456789abcdef"}
HELD = """
import asyncio, threading
from {module} import {loop}
held = {loop}(look_up=lambda *_, **__: threading.Event().wait())
async def main():
    async with asyncio.timeout(0.1):
        await held.getaddrinfo("api.provider.example", 443)
try:
    asyncio.Runner(loop_factory=lambda: held).run(main())
except TimeoutError:
    print("left")
"""


@pytest.fixture
def silent() -> Iterator[LookUp]:
    """A look-up that does not come back for as long as the test goes on."""
    is_over = Event()

    def look_up(*_: Any, **__: Any) -> list[Any]:
        is_over.wait()
        return []

    yield look_up
    is_over.set()


@pytest.mark.parametrize("way", WAYS)
def test_a_provider_whose_name_nobody_looks_up_is_told_so_in_time(
    silent: LookUp, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOICE, way)

    (heard,) = ask([_question()], look_up=silent, look_up_s=0.2)

    assert heard.finding.grade is Grade.WRONG
    assert f"https://{HOST} cannot be reached: " in heard.finding.found
    assert "no name server answered within 0.2 s" in heard.finding.found


@pytest.mark.parametrize("loop", [UnheldLoop, PatientLoop])
def test_the_end_of_a_process_waits_for_no_name_server(loop: type) -> None:
    text = HELD.format(module=loop.__module__, loop=loop.__name__)

    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=20)

    assert (done.returncode, done.stdout, done.stderr) == (0, "left\n", "")


def test_names_are_looked_up_as_on_every_other_loop() -> None:
    async def found() -> tuple[list[Any], str]:
        loop = asyncio.get_running_loop()
        addresses = await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
        with pytest.raises(OSError, match=r"\S") as refused:
            await loop.getaddrinfo("127.0.0.1", 80, family=socket.AF_INET6, flags=socket.AI_NUMERICHOST)
        return addresses, type(refused.value).__name__

    with asyncio.Runner(loop_factory=UnheldLoop) as runner:
        addresses, error = runner.run(found())

    assert addresses == socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
    assert error == "gaierror"


def test_a_store_whose_name_nobody_looks_up_is_told_so_in_time(silent: LookUp) -> None:
    asked = list[str]()

    def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return silent()

    environ = {
        "AWS_ENDPOINT_URL": f"http://{HOST}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip

    with pytest.raises(ConfigError, match="s3://bucket/runs: it cannot be reached"):
        claimed(
            Destination(bucket="bucket", prefix="runs"), "", environ, is_offline=False, look_up=look_up, look_up_s=0.2
        )

    assert asked == [HOST]


@pytest.fixture
def threadless() -> Iterator[None]:
    """Let the system refuse each thread: none has room for such a stack."""
    usual = threading.stack_size(1 << 46)
    yield
    threading.stack_size(usual)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("threadless")
def test_what_waits_for_a_name_that_no_thread_can_look_up_was_not_sent(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOICE, way)

    async def main() -> None:
        async with wire.api(
            f"http://{HOST}", None, portraits=PortraitShelf(), now=lambda: 0.0, timeout_s=2.0
        ) as provider:
            await provider.send(Call(method="POST", path="/v1/video_generation", body={"model": "S2V-01"}))

    with asyncio.Runner(loop_factory=PatientLoop) as runner, pytest.raises(NotSent, match="can't start new thread"):
        runner.run(main())


def _question() -> Question:
    asked = Manifest(
        path=Path(), digest="", name="", route=("minimax",), folder=Path(), name_pattern="", limits=Limits(),
        retry=RetryPolicy(), checks=CheckPolicy(), providers={}, wishes=lambda: iter(()),
    )  # fmt: skip
    named = offer("minimax", asked, ENVIRON)
    _, secret = key(named, ENVIRON)
    return Question(offer=named, key=secret)
