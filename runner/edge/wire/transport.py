"""How a client gets to a server: by aiohttp where the extra `fast` is installed, else by httpx's connections.

`S2V_TRANSPORT` in the environment says otherwise; proxies and certificates are those that httpx finds there. What needs
a proxy goes by httpx. Only what is taken is loaded: each takes the better part of a tenth of a second.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from threading import Thread
from typing import Final
from urllib.request import getproxies, proxy_bypass

from ...errors import ConfigError
from ...network import is_loopback
from .place import place_of
from .sender import Sender

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


def load() -> None:
    """Begin to load what `direct` will take, beside what else a start does: it reads files for the most part."""
    if way() == WAYS[0] and not proxies():
        Thread(target=_load_fast).start()


def _load_fast() -> None:
    with suppress(ImportError):  # whoever needs it meets the same error
        from . import fast  # noqa: F401, PLC0415 - an extra


def direct(*, timeout_s: float, headers: Mapping[str, str] | None = None) -> Sender:
    """Return a way that asks no proxy."""
    if any(map(os.environ.get, _NAMED)):
        trust()  # what the user names may be unreadable, and is said to be before anything is sent
    if way() == WAYS[1]:
        from .by_httpcore import CoreSender  # noqa: PLC0415 - only what is taken is loaded

        return CoreSender(trust, timeout_s=timeout_s, headers=headers)
    from .fast import FastSender  # noqa: PLC0415 - an extra

    return FastSender(trust, timeout_s=timeout_s, headers=headers)


def towards(url: str, *, timeout_s: float, headers: Mapping[str, str] | None = None) -> Sender:
    """Return a way to the host of `url`, through the proxy that the environment names for it.

    Raise NotSent where that is no address: it is one of the settings, and no request would mend it.
    """
    proxy = proxy_of(url)
    if proxy is None:
        return direct(timeout_s=timeout_s, headers=headers)
    return through(proxy, timeout_s=timeout_s, headers=headers)


def proxy_of(url: str) -> str | None:
    """Return the proxy through which the host of `url` is spoken to; this machine itself has none.

    Raise NotSent where that is no address.
    """
    place = place_of(url)
    return None if is_loopback(place.host) else proxy_for(place.scheme, place.host)


def through(proxy: str, *, timeout_s: float, headers: Mapping[str, str] | None = None) -> Sender:
    """Return a way through a proxy, which is always httpx's own; raise ValueError for one that is no address."""
    from .by_httpx import HttpxSender, proxied  # noqa: PLC0415 - only what is taken is loaded

    kept, once = (proxied(proxy, trust(), keeps=keeps) for keeps in (True, False))
    return HttpxSender(kept, bodies=once, timeout_s=timeout_s, headers=headers)


def within(
    app: Callable[..., Awaitable[None]], *, timeout_s: float, headers: Mapping[str, str] | None = None
) -> Sender:
    """Return a way to an ASGI application in this process."""
    from .by_httpx import HttpxSender, in_process  # noqa: PLC0415 - only what is taken is loaded

    return HttpxSender(in_process(app), timeout_s=timeout_s, headers=headers)


def proxy_for(scheme: str, host: str) -> str | None:
    """Return the proxy by which the environment wants a host to be asked; `NO_PROXY` knows it by its name."""
    named = getproxies()
    proxy = named.get(scheme) or named.get("all")
    return None if not proxy or proxy_bypass(host) else proxy


def proxies() -> frozenset[str]:
    """Return every proxy that `proxy_for` may give."""
    return frozenset(proxy for scheme, proxy in getproxies().items() if scheme in _SCHEMES and proxy)


def trust() -> ssl.SSLContext:
    """Return the certificates that servers are held against: certifi's, or those that the environment names.

    Raise ConfigError where those cannot be read.
    """
    named = {name: os.environ.get(name) for name in _NAMED}
    try:
        return _trust(*named.values())
    except OSError as error:
        told = " and ".join(f"{name} names {path}" for name, path in named.items() if path)
        why = (error.strerror or str(error)).lower()
        raise ConfigError(f"{told or 'certifi is installed'}, and no certificates can be read there: {why}") from error


@lru_cache(maxsize=1)
def _trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Read them once for all clients, when the first of them needs them: a fortieth of a second each time.

    The choice is httpx's, which is not loaded for it.
    """
    if file or folder:
        context = ssl.create_default_context(cafile=file or None, capath=None if file else folder)
    else:
        import certifi  # noqa: PLC0415 - no server on loopback needs any

        context = ssl.create_default_context(cafile=certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
