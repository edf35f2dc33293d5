"""Why items are not finished, as the journal tells it: how many for each reason, and when they are tried again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import inf
from typing import Final

from ..life.lifecycle import Outcome
from .sums import MOST_GROUPS, MOST_IDS
from .tally import Group, Row

UNTRIED: Final = "not yet bought"
_OTHERS: Final = "other reasons, each too rare to be told apart"


class Unfinished:
    """The open items by reason, counted in one pass; `untried` ones without their ids."""

    def __init__(self, untried: int = 0) -> None:
        self._counts = Counter[tuple[str | None, str]]()
        self._ids: dict[tuple[str | None, str], list[str]] = {}
        self._untils: dict[tuple[str | None, str], float] = {}
        if untried:
            self._counts[None, UNTRIED], self._ids[None, UNTRIED] = untried, []

    def add(self, each: Row) -> None:
        """Count one row, if it is one of an open item."""
        if each.state is not Outcome.OPEN or not each.counts:
            return
        reason = (each.code, each.reason)
        if reason not in self._ids and len(self._ids) >= MOST_GROUPS:
            reason = (None, _OTHERS)
        self._counts[reason] += 1
        self._untils[reason] = min(self._untils.get(reason, inf), each.until or 0.0)
        if len(ids := self._ids.setdefault(reason, [])) < MOST_IDS:
            ids.append(each.id)

    def groups(self) -> tuple[Group, ...]:
        """Return the open items by reason, the commonest first."""
        return tuple(
            Group(
                state=Outcome.OPEN, code=code, reason=reason, count=count, ids=tuple(self._ids[code, reason]),
                until=self._untils.get((code, reason)) or None,
            )
            for (code, reason), count in self._counts.most_common()
        )  # fmt: skip


def unfinished(rows: Iterable[Row], *, untried: int) -> tuple[Group, ...]:
    """Return the open items by reason; `untried` ones, of which nothing was ever asked, are not among the rows."""
    sums = Unfinished(untried)
    for each in rows:
        sums.add(each)
    return sums.groups()
