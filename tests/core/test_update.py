"""What the journal learns of a manifest that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from lives import item

from runner.core.plan.update import Told, updates
from runner.events import Planned
from runner.values import replace


def told_once(**facts: str | float) -> Told:
    return Told(item=replace(item(), metadata=facts), wanted=True, position=0)


@pytest.mark.parametrize(
    ("before", "now", "is_news"),
    [
        (1, 1, False), (1.0, 1.0, False), (True, True, False), ("1", "1", False),
        (1, 1.0, True), (1, True, True), (1.0, True, True), (False, 0, True), (1, "1", True),
    ],
)  # fmt: skip
def test_a_fact_that_is_written_otherwise_is_news(before: str | float, now: str | float, *, is_news: bool) -> None:
    def tellings(keys: Iterable[str]) -> Iterator[Told | None]:
        return (told_once(take=before) for _ in keys)

    anew = replace(item(), metadata={"take": now})
    (update,) = updates([(0, anew)], tellings)

    assert update.event == (Planned(item=anew) if is_news else None)
    assert update.is_news == is_news
