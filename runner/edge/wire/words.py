"""What may be told of what a server said, and what is said of settings that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ...errors import ConfigError, NotSent

_SAID: Final = re.compile(r"(?<![A-Za-z])(bytearray\()?b?['\"].*", re.DOTALL)
"""A server's own bytes, which parsers quote: it may have repeated the key or the signed link that it heard."""


def unquoted(words: str) -> str:
    """Return what a library says of an error without what it quotes."""
    return _SAID.sub("...", words)


@contextmanager
def configured() -> Iterator[None]:
    """Turn what is said of an unusable URL or proxy into words for the user."""
    try:
        yield
    except (NotSent, ValueError, ImportError) as error:
        raise ConfigError(f"cannot set up a connection: {error}; check the base URL and the proxy variables") from error
