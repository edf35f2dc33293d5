"""VideoFolder: `videos/ID.mp4` and one line of `metadata.jsonl` for each, as Hugging Face's loaders read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..core.tally import Row
from ..edge.files import halting
from ..errors import Halt, UsageError
from ..report.text import json_line
from .placing import Film, Press
from .samples import FILE_COLUMNS, cells, exported, video_name

TABLE: Final = "metadata.jsonl"
VIDEOS: Final = "videos"
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}(:[0-9]{2}(:[0-9]{2})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)


def readable(rows: Iterable[Row]) -> Iterator[Row]:
    """Give the rows as they are; raise UsageError at a text that a loader of JSON lines would take for a time.

    Loaders guess the types of JSON lines: a consent of `2026-05-01` becomes a midnight, and the data set does not load
    at all where one side holds dates alone and another does not.
    """
    for row in rows:
        for video in exported([row]):
            for name, cell in cells(video, FILE_COLUMNS).items():
                if isinstance(cell, str) and _TIME.fullmatch(cell):
                    raise UsageError(
                        f"'{video.id}' has '{cell}' as {name}, which loaders of JSON lines take for a time and not for "
                        "a text: --to parquet has no such doubt, or write it otherwise in the manifest"
                    )
        yield row


def fill(press: Press, folder: Path, videos: Iterable[tuple[Row, Film]]) -> None:
    """Bring the videos of one side into its folder, and write the table beside them."""
    press.make_folder(folder)
    press.make_folder(folder / VIDEOS)
    with press.anew(folder / TABLE) as table:
        for row, film in videos:
            press.place(folder / video_name(row), film)
            table.write(f"{json_line(cells(row, FILE_COLUMNS))}\n".encode())
    require_even(folder, lambda: _read(folder / TABLE))


def require_even(folder: Path, read: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
    """Hold the table that was written against the files beside it, because no loader does.

    A loader passes over a file without a row, and meets a row without a file only when it decodes. Raise UsageError for
    the one, Halt for the other.
    """
    count = 0
    for row in read():
        count += 1
        path = folder / row["file_name"]
        if not path.is_file() or path.stat().st_size != row["bytes"]:
            raise Halt(f"{path} is gone, or not whole any more: look after that disk, then run the same command again")
    with halting(folder, "read"):
        found = sum(1 for _ in (folder / VIDEOS).iterdir())
    if found != count:
        raise UsageError(_uneven(folder, read(), found - count))


def _uneven(folder: Path, rows: Iterable[Mapping[str, Any]], more: int) -> str:
    named = {Path(row["file_name"]).name for row in rows}
    strays = sorted(path.name for path in (folder / VIDEOS).iterdir() if path.name not in named)
    return (
        f"{folder / VIDEOS} has {more} more than belong to this export, such as {', '.join(strays[:3])}: videos that "
        "left the manifest, perhaps; remove them, or export into a new folder"
    )


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with halting(path, "read"), path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
