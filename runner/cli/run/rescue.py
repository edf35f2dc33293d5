"""Paid jobs that the journal may not have: told to the user whatever they asked to see, and kept in a file aside."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ...core.life.state import State
from ..aside import add_aside, write_aside


class Rescue:
    """Keeps one line of JSON for each such job, in one file of this run."""

    def __init__(self, folder: Path, environ: Mapping[str, str], tell: Callable[[str], None]) -> None:
        """Begin without a file; `folder` is the run folder whose journal refuses, and `tell` reaches the user."""
        self._folder = folder
        self._environ = environ
        self._tell = tell
        self._path: Path | None = None
        self._files = 0

    def __call__(self, state: State, words: str) -> None:
        """Keep one job, and tell `words` of it, where it is kept, and what to do with it."""
        line = {
            "run": str(self._folder.absolute()), "item": state.label, "provider": state.provider, "job": state.job_id,
            "bought_at": state.accepted_at,
        }  # fmt: skip
        self._keep(f"{json.dumps(line)}\n")
        kept = f", and is kept in {self._path}" if self._path else ""
        settle = shlex.join(["s2v", "resolve", str(self._folder), state.label, "--job", str(state.job_id)])
        self._tell(f"{words}{kept}; if it is in doubt later: {settle}")

    def _keep(self, line: str) -> None:
        if self._path is None or not add_aside(self._path, line):
            self._files += 1
            name = f"jobs-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{self._files}.jsonl"
            self._path = write_aside(name, line, self._environ)
