"""What another terminal asks of a life while it goes on: pauses, each of which ends, and other limits of the user's."""

from __future__ import annotations

import asyncio
from random import Random

from runner.core.limits.steering import Adjust, Instruction, Pause, Resume
from runner.edge.control.listener import Box
from runner.model import Rate


def steered_by(dice: Random, *, often: float) -> Box:
    """Return the box of a life on the running loop, into which something is put now and then."""
    box, loop = Box(), asyncio.get_running_loop()
    at = 0.0
    for _ in range(dice.randint(1, 3) if dice.random() < often else 0):
        at += dice.choice((0.0, 0.3, 5.0, 61.0, 300.0))
        for instruction in _drawn(dice):
            loop.call_later(at, box.ask, instruction)
            at += dice.choice((0.1, 0.5, 40.0, 2_000.0))  # never none: timers of one moment ring in no order
    return box


def _drawn(dice: Random) -> tuple[Instruction, ...]:
    if dice.random() < 0.6:
        return Pause(), Resume()
    rate = Rate(count=dice.randint(1, 4), window_s=dice.choice((5.0, 60.0, 600.0)))
    return (Adjust(in_flight=dice.choice((None, 1, 3)), rate=dice.choice((None, rate)), downloads=dice.randint(1, 4)),)
