"""Any other document of the program's own grammars: strict YAML, held against its schema, flaws with their places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import Problems
from .complaints import complaints
from .flaws import Flaw
from .reporting import report
from .source import read_source
from .strict_yaml import FLAWED, load
from .words import is_under, shown


def read_document(path: Path, grammar: str, problems: Problems) -> dict[str, Any] | None:
    """Return the mapping at `path` if it is sound by the schema `grammar`, else None; its flaws go to `problems`."""
    source = read_source(path)
    if isinstance(source, Flaw):
        report(path, "", [source], problems)
        return None
    document = load(source.text)
    flaws = document.flaws
    if isinstance(document.value, dict):
        spoiled = {flaw.path for flaw in flaws if flaw.spoils}
        flaws += [flaw for flaw in complaints(document.value, grammar=grammar) if not is_under(flaw.path, spoiled)]
    elif document.value is not FLAWED:
        flaws.append(Flaw(path=(), message=f"found {shown(document.value)}, expected a mapping with version"))
    report(path, source.text, flaws, problems)
    return document.value if isinstance(document.value, dict) and not flaws else None
