"""One provider as a run uses it: its dialect, its wires, its gate, and its traits after the manifest's overrides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from ..core.admission import Gate
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
