"""Where an item goes after each step: to a lane for its next one, or out of mind until another run takes it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ..core.life.lifecycle import Outcome, Rest, Submit, next_step
from ..core.life.lifecycle import Wait as WaitStep
from ..core.life.state import Phase, State
from ..core.limits.admission import Closed
from ..core.limits.backlog import Backlog
from ..core.limits.stop_loss import StopLoss
from ..core.sums.ending import Ending
from ..events import GaveUpWaiting, Settled
from ..model import Limits, spelled
from ..values import dataclass
from .absence import Absence
from .agenda import LANES, Agenda, Lane
from .hearing import Hearing
from .ledger import Ledger
from .provider import Provider
from .purchases import Purchases
from .repurchases import Repurchases
from .route import Route


@dataclass(slots=True, kw_only=True)
class Filing:
    """The filing of one run; without `buys` what is not bought is left alone."""

    ledger: Ledger
    agenda: Agenda
    absence: Absence
    route: Route
    providers: Mapping[str, Provider]
    purchases: Purchases
    repurchases: Repurchases
    hearing: Hearing
    loss: StopLoss
    backlog: Backlog
    limits: Limits
    buys: bool
    left_behind: Closed | None = None
    _ahead: dict[str, float] = field(default_factory=dict)

    def file(self, key: str) -> None:
        """Put an item where its next step says it belongs."""
        state, now = self.ledger.load(key), self.ledger.clock.now()
        back_at = self.absence.back_at()
        is_ahead = self._is_ahead(state, now)
        patience = (back_at if is_ahead else max(state.waits_since, back_at)) + self.limits.item_deadline_s
        step = next_step(state, now=now, wait_until=patience)
        if isinstance(step, Rest):
            if self.hearing.awaits(state, now=now, until=patience, unheard_since=back_at if is_ahead else None):
                return
            if self.repurchases.is_resubmitted(state):
                self._resubmit(state)
            else:
                self._rest(state, step)
        elif (isinstance(step, Submit) and not self.buys) or self.purchases.leaves_out(state):
            self.ledger.drop(key)
        elif state.phase is Phase.PLANNED:
            self.agenda.put(Lane.SUBMIT, key, self.route.due(state, now))
        elif state.phase is not Phase.SAVED and self.providers[state.provider or ""].shut:
            self.leave_behind(key)
        else:
            self.agenda.put(LANES[state.phase], key, step.until if isinstance(step, WaitStep) else now)

    def put_off(self, key: str, until: float) -> None:
        """Let an item's next step, which costs nothing, wait until then."""
        self.ledger.postpone(key, until, stalls=self.ledger[key].stalls)
        self.file(key)

    def leave_behind(self, key: str) -> None:
        """Let go of a paid job whose provider refuses to be asked after it: the next run collects it."""
        why = self.providers[self.ledger[key].provider or ""].shut or ""
        self.left_behind = self.left_behind or Closed(why=why, ending=Ending.AUTH_CLOSED)
        self.ledger.drop(key)

    def _is_ahead(self, state: State, now: float) -> bool:
        """Return whether a clock that was set back since left the beginning of a wait behind the start of this run."""
        if state.waits_since > now:
            self._ahead[state.item.key] = state.waits_since
        return self._ahead.get(state.item.key) == state.waits_since

    def _resubmit(self, state: State) -> None:
        """Let go of a doubt, as the manifest says, so that the item is bought again; its job may run, and be paid."""
        provider = self.providers[state.provider or ""]
        provider.let_go(state, now=self.ledger.clock.now())
        self.ledger.note(state.item.key, Settled(decision="resubmit", by="policy"))
        self.file(state.item.key)

    def _rest(self, state: State, rest: Rest) -> None:
        self.loss.count(rest.outcome, grade=state.judgement.grade if state.judgement else None)
        if rest.outcome is Outcome.OPEN:
            waited = spelled(self.limits.item_deadline_s)
            reason = f"not finished after {waited} of waiting ({rest.why}); the next run goes on with the same job"
            self.ledger.note(state.item.key, GaveUpWaiting(reason=reason))
            self.backlog.give_up(state.item.key)
        self._ahead.pop(state.item.key, None)
        self.ledger.drop(state.item.key)
