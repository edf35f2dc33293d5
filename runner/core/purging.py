"""What stays of an item when the person whom it shows is removed: its id, its jobs, its money, and digests.

Whatever tells of the person goes: prompt, tags, metadata, where the portrait lies and how large it is, the words of
providers and of our own, links, and what was measured of a face. An item's life is the same without them.
"""

from __future__ import annotations

from ..events import (
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
from ..gates import Gates
from ..judgement import Judgement
from ..model import Item, Output, Portrait
from ..values import replace


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
