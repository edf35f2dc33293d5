"""What a run folder knows of the items of a plan, asked item by item."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path

from ...core.life.state import Phase, State
from ...core.plan.shard import holds
from ...edge.journal.journal import Journal
from ...edge.journal.state_file import is_run_folder
from ...errors import FolderError
from ...model import Item, Shard
from ...values import dataclass, replace
from .sharding import require_shard


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
    if not is_run_folder(folder):
        yield KnownItems(None)
        return
    with Journal.read(folder) as book:
        require_shard(book.header, shard, folder)
        yield KnownItems(book)


class Spared(Container[str]):
    """The keys of the items that a run does not buy by itself: asked for before, another shard's, or not to be bought.

    Close it in the end.
    """

    def __init__(self, folder: Path, shard: Shard | None, *, buys: bool, is_still: bool) -> None:
        """Look into no journal before somebody asks; `is_still` is for `Journal.read`."""
        self._folder = folder
        self._shard = shard
        self._buys = buys
        self._is_still = is_still
        self._stack = ExitStack()
        self.close = self._stack.close

    def __contains__(self, key: object) -> bool:
        """Return whether nothing would be paid for this item."""
        if not isinstance(key, str):
            return False
        if not self._buys or (self._shard is not None and not holds(self._shard, key)):
            return True
        if self._book is None:
            return False
        (phase,) = self._book.phases([key])
        return phase is not None and phase != Phase.PLANNED

    @cached_property
    def _book(self) -> Journal | None:
        if is_run_folder(self._folder):
            with suppress(FolderError):  # who opens it to go on is told
                return self._stack.enter_context(Journal.read(self._folder, is_still=self._is_still))
        return None
