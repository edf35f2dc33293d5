"""What a run must know of the runs before it: slots, windows and pauses, and how long jobs took.

So a restart exceeds no limit, and need not learn anew when to ask. A submit counts from its answer. One without an
answer may have been counted as late as its run died, at most now, and never later than the wire lets a request live.
A job that nobody asks after any more, because its item was purged or its doubt given up, may run on all the same.
Whatever the clock did between the runs, nothing waits longer than it could have been told to; where it is known to have
been set forward, what looks old counts as young as it may be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ..core.life.lifecycle import fold
from ..core.life.state import Phase, State
from ..core.limits.admission import LONGEST_SUBMIT_S
from ..core.limits.retry import PAUSING, RETRY_AFTER_MOST_S
from ..events import Accepted, Doubted, Finished, Intended, Purged, Refused, Settled, Stalled, Stamped
from .ledger import Ledger
from .provider import Provider, alias_of

_SEAM_S: Final = 1.0  # an answer is counted a moment before it is written
TAUGHT_MOST: Final = 200  # jobs of earlier runs that teach when to ask; each costs a read of its history
REFUSALS_MOST: Final = 8  # as many free requests as leave at one time

_ANSWERS: Final = (Accepted, Refused, Doubted, Settled, Stalled, Purged)
_TELLING: Final = (Intended, *_ANSWERS)  # of a submit; an answer may bear an earlier time, by a clock that was behind
_LETTING_GO: Final = (Purged.__name__, Settled.__name__)


def recall(
    ledger: Ledger, providers: Mapping[str, Provider], unfinished: Sequence[str], *, now: float, leap_s: float
) -> None:
    """Let every gate count the submits and jobs of earlier runs, and wait as long as their last answers asked for.

    `leap_s` is by how much the clock may have been set forward since they were written down.
    """
    for key in unfinished:
        state = ledger.load(key)
        _hold_slot(state, providers, now, leap_s)
        ledger.postpone(key, min(state.due_by(now), now + RETRY_AFTER_MOST_S), stalls=state.stalls)
    _hold_unasked(ledger, providers, now, leap_s)
    since = now - leap_s - max(LONGEST_SUBMIT_S, *(provider.gate.longest_window_s for provider in providers.values()))
    asked = (key for key, stamped in ledger.up_to_date().recent(since) if isinstance(stamped.event, _TELLING))
    paused = ledger.up_to_date().paused_until(now - leap_s, since=now - leap_s - RETRY_AFTER_MOST_S)
    counted: dict[str, list[float]] = defaultdict(list)
    for key in dict.fromkeys([*(key for key in unfinished if ledger[key].phase is Phase.IN_DOUBT), *asked, *paused]):
        history = ledger.up_to_date().history(key)
        for name, at in submits(history):
            if at > since:
                counted[name].append(at + leap_s)
        _pause(history, providers, now, leap_s)
    for name, times in counted.items():
        if name in providers:  # one that this run does not talk to has nothing to exceed
            providers[name].gate.remember(times, now)


def recall_further(
    ledger: Ledger, provider: Provider, before_s: float, *, now: float, began: float, leap_s: float
) -> None:
    """Let a gate whose longest window was `before_s` count what it has forgotten, now that a window is longer.

    What was answered in the same second as the oldest that it still knows may count twice, and never not at all. This
    run `began` then: what is older counts as it did at the start, with its leap of the clock.
    """
    since, until = now - provider.gate.longest_window_s, now - before_s + _SEAM_S
    recent = ledger.up_to_date().recent(since - leap_s)
    asked = (key for key, stamped in recent if isinstance(stamped.event, _TELLING))
    times = list[float]()
    for key in dict.fromkeys([*ledger.up_to_date().keys_in([Phase.IN_DOUBT]), *asked]):
        history = ledger.up_to_date().history(key)
        own = max((n for n, told in enumerate(history, 1) if not began <= told.at <= now), default=0)
        times += [min(at + leap_s, began) for name, at in submits(history[:own]) if name == provider.name]
        times += [at for name, at in submits(history[own:]) if name == provider.name]
    provider.gate.recount([at for at in times if since < at <= until])


def remember_throttling(ledger: Ledger, providers: Mapping[str, Provider], *, now: float, leap_s: float) -> None:
    """Let the free requests wait as long as their last refusals asked for."""
    for key, _ in ledger.up_to_date().newest([Stalled.__name__], most=REFUSALS_MOST):
        last = ledger.up_to_date().history(key)[-1]
        match last.event, ledger.look(key).provider:
            case Stalled(throttled=True, retry_at=retry_at), str(name) if name in providers:
                providers[name].courtesy.pause(_as_told(retry_at, told_at=last.at, now=now, leap_s=leap_s))
            case _:
                pass


def learn(ledger: Ledger, providers: Mapping[str, Provider]) -> None:
    """Let every pace learn from the jobs that earlier runs saw last, the oldest of them first."""
    if all(provider.pace is None for provider in providers.values()):
        return
    for key in dict.fromkeys(key for key, _ in ledger.up_to_date().newest([Finished.__name__], most=TAUGHT_MOST)):
        name, accepted_at = "", 0.0
        for stamped in ledger.up_to_date().history(key):
            match stamped.event:
                case Intended(provider=name):
                    pass
                case Accepted() | Settled(decision="adopt"):
                    accepted_at = stamped.at
                case Finished(pending_at=since) if name in providers and (pace := providers[name].pace) is not None:
                    seen_at = accepted_at if since is None else since
                    pace.saw_pending(accepted_at=accepted_at, since=accepted_at, at=seen_at)
                    pace.saw_end(accepted_at=accepted_at, since=seen_at, at=stamped.at)
                case _:
                    pass


def _hold_slot(state: State, providers: Mapping[str, Provider], now: float, leap_s: float) -> None:
    """Give back to a job the slot that it holds at the provider, seen or unseen."""
    provider = providers[state.provider or ""]
    if state.phase is Phase.RUNNING or (state.phase is Phase.IN_DOUBT and state.idempotency_key is not None):
        provider.gate.hold(state.item.key)
    elif state.phase is Phase.IN_DOUBT:
        provider.gate.hold(state.item.key, _over_at(state, provider, now, leap_s))


def _hold_unasked(ledger: Ledger, providers: Mapping[str, Provider], now: float, leap_s: float) -> None:
    """Hold the slots of jobs that were let go of while they might run, each under a name of its own.

    Their items may be bought anew, or have been. One that a call brought back has its item's own slot by now, or ended.
    """
    longest_s = LONGEST_SUBMIT_S + max((provider.unseen_job_s for provider in providers.values()), default=0.0)
    for key in ledger.up_to_date().recent_keys(_LETTING_GO, now - leap_s - longest_s):
        for number, state in _let_go(ledger.up_to_date().history(key)):
            if (provider := providers.get(state.provider or "")) is not None:
                name = alias_of(state)
                if state.phase is Phase.RUNNING or name in provider.gate.held:  # two folders may have counted alike
                    name = f"{name}, fact {number}"
                provider.gate.hold(name, _over_at(state, provider, now, leap_s))


def _let_go(history: Sequence[Stamped]) -> Iterator[tuple[int, State]]:
    """Give the states in which an item was when its job was let go of, and where in its history that was.

    A person who names a job for a doubt behind others of the same item may have named that of an older request.
    """
    for number, stamped in enumerate(history):
        match stamped.event:
            case Settled(decision="adopt", by=None):
                state = fold(history[:number])
                if state.phase is Phase.IN_DOUBT and state.resubmits:
                    yield number, state
            case Purged() | Settled(decision="abandon") | Settled(by="policy"):
                state = fold(history[:number])
                is_doubt = state.phase is Phase.IN_DOUBT
                if state.phase is Phase.RUNNING or (is_doubt and not _came_back(history[number:])):
                    yield number, state
            case _:
                pass


def _came_back(history: Sequence[Stamped]) -> bool:
    """Return whether a call brought back the job of a doubt, before its item was bought anew."""
    for stamped in history:
        match stamped.event:
            case Intended():
                return False
            case Settled(decision="adopt", by="callback"):
                return True
            case _:
                pass
    return False


def _over_at(state: State, provider: Provider, now: float, leap_s: float) -> float:
    """Return when a job that nobody asks after is over, counted from what was heard of it last."""
    heard_at = (state.intended_at or now) + LONGEST_SUBMIT_S
    if state.phase is Phase.RUNNING:
        heard_at = state.known_pending_at
    elif state.answered_at is not None:
        heard_at = state.answered_at
    return min(heard_at + leap_s, now) + provider.unseen_job_s


def _pause(history: Sequence[Stamped], providers: Mapping[str, Provider], now: float, leap_s: float) -> None:
    """Hold each gate as long as an answer asked for, whoever the item was bought from after that."""
    for name, why, retry_at, told_at in _pauses(history):
        if name in providers:
            until = _as_told(retry_at, told_at=told_at, now=now, leap_s=leap_s)
            providers[name].gate.narrow()  # what was learned then may be stale by now: it is learned anew, gently
            providers[name].rest(until, f"{name}: {why}", now=now)


def _pauses(history: Sequence[Stamped]) -> Iterator[tuple[str, str, float, float]]:
    """Give the provider of each answer that asked for a pause, why it did, until when, and when that was told."""
    name = ""
    for stamped in history:
        match stamped.event:
            case Intended(provider=name):
                pass
            case Refused(verdict=verdict, retry_at=retry_at) if verdict.kind in PAUSING:
                yield name, str(verdict), retry_at, stamped.at
            case Doubted(reason=reason, retry_at=float(retry_at)):
                yield name, reason, retry_at, stamped.at
            case _:
                pass


def _as_told(until: float, *, told_at: float, now: float, leap_s: float) -> float:
    """Return until when a pause lasts that was told by a clock which may have been set back since, or forward."""
    return min(until + leap_s, now + min(max(0.0, until - told_at), RETRY_AFTER_MOST_S))


def submits(history: Sequence[Stamped]) -> Iterator[tuple[str, float]]:
    """Give the provider of each submit of an item, and the last moment at which it may have counted it.

    None counted it before it was asked: what says so was written by a clock that was behind.
    """
    asked: str | None = None
    intended_at = 0.0
    for stamped in history:
        match stamped.event:
            case Intended(provider=provider):
                if asked is not None:  # the run before died without an answer, and this one repeats the request
                    yield asked, max(stamped.at, intended_at)
                asked, intended_at = provider, stamped.at
            case Accepted() | Refused() | Doubted() | Settled() | Stalled() | Purged() if asked is not None:
                yield asked, max(stamped.at, intended_at)
                asked = None
            case _:
                pass
    if asked is not None:
        yield asked, intended_at + LONGEST_SUBMIT_S
