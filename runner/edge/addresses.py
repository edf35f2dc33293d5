"""Where a download may connect to: never to this machine's own network, unless the provider itself lives there."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a link is not followed."""

    reason: str


def is_private(address: str) -> bool:
    """Return whether an IP address is anything but a public, global one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return not (mapped or ip).is_global or (mapped or ip).is_multicast


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host; empty when it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


async def leads_to_private(url: str) -> bool:
    """Return whether the host of `url` has a private address; one that does not resolve has none."""
    parts = urlsplit(url)
    return any(is_private(address) for address in await resolve(parts.hostname or "", parts.port or 443))


async def judge(url: str, *, may_be_private: bool) -> str | Refused:
    """Return the address to connect to for `url`, or why it is not followed.

    The caller connects to the very address that was judged, so a name that resolves to something else a moment later
    gains nothing.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return Refused(reason="the link is no URL")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return Refused(reason=f"the link is no http(s) URL but {parts.scheme or 'nothing'}:")
    addresses = await resolve(parts.hostname, port)
    if not addresses:
        return Refused(reason=f"{parts.hostname} does not resolve")
    if not may_be_private and any(is_private(address) for address in addresses):
        return Refused(
            reason=f"{parts.hostname} leads to a private address ({addresses[0]}), which is never fetched from"
        )
    return addresses[0]
