"""Where a download may connect to: never to this machine's own network, unless the provider itself lives there."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")
"""All that was ever given out for the public network; is_global alone passes what is deprecated or not given out."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a link is not followed."""

    reason: str


class Judge(Protocol):
    """Says where a download may connect to; it is asked anew for every redirect."""

    async def __call__(self, url: str, *, is_proxied: bool) -> tuple[str, ...] | Refused:
        """Return the addresses to connect to for `url`, to be tried in turn, or why it is not followed."""


def is_private(address: str) -> bool:
    """Return whether an IP address is anything but a public, global one, or carries such a one inside."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return not ip.is_global or ip.is_multicast
    inner = _carried(ip)
    if inner is not None:
        return is_private(str(inner))
    return ip not in _GLOBAL or not ip.is_global


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address to which a gateway, or this machine itself, would pass the packets on."""
    if ip.ipv4_mapped or ip.sixtofour:
        return ip.ipv4_mapped or ip.sixtofour
    return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else None


def is_loopback(host: str) -> bool:
    """Return whether a host, as it stands in a URL, is this machine itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


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


async def judge(url: str, *, may_be_private: bool, is_proxied: bool = False) -> tuple[str, ...] | Refused:
    """Return the addresses to connect to for `url`, to be tried in turn, or why it is not followed.

    One private address among them is enough to refuse all. The caller connects to the very addresses that were judged,
    so a name that resolves to something else a moment later gains nothing. Behind a proxy a name need not resolve here:
    then its own text is returned.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return Refused(reason="the link is no URL")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return Refused(reason=f"the link is no http(s) URL but {parts.scheme or 'nothing'}:")
    addresses = await resolve(parts.hostname, port)
    private = next(filter(is_private, addresses), None)
    if private and not may_be_private:
        return Refused(reason=f"{parts.hostname} leads to a private address ({private}), which is never fetched from")
    if not addresses and not is_proxied:
        return Refused(reason=f"{parts.hostname} does not resolve")
    return tuple(dict.fromkeys(addresses)) or (parts.hostname,)
