"""A finding: what was looked at, how it stands, and what to do; errors become findings here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from ...errors import Exit, Halt, InputError, UserError, unloadable
from ...report.text import counted, plain_line
from ...values import dataclass

T = TypeVar("T")


class Grade(StrEnum):
    """How something stands."""

    OK = "ok"  # a run would get by here
    UNKNOWN = "unknown"  # nothing was found out, for good or bad
    WARNING = "warning"  # a run would get by, and might be harmed later
    WRONG = "wrong"  # a run would end here


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found at one check; `advice` is the next step, and `exit` how a run would end of what is wrong."""

    check: str
    grade: Grade
    found: str
    advice: str = ""
    exit: Exit = Exit.OK

    def __str__(self) -> str:
        """Give the one line that a person reads."""
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.grade:<8} {self.check}: {self.found}{advice}"

    def document(self) -> dict[str, Any]:
        """Return the same for JSON, as clean as a line."""
        advice = plain_line(self.advice) or None
        return {"check": self.check, "grade": self.grade, "found": plain_line(self.found), "advice": advice}


def fine(check: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(check=check, grade=Grade.OK, found=found)


def unknown(check: str, found: str) -> Finding:
    """Return that nobody knows."""
    return Finding(check=check, grade=Grade.UNKNOWN, found=found)


def warning(check: str, found: str, advice: str) -> Finding:
    """Return what may do harm."""
    return Finding(check=check, grade=Grade.WARNING, found=found, advice=advice)


def wrong(check: str, found: str, advice: str = "", *, exit_: Exit) -> Finding:
    """Return what a run would end of."""
    return Finding(check=check, grade=Grade.WRONG, found=found, advice=advice, exit=exit_)


def attempted(check: str, look: Callable[[], T]) -> T | Finding:
    """Return what a look gives, or what is wrong: an error says what a run would end of."""
    try:
        return look()
    except InputError as error:
        first = str(error.problems[0])
        return wrong(check, f"{counted(error.count, 'problem')}, the first: {first}", exit_=error.exit)
    except UserError as error:
        return wrong(check, str(error), exit_=error.exit)
    except Halt as error:
        return wrong(check, str(error), exit_=Exit.FOLDER)
    except ImportError as error:
        return wrong(check, unloadable(error), exit_=Exit.PROVIDER)
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else str(error)
        return wrong(check, f"{error.filename}: {why}", "mend that", exit_=Exit.FOLDER)


def looked(check: str, look: Callable[[], Finding | str]) -> Finding:
    """Return the finding of a look; a text means that all is well."""
    found = attempted(check, look)
    return fine(check, found) if isinstance(found, str) else found
