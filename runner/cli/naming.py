"""Paths and targets in words: short for people to read, and quoted where a command is to be pasted at a shell."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from .args import Args


def tidy(path: Path) -> Path:
    """Return a path as a person would write it: below the working folder relative, else absolute, without `..`."""
    full = Path(os.path.normpath(Path.cwd() / path))
    return full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full


def pasted(path: Path) -> str:
    """Return a path as it is typed at a shell, with quotes where it needs them."""
    return shlex.quote(f"./{path}" if str(path).startswith("-") else str(path))


def named(args: Args, *ids: str) -> str:
    """Return what is typed to name the same target again, and items of it."""
    return " ".join([pasted(args.target), *ids, *(["--shard", str(args.shard)] if args.shard else [])])
