"""WebDataset: tar archives to be read from beginning to end, three members for each video: `.mp4`, `.json`, `.txt`.

The archives are those of `tarfile`, without a time or an owner, so the same videos give the same bytes. Ids hold no
dot, which a reader of WebDataset would take for the end of the sample's name.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from ..core.sums.tally import Row
from ..errors import UsageError
from ..report.text import json_line
from .placing import Film, Piece, Press
from .samples import COLUMNS, cells, sound

_BLOCK: Final = tarfile.BLOCKSIZE
_END: Final = bytes(2 * _BLOCK)
_UNSPLIT: Final = "data"


def pattern(side: str) -> str:
    """Return what the archives of a side are called, as a pattern."""
    return f"{side or _UNSPLIT}-*.tar"


def fill(
    press: Press, folder: Path, side: str, videos: Iterable[tuple[Row, Film]], *, shard_bytes: int,
    note: Callable[[int], None],
) -> int:  # fmt: skip
    """Write the archives of one side, none larger than `shard_bytes` unless a single video is; return their number.

    `note` is told, before each, how many there may be from then on.
    """
    count = 0
    for shard in _shards(videos, shard_bytes):
        note(count + 1)
        pieces = [piece for members in shard for piece in members]
        size = sum(map(_size, pieces)) + len(_END)
        pieces.append(_END + bytes(-size % tarfile.RECORDSIZE))
        press.write(folder / _name(side, count), pieces)
        count += 1
    return count


def take_away(press: Press, folder: Path, side: str, *, count: int, former: int) -> None:
    """Remove the archives of a former export behind the first `count`; raise UsageError when there are still others."""
    for number in range(count, former):
        press.remove(folder / _name(side, number))
    if strays := sorted(path.name for path in folder.glob(pattern(side)))[count:]:
        raise UsageError(
            f"{folder} has archives that are not of this export, such as {strays[-1]}: move them away, or export into "
            "a new folder"
        )


def _name(side: str, number: int) -> str:
    return f"{side or _UNSPLIT}-{number:05}.tar"


def _shards(videos: Iterable[tuple[Row, Film]], most: int) -> Iterator[list[list[Piece]]]:
    shard, size = list[list[Piece]](), len(_END)
    for row, film in videos:
        members = _members(row, film)
        more = sum(map(_size, members))
        if shard and size + more > most:
            yield shard
            shard, size = [], len(_END)
        shard.append(members)
        size += more
    if shard:
        yield shard


def _members(row: Row, film: Film) -> list[Piece]:
    text = json_line(cells(row, COLUMNS)).encode()
    caption = sound(row.prompt or "").encode()
    return [
        _head(f"{row.id}.mp4", film.bytes_), film, bytes(-film.bytes_ % _BLOCK),
        _head(f"{row.id}.json", len(text)) + text + bytes(-len(text) % _BLOCK)
        + _head(f"{row.id}.txt", len(caption)) + caption + bytes(-len(caption) % _BLOCK),
    ]  # fmt: skip


def _head(name: str, size: int) -> bytes:
    """Return the header of a member: USTAR, unless the name is too long for it."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.PAX_FORMAT)


def _size(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.bytes_
