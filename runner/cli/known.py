"""What a run folder knows of the items of a plan, asked item by item."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.state import Phase, State
from ..edge import state_file
from ..edge.journal import Journal
from ..edge.regular import is_file
from ..model import Item, Shard
from ..values import dataclass, replace
from .target import require_shard


@dataclass(frozen=True, slots=True)
class KnownItems:
    """The items of a journal; without one nothing is known."""

    book: Journal | None

    def state(self, item: Item, /) -> State | None:
        """Return what is known of this very purchase; of one that is done, what the index says."""
        seen = self.book.glance(item.key) if self.book else None
        if self.book is None or seen is None:
            return None
        phase, id_, wanted = seen
        if phase == Phase.DONE:
            return State(item=replace(item, id=id_), phase=Phase.DONE, wanted=wanted)
        return self.book.state(item.key)

    def former(self, id_: str, /) -> Item | None:
        """Return the item that had an id before."""
        return self.book.called(id_) if self.book else None

    def recall(self, key: str) -> State | None:
        """Return all that is known of an item."""
        return self.book.state(key) if self.book else None


@contextmanager
def known_in(folder: Path, shard: Shard | None) -> Iterator[KnownItems]:
    """Open the journal of a folder, if it has one; raise UsageError when it is not that of the shard."""
    if not is_file(folder / state_file.FILE):
        yield KnownItems(None)
        return
    with Journal.read(folder) as book:
        require_shard(book.header, shard, folder)
        yield KnownItems(book)
