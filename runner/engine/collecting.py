"""Collecting what is bought: poll, fetch, check, one coroutine each; all of it is free and may be repeated at will.

A failure of an item is a fact to be noted; only a broken machine raises (`Halt`, `FolderError`).
"""

from __future__ import annotations

from dataclasses import field
from typing import Final, assert_never

from ..core.life.fate import fate
from ..core.life.lifecycle import apply
from ..core.life.possession import NOT_KNOWN
from ..core.life.state import Phase, State
from ..core.limits.retry import FINAL, FREE, jitter, pause_s
from ..core.sums.duplicates import brought_first, duplicate_of
from ..core.sums.ending import Ending
from ..dialects.seam import OTHER_IDS, Failed, Located, Made, No, Pending, Progress
from ..errors import WireError
from ..events import Broke, Checked, Doubted, Finished, Judged, Saved, Settled, Spoiled, Stamped
from ..inspection import Spoilt, Unchecked, Unfetched
from ..judgement import Judgement
from ..model import CheckPolicy, Clip, Download, Kind, Verdict, spelled
from ..values import dataclass, replace
from .ledger import Ledger
from .polling import Polling
from .ports import Shelf
from .provider import Provider
from .repurchases import Repurchases

REFETCHES: Final = 3  # a file that came home broken is fetched again so often before a person looks at it


