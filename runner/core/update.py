"""What a changed manifest means for the journal: which facts are new, as a value to be written in one commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..events import Event, Planned, Retired
from .plan import Plan
from .state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """New facts about one item, none when only its place changed; `position` is None for what left the plan."""

    key: str
    event: Event | None
    position: int | None


def updates(plan: Plan, known: Mapping[str, State]) -> Iterator[Update]:
    """Give what the journal must learn so that it knows this plan; nothing is ever forgotten."""
    for position, item in plan.placed():
        state = known.get(item.key)
        is_told = state is not None and state.wanted and state.item == item
        yield Update(key=item.key, event=None if is_told else Planned(item=item), position=position)
    wanted = {item.key for item in plan.items}
    for key, state in known.items():
        if state.wanted and key not in wanted:
            yield Update(key=key, event=Retired(), position=None)
