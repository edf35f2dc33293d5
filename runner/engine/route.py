"""Whom the next purchase goes to: the first provider of the manifest's list that is not broken.

Failover is for broken providers, not for sharing load: where the first one is full, throttled or asks for a short
pause, the purchase waits for it. An item moves only while nothing of it is under way; what was sent to a provider stays
with it. The run stops buying when everyone is broken at one time; a provider that asked for a long pause is not broken,
and is waited for when there is nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from ..core.life.state import State
from ..core.limits.admission import Closed, Go, Wait
from ..core.limits.breaker import gravest
from ..core.limits.purse import Till
from ..core.sums.ending import Ending
from ..values import dataclass, replace
from .ledger import Ledger
from .provider import Provider


@dataclass(slots=True, kw_only=True)
class Route:
    """The providers of one run in the order in which they are preferred."""

    names: tuple[str, ...]
    providers: Mapping[str, Provider]
    till: Till
    ledger: Ledger
    _current: str = field(init=False)

    def __post_init__(self) -> None:
        self._current = self.names[0]

    def choose(self, now: float, key: str) -> Provider | Wait | Closed:
        """Return who may be bought from now, when to ask again, or why nobody is bought from any more.

        With the provider comes a place at its account, claimed for `key`, which is to be used. The first that is fit
        has the last word; but where it is too dear, a pause before it that ends in this run is waited for. Who is not
        fit is passed over until a probe is due; a probe that cannot leave at once (its gate is full, its price is over
        the cap) holds nothing up. It is waited for only beside somebody who sells again: it would be repeated for ever.
        """
        if outage := self.outage():
            return outage
        waits, dear, sells_again = list[Wait](), list[str](), False
        nobody: Wait | Closed = Wait(until=float("inf"), why="")
        for provider in self._members():
            match self._ask(provider, now, key):
                case Go():
                    self._tell(provider)
                    return provider
                case Wait() as wait:
                    sells_again = sells_again or self._sells_again(provider, wait)
                    if provider.is_fit:
                        return _woken_for_probes(wait, waits) if sells_again else wait
                    waits.append(wait)
                case Closed() as closed if not provider.is_fit:
                    nobody = closed
                case Closed() as closed if sells_again:
                    dear.append(f"{provider.name}: {closed.why}")
                case Closed() as closed:
                    return self._instead(closed, provider)
        if not sells_again:
            return nobody
        wait = min(waits, key=lambda wait: wait.until)
        return replace(wait, why="; ".join([wait.why, *dear]))

    def admit(self, provider: Provider, key: str, now: float) -> Go | Wait | Closed:
        """Say whether a request to a certain provider may leave now, whose money is reserved already."""
        answer = provider.gate.ask(now, key)
        return self._claim(provider, key, now) if isinstance(answer, Go) else answer

    def outage(self) -> Closed | None:
        """Return why everyone is broken at one time, or None while somebody is not."""
        outages = [each for member in self._members() if (each := member.gate.closed or member.breaker.broken)]
        return gravest(outages) if len(outages) == len(self.names) else None

    def awaits(self, provider: Provider) -> bool:
        """Return whether it is worth while to wait until a broken provider may be asked again.

        A pause ends, and silence may end by itself while the others work; a key or a balance is mended by a person,
        for the next run.
        """
        broken = provider.breaker.broken
        may_mend = broken is not None and broken.ending is Ending.UNREACHABLE and provider.name in self.names
        return broken is None or (may_mend and self.outage() is None)

    def due(self, state: State, now: float) -> float:
        """Return when a planned item may be bought: at once when it waits for a provider that is passed over."""
        provider = self.providers.get(state.provider or "")
        return min(state.due, now) if provider is not None and not provider.is_fit else state.due_by(now)

    def _members(self) -> Iterable[Provider]:
        return (self.providers[name] for name in self.names)

    def _ask(self, provider: Provider, now: float, key: str) -> Go | Wait | Closed:
        for answer in (provider.breaker.ask(now), provider.gate.ask(now)):
            if not isinstance(answer, Go):
                return answer
        if closed := self.till.ask(provider.price):
            # What is reserved for a request under way comes back when it is refused.
            is_awaited = any(member.gate.is_awaited for member in self._members())
            return Wait(until=float("inf"), why=closed.why) if is_awaited else closed
        return self._claim(provider, key, now)

    def _claim(self, provider: Provider, key: str, now: float) -> Go | Wait:
        """Take a place among all runs that use the account, and tell the user when it has to be waited for."""
        answer = provider.account.claim(key, now=now)
        if isinstance(answer, Wait) and answer.why:
            self.ledger.say_once(answer.why, f"purchases at {provider.name} take turns: {answer.why}")
        return answer

    def _sells_again(self, provider: Provider, wait: Wait) -> bool:
        """Return whether one that is not broken sells again in this run; a slot may be that of a job given up in it."""
        ends = wait.until < float("inf") or provider.gate.is_awaited or self.ledger.is_busy
        return provider.breaker.broken is None and ends

    def _instead(self, closed: Closed, provider: Provider) -> Closed:
        """Return why nothing is bought at a provider, with why those before it are not asked."""
        passed_over = self.names[: self.names.index(provider.name)]
        reasons = [self.providers[name].why_unfit for name in passed_over]
        asks = f", and {provider.name} asks {provider.price}" if provider.price else ""
        return replace(closed, why="; ".join([f"{closed.why}{asks}", *reasons]))

    def _tell(self, provider: Provider) -> None:
        """Tell the user when purchases go elsewhere, and when they come back; a probe is not yet that."""
        if provider.name == self._current or not provider.is_fit:
            return
        former, self._current = self.providers[self._current], provider.name
        if former.is_fit:
            self.ledger.say(f"{provider.name} takes jobs again; new purchases go there")
        else:
            self.ledger.say(f"{former.why_unfit}; new purchases go to {provider.name}")


def _woken_for_probes(wait: Wait, probes: Sequence[Wait]) -> Wait:
    """Return the wait, cut short where a probe is due before; that is no news for the user, and has no words."""
    until = min((probe.until for probe in probes), default=float("inf"))
    return wait if wait.until <= until else Wait(until=until, why="")
