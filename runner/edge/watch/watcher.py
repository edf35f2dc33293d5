"""Who watches a run: told of facts by `saw` and of words by `said`, and closed once. Watching never harms a run."""

from __future__ import annotations

from typing import Protocol

from ...core.limits.steering import Answer
from ...engine.ports import Observer


class Watcher(Observer, Protocol):
    """An observer that comes to an end with the run."""

    def close(self) -> None:
        """Show the last word; called once, after which nothing more is shown."""


class OfFacts:
    """What a watcher of facts leaves alone: words for people, and what a person changes."""

    def said(self, text: str) -> None:
        """Ignore a notice."""

    def steered(self, at: float, answer: Answer) -> None:
        """Ignore what a person changed from outside."""
