"""One provider as a run uses it: its dialect, its wires, its gate, and its traits after the manifest's overrides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from ..core.admission import Gate
from ..core.breaker import PARKED_S, Breaker
from ..dialects.seam import Dialect, Flow, PollPace
from ..model import Money
from .ports import Courier, Wire

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Provider:
    """Everything a step needs to talk to one provider.

    `silences` counts the setbacks in a row that were no answer; `shut` says why nothing is asked any more, free or not.
    """

    name: str
    dialect: Dialect
    wire: Wire
    courier: Courier
    gate: Gate
    price: Money | None
    poll: PollPace
    unseen_job_s: float
    idempotent: bool
    silences: int = 0
    shut: str | None = None
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def is_fit(self) -> bool:
        """Return whether purchases go there as usual; if not, it is passed over, or has to prove itself first."""
        return self.gate.closed is None and not self.breaker.is_open

    def rest(self, until: float, why: str, *, now: float) -> None:
        """Let nothing leave before `until`; what is to wait so long may be bought elsewhere."""
        self.gate.pause(until, why)
        if until - now > PARKED_S:
            self.breaker.park(until, why)

    async def converse(self, flow: Flow[T]) -> T:
        """Play a dialect's flow on the wire and return what it concludes; an error of the wire ends the flow."""
        try:
            call = next(flow)
            while True:
                call = flow.send(await self.wire.send(call))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()
