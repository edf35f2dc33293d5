"""The network of a simulated world: what has left a machine arrives, whatever becomes of the machine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random

from sim_market import Market
from studio import Answer

from runner.dialects.seam import Call


@dataclass(slots=True, kw_only=True)
class Letter:
    """A request on its way."""

    at: float
    market: Market
    call: Call
    life: int
    answered: asyncio.Future[Answer]


@dataclass(slots=True, kw_only=True)
class Network:
    """Carries requests to the markets. What has left arrives, or breaks off, whatever becomes of its sender."""

    replaced: set[int] = field(default_factory=set)
    _letters: dict[int, Letter] = field(default_factory=dict)
    _count: int = 0

    def carry(self, call: Call, market: Market, *, life: int) -> asyncio.Future[Answer]:
        loop = asyncio.get_running_loop()
        self._count += 1
        at = loop.time() + market.nature.way_s
        self._letters[self._count] = letter = Letter(
            at=at, market=market, call=call, life=life, answered=loop.create_future()
        )  # fmt: skip
        loop.call_at(at, self._deliver, self._count)
        return letter.answered

    def flush(self, dice: Random | None = None) -> float:
        """Let all that is under way arrive, or with `dice` some of it; return when the last of it did."""
        last = 0.0
        for number, letter in sorted(self._letters.items(), key=lambda pair: (pair[1].at, pair[0])):
            if dice is not None and dice.random() < 0.3:
                del self._letters[number]
            else:
                last = letter.at
                self._deliver(number)
        return last

    def _deliver(self, number: int) -> None:
        if (letter := self._letters.pop(number, None)) is None:
            return
        is_stray = letter.life in self.replaced
        answer = letter.market.receive(letter.call, letter.at, life=letter.life, is_stray=is_stray)
        if not letter.answered.done():
            letter.answered.set_result(answer)
