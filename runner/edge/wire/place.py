"""An address of the web taken apart as httpx does it, byte for byte, without httpx for the common ones."""

from __future__ import annotations

import base64
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from ...errors import NotSent
from ...values import dataclass

_PORT_MOST: Final = 65_535
_LEGAL: Final = r"(?:[A-Za-z0-9\-_~!$&'()*+,;=:@]|\.(?!\.?(?:[/?]|$))|%[0-9A-Fa-f]{2})"
_PLAIN: Final = re.compile(
    rf"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:(?!80\b|443\b)[1-9][0-9]{{0,4}})?"
    rf"(/(?:{_LEGAL}|/)*)?(\?(?:[A-Za-z0-9\-._~!$&()*+,;=:@/?]|%[0-9A-Fa-f]{{2}})*)?"
)
"""An address in which nothing is to be written otherwise: no space, no capital host, no port that goes without saying.

A test holds it against httpx: what fits here is what httpx makes of it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request goes; `port` has its colon and is empty where it goes without saying."""

    scheme: str
    host: str
    port: str
    target: str
    userinfo: bytes = b""

    @property
    def netloc(self) -> str:
        """Return host and port as the Host header has them."""
        return f"{_bracketed(self.host)}{self.port}"

    @property
    def authorization(self) -> str | None:
        """Return the header for name and password, if the address has them."""
        return f"Basic {base64.b64encode(unquote_to_bytes(self.userinfo)).decode('ascii')}" if self.userinfo else None

    def url(self, at: str | None = None) -> str:
        """Return the address without name and password, or that of the same place at an address of its host."""
        return f"{self.scheme}://{_bracketed(at or self.host)}{self.port}{self.target}"


def place_of(url: str) -> Place:
    """Take an address apart, whatever its scheme; raise NotSent for what is none."""
    place = _taken_apart(url)
    if int(place.port[1:] or 0) > _PORT_MOST:
        raise NotSent(f"InvalidURL: port {place.port[1:]}, expected at most {_PORT_MOST}")
    return place


def _taken_apart(url: str) -> Place:
    if plain := _PLAIN.fullmatch(url):
        scheme, host, port, path, query = plain.groups(default="")
        return Place(scheme=scheme, host=host, port=port, target=f"{path or '/'}{query}")
    import httpx  # noqa: PLC0415 - for the odd address alone: it takes as long to load as all else of a start

    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise NotSent(f"InvalidURL: {error}") from error
    return Place(
        scheme=parts.scheme, host=parts.raw_host.decode("ascii"), port="" if parts.port is None else f":{parts.port}",
        target=parts.raw_path.decode("ascii"), userinfo=parts.userinfo,
    )  # fmt: skip


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
