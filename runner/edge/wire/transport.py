"""How a client gets to a server without a proxy: by aiohttp where the extra `fast` is installed, else as httpx does.

`S2V_TRANSPORT` in the environment, where httpx finds its proxies and certificates, says otherwise.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from importlib.util import find_spec
from typing import Final
from urllib.request import getproxies

import httpx

from ...errors import ConfigError
from ...network import is_loopback
from .pool import LIMITS

CHOICE: Final = "S2V_TRANSPORT"
WAYS: Final = ("aiohttp", "httpx")


def way() -> str:
    """Return which of `WAYS` is taken; raise ConfigError for another word, and for one that is not installed."""
    is_there = find_spec("aiohttp") is not None
    chosen = os.environ.get(CHOICE) or (WAYS[0] if is_there else WAYS[1])
    if chosen not in WAYS:
        raise ConfigError(f"{CHOICE} is '{chosen}', expected {' or '.join(WAYS)}")
    if chosen == WAYS[0] and not is_there:
        raise ConfigError(f"{CHOICE} asks for aiohttp, which is not installed: pip install 's2v-runner[fast]'")
    return chosen


def direct() -> httpx.AsyncBaseTransport:
    """Return a transport that asks no proxy."""
    if way() == WAYS[1]:
        return httpx.AsyncHTTPTransport(verify=trust(), limits=LIMITS)
    from .fast import FastTransport  # noqa: PLC0415 - an extra, and a quarter of a second to load

    return FastTransport(trust())


def towards(base_url: str) -> httpx.AsyncBaseTransport | None:
    """Return a transport that goes past every proxy where none is to be asked: to this machine itself, or without one.

    None leaves it to httpx, which sorts the proxies of the environment and those whom they are not for.
    """
    url, proxies = httpx.URL(base_url), getproxies()
    is_proxied = bool(proxies.get(url.scheme) or proxies.get("all")) and not is_loopback(url.host)
    return None if is_proxied else direct()


def trust() -> ssl.SSLContext:
    """Return the certificates that servers are held against: httpx's, or those that the environment names."""
    return _trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=1)
def _trust(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Read them once for all clients: a fortieth of a second each time."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
