"""Where this service connects to on somebody's behalf: to public addresses only, unless it was told otherwise."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol
from urllib.parse import urlsplit

from ..network import is_private, port_of
from .order import Refusal


class Guard(Protocol):
    """Says where a request may connect to; it is asked anew for every redirect."""

    async def __call__(self, url: str) -> tuple[str, ...]:
        """Return the addresses to connect to for `url`, to be tried in turn, or raise `Refusal`."""


async def judge(url: str, *, allow_private: bool) -> tuple[str, ...]:
    """Return the addresses to connect to for `url`, to be tried in turn, or raise `Refusal`.

    One private address among them is enough to refuse all. The caller connects to the very addresses that were judged,
    so a name that resolves to something else a moment later gains nothing.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, port_of(parts)
    except ValueError as error:
        raise Refusal("the URL cannot be read") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise Refusal("the URL is neither http nor https")
    if parts.username is not None or parts.password is not None:
        raise Refusal("the URL holds a user or a password")
    addresses = await _resolve(host, port)
    if not addresses:
        raise Refusal(f"{host} does not resolve")
    if not allow_private and any(map(is_private, addresses)):
        raise Refusal(f"{host} leads to a private address")
    return tuple(dict.fromkeys(addresses))


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]
