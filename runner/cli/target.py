"""What the one positional argument means: a manifest, or the run folder that was made from one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..edge import state_file
from ..edge.journal import Journal
from ..errors import InputError, Origin, Problem, Problems, UsageError
from ..manifest import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A manifest and its run folder; the manifest is None for a folder whose manifest is gone."""

    manifest: Path | None
    folder: Path


def manifest_of(given: Path) -> Path:
    """Return the manifest that `given` names, itself or through its run folder."""
    if not given.is_dir():
        return given
    target = _of_folder(given)
    if target.manifest is None:
        raise UsageError(f"the manifest from which {given} was made is gone; name the manifest itself")
    return target.manifest


def folder_of(given: Path) -> Path:
    """Return the run folder that `given` names, itself or as the manifest's output; it need not exist."""
    if given.is_dir():
        return _of_folder(given).folder
    problems = Problems()
    manifest = parse.read(given, problems)
    if manifest is None:
        raise InputError(problems.kept, problems.count)
    return tidy(manifest.folder)


def existing_folder_of(given: Path) -> Path:
    """Return the run folder that `given` names; raise InputError when nothing was run yet."""
    folder = folder_of(given)
    if not _was_run(folder):
        problem = Problem(
            origin=Origin(file=str(given), line=1),
            path="",
            message=f"nothing was run yet in {folder}",
            hint=f"s2v run {given}",
        )
        raise InputError((problem,))
    return folder


def _was_run(folder: Path) -> bool:
    """Return whether a run got so far as to say what it is made from."""
    if not (folder / state_file.FILE).is_file():
        return False
    with Journal.read(folder) as book:
        return "manifest" in book.header


def tidy(path: Path) -> Path:
    """Return a path as a person would write it: below the working folder relative, else absolute, without `..`."""
    full = Path(os.path.normpath(Path.cwd() / path))
    return full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full


def _of_folder(folder: Path) -> Target:
    with Journal.read(folder) as book:
        word = book.header.get("manifest_from_folder")
    path = tidy(folder / word) if word else None
    return Target(manifest=path if path and path.is_file() else None, folder=folder)
