"""One provider as a run uses it: its dialect, its wires, its gate, and its traits after the manifest's overrides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from typing import TypeVar

from ..core.life.state import State
from ..core.limits.admission import Answer, Gate, Go
from ..core.limits.breaker import PARKED_S, Breaker
from ..core.limits.courtesy import Courtesy
from ..core.limits.throttle import Throttle
from ..core.outlook.pace import Pace
from ..dialects.seam import Dialect, Flow, PollPace
from ..model import Kind, Money, Verdict
from ..values import dataclass
from .ports import Account, Courier, Wire

T = TypeVar("T")


def alias_of(state: State) -> str:
    """Return the name under which the job of an item's last request keeps its slot, once it was let go of."""
    return f"{state.item.key}, let go {state.attempt}"


class Alone:
    """An account that nobody else on this machine uses, or without a limit that could be shared."""

    def begin(self, held: Mapping[str, float], answers: Iterable[float]) -> None:
        """Tell nobody."""

    def claim(self, key: str, *, now: float) -> Go:  # noqa: ARG002 - the names are those of `Account`
        """Leave it to the gate."""
        return Go()

    def settle(self) -> None:
        """Tell nobody."""

    def answered(self, key: str) -> None:
        """Tell nobody."""

    def hold(self, key: str, left_s: float) -> None:
        """Tell nobody."""

    def release(self, key: str) -> None:
        """Tell nobody."""


@dataclass(slots=True, kw_only=True)
class Provider:
    """Everything a step needs to talk to one provider.

    `silences` counts the setbacks in a row that were no answer; `shut` says why nothing is asked any more, free or not.
    `form` is the one of the dialect's forms in which an order was understood in this run. `key_note` is what to know
    when the key is refused, `job_note` when a job is not known. `poll` is how often to ask after a job; with a `pace`
    it is only how that began. `calls` is when a call hastened a poll that has not been sent yet. `named` holds the
    items whose jobs calls named, and no receipt, with the jobs that further calls named: they are asked after where the
    first one is not known. `account` tells the other runs that use it what the gate is told.
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
    downloads: Throttle = field(default_factory=Throttle)
    form: str | None = None
    key_note: str = ""
    job_note: str = ""
    account: Account = field(default_factory=Alone)
    pace: Pace | None = None
    courtesy: Courtesy = field(default_factory=Courtesy)
    calls: dict[str, float] = field(default_factory=dict)
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_fit(self) -> bool:
        """Return whether purchases go there as usual; if not, it is passed over, or has to prove itself first."""
        return self.gate.closed is None and not self.breaker.is_open

    @property
    def why_unfit(self) -> str:
        """Return why it is passed over, empty when it is not."""
        return self.gate.closed.why if self.gate.closed else self.breaker.why

    def join(self, now: float) -> None:
        """Let the other runs count what the gate remembers of the runs before this one."""
        held, answers = self.gate.held, self.gate.answers
        self.account.begin({key: until - now for key, until in held.items()}, [now - at for at in answers])

    def answered(self, key: str, now: float, answer: Answer | None = None) -> None:
        """Note that the answer came, or that none will; `answer` is what it tells of limits."""
        self.gate.answered(key, now, answer)
        self.account.answered(key)

    def hold(self, key: str, left_s: float = float("inf"), *, now: float) -> None:
        """Note a job that runs at the provider, or may run there unseen for so long."""
        self.gate.hold(key, now + left_s)
        self.account.hold(key, left_s)

    def release(self, key: str) -> None:
        """Note that the job ended, or was never made."""
        self.gate.release(key)
        self.account.release(key)

    def let_go(self, state: State, *, now: float) -> None:
        """Let a job that may run unseen keep its slot under another name, so that its item can take one of its own."""
        until = self.gate.held.get(state.item.key, now)
        self.release(state.item.key)
        if until > now:
            self.hold(alias_of(state), until - now, now=now)

    def rest(self, until: float, why: str, *, now: float) -> None:
        """Let nothing leave before `until`; what is to wait so long may be bought elsewhere."""
        self.gate.pause(until, why, now=now)
        if until - now > PARKED_S:
            self.breaker.park(until, why)

    def next_ask(self, state: State, now: float) -> float:
        """Return when to ask after a job that was just taken or found pending; with a pace, when to choose anew."""
        if self.pace is None:
            return self._even_ask(state, now)
        pending_at = min(state.known_pending_at, now)  # a clock may have gone back between two runs
        ask_at = self.pace.next_ask(state.item.key, accepted_at=state.accepted_at or now, pending_at=pending_at)
        return min(ask_at, now + self.pace.reconsider_s)

    def _even_ask(self, state: State, now: float) -> float:
        """Return the next of the even times, counted from the receipt: what answers take does not add up.

        It comes half a gap after an answer at the soonest, and a whole one at the latest.
        """
        if state.pending_at is None or state.accepted_at is None:
            return now + self.poll.first_s
        every_s, first_at = self.poll.every_s, state.accepted_at + self.poll.first_s
        asked = round((state.pending_at - first_at) / every_s)
        return min(max(first_at + (asked + 1) * every_s, now + every_s / 2), now + every_s)

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
