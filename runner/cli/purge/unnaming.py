"""Takes from the journal the ids and file names that s2v itself made of a portrait's name and of a prompt's words.

They go last, for until then the files that bear them are found by them. May be called again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from ...core.life.identity import beginning, ending, is_derived, untold_id
from ...core.life.lifecycle import fold
from ...core.life.possession import ANOTHERS
from ...core.life.purging import unnamed
from ...core.life.state import Entry, index_of
from ...edge.journal.journal import Journal
from ...events import Doubted, Event, Planned, Stalled
from ...model import Item
from ...values import replace
from ..plan.barring import pending_endings


def _endings_of(book: Journal, portrait: str) -> set[str]:
    """Return how the ids end that were derived for items of a portrait.

    The id of a further take ends as that of the first, which a shard may not have: then the prompt tells the ending, as
    long as it is there, and thereafter the header does.
    """
    keys = book.showing(portrait)
    known = (item for key in keys for item in _planned(book, key) if item.take > 1 and item.portrait.ref)
    return {*map(beginning, keys), *pending_endings(book.header), *map(ending, known)}


def endings_to_note(book: Journal, portrait: str) -> set[str]:
    """Return those of the endings that nothing tells any more once the prompts are gone."""
    return _endings_of(book, portrait) - {beginning(key) for key in book.showing(portrait)}


def derived(book: Journal, portrait: str) -> list[str]:
    """Return the keys of the items of a portrait that ever had a derived id, and have it still in their facts."""
    return [*dict.fromkeys(item.key for item in _derived(book, portrait, _endings_of(book, portrait)))]


def unnamed_of(book: Journal, portrait: str) -> set[str]:
    """Return the names that stand in the place of those that a purge took away."""
    items = (item for key in book.showing(portrait) for item in _planned(book, key))
    return {item.name for item in items if item.id == untold_id(item.key)}


def unname(book: Journal, portrait: str) -> None:
    """Take the derived ids and names of a person out of all facts and out of the index, in one commit.

    A doubt about somebody else's request may name them, too.
    """
    endings = _endings_of(book, portrait)
    keys, ids = dict[str, None](), dict[str, str]()
    for item in _derived(book, portrait, endings):
        keys[item.key], ids[item.id] = None, untold_id(item.key)
    if ids:
        keys.update(dict.fromkeys(book.doubting(ANOTHERS)))
    emptied = partial(_emptied, endings=endings, ids=ids)
    book.empty((_entry(book, key, emptied) for key in keys), {}, emptied=emptied)


def _emptied(event: Event, *, endings: set[str], ids: Mapping[str, str]) -> Event:
    match event:
        case Planned(item=item):
            return Planned(item=unnamed(item, endings))
        case Doubted(reason=reason) | Stalled(reason=reason) if ANOTHERS in reason:
            for id_ in sorted(ids, key=len, reverse=True):
                reason = reason.replace(id_, ids[id_])
            return replace(event, reason=reason)
        case _:
            return event


def _entry(book: Journal, key: str, emptied: Callable[[Event], Event]) -> Entry:
    """Return the index entry that follows from what the facts are to say."""
    less = [replace(stamped, event=emptied(stamped.event)) for stamped in book.history(key)]
    return Entry(key=key, stamped=[], index=index_of(fold(less)))


def _derived(book: Journal, portrait: str, endings: set[str]) -> Iterator[Item]:
    return (item for key in book.showing(portrait) for item in _planned(book, key) if is_derived(item, endings))


def _planned(book: Journal, key: str) -> Iterator[Item]:
    for stamped in book.history(key):
        if isinstance(stamped.event, Planned):
            yield stamped.event.item
