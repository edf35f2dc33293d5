"""Reads what a manifest may write instead of a path: an http(s) URL, checked but never fetched, or a data URL.

A remote URL goes to the provider as it is written, private addresses included: the provider fetches it, not this
program, so there is nothing here that could be tricked into reaching somewhere.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

from .trouble import Trouble

URL_MOST: Final = 2048
"""Characters; longer ones are cut or refused by common servers."""
_ALIEN: Final = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
"""Whatever RFC 3986 does not allow; what it does allow needs no escape in JSON."""
_DATA_HEAD: Final = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),", re.IGNORECASE)
_DATA_HEAD_MOST: Final = 200
_BLANK: Final = re.compile(rb"[ \t\r\n\f]+")
_SHAPE: Final = "expected data:image/png;base64,..."


def is_remote(source: str) -> bool:
    """Return whether the source is an http(s) URL."""
    return source[:8].lower().startswith(("http://", "https://"))


def is_data(source: str) -> bool:
    """Return whether the source is a data URL."""
    return source[:5].lower() == "data:"


def brief(source: str) -> str:
    """Return what a source is known by: itself, or the digest of a data URL, which may have megabytes."""
    return f"data:{hashlib.sha256(source.encode()).hexdigest()}" if is_data(source) else source


def check_url(url: str, shown: str) -> Trouble | None:
    """Return what is wrong with a remote URL, or None when a provider can be sent it as it is.

    No message repeats a password, or a query, which may be a signature.
    """
    if len(url) > URL_MOST:
        return Trouble(
            message=f"portrait URL of {len(url):,} characters is too long, at most {URL_MOST:,} are expected"
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return Trouble(message="portrait URL has a host or a port that cannot be read, expected https://host/path")
    name = f"portrait URL '{shown.partition('?')[0]}'"
    if "@" in parts.netloc:
        return Trouble(
            message=f"portrait URL at host '{host}' carries a user name or password, expected none",
            hint="a manifest holds no keys; use a signed link or a file",
        )
    if not host:
        return Trouble(message=f"{name} names no host, expected https://host/path")
    if alien := _ALIEN.search(url):
        return Trouble(
            message=f"{name} holds {alien.group()!a} at character {alien.start() + 1:,}, which no URL may hold",
            hint=f"write {quote(alien.group())}, or in a host name its xn-- form",
        )
    if "#" in url:
        return Trouble(
            message=f"{name} has a fragment, which no server ever sees",
            hint="drop the part from # on, or write %23 if it belongs to the name",
        )
    return None


def decode_data(url: str, *, bytes_most: int) -> bytes | Trouble:
    """Return the bytes of a base64 data URL.

    Percent-encoding is undone and ASCII white space dropped, as browsers do; anything else must be exact: the standard
    alphabet, whole groups, padding. The label is not believed, so it is not even looked at.
    """
    head = _DATA_HEAD.match(url[:_DATA_HEAD_MOST])
    if head is None:
        return Trouble(message=f"portrait data URL has no comma after its head, {_SHAPE}")
    if not head.group(2).lower().endswith(";base64"):
        return Trouble(message=f"portrait data URL '{head.group(0)}...' is not base64, {_SHAPE}")
    if len(url) > 4 * bytes_most:
        return Trouble(message=f"portrait data URL of {len(url):,} characters is too large", hint="put it into a file")
    text = _BLANK.sub(b"", _payload(url[head.end() :]))
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return Trouble(message=f"portrait data URL '{head.group(0)}...' {_say_base64(text)}")


def _payload(text: str) -> bytes:
    return unquote_to_bytes(text) if "%" in text else text.encode()


def _say_base64(text: bytes) -> str:
    alien = re.search(rb"[^A-Za-z0-9+/=]", text)
    if alien and alien.group() in b"-_":
        return "uses the URL-safe base64 alphabet, expected the standard one with + and /"
    if alien:
        return f"holds a character at {alien.start():,} that is not base64"
    if len(text) % 4:
        return f"ends inside a base64 group ({len(text):,} characters): it is cut off, or its padding (=) is missing"
    return "is not sound base64: padding (=) stands where none belongs"
