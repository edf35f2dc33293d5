"""Films are drawn on the cores that the service may use, however many more the machine has."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx
import pytest
from service_client import body
from tiny_films import draw_tiny

from runner.service.renderer import Footage, Ticket
from runner.service.service import House, open_service


class Watched:
    """Draws at once, lets everybody else have a turn first, and notes how many drew at one time."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def start(self) -> None:
        return None

    async def render(self, ticket: Ticket) -> Footage:
        self.now += 1
        for _ in range(100):
            await asyncio.sleep(0)
        self.most = max(self.most, self.now)
        self.now -= 1
        return draw_tiny(ticket)

    async def close(self) -> None:
        assert self.now == 0


async def drawn_at_one_time(folder: Path, orders: int) -> int:
    watched = Watched()
    async with open_service(folder, House(renderer=watched)) as service:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as http:
            for n in range(orders):
                await http.post("/v1/video_generation", json=body(prompt=f"She smiles, {n}."))
        await service.drain()
    return watched.most


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to cores")
def test_a_service_that_may_use_one_core_draws_one_film_at_a_time(tmp_path: Path) -> None:
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_cores)})
    try:
        assert asyncio.run(drawn_at_one_time(tmp_path, 4)) == 1
    finally:
        os.sched_setaffinity(0, all_cores)
