"""Servers on real ports of this machine, in the test's own loop: the service, and those whom it asks and calls."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from service_client import Client
from starlette.types import ASGIApp

from runner.service.server import Connection
from runner.service.service import House, open_service


@asynccontextmanager
async def on_a_port(folder: Path, house: House) -> AsyncIterator[Client]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with open_service(folder, house) as service:
            config = uvicorn.Config(service.app, http=Connection, lifespan="off", log_level="error", access_log=False)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=base, trust_env=False, verify=False, timeout=10) as http:
                yield Client(service, http)
            serving.cancel()  # at once: uvicorn's own way out takes a tenth of a second for each test
            with contextlib.suppress(asyncio.CancelledError):
                await serving
            for open_one in list(server.server_state.connections):
                open_one.shutdown()
            if answering := set(server.server_state.tasks):  # one may have its file to close; one that hangs is left
                await asyncio.wait(answering, timeout=0.2)


@asynccontextmanager
async def host_of(app: ASGIApp) -> AsyncIterator[str]:
    """Serve somebody else's application, and give its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, lifespan="off", log_level="critical", access_log=False, timeout_graceful_shutdown=0
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving
