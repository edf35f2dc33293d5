"""The JSON Schemas of the program, as data: package data when installed, the source tree's `schemas/` else."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_FOLDERS: Final = (_PACKAGE / "schemas", _PACKAGE.parent / "schemas")


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the schema `name` (`manifest` for `manifest.schema.json`); it is shared, so do not change it."""
    return dict(json.loads(schema_text(name)))


def schema_text(name: str) -> str:
    """Return the schema's own text, as it was published."""
    for folder in _FOLDERS:
        file = folder / f"{name}.schema.json"
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise LookupError(f"no schema '{name}' in {' or '.join(map(str, _FOLDERS))}")


def definition(name: str) -> dict[str, Any]:
    """Return one definition of the manifest's schema."""
    return dict(schema("manifest")["definitions"][name])
