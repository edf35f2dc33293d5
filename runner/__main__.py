"""The way in: `s2v`, which is the same as `python -m runner`."""

from __future__ import annotations

import gc
import signal
import sys
from typing import Final

from .cli.interruption import exit_of, interruptible

_RINGS: Final = 100_000  # objects more than before at which rings of garbage are looked for: a start makes 70,000


def main() -> int:
    """Run one command and return its exit code."""
    gc.set_threshold(_RINGS)  # what is loaded stays, and Python's own threshold of 700 costs a fifteenth of a start
    try:
        with interruptible():
            from .cli.main import main as command  # noqa: PLC0415 - after the lines above

            return command()
    except KeyboardInterrupt as interrupt:  # while it was loaded, or before and after all that it guards itself
        sys.stderr.write("s2v: interrupted; nothing was lost\n")
        return exit_of(interrupt)
    except MemoryError:  # while it was loaded
        from .errors import SHORT_OF_MEMORY, Exit  # noqa: PLC0415 - small beside what had no room

        sys.stderr.write(f"s2v: {SHORT_OF_MEMORY}; then run the same command again\n")
        return Exit.FOLDER
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            # Nothing is left to be closed, and Python would show a traceback.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        gc.freeze()  # the end of a process looks through all that was loaded once more, for nothing


if __name__ == "__main__":
    sys.exit(main())
