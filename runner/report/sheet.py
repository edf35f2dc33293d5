"""What every file of a report is while it is written: a head, a piece for each item, and a tail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Protocol

from ..core.tally import Row, Summary
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


Paper = Callable[[RunFacts, Summary], Sheet]
"""Begins a file about a run."""
