"""The wires of a simulated world: requests to a provider, and its files, past every point at which a run may die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from sim_disk import Machine
from sim_market import Market, is_unsent
from studio import Answer

from runner.dialects.seam import Call, Reply
from runner.edge.wire import Incoming, LinkWire
from runner.errors import MaybeSent

STEP_S: Final = 1.0  # for the first bytes of a file


class Pending(Protocol):
    """What the network still carries; it arrives though its sender may be dead."""

    def carry(self, call: Call, market: Market, *, life: int) -> asyncio.Future[Answer]: ...


@dataclass(slots=True, kw_only=True)
class SimWire:
    """The way to one market. `heard` are the jobs, by market and id, whose ids came back to a living process."""

    market: Market
    network: Pending
    machine: Machine
    life: int
    heard: list[tuple[str, str]]

    async def send(self, call: Call) -> Reply:
        self.machine(f"{call.method} is about to leave")
        answer = self.market.never_arrives(call, asyncio.get_running_loop().time(), life=self.life)
        if answer is None:
            answer = await self.network.carry(call, self.market, life=self.life)
        self.machine(f"{call.method} has arrived")
        await asyncio.sleep(answer.after_s)
        self.machine(f"an answer to {call.method} has come")
        if not isinstance(answer.heard, Reply):
            assert answer.heard is not None
            assert is_unsent(answer) or isinstance(answer.heard, MaybeSent)
            raise answer.heard
        told = answer.heard.document
        if call.method == "POST" and isinstance(told, dict) and told.get("task_id"):
            self.heard.append((self.market.nature.name, told["task_id"]))
        return answer.heard


class SimLinks(LinkWire):
    """Leads to the market's files in place of the network."""

    def __init__(self, market: Market, machine: Machine) -> None:
        self._market = market
        self._machine = machine

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Incoming]:
        await asyncio.sleep(STEP_S)
        job_id, made_at = url.removeprefix("https://cdn.invalid/").split("?made=")
        served = self._market.file_of(job_id, float(made_at), asyncio.get_running_loop().time())
        is_cut = served.length > len(served.content)
        if served.status == 200 and served.etag and headers.get("If-Range") == served.etag and served.length:
            begins = int(headers["Range"].removeprefix("bytes=").removesuffix("-"))
            extent = f"bytes {begins}-{served.length - 1}/{served.length}"
            chunks = self._chunks(served.content[begins:], is_cut=is_cut)
            yield Incoming(status=206, headers={"content-range": extent, "etag": served.etag}, chunks=chunks)
            return
        told = {"content-length": str(served.length) if served.length else None, "etag": served.etag}
        present = {name: value for name, value in told.items() if value is not None}
        yield Incoming(status=served.status, headers=present, chunks=self._chunks(served.content, is_cut=is_cut))

    async def _chunks(self, content: bytes, *, is_cut: bool) -> AsyncIterator[bytes]:
        self._machine.make_room("the first half of a file is about to be written")
        yield content[: len(content) // 2]
        self._machine("half a file is written")
        yield content[len(content) // 2 :]
        if is_cut:
            raise MaybeSent("RemoteProtocolError: cut")
