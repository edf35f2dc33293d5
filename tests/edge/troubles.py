"""What a portrait is refused for, as tests ask for it."""

from __future__ import annotations

from runner.edge.portrait.portraits import PortraitShelf, Trouble


def trouble(source: str, shown: str = "anna.png") -> Trouble:
    found = PortraitShelf().look(source, shown)
    assert isinstance(found, Trouble), found
    return found
