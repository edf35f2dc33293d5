"""The videos that wait for a person, and what becomes of them when one decides.

Decisions are plain values, id to keep or reject, wherever they come from. The file moves first and the fact follows, as
when a run publishes: what a death leaves in between is put back by the next run, and waits again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ..core.identity import label
from ..core.lifecycle import apply
from ..core.state import Index, Phase, State, index_of
from ..core.tally import row
from ..edge.journal import Journal
from ..edge.shelf import Shelf
from ..errors import UsageError
from ..events import Reviewed, Stamped
from ..report.document import item_document
from .choosing import guess

Decision = Literal["keep", "reject"]
Decisions = Mapping[str, Decision]
"""What is to become of the items with these ids."""


def waiting(book: Journal) -> dict[str, State]:
    """Return the items whose video waits to be looked at, by id, in the order of the plan."""
    states = (book.state(key) for key in book.all_keys([Phase.REVIEW]))
    return {state.label: state for state in states if state is not None}


def require_waiting(decisions: Decisions, waits: Mapping[str, State]) -> None:
    """Raise UsageError for an id that does not wait; nothing is decided then."""
    for id_ in decisions:
        if id_ not in waits:
            raise UsageError(f"'{id_}' does not wait to be looked at{guess(id_, waits)}; nothing was decided")


def still_due(book: Journal, decisions: Decisions, digests: Mapping[str, str]) -> Decisions:
    """Return the decisions that are not taken yet; raise UsageError for an item that neither waits nor stands so.

    So it is with one that has another video by now than the one with the digest that begins so.
    """
    waits = waiting(book)
    for id_ in (each for each in decisions if each in waits):
        _require_same(id_, waits[id_], digests[id_])
    settled = decisions.keys() - waits.keys()
    keys = {name: key for key, entry in book.index() if (name := _name(key, entry)) in settled} if settled else {}
    for id_ in (each for each in decisions if each in settled and each not in keys):
        raise UsageError(f"no item is called '{id_}'{guess(id_, waits)}; nothing was decided")
    for id_, key in keys.items():
        state = book.state(key)
        assert state is not None
        _require_same(id_, state, digests[id_])
        if _standing(state) != decisions[id_]:
            words = row(state).state.replace("_", " ")
            raise UsageError(f"'{id_}' does not wait to be looked at any more: it is {words}; nothing was decided")
    return {id_: decision for id_, decision in decisions.items() if id_ in waits}


def _require_same(id_: str, state: State, digest: str) -> None:
    """Raise UsageError when an item has a video, and it is another one."""
    if state.artifact is not None and not state.artifact.sha256.startswith(digest):
        raise UsageError(
            f"'{id_}' has another video by now ({state.artifact.sha256[:12]}) than the one that was decided about "
            f"({digest[:12]}): look at it in report.html and save anew; nothing was decided"
        )


def _name(key: str, entry: Index) -> str:
    return label(entry.id, key, wanted=entry.wanted)


def _standing(state: State) -> Decision | None:
    """Return what an item is by now: a video that counts, or one that a person rejected; None is anything else."""
    if state.phase is Phase.DONE:
        return "keep"
    return "reject" if state.phase is Phase.FAILED and state.judgement is not None else None


def settle(book: Journal, shelf: Shelf, decisions: Decisions, now: float) -> None:
    """Let the videos that a person looked at count, or not."""
    waits = waiting(book)
    require_waiting(decisions, waits)
    for id_ in decisions:
        if not shelf.holds(waits[id_]):
            raise UsageError(f"the video of '{id_}' is gone or changed: s2v fetch brings it back; nothing was decided")
    for id_, decision in decisions.items():
        stamped = Stamped(at=now, event=Reviewed(decision=decision))
        before = waits[id_]
        after = apply(before, stamped)
        if decision == "keep":
            shelf.publish(after)
        else:
            shelf.put_aside(before)
        book.write(before.item.key, [stamped], index_of(after))
        if decision == "keep":
            shelf.describe(after)


def document(waits: Mapping[str, State]) -> dict[str, Any]:
    """Return what waits as JSON: enough to show each video beside its portrait and its reasons."""
    names = ("id", "video", "sha256", "seconds", "portrait", "portrait_sha256", "prompt", "reason", "checks", "retakes")
    told = (item_document(row(state)) for state in waits.values())
    return {"version": 1, "waiting": [{name: each[name] for name in names} for each in told]}
