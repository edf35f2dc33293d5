"""Connects each provider that a run talks to: the wire, the courier, the gate; the embedded service itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ...core.limits.admission import Gate
from ...core.outlook.pace import Pace, Usual
from ...edge import wire
from ...edge.account.accounts import Holder, Tenant, bought_by_another, joined, state_home
from ...edge.disk.files import Files, refuse_link
from ...edge.portrait.portraits import PortraitShelf
from ...edge.secret import Secret
from ...edge.video.courier import Courier
from ...edge.video.dispatch import Dispatch
from ...edge.wire.addresses import leads_to_private
from ...engine import ports as engine
from ...engine.ports import Account, Clock
from ...engine.provider import Alone, Provider
from ...errors import FolderError
from ...executors.seam import Executor
from ...network import port_of
from ...values import dataclass
from ..plan.offers import Offer, key_note

SERVICE: Final = ".local"  # where the embedded service keeps its orders, inside the run folder
LINK_TIMEOUT_S: Final = 60.0
TOLD_WITHIN_S: Final = 0.2  # the other runs learn of what is over; they look every two seconds

App = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What every provider of one run is connected with. `run_id` is the journal's; `buys` is False for a mere fetch.

    `fetches` brings the files home, where that is not done here.
    """

    folder: Path
    run_id: str
    buys: bool
    environ: Mapping[str, str]
    partial: Path
    files: Files
    portraits: PortraitShelf
    clock: Clock
    fetches: Executor | None = None


@asynccontextmanager
async def connect(offer: Offer, key: Secret | None, wiring: Wiring) -> AsyncIterator[Provider]:
    """Give the provider, connected; leaving the context closes everything behind it."""
    async with AsyncExitStack() as stack:
        account = _account(stack, offer, key, wiring)
        app = await _serve_inside(stack, wiring.folder / SERVICE) if offer.embedded else None
        api = await stack.enter_async_context(
            wire.api(
                offer.base_url,
                key,
                portraits=wiring.portraits,
                now=wiring.clock.now,
                timeout_s=offer.timeout_s,
                app=app,
            )
        )
        courier = await _courier(stack, offer, wiring, app)
        traits = offer.dialect.traits
        yield Provider(
            name=offer.name,
            dialect=offer.dialect,
            wire=api,
            courier=courier,
            gate=Gate(in_flight=offer.in_flight, rates=offer.rates, own=offer.own),
            price=offer.price,
            poll=offer.poll,
            pace=Pace(_usual(offer)) if offer.learns else None,
            unseen_job_s=traits.unseen_job_s.value,
            idempotent=traits.idempotent.value,
            key_note=key_note(offer),
            job_note=_job_note(offer, key, wiring),
            account=account,
        )


async def _courier(stack: AsyncExitStack, offer: Offer, wiring: Wiring, app: App | None) -> engine.Courier:
    """Give who fetches files; the embedded service's are in this very process."""
    may_be_private = app is None and await leads_to_private(offer.base_url)
    if wiring.fetches is not None and app is None:
        return Dispatch(
            executor=wiring.fetches, stage=wiring.partial, may_be_private=may_be_private, timeout_s=LINK_TIMEOUT_S,
            files=wiring.files,
        )  # fmt: skip
    links = await stack.enter_async_context(
        wire.links(may_be_private=may_be_private, timeout_s=LINK_TIMEOUT_S, app=app)
    )
    return Courier(links, wiring.partial, files=wiring.files)


def _usual(offer: Offer) -> Usual:
    traits = offer.dialect.traits
    return Usual(first_s=offer.poll.first_s, every_s=offer.poll.every_s, job_s=traits.job_s.value)


def _account(stack: AsyncExitStack, offer: Offer, key: Secret | None, wiring: Wiring) -> Account:
    """Give the account that other runs on this machine may use, too.

    A run that buys nothing tells the others of its jobs there, but goes on where that cannot be.
    """
    if offer.embedded or not offer.account.are_known:
        return Alone()
    holder = Holder(provider=offer.name, host=host_of(offer.base_url), key=key)
    tenant = Tenant(folder=wiring.folder, run_id=wiring.run_id)
    later = partial(asyncio.get_running_loop().call_later, TOLD_WITHIN_S)
    try:
        return stack.enter_context(joined(state_home(wiring.environ), holder, tenant, offer.account, later=later))
    except FolderError:
        if wiring.buys:
            raise
        return Alone()


def _job_note(offer: Offer, key: Secret | None, wiring: Wiring) -> str:
    """Return what to look at when a job is not known, empty where this run never bought by another key."""
    holder = Holder(provider=offer.name, host=host_of(offer.base_url), key=key)
    with suppress(FolderError, OSError):  # without a home nobody remembers
        if not offer.embedded and bought_by_another(state_home(wiring.environ), holder, wiring.run_id):
            bought = "this run bought with another key or at another host, too: go on with that which bought the job"
            return f"{bought} ({key_note(offer)})"
    return ""


def host_of(base_url: str) -> str:
    """Return host and port, the same however a manifest writes them."""
    parts = urlsplit(base_url)
    return f"{parts.hostname}:{port_of(parts)}"


async def _serve_inside(stack: AsyncExitStack, folder: Path) -> App:
    """Open the embedded service; it is imported here, because a run that has nothing to do need not load it."""
    from ...service.service import open_service  # noqa: PLC0415 - numpy and OpenCV take half a second to load

    refuse_link(folder)
    return (await stack.enter_async_context(open_service(folder))).app
