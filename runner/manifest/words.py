"""Words for error messages: values shown short and safe, places in a document, the nearest word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from typing import Final

Step = str | int
Path = tuple[Step, ...]
"""The way from the top of a document to one place in it: `("items", 3, "prompt")`."""

SHOWN_CHARACTERS: Final = 60
_PASSWORD: Final = re.compile(r"(?<=://)[^/@\s]*@")
_KEY_LIKE: Final = re.compile(r"\bsk-[\w-]{8,}|\bBearer\s+\S{6,}|\beyJ[\w-]{8,}", re.IGNORECASE)


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `word` is most likely a slip of, or None."""
    by_fold = {candidate.casefold(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word[:SHOWN_CHARACTERS].casefold(), by_fold, n=1, cutoff=0.75)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return the hint for a slip: the nearest word, or else all that would do."""
    known = list(candidates)
    guess = nearest(word, known)
    return f"did you mean {guess}?" if guess else f"known are {', '.join(known)}"


def looks_like_a_key(text: str) -> bool:
    """Return whether `text` holds something that looks like an API key."""
    return _KEY_LIKE.search(text) is not None


def shown(value: object) -> str:
    """Return `value` as an error message shows it: short, on one line, never a key."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case list():
            return "an empty list" if not value else f"a list of {len(value)}"
        case dict():
            return f"a mapping with {_some(value)}" if value else "an empty mapping"
        case _:
            return clipped(str(value))


def quoted(text: str) -> str:
    """Return `text` in single quotes, shortened and escaped; a password or what looks like a key is not shown."""
    return "a text that looks like a key" if looks_like_a_key(text) else f"'{clipped(_PASSWORD.sub('...@', text))}'"


def clipped(text: str) -> str:
    """Return `text` on one line: control characters escaped, the end cut off when it is long."""
    head = text[:SHOWN_CHARACTERS]
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in head)
    return line if len(text) <= SHOWN_CHARACTERS else f"{line}... ({len(text)} characters)"


def dotted(path: Path) -> str:
    """Return `path` as people write it: `items[3].prompt`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{clipped(step)}" if text else clipped(step)
    return text


def is_under(path: Path, roots: Collection[Path]) -> bool:
    """Return whether a place is one of the roots, or lies below one."""
    return any(path[:cut] in roots for cut in range(1, len(path) + 1))


def _some(mapping: dict[str, object]) -> str:
    names = [clipped(str(key)) for key in list(mapping)[:3]]
    more = ", ..." if len(mapping) > len(names) else ""
    return f"{'key' if len(mapping) == 1 else 'keys'} {', '.join(names)}{more}"
