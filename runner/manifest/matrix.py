"""The matrix: every portrait with every prompt. Patterns are expanded here, in a stable order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from ..spelling import composed
from ..values import dataclass
from .flaws import Flaw
from .patterns import closed, expanded, is_spelled
from .words import shown

MOST_VIDEOS: Final = 1_000_000
_BRACES: Final = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")
_TWINS: Final = {"{{": "{", "}}": "}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Portraits as references with the number of the entry they came from, and prompts that may hold `{name}`."""

    portraits: tuple[tuple[str, int], ...] = ()
    prompts: tuple[str, ...] = ()

    def pairs(self) -> Iterator[tuple[str, int, str]]:
        """Yield portrait, entry number and filled-in prompt: all prompts of the first portrait first."""
        for portrait, number in self.portraits:
            for prompt in self.prompts:
                yield portrait, number, fill(prompt, _name_of(portrait))


def expand(block: dict[str, Any], *, folder: Path, takes: int, flaws: list[Flaw]) -> Matrix:
    """Return the matrix of a sound block, without what is wrong in it; that goes to `flaws`."""
    found: dict[str, int] = {}
    for number, entry in enumerate(block.get("portraits", ())):
        for ref in _portraits(entry, number, folder, flaws) if isinstance(entry, str) else ():
            found.setdefault(ref, number)
    prompts = tuple(_sound_prompts(block, list(found), flaws))
    count = len(found) * len(prompts) * takes
    if count > MOST_VIDEOS:
        sizes = f"{len(found):,} portraits, {len(prompts):,} prompts and {takes} takes make {count:,} videos"
        hint = "split it, or list the pairs in a table"
        flaws.append(
            Flaw(path=("matrix",), message=f"{sizes}, expected at most {MOST_VIDEOS:,}", hint=hint, on_key=True)
        )
        return Matrix()
    return Matrix(portraits=tuple(found.items()), prompts=prompts)


def _portraits(entry: str, number: int, folder: Path, flaws: list[Flaw]) -> Iterator[str]:
    """Give the portraits of one entry; what is wrong with it goes to `flaws`."""
    path = ("matrix", "portraits", number)
    if (why := closed(entry, folder)) is not None:
        hint = "let it be read, or write a pattern that leaves it out"
        flaws.append(Flaw(path=path, message=f"{shown(entry)}: {why}", hint=hint))
        return
    refs = expanded(entry, folder)
    if not refs:
        flaws.append(Flaw(path=path, message=f"{shown(entry)} matches no file", hint=f"looked in {folder.name}/"))
    for ref in refs:
        if ref.isprintable() and (ref == entry or is_spelled(ref)):
            yield ref
        else:
            words = f"{shown(entry)} matches {shown(ref)}, whose name has characters that cannot be written"
            flaws.append(Flaw(path=path, message=words, hint="rename the file, or set LC_ALL to a locale with UTF-8"))


def fill(prompt: str, name: str | None) -> str:
    """Return `prompt` with `{name}` filled in and doubled braces made single."""
    return _BRACES.sub(lambda match: _TWINS.get(match[0], name or ""), prompt)


def _name_of(portrait: str) -> str | None:
    """Return the portrait's file name without its suffix, spelled alike for every disk; a data URL has none."""
    if portrait.startswith("data:"):
        return None
    path = unquote(urlsplit(portrait).path) if portrait.startswith(("http://", "https://")) else portrait
    return composed(PurePosixPath(path).stem) or None


def _sound_prompts(block: dict[str, Any], portraits: list[str], flaws: list[Flaw]) -> Iterator[str]:
    nameless = any(_name_of(portrait) is None for portrait in portraits)
    for number, prompt in enumerate(block.get("prompts", ())):
        if isinstance(prompt, str):
            wrongs = (_wrong_brace(brace, nameless=nameless) for brace in _BRACES.findall(prompt))
            wrong = next((wrong for wrong in wrongs if wrong), None)
            if wrong is None:
                yield prompt
            else:
                message, hint = wrong
                flaws.append(Flaw(path=("matrix", "prompts", number), message=message, hint=hint))


def _wrong_brace(brace: str, *, nameless: bool) -> tuple[str, str] | None:
    if brace in _TWINS:
        return None
    if brace in {"{", "}"}:
        return f"a single '{brace}' is not allowed in a prompt of a matrix", f"write {brace * 2} for one {brace}"
    if brace != "{name}":
        hint = f"write {{{brace}}} for the text in braces"
        return f"unknown placeholder {shown(brace)}, expected {{name}}", hint
    if nameless:
        return "{name} is empty for a portrait that is a URL without a file name", "put the picture into a file"
    return None
