"""A folder of videos with a table of metadata beside them: what VideoFolder and Parquet exports have in common.

The table is the list of what an export wrote. So when a video has left the manifest, the next export takes it away, as
long as it is still the very file that the former table tells of. An export that was cut off may have left no table, so
videos of people who were purged are known by their digests, too. What else lies there is named, and never deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from ..core.sums.tally import Row
from ..edge.disk.digest import digest_of
from ..edge.disk.files import halting
from ..errors import Halt, UsageError
from ..values import dataclass
from .placing import Film, Press
from .samples import FILE_COLUMNS, Cell, cells, video_name

VIDEOS: Final = "videos"
_SHOWN: Final = 3  # names of what does not belong


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One way to write a table of metadata: the name of its file, its writer and its reader.

    `write` reads the rows once, in order. What `read` cannot understand raises ValueError.
    """

    name: str
    write: Callable[[BinaryIO, Iterable[dict[str, Cell]]], None]
    read: Callable[[Path], Iterable[Mapping[str, Any]]]


def fill(
    press: Press, folder: Path, table: Table, videos: Iterable[tuple[Row, Film]], *, purged: Collection[str]
) -> None:
    """Bring the videos of one side into its folder, write the table, and take away what is in it no more.

    `purged` are the digests of videos of people who were.
    """
    press.make_folder(folder)
    press.make_folder(folder / VIDEOS)
    with press.anew(folder / table.name) as file:
        table.write(file, _placed(press, folder, videos))
        file.flush()
        _take_away(press, folder, table, new=Path(file.name))
    _require_even(press, folder, table, purged)


def empty(press: Press, folder: Path, table: Table, *, purged: Collection[str]) -> None:
    """Take away a side on which nobody stands any more."""
    _take_away(press, folder, table, new=None)
    if (folder / VIDEOS).is_dir():
        _require_no_strays(press, folder, set(), purged)
    press.remove(folder / table.name)
    press.remove_folder(folder / VIDEOS)
    press.remove_folder(folder)


def _placed(press: Press, folder: Path, videos: Iterable[tuple[Row, Film]]) -> Iterator[dict[str, Cell]]:
    for row, film in videos:
        press.place(folder / video_name(row), film)
        yield cells(row, FILE_COLUMNS)


def _take_away(press: Press, folder: Path, table: Table, *, new: Path | None) -> None:
    """Remove the videos that the former table tells of and the new one does not."""
    former = folder / table.name
    if not former.is_file():
        return
    named = {row["file_name"] for row in table.read(new)} if new else set()
    with suppress(
        ValueError, KeyError, TypeError
    ):  # somebody wrote in the table: then nobody knows whose the files are
        for row in table.read(former):
            name = Path(str(row["file_name"])).name
            if row["file_name"] not in named and row["file_name"] == f"{VIDEOS}/{name}":
                path = folder / VIDEOS / name
                press.take_away(Film(path=path, bytes_=int(row["bytes"]), sha256=str(row["sha256"])))
    press.sync()  # before the former table goes, for nothing else says whose these files were


def _require_even(press: Press, folder: Path, table: Table, purged: Collection[str]) -> None:
    """Hold the table that was written against the files beside it, because no loader does.

    A loader passes over a file without a row, and meets a row without a file only when it decodes. Raise UsageError for
    the one, Halt for the other.
    """
    count = 0
    for row in table.read(folder / table.name):
        count += 1
        path = folder / row["file_name"]
        if not path.is_file() or path.stat().st_size != row["bytes"]:
            raise Halt(f"{path} is gone, or not whole any more: look after that disk, then run the same command again")
    with halting(folder, "read"):
        found = sum(1 for _ in (folder / VIDEOS).iterdir())
    if found != count:
        named = {Path(row["file_name"]).name for row in table.read(folder / table.name)}
        _require_no_strays(press, folder, named, purged)


def _require_no_strays(press: Press, folder: Path, named: Container[str], purged: Collection[str]) -> None:
    """Take away what an export that was cut off brought of who was purged; raise UsageError for what else is there."""
    with halting(folder, "read"):
        strays = sorted(path for path in (folder / VIDEOS).iterdir() if path.name not in named)
        dead = {path for path in strays if purged and path.is_file() and digest_of(path) in purged}
    for path in dead:
        press.remove(path)
    if left := [path.name for path in strays if path not in dead]:
        raise UsageError(
            f"{folder / VIDEOS} has {len(left)} more than belong to this export, such as {', '.join(left[:_SHOWN])}: "
            "move them away, or export into a new folder"
        )
