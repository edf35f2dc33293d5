"""What the grammar knows and this program cannot do yet: refused by name, never accepted and then ignored.

A feature that comes deletes its row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ..values import dataclass
from .flaws import Flaw
from .words import Path, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A key (`*` stands for any), the values that are refused, and what to do in its place."""

    path: Path
    advice: str
    refused: Callable[[Any], bool] = lambda _value: True


LATER: Final[tuple[Later, ...]] = (
    Later(
        path=("retry", "in_doubt"),
        advice="write hold, and settle doubts by s2v resolve",
        refused=lambda v: v == "resubmit",
    ),
)


def not_yet(head: dict[str, Any]) -> Iterator[Flaw]:
    """Yield what `head` asks for that cannot be done yet."""
    for row in LATER:
        for path, value in _matches(head, row.path, ()):
            if row.refused(value):
                what = f"{quoted(value)} is" if isinstance(value, str) else "this is"
                yield Flaw(
                    path=path,
                    message=f"{what} not supported yet",
                    hint=row.advice,
                    on_key=True,
                    spoils=not isinstance(value, list),
                )


def _matches(value: object, pattern: Path, path: Path) -> Iterator[tuple[Path, object]]:
    if not pattern:
        yield path, value
        return
    step, rest = pattern[0], pattern[1:]
    if isinstance(value, dict):
        for key in value if step == "*" else [step] if step in value else []:
            yield from _matches(value[key], rest, (*path, key))
    elif isinstance(value, list) and step == "*":
        for number, element in enumerate(value):
            yield from _matches(element, rest, (*path, number))
