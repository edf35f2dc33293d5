"""GitHub Actions: annotations for the worst ten, and the report as the step's summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal

from ..core.sums.tally import Summary
from ..errors import Problem
from .screen import Screen

MOST: Final = 10  # GitHub shows ten of a kind for each step


def annotate_problems(
    screen: Screen, problems: Iterable[Problem], *, kind: Literal["error", "warning"] = "error"
) -> None:
    """Point at the places in the user's files."""
    for problem in list(problems)[: MOST if _is_on(screen.environ) else 0]:
        where = f"file={_property(_in_repository(problem.origin.file, screen.environ))},line={problem.origin.line}"
        where += f",col={problem.origin.col}" if problem.origin.col else ""
        hint = f" ({problem.hint})" if problem.hint else ""
        path = f"{problem.path}: " if problem.path else ""
        screen.command(f"::{kind} {where}::{_data(f'{path}{problem.message}{hint}')}")


def annotate_summary(screen: Screen, summary: Summary, report: Path) -> None:
    """Point at the commonest troubles of a run, and append its report to the step's summary."""
    if not _is_on(screen.environ):
        return
    for group in summary.groups[:MOST]:
        words = f"{group.code or ''} {group.reason} ({', '.join(group.ids[:3])})".strip()
        screen.command(f"::error title={_property(f's2v: {group.count} {group.state}')}::{_data(words)}")
    if path := screen.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _append(Path(path), report)
        except OSError as error:  # no reason to fail a run
            screen.tell(f"the step's summary was not written to {path}: {error.strerror or error}")


def _append(summary: Path, report: Path) -> None:
    with summary.open("a", encoding="utf-8") as file:
        file.write(report.read_text(encoding="utf-8"))


def _in_repository(file: str, environ: Mapping[str, str]) -> str:
    """Return a file as GitHub looks for it, from the top of the repository, wherever the step works."""
    top, path = environ.get("GITHUB_WORKSPACE"), Path(file).absolute()
    return path.relative_to(top).as_posix() if top and path.is_relative_to(top) else file


def _is_on(environ: Mapping[str, str]) -> bool:
    return environ.get("GITHUB_ACTIONS") == "true"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
