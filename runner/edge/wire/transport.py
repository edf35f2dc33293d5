"""How a client gets to a server without a proxy: by aiohttp where the extra `fast` is installed, else as httpx does.

`S2V_TRANSPORT` in the environment, where httpx finds its proxies and certificates, says otherwise.
"""

from __future__ import annotations

import os
import re
import ssl
from functools import lru_cache
from importlib.util import find_spec
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx

from ...errors import ConfigError
from ...network import is_loopback
from .fleet import Fleet
from .pool import CONNECTIONS, LIMITS, ONE

CHOICE: Final = "S2V_TRANSPORT"
WAYS: Final = ("aiohttp", "httpx")
LEAST: Final = (3, 14, 1)
_NUMBER: Final = re.compile(r"[0-9]+")
_NAMED: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_SCHEMES: Final = frozenset({"http", "https", "all"})


def way() -> str:
    """Return which of `WAYS` is taken; raise ConfigError for another word, and for one that is not installed."""
    chosen = os.environ.get(CHOICE) or (WAYS[0] if _has_aiohttp() else WAYS[1])
    if chosen not in WAYS:
        raise ConfigError(f"{CHOICE} is '{chosen}', expected {' or '.join(WAYS)}")
    if chosen == WAYS[0] and not _has_aiohttp():
        least = ".".join(map(str, LEAST))
        raise ConfigError(f"{CHOICE} asks for aiohttp {least} or newer, not installed: pip install 's2v-runner[fast]'")
    return chosen


@lru_cache(maxsize=1)
def _has_aiohttp() -> bool:
    """Return whether it is installed, and is one that has each name prove itself; others bring older ones along."""
    if find_spec("aiohttp") is None:
        return False
    from importlib.metadata import version  # noqa: PLC0415 - a fortieth of a second, where there is nothing to ask

    return tuple(map(int, _NUMBER.findall(version("aiohttp"))[:3])) >= LEAST


def direct() -> httpx.AsyncBaseTransport:
    """Return a transport that asks no proxy."""
    if any(map(os.environ.get, _NAMED)):
        trust()  # what the user names may be unreadable, and is said to be before anything is sent
    if way() == WAYS[1]:
        return Fleet(_one, most=CONNECTIONS)
    from .fast import FastTransport  # noqa: PLC0415 - an extra, and a quarter of a second to load

    return FastTransport(trust)


def _one(scheme: str) -> httpx.AsyncBaseTransport:
    """Return a transport of one connection; one that is not for https believes no certificate at all."""
    context = trust() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncHTTPTransport(verify=context, limits=ONE)


def towards(url: httpx.URL) -> httpx.AsyncBaseTransport:
    """Return a transport to the host of `url`, through the proxy that the environment names for it."""
    proxy = None if is_loopback(url.host) else proxy_for(url)
    return direct() if proxy is None else through(proxy)


def proxy_for(url: httpx.URL) -> str | None:
    """Return the proxy by which the environment wants this URL to be fetched; `NO_PROXY` knows the host by its name."""
    named = getproxies()
    proxy = named.get(url.scheme) or named.get("all")
    return None if not proxy or proxy_bypass(url.host) else proxy


def proxies() -> frozenset[str]:
    """Return every proxy that `proxy_for` may give."""
    return frozenset(proxy for scheme, proxy in getproxies().items() if scheme in _SCHEMES and proxy)


def through(proxy: str) -> httpx.AsyncBaseTransport:
    """Return a transport through a proxy, which is always httpx's own."""
    place = proxy if "://" in proxy else f"http://{proxy}"
    return httpx.AsyncHTTPTransport(verify=trust(), proxy=place, limits=LIMITS)


def trust() -> ssl.SSLContext:
    """Return the certificates that servers are held against: httpx's, or those that the environment names."""
    return _trust(*map(os.environ.get, _NAMED))


@lru_cache(maxsize=1)
def _trust(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Read them once for all clients, when the first of them needs them: a fortieth of a second each time."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
