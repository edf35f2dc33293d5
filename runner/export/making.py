"""Makes a data set, from the first look to the last word; may be called again, after a crash or when a run grew."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from ..core.sums.tally import Row
from ..edge.disk.digest import digest_of
from ..edge.disk.files import DISK, Disk
from ..edge.disk.regular import is_file
from ..errors import UsageError
from ..extras import require_packages
from ..report.facts import RunFacts
from ..values import dataclass
from . import croissant, folder, videofolder, webdataset
from .card import card
from .keeping_out import alone_in
from .mark import FILE as MARK
from .mark import Mark
from .placing import Film, Press, clear_parts
from .samples import bytes_of, exported, sha256_of
from .splits import split_of
from .survey import Sorter, Survey, survey

CARD: Final = "README.md"
FORMS: Final = ("videofolder", "webdataset", "parquet", "croissant")
Watch = Callable[[int], None]
"""Is told how many videos are in their places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is wanted: the run folder to read, the folder to fill, the form, and what belongs to it."""

    source: Path
    out: Path
    form: str
    run: RunFacts
    sorter: Sorter
    links: bool
    shard_bytes: int

    @property
    def mark(self) -> Mark:
        """Return what the folder says of itself."""
        split = self.sorter.split
        flags = {
            "to": self.form,
            "split": split.text if split else None,
            "person": self.sorter.person,
            "files": "link" if self.links else "copy",
            "shard_bytes": self.shard_bytes if self.form == "webdataset" else None,
        }
        return Mark(run=self.run, flags=flags)

    def place(self, side: str) -> Path:
        """Return the folder of a side."""
        return self.out if self.form == "webdataset" else self.out / side


def require_library(form: str) -> None:
    """Raise ConfigError where what writes a form is not installed."""
    if form in {"parquet", "croissant"}:
        require_packages(["pyarrow"], extra="export", who=f"--to {form}")


def recipe_in(out: Path, source: Path, run: RunFacts) -> Recipe:
    """Return the recipe by which a folder was filled from this run; raise UsageError where it was not.

    Raise ConfigError where it cannot be filled here.
    """
    flags = Mark.of_export(out, run).flags
    require_library(str(flags.get("to")))
    try:
        split = split_of(flags["split"]) if flags["split"] else None
        return Recipe(
            source=source, out=out, form=FORMS[FORMS.index(flags["to"])], run=run,
            sorter=Sorter(split=split, person=flags["person"]),
            links=flags["files"] == "link", shard_bytes=flags["shard_bytes"] or 0,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{out / MARK} is none that this program writes: {error}") from error


def look(recipe: Recipe, rows: Iterable[Row]) -> Survey:
    """Return what there is to export; raise UsageError, before anything is written, where it cannot be done.

    Nothing at all is an error only where no set stands: one that does is then emptied.
    """
    recipe.mark.require_free(recipe.out)
    found = survey(videofolder.readable(rows) if recipe.form == "videofolder" else rows, recipe.sorter)
    if not found.videos and not is_file(recipe.out / MARK):
        look_there = f"s2v status {shlex.quote(str(recipe.source))}"
        raise UsageError(
            f"no video in {recipe.source} is done and in the manifest: there is nothing to export; see {look_there}"
        )
    return found


def make(recipe: Recipe, rows: Iterable[Row], found: Survey, watch: Watch, *, disk: Disk = DISK) -> None:
    """Fill the folder; `rows` are read once for each side, and `found` is what `look` said of them.

    Raise NotWhole when a video is not the one that was checked, Halt when the disk refuses, FolderError while another
    export fills the folder, and UsageError when another one has filled it since `look`.
    """
    press = Press(links=recipe.links, disk=disk)
    press.make_folder(recipe.out)
    with alone_in(recipe.out):
        recipe.mark.require_free(recipe.out)
        _fill(press, recipe, rows, found, watch)


def _fill(press: Press, recipe: Recipe, rows: Iterable[Row], found: Survey, watch: Watch) -> None:
    former, dead = recipe.mark.archives(recipe.out), frozenset(found.tombstones)

    def note(side: str, number: int) -> None:
        """Let whoever comes after a death know an archive for our own, before it is there."""
        if number > former.get(side, 0):
            former[side] = number
            _mark(press, recipe, found, former, is_whole=False)

    _mark(press, recipe, found, former, is_whole=False)  # whatever comes after is known by this file for our own
    placed, archives = count(1), dict[str, int]()
    for side in recipe.sorter.sides:
        _clear_parts(recipe, side)
        videos = _watched(_videos(recipe, rows, side), watch, placed)
        if recipe.form == "webdataset":
            archives[side] = webdataset.fill(
                press, recipe.out, side, videos, shard_bytes=recipe.shard_bytes, note=partial(note, side)
            )
            webdataset.take_away(press, recipe.out, side, count=archives[side], former=former.get(side, 0))
        elif found.sides[side]:
            folder.fill(press, recipe.place(side), _table(recipe.form), videos, purged=dead)
        else:
            folder.empty(press, recipe.place(side), _table(recipe.form), purged=dead)
    _describe(press, recipe, found)
    press.sync()
    _mark(press, recipe, found, archives, is_whole=True)


def _mark(press: Press, recipe: Recipe, found: Survey, archives: Mapping[str, int], *, is_whole: bool) -> None:
    """Say in the folder what it is, for certain when this returns."""
    videos = found.videos if is_whole else None
    press.write_text(
        recipe.out / MARK, [recipe.mark.text(videos=videos, archives=archives, tombstones=found.tombstones)]
    )
    press.sync()


def _describe(press: Press, recipe: Recipe, found: Survey) -> None:
    """Write what is said of the whole set: the card, and the description in Croissant."""
    sides = [side for side in recipe.sorter.sides if found.sides[side]]
    press.write_text(
        recipe.out / CARD, card(recipe.run, found, recipe.sorter, {s: _patterns(recipe, s) for s in sides})
    )
    if recipe.form == "croissant":
        tables = [recipe.place(side) / _table(recipe.form).name for side in sides]
        digests = {table.relative_to(recipe.out).as_posix(): digest_of(table) for table in tables}
        press.write_text(recipe.out / croissant.FILE, [croissant.croissant(recipe.run, found, digests)])


def _table(form: str) -> folder.Table:
    if form == "videofolder":
        return videofolder.TABLE
    from . import parquet  # noqa: PLC0415 - its library is an extra

    return parquet.TABLE


def _videos(recipe: Recipe, rows: Iterable[Row], side: str) -> Iterator[tuple[Row, Film]]:
    for row in exported(rows):
        if recipe.sorter.side(row) == side:
            assert row.video is not None
            yield row, Film(path=recipe.source / row.video, bytes_=bytes_of(row), sha256=sha256_of(row))


def _clear_parts(recipe: Recipe, side: str) -> None:
    for each in {recipe.out, recipe.place(side), recipe.place(side) / folder.VIDEOS}:
        clear_parts(each)


def _patterns(recipe: Recipe, side: str) -> list[str]:
    if recipe.form == "webdataset":
        return [webdataset.pattern(side)]
    above = f"{side}/" if side else ""
    return [f"{above}{_table(recipe.form).name}", f"{above}{folder.VIDEOS}/*.mp4"]


def _watched(videos: Iterable[tuple[Row, Film]], watch: Watch, placed: Iterator[int]) -> Iterator[tuple[Row, Film]]:
    """Give the videos, and tell after each how many are in their places: all before the one that is asked for next."""
    for each in videos:
        yield each
        watch(next(placed))
