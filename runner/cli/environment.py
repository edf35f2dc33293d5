"""The environment that a command sees: the process's own, with `--env-file` on top, because a flag goes first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..errors import UsageError

_LINE: Final = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
_QUOTES: Final = ("'", '"')


def environment(environ: Mapping[str, str], env_file: Path | None) -> Mapping[str, str]:
    """Return the environment with the variables of `env_file`; a value is never shown in a message."""
    return environ if env_file is None else {**environ, **_read(env_file)}


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"--env-file {path} cannot be read: {why}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise UsageError(f"{path}:{number}: expected NAME=VALUE")
        found[match[1]] = _unquoted(match[2])
    return found


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES:
        return value[1:-1]
    return value
