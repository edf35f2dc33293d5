"""The service as one value: an ASGI application over a folder, alive while its context is open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import Halt
from ..executors.local import LocalExecutor, cores
from ..values import dataclass
from .ai302 import ai302_routes
from .desk import Desk
from .downloads import download_routes
from .faults import Script
from .forgetting import SHELF
from .links import Links
from .minimax import minimax_routes
from .modellix import modellix_routes
from .outside import Fetcher, Patience, Poster
from .pages import page_routes
from .renderer import Renderer, StepRenderer
from .shop import Shop
from .store import Store, open_store
from .terms import Terms
from .vapi import vapi_routes

if TYPE_CHECKING:
    from .callbacks import Messenger

DIALECTS: Final = {
    "minimax": minimax_routes,
    "vapi": vapi_routes,
    "ai302": ai302_routes,
    "modellix": modellix_routes,
}
"""The providers whose API is served; their paths differ, so one server speaks all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What is chosen when a service is opened. The default is the embedded one: open, free, and alone in the world.

    `keys` empty admits everybody. `workers` is how many films are made at one time, by default as many as the renderer
    can; without a renderer, animatics are drawn in so many processes, by default one for each core that it may use.
    Without a fetcher no remote picture is read, without a poster no callback served.
    """

    keys: frozenset[str] = frozenset()
    renderer: Renderer | None = None
    workers: int | None = None
    terms: Terms = Terms()
    script: Script = field(default_factory=Script)
    fetcher: Fetcher | None = None
    poster: Poster | None = None
    patience: Patience = Patience()
    clock: Callable[[], float] = time.time


EMBEDDED: Final = House()


class Breakdown:
    """Whether the service can keep its promise no more, and why."""

    def __init__(self) -> None:
        self._why: BaseException | None = None
        self._ring: Callable[[], None] = lambda: None

    def attend(self, ring: Callable[[], None]) -> None:
        """Call `ring` when it comes to that."""
        self._ring = ring

    def note(self, why: BaseException) -> None:
        """Take note of what cannot be helped; the first of them is the one to tell."""
        self._why = self._why or why
        self._ring()

    def tell(self) -> None:
        """Raise what was noted."""
        if self._why is not None:
            raise self._why


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An open service. `app` needs no lifespan events: the context that gave this value starts and stops it."""

    app: ASGIApp
    breakdown: Breakdown
    _shop: Shop
    _work: asyncio.Task[None]

    async def drain(self) -> None:
        """Return once every accepted task is made or has failed; raise what stopped the work, if something did."""
        drained = asyncio.create_task(self._shop.drained())
        try:
            await asyncio.wait({drained, self._work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            drained.cancel()
        if self._work.done():
            self._work.result()


@asynccontextmanager
async def open_service(folder: Path, house: House = EMBEDDED) -> AsyncIterator[Service]:
    """Open the service over a folder, which keeps everything it must remember.

    What an earlier service left unfinished is drawn first. Leaving the context waits for nothing: what is being drawn
    is abandoned and drawn anew at the next start. No process is started before the first task. Raises
    `FolderError` when the folder is held by another service, damaged, or newer than this program.
    """
    drawer = house.renderer or StepRenderer(LocalExecutor(house.workers or cores()), {"kind": "animatic"})
    shelf = folder / SHELF
    with open_store(folder) as store:
        slots = await drawer.start()
        benches = house.workers or slots or cores()
        bell = asyncio.Event()
        shop = Shop(store, drawer, shelf, benches=benches, clock=house.clock, changed=bell.set)
        desk = Desk(
            store=store, shop=shop, links=Links(secret=store.secret()), shelf=shelf, keys=house.keys,
            clock=house.clock, terms=house.terms, script=house.script, fetcher=house.fetcher,
            bell=bell if house.poster else None,
        )  # fmt: skip
        breakdown = Breakdown()
        work = asyncio.create_task(_work(shop, _messenger(house, store, shop, bell), breakdown), name="s2v-service")
        try:
            yield Service(app=_guarded(desk, work, breakdown), breakdown=breakdown, _shop=shop, _work=work)
        finally:
            await _stop(work, drawer)


def _messenger(house: House, store: Store, shop: Shop, bell: asyncio.Event) -> Messenger | None:
    """Return who posts callbacks; without a poster those that wait from an earlier start go on waiting."""
    if house.poster is None:
        return None
    from .callbacks import Messenger  # noqa: PLC0415 - only for a service that has callbacks
    from .errands import Errands  # noqa: PLC0415 - the same

    return Messenger(
        errands=Errands(store.database), poster=house.poster, script=house.script, bell=bell,
        ring=shop.ring, clock=house.clock, patience=house.patience,
    )  # fmt: skip


async def _work(shop: Shop, messenger: Messenger | None, breakdown: Breakdown) -> None:
    """Run until cancelled; raise the first thing that went wrong."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(shop.run())
            if messenger is not None:
                group.create_task(messenger.run())
    except BaseExceptionGroup as several:
        first = several.exceptions[0]
        breakdown.note(first)
        raise first from several


async def _stop(work: asyncio.Task[None], renderer: Renderer) -> None:
    work.cancel()
    try:
        with suppress(asyncio.CancelledError):
            await work
    finally:
        await renderer.close()


def _guarded(desk: Desk, work: asyncio.Task[None], breakdown: Breakdown) -> ASGIApp:
    """Return the application; once the work has stopped on an error, every request raises that error.

    A request that the disk does not let it keep raises Halt, and is a breakdown, too.
    """
    spoken = [route for routes_of in DIALECTS.values() for route in routes_of(desk)]
    routes = Starlette(routes=[*spoken, *download_routes(desk), *page_routes(desk)])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if work.done() and not work.cancelled():
            work.result()
        try:
            await routes(scope, receive, send)
        except Halt as error:
            breakdown.note(error)
            raise

    return app
