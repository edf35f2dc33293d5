"""How long to pause before the next try: arithmetic, no clock and no randomness of its own."""

from __future__ import annotations

import hashlib
from typing import Final

from ...model import Backoff, Kind

FINAL: Final = frozenset({Kind.CONTENT, Kind.INPUT})  # a no that stays one, however often it is asked
PAUSING: Final = frozenset({Kind.RATE, Kind.TRANSIENT})  # a no that time may turn into a yes
FREE: Final = Backoff(first_s=2.0, most_s=60.0)  # between two tries of a step that costs nothing
RETRY_AFTER_MOST_S: Final = 6 * 3600.0  # a longer wish is capped, so that a wrong header cannot park a batch for ever


def pause_s(backoff: Backoff, tries: int, *, jitter: float, asked_s: float | None = None) -> float:
    """Return the pause after `tries` tries without success (1 for the first), in seconds.

    `jitter` in [0, 1) spreads the pause over its upper half; `asked_s`, the provider's own wish, wins when longer.
    """
    full = min(backoff.most_s, backoff.first_s * 2.0 ** min(tries - 1, 32))
    own = full * (0.5 + 0.5 * jitter)
    return own if asked_s is None else max(own, min(max(asked_s, 0.0), RETRY_AFTER_MOST_S))


def jitter(key: str, tries: int) -> float:
    """Return a spread in [0, 1) that is the same for the same item and try: runs can be told again exactly."""
    return int.from_bytes(hashlib.sha256(f"{key}:{tries}".encode()).digest()[:4], "big") / 2**32
