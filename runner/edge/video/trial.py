"""Whether a video can be opened here at all: found out before one is bought, beside what else a start does.

A process of its own loads the decoder: that takes a fifth of a start, and a library that is broken may end whoever
loads it.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from ...errors import ConfigError
from ...executors.local import environ_of_workers

_PROGRAM: Final = """
import sys
from runner.errors import SHORT_OF_MEMORY, unloadable
try:
    from runner.edge.video.media import decodes
except ImportError as error:
    sys.exit(unloadable(error))
except MemoryError:
    sys.exit(SHORT_OF_MEMORY)
sys.exit(None if decodes() else "H.264 cannot be decoded; install PyAV anew")
"""


class Trial:
    """One process that loads the decoder and ends."""

    def __init__(self) -> None:
        """Begin, and wait for nothing; Ctrl-C is not for it."""
        self._process = subprocess.Popen(  # noqa: S603 - this very interpreter, and no word of a stranger
            [sys.executable, "-P", "-c", _PROGRAM], env=environ_of_workers(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip

    def require(self) -> None:
        """Wait for the end; raise ConfigError where no video could be opened."""
        _, said = self._process.communicate()
        if code := self._process.returncode:
            *_, why = said.strip().splitlines() or [f"its trial ended with exit code {code}"]
            raise ConfigError(f"nothing was bought, for no video could be opened here: {why}; s2v doctor looks again")
