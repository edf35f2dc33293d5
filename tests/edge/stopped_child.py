"""A program that holds a journal, stops itself in the middle of giving a file its name, and is continued too late.

python stopped_child.py FOLDER download|video|sidecar|report|removal
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from told_lives import done

from runner.edge.disk.files import Files
from runner.edge.folder.shelf import Shelf
from runner.edge.journal.journal import Journal
from runner.edge.video.courier import Courier
from runner.edge.wire import Incoming, LinkWire
from runner.errors import FolderError
from runner.model import Download

ANNA = b"video of anna"
URL = "https://cdn.invalid/"


def stop() -> None:
    """Stand still, as a process does whose terminal was closed or whose machine sleeps."""
    os.kill(os.getpid(), signal.SIGSTOP)


class StoppingLinks(LinkWire):
    """Leads to a file of which the second half comes after the stop."""

    def __init__(self) -> None:
        """Need no network."""

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Incoming]:
        assert (url, headers) == (URL, {})
        yield Incoming(status=200, headers={"content-length": str(len(ANNA))}, chunks=self._chunks())

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield ANNA[:5]
        stop()
        yield ANNA[5:]


def _stopping(text: str) -> str:
    stop()
    return text


def _report() -> Iterator[str]:
    yield "half of "
    stop()
    yield "an old report"


def act(folder: Path, name: str, files: Files) -> None:
    """Do one act, and stop this process before its name is given or taken."""
    state = done("anna", ANNA)
    shelf = Shelf(folder, sidecar=lambda _: _stopping("an old sidecar"), files=files)
    match name:
        case "download":
            courier = Courier(StoppingLinks(), shelf.partial, files=files)
            asyncio.run(courier.fetch(state.item.key, Download(url=URL)))
        case "video":
            stop()
            shelf.publish(state)
        case "sidecar":
            shelf.describe(state)
        case "report":
            files.write_whole(folder / "report.md", _report())
        case _:
            stop()
            files.remove(folder / "report.md")


def main(folder: Path, name: str) -> int:
    with Journal.create_or_open(folder) as book:
        try:
            act(folder, name, Files(book.holding))
        except FolderError as error:
            print(error, flush=True)  # noqa: T201 - a test reads it
            return 9
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
