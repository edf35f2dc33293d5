"""What stays of an item when the person whom it shows is removed: its jobs, its money, digests, and an id of its own.

Whatever tells of the person goes: prompt, tags, metadata, where the portrait lies and how large it is, the words of
providers and of our own, links, and what was measured of a face. An item's life is the same without them. An id that
was made of the portrait's name and the prompt goes last, for files are found by the names that were made of it.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from ...events import (
    Broke,
    Checked,
    Doubted,
    Event,
    Finished,
    GaveUpWaiting,
    Intended,
    Judged,
    Planned,
    Purged,
    Refused,
    Saved,
    Seen,
    Spoiled,
    Stalled,
    Stamped,
)
from ...gates import Gates
from ...judgement import Judgement
from ...model import Item, Output, Portrait
from ...values import replace
from .identity import is_derived, untold_id

LIFTED: Final = "purge --lift"
"""By what an item is planned again whose person may be bought again."""


def bare(item: Item) -> Item:
    """Return an item that says no more than which purchase it is."""
    portrait = Portrait(ref="", sha256=item.portrait.sha256)
    return replace(item, portrait=portrait, prompt=None, tags=(), metadata={})


def emptied(event: Event) -> Event:
    """Return a fact without what it tells of a person; may be called again."""
    match event:
        case Planned(item=item):
            return Planned(item=bare(item))
        case Refused() | Broke():
            return replace(event, verdict=replace(event.verdict, words=""))
        case Doubted() | Spoiled() | Stalled() | GaveUpWaiting():
            return replace(event, reason="")
        case Seen():
            return Seen(status="")
        case Finished(output=output):
            return replace(event, output=Output(file_id=output.file_id, expires_at=output.expires_at))
        case Checked():
            return replace(event, judgement=None)
        case Judged():
            return replace(event, judgement=Judgement(gates=Gates()), reason="")
        case _:
            return event


def unnamed(item: Item, endings: Container[str]) -> Item:
    """Return an item without an id and a name that were made of words; see `identity.is_derived`."""
    if not is_derived(item, endings):
        return item
    id_ = untold_id(item.key)
    return replace(item, id=id_, name=item.name.replace(item.id, id_))


def is_purged(history: Sequence[Stamped]) -> bool:
    """Return whether the person was ever purged from a history, also where that was lifted."""
    return any(isinstance(stamped.event, Purged) for stamped in history)


def taken_by(history: Sequence[Stamped], copy: Sequence[Stamped]) -> set[str]:
    """Return the digests of the files in a copy's history that a purge in `history` took, by what was bought before."""
    last = max((n for n, stamped in enumerate(history) if isinstance(stamped.event, Purged)), default=0)
    bought = [stamped for stamped in history[:last] if isinstance(stamped.event, Intended)]
    taken, is_taken = set[str](), False
    for stamped in copy:
        match stamped.event:
            case Intended():
                is_taken = stamped in bought
            case Saved(artifact=artifact) if is_taken:
                taken.add(artifact.sha256)
    return taken
