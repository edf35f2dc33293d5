"""A call and its answer as text: what may not travel is refused on both sides, before anybody acts on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Final

from ..errors import Halt
from .seam import Json, StepCall, StepFailedError, WorkerTakenError

RESULT_MOST: Final = 65_536  # bytes; a judgement of some hundred frames has some thousand
_SECRET: Final = re.compile(
    r"api_?key|access_?key|private_?key|(^|_)key$|secret|token|passw|credential|authoriz|bearer", re.IGNORECASE
)
_FENCE: Final = re.compile(r"[0-9a-z][0-9a-z-]{0,99}")
OK, NO, HALT, BUG, SHORT = "ok", "no", "halt", "bug", "short"


class StepBugError(RuntimeError):
    """A step failed as a program with a bug fails; the words hold the worker's traceback."""


def sealed(call: StepCall) -> str:
    """Return a call as text; raise ValueError for what must not travel."""
    refuse(call)
    return json.dumps(asdict(call), allow_nan=False)


def unsealed(text: str, steps: Mapping[str, str]) -> StepCall:
    """Return the call that a text holds; raise ValueError as `sealed` does, and for a step that is not in the table."""
    call = StepCall(**json.loads(text))
    refuse(call)
    if call.step not in steps:
        raise ValueError(f"'{call.step}' is not in the table of steps: {', '.join(sorted(steps))}")
    return call


def answer(kind: str, value: Json | Mapping[str, Json]) -> str:
    """Return what a worker says at the end of a step."""
    return json.dumps({kind: value}, allow_nan=False)


def opened(text: str) -> Mapping[str, Json]:
    """Return the result that an answer holds.

    Raise what it holds in place of one: StepFailedError, Halt when the worker's machine cannot go on, WorkerTakenError
    when it is short of memory, StepBugError.
    """
    match json.loads(text):
        case {"ok": dict(result)}:
            return result
        case {"no": str(words)}:
            raise StepFailedError(words)
        case {"halt": str(words)}:
            raise Halt(words)
        case {"short": str(words)}:
            raise WorkerTakenError(words)
        case {"bug": str(words)}:
            raise StepBugError(words)
        case _:
            raise StepBugError(f"an answer that no worker gives: {text[:200]}")


def refuse(call: StepCall) -> None:
    """Raise ValueError for a call without a proper fence, or with an argument that is called like a secret."""
    if not _FENCE.fullmatch(call.fence):
        raise ValueError(f"a fence is of small letters, digits and '-', and names a folder; found '{call.fence}'")
    for name in _names(dict(call.args)):
        if is_secret(name):
            raise ValueError(
                f"the argument '{name}' of step '{call.step}' is called like a secret, which never travels"
            )


def is_secret(name: str) -> bool:
    """Return whether an argument or a variable is called like a secret."""
    return _SECRET.search(name) is not None


def _names(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _names(inner)
