"""The way in: `s2v`, which is the same as `python -m runner`."""

from __future__ import annotations

import gc
import sys
from typing import Final

_RINGS: Final = 50_000  # more objects than before are there when rings of garbage are looked for; Python's own is 700


def main() -> int:
    """Run one command and return its exit code."""
    gc.set_threshold(_RINGS)  # what is loaded stays, and looking for garbage in it costs a fifteenth of a start
    from .cli.main import main as command  # noqa: PLC0415 - after the line above

    return command()


if __name__ == "__main__":
    sys.exit(main())
