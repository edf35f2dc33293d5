"""Where a download may connect to: never to this machine's own network, unless the provider itself lives there."""

from __future__ import annotations

import asyncio
import socket
from functools import lru_cache
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from ...network import is_private, port_of
from ...values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """Why a link is not followed."""

    reason: str


class Guard(Protocol):
    """Says where a download may connect to; it is asked anew for every redirect."""

    async def __call__(self, url: str, *, is_proxied: bool) -> tuple[str, ...] | Barred:
        """Return the addresses to connect to for `url`, to be tried in turn, or why it is not followed."""


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host; empty when it has none. An address is its own, and nobody is asked."""
    if (address := _written(host)) is not None:
        return [address]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


@lru_cache(maxsize=256)
def _written(host: str) -> str | None:
    """Return an address in its shortest form; None for a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        return None


async def leads_to_private(url: str) -> bool:
    """Return whether the host of `url` has a private address; one that does not resolve has none."""
    parts = urlsplit(url)
    return any(is_private(address) for address in await resolve(parts.hostname or "", parts.port or 443))


async def judge(url: str, *, may_be_private: bool, is_proxied: bool = False) -> tuple[str, ...] | Barred:
    """Return the addresses to connect to for `url`, to be tried in turn, or why it is not followed.

    One private address among them is enough to refuse all. The caller connects to the very addresses that were judged,
    so a name that resolves to something else a moment later gains nothing. Behind a proxy a name need not resolve here:
    then its own text is returned.
    """
    try:
        parts = urlsplit(url)
        port = port_of(parts)
    except ValueError:
        return Barred(reason="the link is no URL")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return Barred(reason=f"the link is no http(s) URL but {parts.scheme or 'nothing'}:")
    addresses = await resolve(parts.hostname, port)
    private = next(filter(is_private, addresses), None)
    if private and not may_be_private:
        return Barred(reason=f"{parts.hostname} leads to a private address ({private}), which is never fetched from")
    if not addresses and not is_proxied:
        return Barred(reason=f"{parts.hostname} does not resolve")
    return tuple(dict.fromkeys(addresses)) or (parts.hostname,)
