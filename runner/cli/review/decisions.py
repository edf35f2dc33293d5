"""The file of decisions that the review bar of `report.html` saves, read as something that anybody may have edited.

`{"version": 1, "run": RUN_ID, "decisions": {ID: {"decision": "keep" | "reject", "sha256": DIGEST}}}` and nothing else,
the digest being that of the video that was looked at. Whatever is not plain to read is refused as a whole, with the
place and what was expected there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ...edge.disk.regular import open_regular, say
from ...edge.portrait.body import read_fully
from ...errors import UsageError
from ...manifest.words import shown
from ...values import dataclass
from .reviewing import Decision, Decisions

_VERSION: Final = 1
_KEYS: Final = ("version", "run", "decisions")
_DECIDED: Final = frozenset({"decision", "sha256"})
_BYTES_MOST: Final = 64 << 20  # half a million decisions
_WORDS: Final[dict[str, Decision]] = {"keep": "keep", "reject": "reject"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a file decides, and by the same ids the digests (SHA-256, hex) of the videos that it decides about."""

    decisions: Decisions
    videos: Mapping[str, str]


def read_decisions(path: Path, run_id: str) -> Paper:
    """Return what a file decides about the videos of a run; raise UsageError where it does not plainly say so."""
    document = _parsed(path, _read(path))
    _require(path, "", document, isinstance(document, dict), "an object with version, run and decisions")
    for key in document:
        _require(path, "", key, key in _KEYS, f"no other keys than {', '.join(_KEYS)}")
    version, run, decisions = (document.get(key) for key in _KEYS)
    _require(path, "version: ", version, version == _VERSION and not isinstance(version, bool), str(_VERSION))
    _require(path, "run: ", run, run == run_id, f"'{run_id}': this file is about the videos of another run folder")
    _require(path, "decisions: ", decisions, isinstance(decisions, dict), "an object with an id for each key")
    for id_, decided in decisions.items():
        _require_decided(path, f"decisions: {shown(id_)}: ", decided)
    return Paper(
        decisions={id_: _WORDS[decided["decision"]] for id_, decided in decisions.items()},
        videos={id_: decided["sha256"] for id_, decided in decisions.items()},
    )


def _require_decided(path: Path, where: str, decided: Any) -> None:  # noqa: ANN401 - what anybody may have written
    is_right = isinstance(decided, dict) and decided.keys() == _DECIDED
    _require(path, where, decided, is_right, "an object with decision and sha256")
    word, digest = decided["decision"], decided["sha256"]
    _require(path, f"{where}decision: ", word, isinstance(word, str) and word in _WORDS, "keep or reject")
    _require(path, f"{where}sha256: ", digest, isinstance(digest, str), "the digest of the video, a text")


def _read(path: Path) -> bytes:
    try:
        with open_regular(str(path)) as file:
            content = read_fully(file, _BYTES_MOST + 1)
    except OSError as error:
        raise UsageError(f"{path} {say(error)}; nothing was decided") from error
    if len(content) > _BYTES_MOST:
        raise UsageError(f"{path} is larger than {_BYTES_MOST >> 20} MiB, no file of decisions; nothing was decided")
    return content


def _parsed(path: Path, content: bytes) -> Any:  # noqa: ANN401 - what anybody may have written
    try:
        return json.loads(content.decode(), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise UsageError(f"{where}: not valid JSON: {error.msg.lower()}; nothing was decided") from error
    except RecursionError as error:
        raise UsageError(f"{path}: nested too deep; nothing was decided") from error
    except ValueError as error:  # of which bytes that are no UTF-8 are one
        raise UsageError(f"{path}: {error}; nothing was decided") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"{shown(twice)} stands twice")
    return mapping


def _require(path: Path, where: str, found: object, is_right: object, expected: str) -> None:
    """Raise UsageError with the place, what was found and what was expected, unless it is right."""
    if not is_right:
        raise UsageError(f"{path}: {where}found {shown(found)}, expected {expected}; nothing was decided")
