"""The desk behind every dialect: knows who asks, takes checked orders, answers for tasks, hands out links.

Knows no field names. Whatever it cannot do it says as a `Refusal`, for which the dialect has the words.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Final

from starlette.requests import ClientDisconnect, Request

from ..values import dataclass
from .faults import Script
from .intake import PICTURE_BELOW, Body, read_body
from .links import Links
from .order import Account, Draft, Film, Link, Order, Reason, Refusal, Task
from .outside import Fetcher
from .portraits import Inspector, Rules
from .shop import Shop
from .store import Store
from .terms import Terms

KEY_MOST: Final = 255  # characters of an idempotency key
DIGEST: Final = 16  # characters of a key's digest: enough to tell keys apart, and no way back


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes of a dialect may ask for. `keys` empty admits everybody; without a fetcher no URL is read.

    `bell` wakes the messenger; without one no callback is served.
    """

    store: Store
    shop: Shop
    links: Links
    shelf: Path
    keys: frozenset[str]
    clock: Callable[[], float]
    terms: Terms
    script: Script
    fetcher: Fetcher | None
    bell: asyncio.Event | None
    inspector: Inspector = field(default_factory=Inspector)

    def account(self, request: Request, dialect: str) -> Account:
        """Return whose request this is, or raise `Refusal` when the caller shows no key of this house."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        shown = token.strip().encode() if scheme.lower() == "bearer" else b""
        if self.keys and not any(hmac.compare_digest(shown, key.encode()) for key in self.keys):
            raise Refusal("the API key is missing or wrong", Reason.KEY)
        return Account(dialect=dialect, key=hashlib.sha256(shown).hexdigest()[:DIGEST] if shown else "")

    async def body(self, request: Request) -> Body:
        """Return the request's JSON body."""
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Refusal("the Content-Type must be application/json")
        try:
            return await read_body(request.stream())
        except ClientDisconnect as error:
            raise Refusal("the request broke off before its end") from error

    async def order(self, draft: Draft, rules: Rules) -> Order:
        """Return the draft with its pictures in hand, each held against the rules."""
        if draft.callback_url is not None and self.bell is None:
            raise Refusal("callback_url is not served here: query the task instead")
        first, *more = draft.pictures
        portrait, digest = await self._portrait(first, rules)
        digests = [(await self._portrait(one, rules))[1] for one in more]
        return Order(
            portrait=portrait, portrait_sha256=digest, prompt=draft.prompt, prompt_optimizer=draft.prompt_optimizer,
            seed=draft.seed, more=tuple(digests), callback_url=draft.callback_url,
        )  # fmt: skip

    async def accept(self, order: Order, account: Account, request: Request) -> Task:
        """Put the order on disk and return its task."""
        key = request.headers.get("idempotency-key") or None
        if key is not None and len(key) > KEY_MOST:
            raise Refusal(f"the Idempotency-Key has {len(key)} characters, expected at most {KEY_MOST}")
        task_id = await asyncio.to_thread(
            self.store.accept, order, account, key=key, terms=self.terms, now=self.clock()
        )
        if self.bell is not None and order.callback_url is not None:
            self.bell.set()
        self.shop.ring()
        return self.task(task_id, account)

    def task(self, task_id: str, account: Account) -> Task:
        """Return a task of the account by its id."""
        task = self.store.task_of(task_id, account)
        if task is None:
            raise Refusal("invalid task_id", Reason.NO_JOB)
        return task

    def task_of_file(self, file_id: str, account: Account) -> Task:
        """Return the task of the account that made a file."""
        task = self.store.file_of(file_id, account)
        if task is None:
            raise Refusal("invalid file_id", Reason.NO_FILE)
        return task

    def link(self, film: Film, dialect: str, *, base: str, expired: bool = False) -> str:
        """Return a fresh link on the host that the caller used, or one that has already expired."""
        lifetime_s = self.terms.lifetime_s(dialect)
        return self.links.link(film.file_id, base=base, until=self.clock() + (-1.0 if expired else lifetime_s))

    async def _portrait(self, picture: bytes | Link, rules: Rules) -> tuple[bytes, str]:
        portrait = await self._fetched(picture.url) if isinstance(picture, Link) else picture
        return portrait, await asyncio.to_thread(self.inspector.check, portrait, rules)

    async def _fetched(self, url: str) -> bytes:
        if self.fetcher is None:
            raise Refusal("this offline service cannot fetch URLs: send the image as a data URL")
        return await self.fetcher.fetch(url, most=PICTURE_BELOW)
