"""A program that writes a journal until it is stopped, and says on stdout how many facts it was told are committed.

python journal_child.py FOLDER [bytes a file may have at most]
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from told_lives import entry, item, told

from runner.edge.journal.journal import Journal
from runner.errors import Halt
from runner.events import Seen, Stamped


def main(folder: Path, bytes_most: int | None) -> int:
    with Journal.create_or_open(folder) as journal:
        first = entry(told(item()), position=0)
        journal.write_all([first])
        if bytes_most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_most, bytes_most))
        for count in range(2, 100_000):
            try:
                journal.write(first.key, [Stamped(at=float(count), event=Seen(status="x" * 500))], first.index)
            except Halt as error:
                print(error, flush=True)  # noqa: T201 - a test reads it
                return 7
            print(count, flush=True)  # noqa: T201 - a test reads it
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))
