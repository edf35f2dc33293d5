"""The desk behind every dialect: takes checked orders, answers for tasks, hands out links. Knows no field names."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request

from .links import Links
from .order import Order, RefusedOrderError, Task
from .portraits import check_portrait
from .shop import Shop
from .store import Store

BODY_MOST: Final = 32 * 1024 * 1024  # bytes: a portrait just under 20 MB in base64, and the rest

KEY_MOST: Final = 255  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes of a dialect may ask for. `keys` empty admits everybody."""

    store: Store
    shop: Shop
    links: Links
    shelf: Path
    keys: frozenset[str]
    clock: Callable[[], float]

    def admits(self, request: Request) -> bool:
        """Return whether the caller shows one of the keys as a bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        shown = token.strip().encode() if scheme.lower() == "bearer" else b""
        return not self.keys or any(hmac.compare_digest(shown, key.encode()) for key in self.keys)

    async def accept(self, request: Request, read: Callable[[Any], Order]) -> str:
        """Put the request's order on disk and return its task id; `read` turns the JSON body into an order."""
        key = _key(request)
        body = await _body(request)
        task_id = await asyncio.to_thread(self._accept, body, read, key)
        self.shop.ring()
        return task_id

    def _accept(self, body: bytes, read: Callable[[Any], Order], key: str | None) -> str:
        order = read(_document(body))
        if not self.store.knows_portrait(order.portrait_sha256):
            check_portrait(order.portrait)
        return self.store.accept(order, key=key, now=self.clock())

    def task(self, task_id: str) -> Task | None:
        """Return a task by its id."""
        return self.store.task(task_id)

    def task_of_file(self, file_id: str) -> Task | None:
        """Return the task that made a file."""
        return self.store.task_of_file(file_id)

    def link(self, file_id: str, request: Request) -> str:
        """Return a fresh link, on the host that the caller used."""
        return self.links.link(file_id, base=str(request.base_url), now=self.clock())


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key") or None
    if key is not None and len(key) > KEY_MOST:
        raise RefusedOrderError(f"the Idempotency-Key has {len(key)} characters, expected at most {KEY_MOST}")
    return key


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_MOST:
            raise RefusedOrderError(f"the request body is larger than {BODY_MOST} bytes")
        parts.append(part)
    return b"".join(parts)


def _document(body: bytes) -> Any:  # noqa: ANN401 - the parsing line: the dialect's reader makes an Order of it
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedOrderError(f"the request body is not JSON: {error}") from error
