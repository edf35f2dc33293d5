"""`export.json`: what a folder of a data set was made from, so that two exports never mix in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from ..edge.disk.files import PART, halting
from ..edge.disk.regular import is_file, is_folder, is_there
from ..errors import UsageError
from ..report.facts import RunFacts
from ..values import dataclass

FILE: Final = "export.json"
_VERSION: Final = 1
_MOST: Final = 64 << 20  # bytes; one of ours has some hundred, and 70 more for each video that was purged
_WORDS: Final = {"to": "--to", "split": "--split", "person": "--person", "files": "--", "shard_bytes": "--shard-size"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """From which run and with which flags a folder was filled."""

    run: RunFacts
    flags: dict[str, Any]

    def text(self, *, videos: int | None, archives: Mapping[str, int], tombstones: Sequence[str]) -> str:
        """Return the file; `videos` is their number once all is whole, and None while it is being made.

        `archives` are the numbers of archives of each side that may stand in the folder. `tombstones` are the digests
        (SHA-256, hex) of videos that were purged: who has a copy of the set is to take them out of it.
        """
        document = {
            "version": _VERSION,
            "run": {"name": self.run.name, "id": self.run.run_id},
            "flags": self.flags,
            "manifest_digest": self.run.manifest_digest,
            "plan_digest": self.run.plan_digest,
            "whole": videos is not None,
            "videos": videos,
            "archives": dict(archives),
            "tombstones": list(tombstones),
        }
        return json.dumps(document, indent=2) + "\n"

    def require_free(self, folder: Path) -> None:
        """Raise UsageError unless a folder is new, empty, or holds an export of this run with these flags."""
        if not is_there(folder):
            return
        if not is_folder(folder):
            raise UsageError(f"{folder} is no folder; name another one with --out")
        found = self._read(folder)
        if found is None:
            with halting(folder, "read"):
                strange = next((each for each in folder.iterdir() if not each.name.endswith(PART)), None)
            if strange is not None:
                raise UsageError(f"{folder} is not empty and no export ({strange.name}); name a new folder with --out")
        elif found["run"].get("id") != self.run.run_id:
            raise UsageError(f"{folder} holds an export of another run; name another folder with --out, or remove it")
        elif found["flags"] != self.flags:
            raise UsageError(
                f"{folder} holds an export with other flags ({_typed(found['flags'])}); "
                "name another folder with --out, or remove it"
            )

    @classmethod
    def of_export(cls, folder: Path, run: RunFacts) -> Self:
        """Return what a folder says of itself; raise UsageError unless it holds an export of this run."""
        if not is_there(folder):
            raise UsageError(f"{folder} does not exist; name a folder that s2v export filled")
        found = cls._read(folder)
        if found is None:
            raise UsageError(f"{folder} is no export: it has no {FILE}")
        if found["run"].get("id") != run.run_id:
            raise UsageError(f"{folder} holds an export of another run, '{found['run'].get('name')}'")
        return cls(run=run, flags=found["flags"])

    def archives(self, folder: Path) -> dict[str, int]:
        """Return how many archives of each side an earlier export has left in the folder."""
        found = (self._read(folder) or {}).get("archives")
        return {side: count for side, count in found.items() if type(count) is int} if isinstance(found, dict) else {}

    @staticmethod
    def _read(folder: Path) -> dict[str, Any] | None:
        path = folder / FILE
        if not is_file(path):
            return None
        with halting(path, "read"), path.open("rb") as file:
            text = file.read(_MOST)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        whole = isinstance(found, dict) and isinstance(found.get("run"), dict) and isinstance(found.get("flags"), dict)
        if not whole or found.get("version") != _VERSION:
            raise UsageError(f"{path} is none that this program writes; name another folder with --out")
        assert isinstance(found, dict)
        return found


def _typed(flags: dict[str, Any]) -> str:
    words = (f"{word}{'' if word == '--' else ' '}{flags[key]}" for key, word in _WORDS.items() if flags.get(key))
    return " ".join(words)
