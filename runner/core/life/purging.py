"""What stays of an item when the person whom it shows is removed: its jobs, its money, digests, and an id of its own.

Whatever tells of the person goes: prompt, tags, metadata, where the portrait lies and how large it is, the words of
providers and of our own, links, and what was measured of a face. An item's life is the same without them. An id that
was made of the portrait's name and the prompt goes last, for files are found by the names that were made of it.
"""

from __future__ import annotations

from collections.abc import Container

from ...events import (
    Broke,
    Checked,
    Doubted,
    Event,
    Finished,
    GaveUpWaiting,
    Judged,
    Planned,
    Refused,
    Seen,
    Spoiled,
    Stalled,
)
from ...gates import Gates
from ...judgement import Judgement
from ...model import Item, Output, Portrait
from ...values import replace
from .identity import is_derived, untold_id


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
