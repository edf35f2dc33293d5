"""One provider as a run uses it: its dialect, its wires, its gate, and its traits after the manifest's overrides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeVar

from ..core.admission import Gate
from ..core.breaker import PARKED_S, Breaker
from ..core.courtesy import Courtesy
from ..core.pace import Pace
from ..core.state import State
from ..dialects.seam import Dialect, Flow, PollPace
from ..model import Kind, Money, Verdict
from .ports import Courier, Wire

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Provider:
    """Everything a step needs to talk to one provider.

    `silences` counts the setbacks in a row that were no answer; `shut` says why nothing is asked any more, free or not.
    `form` is the one of the dialect's forms in which an order was understood in this run. `key_note` is what to know
    when the key is refused. `poll` is how often to ask after a job; with a `pace` it is only how that began. `calls` is
    when a call hastened a poll that has not been sent yet.
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
    form: str | None = None
    key_note: str = ""
    pace: Pace | None = None
    courtesy: Courtesy = field(default_factory=Courtesy)
    calls: dict[str, float] = field(default_factory=dict)

    @property
    def is_fit(self) -> bool:
        """Return whether purchases go there as usual; if not, it is passed over, or has to prove itself first."""
        return self.gate.closed is None and not self.breaker.is_open

    def rest(self, until: float, why: str, *, now: float) -> None:
        """Let nothing leave before `until`; what is to wait so long may be bought elsewhere."""
        self.gate.pause(until, why, now=now)
        if until - now > PARKED_S:
            self.breaker.park(until, why)

    def next_ask(self, state: State, now: float) -> float:
        """Return when to ask after a job that was just taken or found pending; with a pace, when to choose anew."""
        if self.pace is None:
            return now + (self.poll.first_s if state.pending_at is None else self.poll.every_s)
        pending_at = min(state.known_pending_at, now)  # a clock may have gone back between two runs
        ask_at = self.pace.next_ask(state.item.key, accepted_at=state.accepted_at or now, pending_at=pending_at)
        return min(ask_at, now + self.pace.reconsider_s)

    def keeps_until(self, state: State) -> float:
        """Return until when a made video can be fetched, as far as anybody knows: its link's end, or its job's."""
        lifetime = self.dialect.traits.job_lifetime_s.value
        ends = [state.output.expires_at if state.output else None]
        ends.append(None if lifetime is None or state.accepted_at is None else state.accepted_at + lifetime)
        return min((end for end in ends if end is not None), default=float("inf"))

    def form_for(self, refused: Collection[str]) -> str | None:
        """Return the form of an order that was refused in these forms: the one that worked, then the surest."""
        forms = self.dialect.forms if self.form is None else (self.form, *self.dialect.forms)
        return next((form for form in forms if form not in refused), next(iter(forms), None))

    def knows_other_form(self, form: str | None, refused: Collection[str]) -> bool:
        """Return whether an order refused in `form` may yet be understood; not if others were, in that very form."""
        others = set(self.dialect.forms) - {form, *refused}
        return form in self.dialect.forms and form != self.form and bool(others)

    def refusal(self, verdict: Verdict) -> str:
        """Return why nothing more is bought here, in words for the user."""
        note = f" ({self.key_note})" if verdict.kind is Kind.AUTH and self.key_note else ""
        return f"{self.name} refused: {verdict}{note}"

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
