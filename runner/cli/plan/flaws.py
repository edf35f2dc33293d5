"""What is wrong with a manifest, or may be meant otherwise: lines and annotations for people, a document for programs.

Nothing but a document goes to stdout.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ...core.sums.tally import without_queries
from ...errors import InputError, Problem, UserError, Warnings
from ...report.text import counted
from .. import github
from ..screen import Screen

_WARNED: Final = 10
"""Lines; where people write a comment behind every prompt, these are enough to see what is meant."""


def explain(screen: Screen, error: InputError) -> int:
    """Tell every problem that was kept, each with its place; return the exit code."""
    tell_warnings(screen, error.warnings)
    for problem in error.problems:
        screen.warn(str(problem))
    if more := error.count - len(error.problems):
        screen.tell(f"... and {more} more")
    screen.tell(f"s2v: {counted(error.count, 'problem')} found, nothing was sent")
    github.annotate_problems(screen, error.problems)
    return error.exit


def tell_warnings(screen: Screen, warnings: Warnings) -> None:
    """Tell what is read otherwise than it may be meant."""
    for warning in warnings.kept[:_WARNED]:
        screen.tell(f"warning: {warning}")
    if warnings.count > _WARNED:
        screen.tell(f"... and {counted(warnings.count - _WARNED, 'more warning')}; s2v check --json tells of more")
    github.annotate_problems(screen, warnings.kept, kind="warning")


def flaws_document(error: UserError | None, warnings: Warnings) -> dict[str, Any]:
    """Return what a command that judges found, for programs: how it ends, and every flaw with its place."""
    problems, count = (error.problems, error.count) if isinstance(error, InputError) else ((), 0)
    placeless = [] if error is None or isinstance(error, InputError) else [_placeless(error)]
    return {
        "valid": error is None,
        "exit": int(error.exit) if error else 0,
        "problems": [*_told(problems), *placeless],
        "more_problems": count - len(problems),
        "warnings": _told(warnings.kept),
        "more_warnings": warnings.count - len(warnings.kept),
    }


def _told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "file": each.origin.file,
            "line": each.origin.line,
            "col": each.origin.col or None,
            "path": each.path,
            "message": without_queries(each.message),
            "hint": without_queries(each.hint),
        }
        for each in problems
    ]


def _placeless(error: UserError) -> dict[str, Any]:
    message = without_queries(str(error))
    return {"file": None, "line": None, "col": None, "path": "", "message": message, "hint": ""}