@dataclass(slots=True, kw_only=True)
class Collecting:
    """The free steps of one run: what was paid for comes home, whole and checked.

    The run waits for one item for `waits_s` at most.
    """

    ledger: Ledger
    shelf: Shelf
    checks: CheckPolicy
    waits_s: float
    _polling: Polling = field(init=False)
    _noes: dict[str, tuple[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._polling = Polling(self.ledger)

    async def poll(self, key: str, provider: Provider) -> None:
        """Ask how far the job is. Costs nothing and may be repeated at will."""
        state, asked_at = self.ledger[key], self.ledger.clock.now()
        assert state.job is not None
        self._polling.asks(key)
        try:
            answer = await provider.converse(provider.dialect.poll(state.job))
        except WireError as error:
            self.ledger.stall(key, str(error))
        else:
            self._polling.answered(provider, asked_at=asked_at)
            self._progress(state, provider, answer, asked_at=asked_at)

    async def fetch(self, key: str, provider: Provider) -> None:
        """Look a fresh link up and bring the file home. Costs nothing and may be repeated at will."""
        state = self.ledger[key]
        try:
            located = await self._locate(state, provider)
        except WireError as error:
            self.ledger.stall(key, str(error))
            return
        if isinstance(located, No):
            self._said_no(state, provider, located.verdict)
            return
        self._noes.pop(key, None)
        brought = await provider.courier.fetch(key, _in_turn(located, state.spoils))
        if isinstance(brought, Unfetched):
            self._missed(key, provider, brought)
        else:
            provider.downloads.came(key)
            self.ledger.note(key, Saved(artifact=brought))

    async def check(self, key: str, repurchases: Repurchases) -> None:
        """Open the file and judge it: it gets its place, or is fetched once more, or taken again if that is allowed."""
        state = self.ledger[key]
        found = await self.shelf.inspect(state)
        if isinstance(found, Unchecked):
            self._leave(state, found.reason)
        elif isinstance(found, Spoilt):
            self._spoil(state, found.reason, final=state.spoils >= REFETCHES)
        else:
            judgement = self._with_duplicate(state, found.judgement)
            if judgement is None or state.approved:
                self._publish(state, Checked(clip=found.clip, judgement=judgement))
            else:
                self._sort(state, found.clip, judgement, repurchases)

    def put_off(self, key: str, provider: Provider) -> float | None:
        """Return until when a poll or a fetch that came due waits after all; None counts its request as sent."""
        state, now = self.ledger[key], self.ledger.clock.now()
        if state.phase is Phase.READY and (opens_at := provider.downloads.opens_at(now)) > now:
            return opens_at
        if state.phase is Phase.RUNNING and (later := self._polling.reconsider(state, provider, now)) is not None:
            return later
        admitted_at = None if self._link_at_hand(state) else self._polling.admit(provider, now)
        if admitted_at is None and state.phase is Phase.RUNNING:
            self._polling.leaves(state, provider, now)
        return admitted_at

    def _missed(self, key: str, provider: Provider, missed: Unfetched) -> None:
        """Try again later; a host that throttles is left alone by all downloads from this provider."""
        asked_s = None
        if missed.throttled:
            tries = self.ledger[key].stalls + 1
            asked_s = provider.downloads.refused(
                self.ledger.clock.now(), asked_s=missed.retry_after_s, jitter=jitter(key, tries)
            )
            self.ledger.say_wait(f"downloads from {provider.name}", asked_s, missed.reason)
        self.ledger.stall(key, missed.reason, asked_s=asked_s)

    def _progress(self, state: State, provider: Provider, answer: Progress, *, asked_at: float) -> None:
        key = state.item.key
        if isinstance(answer, Pending | Made):
            self._noes.pop(key, None)
        match answer:
            case Pending(status=status):
                self._polling.pending(key, provider, status, asked_at=asked_at)
            case Made(output=output) if output.file_id is None and output.url is None:
                self.ledger.stall(key, "the provider says success but names no file")
            case Made(output=output):
                provider.release(key)
                self._polling.over(state, provider)
                self.ledger.note(
                    key, Finished(output=output, pending_at=state.pending_at, polls=self._polling.polls(key))
                )
            case Failed(verdict=verdict):
                provider.release(key)
                self._polling.over(state, provider)
                self.ledger.note(key, Broke(verdict=verdict))
            case No(verdict=verdict):
                self._said_no(state, provider, verdict)

    async def _locate(self, state: State, provider: Provider) -> Located:
        """Return the link that came with the success, or a fresh one: one that was tried before is not tried again."""
        assert state.job is not None
        if (link := self._link_at_hand(state)) is not None:
            return link
        located = await provider.converse(provider.dialect.locate(state.job))
        if isinstance(located, Download):
            provider.courtesy.answered(self.ledger.clock.now())
        return located

    def _link_at_hand(self, state: State) -> Download | None:
        """Return the link that came with the success, as long as it lives and was not tried yet."""
        if state.output is None or state.output.url is None or state.stalls or state.spoils:
            return None
        is_fresh = state.output.expires_at is None or self.ledger.clock.now() < state.output.expires_at
        return Download(url=state.output.url) if is_fresh else None

    def _said_no(self, state: State, provider: Provider, verdict: Verdict) -> None:
        """Sort a no to a call that costs nothing: job or file is gone, the key is refused, or it is tried again."""
        key = state.item.key
        if verdict.kind is Kind.INPUT and provider.job_note:
            verdict = replace(verdict, words=f"{verdict.words}; {provider.job_note}")
        if verdict.kind is Kind.RATE:
            self._polling.throttled(key, provider, verdict)
            return
        if verdict.kind in FINAL and self._is_certain(key, provider, verdict):
            if verdict.kind is Kind.INPUT and (other := self._other_named(key, provider)) is not None:
                del self._noes[key]
                self.ledger.note(key, Settled(decision="adopt", job_id=other, by="callback"))
                return
            provider.release(key)
            self.ledger.note(key, _ended(self.ledger[key], verdict))
            return
        if verdict.kind is Kind.AUTH:
            provider.shut = provider.refusal(verdict)
            provider.gate.close(provider.shut, Ending.AUTH_CLOSED)
        if verdict.code in OTHER_IDS and self.ledger[key].stalls >= REFETCHES:
            self._tell_other(self.ledger[key], provider, verdict)
        self.ledger.stall(key, str(verdict), asked_s=verdict.retry_after_s)

    def _other_named(self, key: str, provider: Provider) -> str | None:
        """Take the next job that a call named for the request of an item whose job is not known; None without any."""
        while self.ledger[key].phase is Phase.RUNNING and (named := provider.named.pop(key, ())):
            provider.named[key] = named[1:]
            if self.ledger.up_to_date().bearer(provider.name, named[0]) is None:
                return named[0]
        return None

    def _is_certain(self, key: str, provider: Provider, verdict: Verdict) -> bool:
        """Return whether a final no was said often enough, and nothing but it.

        That a job is not known must be said for as long as one could live that nobody sees, or half of what this run
        waits for it: what is bought may not be known everywhere yet, nor to a key that is not the one it was bought by.
        """
        now = self.ledger.clock.now()
        times, since = self._noes.get(key, (0, now))
        self._noes[key] = times + 1, since
        if verdict.kind is not Kind.INPUT:
            return times >= REFETCHES
        lasting_s = min(provider.unseen_job_s, self.waits_s / 2)
        if times == (0 if self.ledger[key].is_adopted or provider.job_note else REFETCHES):
            self._tell_unknown(self.ledger[key], provider, f"({verdict}); it is asked after for {spelled(lasting_s)}")
        return times >= REFETCHES and now - since >= lasting_s

    def _tell_unknown(self, state: State, provider: Provider, how_long: str) -> None:
        """Tell of a job that its provider does not know: of each that somebody named, of others the first."""
        told = f"{state.label}: {provider.name} does not know job {state.job_id} {how_long} in all"
        if state.is_adopted:
            then = "then the item is in doubt again; if another job was meant, stop this run and name it: s2v resolve"
            self.ledger.say(f"{told}, {then}")
        elif provider.named.get(state.item.key):
            self.ledger.say(f"{told}, for nothing, then the other job that was named")
        else:
            then = "for nothing, then the item counts as failed; of further ones nothing is said"
            self.ledger.say_once("unknown job", f"{told}, {then}")

    def _tell_other(self, state: State, provider: Provider, verdict: Verdict) -> None:
        """Tell that answers name another id time and again: only the user can know whether they are believed."""
        told = f"{state.label}: {provider.name} does not answer about job {state.job_id} ({verdict})"
        then = "it is asked again, for nothing; of further ones nothing is said"
        self.ledger.say_once("another id", f"{told}; {then}")

    def _leave(self, state: State, reason: str) -> None:
        """Let the file wait where it is; the user hears of it once, for nobody else can mend the machine."""
        self.ledger.say_once("unchecked file", f"{state.label}: {reason}")
        self.ledger.stall(state.item.key, reason)

    def _spoil(self, state: State, reason: str, *, final: bool) -> None:
        key, tries = state.item.key, state.spoils + 1
        retry_at = self.ledger.clock.now() + pause_s(FREE, tries, jitter=jitter(key, tries))
        self.ledger.note(key, Spoiled(reason=reason, final=final, retry_at=retry_at))

    def _with_duplicate(self, state: State, judgement: Judgement | None) -> Judgement | None:
        """Return what a video was judged to be, and that the same file came home for another job before, if it did."""
        assert state.artifact is not None
        key, sha256 = state.item.key, state.artifact.sha256
        bearer = self.ledger.saved_first(sha256)
        if bearer is None or (bearer == key and state.bought == 1):
            return judgement
        first = brought_first(self.ledger.up_to_date().history(bearer), sha256, since_lost=bearer == key)
        duplicate = duplicate_of(state, first) if first is not None else None
        if first is None or duplicate is None:
            return judgement
        whose = f" ({first.label})" if bearer != key else ", which was bought for the same item before"
        told = f"{state.label}: {duplicate.words}{whose}; of further ones nothing is said here"
        self.ledger.say_once("duplicate", told)
        known = judgement or Judgement(gates=self.checks.gates)
        return replace(known, findings=(*known.findings, duplicate))

    def _sort(self, state: State, clip: Clip, judgement: Judgement, repurchases: Repurchases) -> None:
        """Let the manifest's policy say what becomes of a video that was judged."""
        become = fate(judgement, self.checks, retakes=state.retakes, obstacle=lambda: repurchases.obstacle(state))
        match become.decision:
            case "keep":
                self._publish(state, Checked(clip=clip, judgement=judgement))
            case "review":
                why = become.reason
                self._publish(state, Judged(clip=clip, judgement=judgement, decision="review", reason=why))
            case "retake":
                self.shelf.put_aside(replace(state, clip=clip, judgement=judgement, note=become.reason))
                again = Judged(clip=clip, judgement=judgement, decision="retake", reason=become.reason)
                self.ledger.note(state.item.key, again)
            case _ as never:
                assert_never(never)

    def _publish(self, state: State, event: Checked | Judged) -> None:
        """Give the file its place and its sidecar first; once they are certain to be there, note that they are."""
        stamped = Stamped(at=self.ledger.clock.now(), event=event)
        published = apply(self.ledger.load(state.item.key), stamped)
        with self.shelf.together():
            self.shelf.publish(published)
            self.shelf.describe(published)
        self.ledger.note(state.item.key, event, at=stamped.at)


def _in_turn(link: Download, spoils: int) -> Download:
    """Return a link and its backup, which goes first at every other try for a file that comes home broken."""
    if link.backup_url is None or spoils % 2 == 0:
        return link
    return Download(url=link.backup_url, backup_url=link.url)


def _ended(state: State, verdict: Verdict) -> Broke | Doubted:
    """Return what a final no means: the job is over, or not known; one that was never seen brings its doubt back."""
    is_gone = verdict.kind is Kind.INPUT
    if is_gone and state.is_adopted:
        return Doubted(reason=f"job {state.job_id} is not known at {state.provider} ({verdict})")
    if is_gone:
        verdict = replace(verdict, words=f"{NOT_KNOWN}: {verdict.words}")
    return Broke(verdict=verdict, is_gone=is_gone)
