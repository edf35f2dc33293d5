"""The videos that wait for a person, and what becomes of them, and of one that counts, when a person decides.

Decisions are plain values, id to keep or reject, wherever they come from. The file moves first and the fact follows, as
when a run publishes: what a death leaves in between is put back by the next run, and waits or counts as before. Where a
rejection is taken back the fact goes first, for of what counts the next run looks among the rejected, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import Any, Final, Literal

from ...core.life.collecting_twice import rejected_in, still_rejected
from ...core.life.identity import label
from ...core.life.lifecycle import apply
from ...core.life.state import RECALLED, TAKEN_BACK, Index, Phase, State, index_of
from ...core.limits.steering import is_named
from ...core.sums.tally import row
from ...edge.folder.places import REJECTED
from ...edge.folder.shelf import Shelf
from ...edge.journal.journal import Journal
from ...errors import UsageError
from ...events import Event, Judged, Reviewed, Saved, Stamped
from ...gates import Gates
from ...judgement import Judgement
from ...report.document import item_document
from ..plan.choosing import guess

_SIGNS: Final = frozenset("*?[")
"""What makes a pattern of a name; none of them stands in an id."""

Decision = Literal["keep", "reject"]
Decisions = Mapping[str, Decision]
"""What is to become of the items with these ids."""


def decided_by(book: Journal, said: Decisions, lists: str) -> Decisions:
    """Return what is decided about each item where `said` holds patterns, too: they stand for what waits alone.

    Raise UsageError for a pattern that nothing fits, with the command that `lists` what waits.
    """
    decisions, waits = dict[str, Decision](), waiting(book) if any(map(_is_pattern, said)) else {}
    for name, decision in said.items():
        ids = [id_ for id_ in waits if is_named(id_, (name,))] if _is_pattern(name) else [name]
        if not ids:
            is_there = any(is_named(_name(*each), (name,)) for each in book.index())
            found = f"nothing that is called '{name}' waits" if is_there else f"no item is called '{name}'"
            whole = ", and one that counts is rejected by its whole id" if is_there and decision == "reject" else ""
            raise UsageError(f"{found}; nothing was decided: {lists} lists what waits to be looked at{whole}")
        for id_ in ids:
            if decisions.setdefault(id_, decision) != decision:
                raise UsageError(f"'{id_}' is to be kept and rejected: say one of both; nothing was decided")
    return decisions


def _is_pattern(name: str) -> bool:
    return not _SIGNS.isdisjoint(name)


def waiting(book: Journal) -> dict[str, State]:
    """Return the items whose video waits to be looked at, by id, in the order of the plan."""
    return {state.label: state for state in book.states_in([Phase.REVIEW])}


def decidable(book: Journal, decisions: Decisions) -> dict[str, State]:
    """Return what waits, those to be rejected that count by now, and those to be kept that were rejected last."""
    waits = waiting(book)
    keys = _keys(book, {id_ for id_ in decisions if id_ not in waits})
    states = {id_: state for id_, key in keys.items() if (state := book.state(key)) is not None}
    return waits | {id_: state for id_, state in states.items() if _is_revoked(book, state, decisions[id_])}


def _is_revoked(book: Journal, state: State, decision: Decision) -> bool:
    """Return whether a decision can take back what was decided about a video before."""
    if decision == "reject":
        return state.phase is Phase.DONE
    return _rejected(book, state) is not None


def require_waiting(decisions: Decisions, waits: Mapping[str, State], book: Journal) -> None:
    """Raise UsageError for an id that is not among those to be decided about, `waits`; nothing is decided then."""
    for id_, decision in decisions.items():
        if id_ not in waits:
            near = guess(id_, waits)
            if not (keys := _keys(book, {id_})):
                whole = "name each by its whole id, from s2v review"
                raise UsageError(f"no item is called '{id_}'{near}; nothing was decided: {whole}")
            raise UsageError(f"'{id_}' {_stands(book, keys, decision)}{near}; nothing was decided")


def _stands(book: Journal, keys: Mapping[str, str], decision: Decision) -> str:
    """Return how an item stands that cannot be decided about so."""
    states = [state for key in keys.values() if (state := book.state(key)) is not None]
    if decision == "reject" and any(standing(state) == "reject" for state in states):
        return f"was rejected already: its video stands in {REJECTED}/"
    if decision == "keep" and any(_is_rejected_before(book, state) for state in states):
        return f"was asked for anew since its video was rejected, which stays in {REJECTED}/"
    return "neither waits to be looked at nor counts" if decision == "reject" else "does not wait to be looked at"


def _is_rejected_before(book: Journal, state: State) -> bool:
    """Return whether a person rejected another video of an item than the one that it has."""
    rejected = rejected_in(book.history(state.item.key))
    return rejected is not None and rejected.artifact != state.artifact


def still_due(book: Journal, decisions: Decisions, videos: Mapping[str, str]) -> Decisions:
    """Return the decisions that are not taken yet; `videos` are the digests of what was looked at, by the same ids.

    Raise UsageError for an item that neither waits nor stands so, and for one that has another video by now.
    """
    waits = waiting(book)
    for id_ in (each for each in decisions if each in waits):
        artifact = waits[id_].artifact
        if artifact is None or artifact.sha256 != videos[id_]:
            raise UsageError(
                f"'{id_}' waits with another video than the one that was looked at: "
                "look at this one in report.html; nothing was decided"
            )
    settled = decisions.keys() - waits.keys()
    keys = _keys(book, settled)
    for id_ in (each for each in decisions if each in settled and each not in keys):
        raise UsageError(f"no item is called '{id_}'{guess(id_, waits)}; nothing was decided")
    for id_, key in keys.items():
        state = book.state(key)
        assert state is not None
        if standing(state) != decisions[id_]:
            words = row(state).state.replace("_", " ")
            raise UsageError(f"'{id_}' does not wait to be looked at any more: it is {words}; nothing was decided")
        if state.artifact is not None and state.artifact.sha256 != videos[id_]:
            raise UsageError(
                f"'{id_}' has another video by now than the one that was looked at: take it out of the file, or look "
                "at this one in report.html; nothing was decided"
            )
    return {id_: decision for id_, decision in decisions.items() if id_ in waits}


def _keys(book: Journal, ids: Collection[str]) -> dict[str, str]:
    """Return the keys of the items that are called so, by that name."""
    return {name: key for key, entry in book.index() if (name := _name(key, entry)) in ids} if ids else {}


def _name(key: str, entry: Index) -> str:
    return label(entry.id, key, wanted=entry.wanted)


def standing(state: State) -> Decision | None:
    """Return what an item is by now: a video that counts, or one that a person rejected; None is anything else."""
    if state.phase is Phase.DONE:
        return "keep"
    return "reject" if state.phase is Phase.FAILED and state.judgement is not None else None


def settle(book: Journal, shelf: Shelf, decisions: Decisions, now: float) -> dict[str, State]:
    """Let the videos that a person looked at count, or not; return what became of the items, by the same ids.

    One that counts can only be rejected. Raise UsageError for what is not to be decided; then nothing is.
    """
    waits, settled = decidable(book, decisions), dict[str, State]()
    require_waiting(decisions, waits, book)
    for id_ in decisions:
        rejected = _rejected(book, waits[id_])
        if rejected is not None and not shelf.keeps_rejected(rejected):
            gone = f"the video of '{id_}' is not in {REJECTED}/ any more, or changed: s2v retry buys another"
            raise UsageError(f"{gone}; nothing was decided")
        if rejected is None and not shelf.holds(waits[id_]):
            raise UsageError(f"the video of '{id_}' is gone or changed: s2v fetch brings it back; nothing was decided")
    for id_, decision in decisions.items():
        facts, before = _looked_at(book, waits[id_], now)
        facts.append(Stamped(at=now, event=Reviewed(decision=decision)))
        after = settled[id_] = apply(before, facts[-1])
        if waits[id_].artifact is None:
            book.write(before.item.key, facts, index_of(after))
            shelf.reinstate(after)
            continue
        if decision == "keep":
            shelf.publish(after)
        else:
            shelf.put_aside(before)
        book.write(before.item.key, facts, index_of(after))
        if decision == "keep":
            shelf.describe(after)
    return settled


def _rejected(book: Journal, state: State) -> State | None:
    """Return an item without a video as it was when that was rejected; None where nothing can be taken back."""
    return still_rejected(book.history(state.item.key)) if state.artifact is None else None


def _looked_at(book: Journal, state: State, now: float) -> tuple[list[Stamped], State]:
    """Return a video as it is under review, and the facts that bring one there that counts, or was rejected."""
    if state.phase is Phase.REVIEW:
        return [], state
    rejected = _rejected(book, state)
    was, events = rejected or state, list[Event]()
    if rejected is not None and rejected.artifact is not None:
        events.append(Saved(artifact=rejected.artifact))
    assert was.clip is not None
    judgement, reason = was.judgement or Judgement(gates=Gates()), TAKEN_BACK if rejected else RECALLED
    events.append(Judged(clip=was.clip, judgement=judgement, decision="review", reason=reason))
    facts = [Stamped(at=now, event=event) for event in events]
    return facts, reduce(apply, facts, state)


def document(waits: Mapping[str, State]) -> dict[str, Any]:
    """Return what waits as JSON: enough to show each video beside its portrait and its reasons."""
    names = ("id", "video", "sha256", "seconds", "portrait", "portrait_sha256", "prompt", "reason", "checks", "retakes")
    told = (item_document(row(state)) for state in waits.values())
    return {"version": 1, "waiting": [{name: each[name] for name in names} for each in told]}
