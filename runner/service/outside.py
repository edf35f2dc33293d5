"""What the service asks of the world outside, as Protocols; `outgoing` keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..values import dataclass


class Fetcher(Protocol):
    """Fetches remote pictures."""

    async def fetch(self, url: str, *, most: int) -> bytes:
        """Return what is at `url`, less than `most` bytes, or raise `Refusal`."""


class Poster(Protocol):
    """Posts JSON to somebody's URL."""

    async def post(self, url: str, document: Mapping[str, Any], *, within_s: float) -> Any:  # noqa: ANN401 - a reply
        """Return the JSON of a 2xx answer, or None; never raises for what the other side does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the other side of a callback may take, and the pauses before another try."""

    handshake_s: float = 3.0  # MiniMax's page (D)
    answer_s: float = 10.0
    pauses_s: tuple[float, ...] = (1.0, 4.0, 16.0, 60.0)
