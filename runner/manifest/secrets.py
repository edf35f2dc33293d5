"""Keeps keys out of manifests: `${VAR}` is not expanded, and what looks like a key is refused and never shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .flaws import Flaw
from .words import Path, looks_like_a_key

_FREE: Final = frozenset({("defaults", "prompt"), ("defaults", "metadata"), ("matrix", "prompts")})
"""Where `${` is plain text: it is what a person in the video says, or what a data set carries."""
_ADVICE: Final = "name the variable that holds the key: providers.<name>.key_env: MINIMAX_API_KEY"


def exposed(head: dict[str, Any]) -> Iterator[Flaw]:
    """Yield the values of `head` that are, or would expand to, a key."""
    for path, text in _texts(head, ()):
        if path[0] == "providers" and looks_like_a_key(text):
            message = "this looks like an API key, and keys never stand in a manifest"
            yield Flaw(path=path, message=message, hint=_ADVICE, spoils=True)
        elif "${" in text and path[:2] not in _FREE:
            hint = _ADVICE if path[0] == "providers" else "write the value itself"
            yield Flaw(path=path, message="${...} is not expanded in a manifest", hint=hint, spoils=True)


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, number))
