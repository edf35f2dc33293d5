"""The two lines of a conversation, as JSON: what is asked of which run, and the answer.

{"version": 1, "run": "1f0c...", "ask": "Adjust", "facts": {"in_flight": 4}}
{"version": 1, "answer": "Adjusted", "facts": {...}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, get_args

from ...core.limits.steering import Answer, Instruction, flaw
from ..journal.codec import from_json, to_json

VERSION: Final = 1  # of both lines; one that is read by another version is declined in words
LINE_MOST: Final = 64 * 1024  # bytes of a question
ANSWER_MOST: Final = 4 * 1024 * 1024  # bytes of an answer, which may name all that is under way

_INSTRUCTIONS: Final[Mapping[str, type]] = {each.__name__: each for each in get_args(Instruction)}
_ANSWERS: Final[Mapping[str, type]] = {each.__name__: each for each in get_args(Answer)}


def question_line(run_id: str, instruction: Instruction) -> bytes:
    """Return the line that asks a run for something."""
    return _line({"run": run_id, "ask": type(instruction).__name__, "facts": to_json(instruction)})


def read_question(line: bytes, run_id: str) -> Instruction:
    """Return what is asked; raise ValueError, which says why, for all that is not a sound question to this run."""
    document = _document(line)
    if document.get("run") != run_id:
        raise ValueError("this is another run")
    instruction: Instruction = _read(document, "ask", _INSTRUCTIONS)
    if wrong := flaw(instruction):
        raise ValueError(wrong)
    return instruction


def answer_line(answer: Answer) -> bytes:
    """Return the line that answers."""
    return _line({"answer": type(answer).__name__, "facts": to_json(answer)})


def read_answer(line: bytes) -> Answer:
    """Return what was answered; raise ValueError for all that is no answer."""
    if not line:
        raise ValueError("it hung up: it has ended, or too many ask it at one time")
    answer: Answer = _read(_document(line), "answer", _ANSWERS)
    return answer


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps({"version": VERSION, **document}).encode() + b"\n"


def _document(line: bytes) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("expected a line of JSON") from error
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError(f"expected version {VERSION}: both ends must be the same s2v")
    return document


def _read(document: Mapping[str, Any], word: str, types: Mapping[str, type]) -> Any:  # noqa: ANN401 - by the table
    name = document.get(word)
    if not isinstance(name, str) or name not in types:
        raise ValueError(f"{word}: expected one of {', '.join(types)}")
    try:
        return from_json(types[name], document.get("facts"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error
