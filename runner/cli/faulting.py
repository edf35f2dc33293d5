"""From a fault script's YAML to the service's rules: the schema has judged its form, here the sense is judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ..errors import Problems
from ..manifest.document import read_document
from ..manifest.parse import place
from ..manifest.quantities import duration_s
from ..service.faults import (
    WORDS,
    Answer,
    BadLink,
    Code,
    Cut,
    Effect,
    Fail,
    Garble,
    HangUp,
    NoFile,
    Operation,
    Post,
    Rule,
    Say,
    Script,
    Slow,
    Stuck,
    When,
)
from ..service.order import Reason, Status

_STAGES: Final = {"Preparing": Status.PREPARING, "Queueing": Status.QUEUED, "Processing": Status.RENDERING}
_POSTS: Final[dict[str, Post]] = {"drop": Post(times=0), "double": Post(times=2)}


def read_script(path: Path) -> Script:
    """Return the script at `path`, or raise `InputError` with every problem in it."""
    problems = Problems()
    document = read_document(path, "faults", problems) or {}
    rules = tuple(_rule(path, number, rule, problems) for number, rule in enumerate(document.get("rules", ())))
    problems.raise_if_any()
    return Script(rules=rules, seed=document.get("seed", 0))


def _rule(path: Path, number: int, rule: dict[str, Any], problems: Problems) -> Rule:
    ((what, how),) = rule["do"].items()
    made = Rule(when=_when(path, number, rule.get("when", {}), problems), effect=_EFFECTS[what](how))
    never = made.when.operations - made.effect.at
    if never:
        origin = place(path, ("rules", number, "do", what))
        words = f"never happens on {' and '.join(sorted(never))}, only on {' and '.join(sorted(made.effect.at))}"
        problems.add(origin, f"rules[{number}].do.{what}", words)
    return made


def _when(path: Path, number: int, when: dict[str, Any], problems: Problems) -> When:
    return When(
        dialects=frozenset(_listed(when.get("dialect", []))),
        operations=frozenset(Operation(name) for name in _listed(when.get("operation", []))),
        prompt=_pattern(path, number, when["prompt"], problems) if "prompt" in when else None,
        each_order=when.get("per") == "order",
        nth=frozenset(_listed(when.get("nth", []))),
        first=when.get("first"),
        after=when.get("after", 0),
        every=when.get("every"),
        probability=when.get("probability"),
    )


def _pattern(path: Path, number: int, text: str, problems: Problems) -> re.Pattern[str] | None:
    try:
        return re.compile(text)
    except re.error as error:
        origin = place(path, ("rules", number, "when", "prompt"))
        problems.add(origin, f"rules[{number}].when.prompt", f"found '{text}', expected a regular expression: {error}")
        return None


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - the schema has judged it: one, or a list of them
    return value if isinstance(value, list) else [value]


def _seconds(block: dict[str, Any], key: str) -> float | None:
    return duration_s(block[key]) if key in block else None


def _answer(how: Any) -> Effect:  # noqa: ANN401 - the schema has judged it
    block = how if isinstance(how, dict) else {"status": how}
    job = block.get("job", False)
    return Answer(status=block["status"], performs=job, retry_after_s=_seconds(block, "retry_after"))


def _code(how: Any) -> Effect:  # noqa: ANN401 - the same
    block = how if isinstance(how, dict) else {"number": how}
    return Code(
        number=block["number"], words=block.get("words", WORDS), performs=block.get("job", False),
        retry_after_s=_seconds(block, "retry_after"),
    )  # fmt: skip


def _garble(how: Any) -> Effect:  # noqa: ANN401 - the same
    block = how if isinstance(how, dict) else {"what": how}
    return Garble(what=block["what"], performs=block.get("job", True))


def _fail(how: Any) -> Effect:  # noqa: ANN401 - the same
    block = how if isinstance(how, dict) else {"code": how}
    return Fail(code=block["code"], words=block.get("words", WORDS))


def _post(how: Any) -> Effect:  # noqa: ANN401 - the same
    if isinstance(how, str):
        return _POSTS[how]
    return Post(times=how.get("times", 1), late_s=_seconds(how, "late") or 0.0)


_EFFECTS: Final[dict[str, Callable[[Any], Effect]]] = {
    "lose_reply": lambda _: HangUp(performs=True),
    "reset": lambda when: HangUp(performs=when == "after", reset=True),
    "http": _answer,
    "code": _code,
    "refuse": lambda reason: Say(reason=Reason(reason)),
    "garble": _garble,
    "slow": lambda time: Slow(seconds=duration_s(time)),
    "truncate": lambda share: Cut(share=share),
    "stuck": lambda stage: Stuck(status=_STAGES[stage]),
    "fail": _fail,
    "no_file": lambda _: NoFile(),
    "link": lambda what: BadLink(what=what),
    "callback": _post,
}
