"""Opening the user's text files: what cannot be read is said in words, with the line where there is one."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import Final

from ..values import dataclass
from .flaws import Flaw, Spot
from .words import nearest

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a manifest; beyond it a table serves better."""
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_NAMES: Final = {"\x00": "a NUL character", "\ufeff": "a byte order mark", "\u2028": "a line separator (U+2028)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A manifest's text without its byte order mark, and the SHA-256 of its bytes."""

    text: str
    digest: str


def read_source(path: Path) -> Source | Flaw:
    """Return the text at `path`, or why it cannot be read; UTF-8 with or without byte order mark, any line ends."""
    why = unreadable(path)
    if why:
        return _flaw(*why)
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        return _flaw(unread(error), "")
    if len(raw) > MOST_BYTES:
        return _flaw(
            f"larger than {MOST_BYTES // 1024 // 1024} MiB", "move the items into a table: include: [more.jsonl]"
        )
    return _decoded(raw)


def unread(error: OSError) -> str:
    """Return why a file that is there was not read."""
    return f"cannot be read: {(error.strerror or 'input error').lower()}"


def unreadable(path: Path) -> tuple[str, str] | None:
    """Return why `path` is no file that can be read, with a hint; None when it is one."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "no such file", _similar(path)
    except OSError as error:
        return unread(error), ""
    if stat.S_ISDIR(mode):
        return "this is a folder, expected a file", ""
    if not stat.S_ISREG(mode):
        return "this is no regular file", ""
    return None if os.access(path, os.R_OK) else ("cannot be read: permission denied", "")


def is_utf16(raw: bytes) -> bool:
    """Return whether `raw` begins as UTF-16 does."""
    return raw.startswith(_UTF16)


def forbidden(text: str) -> re.Match[str] | None:
    """Return the first character that has no place in a text file that people edit."""
    return _FORBIDDEN.search(text)


def named(character: str) -> str:
    """Return a name for an invisible character."""
    return _NAMES.get(character, f"a control character (U+{ord(character):04X})")


def _decoded(raw: bytes) -> Source | Flaw:
    if is_utf16(raw):
        return _flaw("the file is UTF-16, expected UTF-8", "save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        spot = Spot(line=line, col=error.start - raw.rfind(b"\n", 0, error.start))
        return Flaw(path=(), message="this byte is not UTF-8", hint="save the file as UTF-8", spot=spot)
    found = forbidden(text)
    if found:
        spot = Spot(line=text.count("\n", 0, found.start()) + 1, col=found.start() - text.rfind("\n", 0, found.start()))
        hint = 'write it as "\\u2028" in double quotes' if found[0] in "\u2028\u2029" else "remove it"
        return Flaw(path=(), message=f"{named(found[0])} is not allowed", hint=hint, spot=spot)
    return Source(text=text, digest=hashlib.sha256(raw).hexdigest())


def _similar(path: Path) -> str:
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"there is no folder '{path.parent}' either"
    guess = nearest(path.name, beside)
    return f"did you mean {guess}?" if guess else ""


def _flaw(message: str, hint: str) -> Flaw:
    return Flaw(path=(), message=message, hint=hint, spot=Spot(line=1, col=1))
