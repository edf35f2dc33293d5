"""What every file of a report is while it is written: a head, a piece for each item, and a tail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Protocol

from ..core.life.lifecycle import Outcome
from ..core.sums.tally import Row, Summary
from .document import item_document
from .facts import RunFacts
from .text import json_line


class Record:
    """One item, with what more than one file says of it: made when it is first asked for, and once."""

    def __init__(self, row: Row) -> None:
        self.row = row

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return the item as JSON has it."""
        return item_document(self.row)

    @cached_property
    def line(self) -> str:
        """Return the item as one line of JSON, without its end."""
        return json_line(self.document)


class Sheet(Protocol):
    """One file under way; each of its texts is asked for once, in this order."""

    def head(self) -> Iterator[str]:
        """Give what stands above the items."""

    def line(self, record: Record) -> str:
        """Return what the file says of the next item; nothing for one that it does not list."""

    def tail(self) -> Iterator[str]:
        """Give what stands below them."""


class Listing:
    """Picks what a file lists whose readers bear `most` items: all of so few, and of more those that are not done."""

    def __init__(self, summary: Summary, most: int) -> None:
        self._lists_all = summary.items <= most
        self._most = most
        self.count = 0

    def takes(self, row: Row) -> bool:
        """Return whether the next item is listed, and count it if so."""
        is_listed = self._lists_all or (row.state is not Outcome.DONE and self.count < self._most)
        self.count += is_listed
        return is_listed


Paper = Callable[[RunFacts, Summary], Sheet]
"""Begins a file about a run."""
