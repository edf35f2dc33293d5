"""Items by the million on a temporary file without a name: written once, read in order as often as one likes.

A small plan never leaves memory. The file is gone when the process is, however it ends.
"""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..model import Item, Portrait
from .files import halting

_BATCH: Final = 512  # items that are written and read at one time
_IN_MEMORY: Final = 4 << 20  # bytes


class Spool:
    """A list of items whose memory grows with the number of their portraits alone; `core.draft.Store` in words.

    Raises Halt when the folder for temporary files (`TMPDIR`) has no room.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- lives as long as the spool
        weakref.finalize(self, self._file.close)
        self._ends = [0]
        self._batch: list[Item] = []
        self._numbers: dict[Portrait, int] = {}
        self._portraits: list[Portrait] = []

    def append(self, item: Item, /) -> None:
        """Keep one more item, behind the others."""
        self._batch.append(item)
        if len(self._batch) == _BATCH:
            self._write()

    def __len__(self) -> int:
        return (len(self._ends) - 1) * _BATCH + len(self._batch)

    def __iter__(self) -> Iterator[Item]:
        for begin, end in zip(self._ends, self._ends[1:], strict=False):
            with halting(Path(tempfile.gettempdir()), "read"):
                self._file.seek(begin)
                batch = json.loads(self._file.read(end - begin))
            yield from map(self._item, batch)
        yield from self._batch

    def _write(self) -> None:
        batch = json.dumps([self._row(item) for item in self._batch], separators=(",", ":")).encode()
        with halting(Path(tempfile.gettempdir())):
            self._file.seek(self._ends[-1])
            self._file.write(batch)
        self._ends.append(self._ends[-1] + len(batch))
        self._batch.clear()

    def _row(self, item: Item) -> list[Any]:
        return [
            item.key, item.id, item.name, self._number(item.portrait), item.prompt, item.prompt_optimizer, item.take,
            item.model, item.tags, dict(item.metadata),
        ]  # fmt: skip

    def _number(self, portrait: Portrait) -> int:
        number = self._numbers.setdefault(portrait, len(self._portraits))
        if number == len(self._portraits):
            self._portraits.append(portrait)
        return number

    def _item(self, row: list[Any]) -> Item:
        key, id_, name, portrait, prompt, prompt_optimizer, take, model, tags, metadata = row
        return Item(
            key=key, id=id_, name=name, portrait=self._portraits[portrait], prompt=prompt,
            prompt_optimizer=prompt_optimizer, take=take, model=model, tags=tuple(tags), metadata=metadata,
        )  # fmt: skip
