"""The files behind merged facts: each video to where the facts have it, from a source where the destination lacks it.

May be called again: what a death kept from coming is brought by the next merge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ...core.life.collecting_twice import rejected_in
from ...core.life.lifecycle import fold
from ...core.life.purging import taken_by
from ...core.life.state import SHELVED, Phase, State
from ...edge.folder.shelf import Shelf
from ...edge.journal.journal import Journal
from .merging import Folder


def bring(sources: Sequence[Folder], book: Journal, shelf: Shelf) -> Counter[str]:
    """Bring the videos that the destination lacks.

    Return how many `came`, how many are `missing` in every source, and how many were put `aside`, because another
    purchase of the same item stands in their place. What lay here already follows the word of a person in a source.
    What a purge took here is not brought back from a source in which it lies still.
    """
    counts, purged = Counter[str](), set[str]()
    for state in book.states():
        told = [(each, history) for each in sources if (history := each.history(state.item.key))]
        copies, here = [(each, fold(history)) for each, history in told], book.history(state.item.key) if told else []
        purged.update(*(taken_by(here, history) for _, history in told))
        waited = rejected_in(here) if copies and state.phase is not Phase.REVIEW else None
        if waited is not None and waited.artifact != state.artifact:  # else that was taken back
            shelf.dismiss(waited)
        if copies and state.phase in SHELVED | {Phase.SAVED} and not shelf.holds(state):
            counts[_fetch(state, shelf, copies)] += 1
        elif state.phase in SHELVED and not shelf.is_told(state):
            shelf.describe(state)  # a merge before this one died between the two, or a shard tells otherwise of it
        for each, copy in copies:
            is_aside = copy.phase in SHELVED and copy.job != state.job and copy.sha256 not in purged
            if is_aside and (source := each.video(copy)):
                counts["aside"] += shelf.keep_aside(copy, source)
    for each in sources:
        shelf.adopt_rejected(each.path, but=purged)
    return counts


def _fetch(state: State, shelf: Shelf, copies: Iterable[tuple[Folder, State]]) -> str:
    if state.phase in SHELVED and shelf.follow(state):
        return "followed"
    same = (each.video(copy) for each, copy in copies if copy.artifact == state.artifact)
    return "came" if any(shelf.adopt(state, source) for source in same if source) else "missing"
