"""Which addresses are private, which host is this machine, and which port a URL means: one rule for whoever connects.

Pure: no name is resolved here. `edge.wire.addresses` and `service.addresses` resolve, and judge by this.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult

_GLOBAL: Final = IPv6Network("2000::/3")
"""All that was ever given out for the public network; is_global alone passes what is deprecated or not given out."""
_NAT64: Final = IPv6Network("64:ff9b::/96")


def port_of(address: SplitResult) -> int:
    """Return the port of an http(s) URL, or that of its scheme; raise ValueError where it names one that is none."""
    return address.port or (443 if address.scheme == "https" else 80)


@lru_cache(maxsize=256)  # a run fetches from few places
def is_private(address: str) -> bool:
    """Return whether an IP address is anything but a public, global one, or carries such a one inside."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return not ip.is_global or ip.is_multicast
    inner = _carried(ip)
    if inner is not None:
        return is_private(str(inner))
    return ip not in _GLOBAL or not ip.is_global


def is_loopback(host: str) -> bool:
    """Return whether a host, as it stands in a URL, is this machine itself."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _carried(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which a gateway, or this machine itself, would pass the packets on."""
    if ip.ipv4_mapped or ip.sixtofour:
        return ip.ipv4_mapped or ip.sixtofour
    return IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else None
