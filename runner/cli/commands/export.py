"""`s2v export`: the finished videos of a run as a data set that others can load. Only reads the run folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ...edge.disk.digest import digest_of
from ...edge.disk.regular import is_file
from ...edge.journal.journal import Journal
from ...errors import Exit, UsageError
from ...export.making import Recipe, look, make, require_library
from ...export.placing import NotWhole
from ...export.survey import Sorter, Survey
from ...report.facts import RunFacts
from ...report.text import counted, sized
from .. import books, reporting
from ..args import Args
from ..bars import watched
from ..naming import named
from ..plan.barring import barred
from ..plan.target import existing_folder_of
from ..screen import Screen

_SHARD: Final = 10**9  # bytes of an archive, where nobody says


def export(args: Args, screen: Screen) -> int:
    """Fill the folder and say what is in it; a run may go on meanwhile, and what it makes later is not in it."""
    folder = existing_folder_of(args)
    _require_meant(args, folder)
    require_library(args.to)
    recipe, found = _made(args, screen, folder)
    _tell(screen, recipe, found)
    if is_file(args.target) and digest_of(args.target) != recipe.run.manifest_digest:
        screen.tell(
            f"{args.target} changed since its last run, and this set is as that run had it: s2v run {named(args)}, "
            "then export anew"
        )
    return Exit.OK


def _made(args: Args, screen: Screen, folder: Path) -> tuple[Recipe, Survey]:
    """Fill the folder, and once more where somebody was purged meanwhile, who may be in it."""
    with Journal.read(folder) as book:
        purged = barred(book.header)
        recipe = _recipe(args, folder, books.facts(book))
        _, rows = reporting.told_rows(book)  # once, for the journal may grow meanwhile
    found = look(recipe, rows)
    try:
        with watched(found.videos, screen, quiet=args.quiet) as watch:
            make(recipe, rows, found, watch)
    except NotWhole as error:
        if _purged(folder) == purged:
            raise NotWhole(
                f"{error}; the export ends here. next: s2v fetch {named(args)}   # mends it for nothing"
            ) from error
    return (recipe, found) if _purged(folder) == purged else _made(args, screen, folder)


def _purged(folder: Path) -> dict[str, float]:
    with Journal.read(folder) as book:
        return barred(book.header)


def _recipe(args: Args, folder: Path, run: RunFacts) -> Recipe:
    return Recipe(
        source=folder,
        out=args.out,
        form=args.to,
        run=run,
        sorter=Sorter(split=args.split, person=args.person),
        links=args.links,
        shard_bytes=args.shard_size or _SHARD,
    )


def _require_meant(args: Args, folder: Path) -> None:
    """Raise UsageError for a flag that would do nothing, or for a set in the run folder, where runs move and clear."""
    if args.out.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"{args.out} is inside the run folder {folder}, where runs move and clear what lies there; name a folder "
            "beside it with --out"
        )
    if args.person is not None and args.split is None:
        raise UsageError("--person says who is kept on one side of a split; add --split, or leave it out")
    if args.shard_size is not None and args.to != "webdataset":
        raise UsageError("--shard-size is the size of the archives of --to webdataset; leave it out")


def _tell(screen: Screen, recipe: Recipe, found: Survey) -> None:
    people = counted(len(found.portraits), "portrait")
    screen.say(f"{counted(found.videos, 'video')} of {people} in {recipe.out}, {sized(found.bytes_)}")
    if recipe.sorter.split:
        sides = (f"{found.sides[side]} {side}" for side in recipe.sorter.sides)
        screen.say(f"  split     {', '.join(sides)}")
    if left := ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(found.left_out.items())):
        screen.say(f"  left out  {left}: only what is done is exported")
    if found.videos:
        out, described = (
            json.dumps(str(path), ensure_ascii=False) for path in (recipe.out, recipe.out / "croissant.json")
        )
        screen.say(f"  load it   {_LOADING[recipe.form].format(out=out, described=described)}")
    else:
        screen.tell(
            f"no video in {recipe.source} is done and in the manifest: {recipe.out} held a set, and is empty now"
        )
    for notice in _notices(recipe, found):
        screen.tell(notice)


_LOADING: Final = {
    "videofolder": "datasets.load_dataset({out})",
    "webdataset": "datasets.load_dataset({out}), or webdataset.WebDataset with its .tar files",
    "parquet": "pyarrow.parquet.read_table on its metadata.parquet, or datasets.load_dataset({out})",
    "croissant": "mlcroissant.Dataset({described}), or datasets.load_dataset({out})",
}
"""What a person types; JSON's way to write a text is Python's, too."""


def _notices(recipe: Recipe, found: Survey) -> Iterator[str]:
    """Give what whoever passes this on should know."""
    if count := found.licences[""]:
        yield f"{counted(count, 'video')} without a licence: say it in the manifest's metadata, nobody here guesses it"
    if count := found.consents[""]:
        yield f"nothing is known of consent for {counted(count, 'video')}: metadata.consent in the manifest says it"
    if found.tombstones:
        yield f"{counted(len(found.tombstones), 'video')} purged: export.json lists the digests, for who has a copy"
    if recipe.run.shard:
        yield f"shard {recipe.run.shard} of the manifest alone: s2v merge puts the shards together"
    if found.placeholders:
        yield f"{counted(found.placeholders, 'video')} drawn by the embedded service: placeholders, and marked as such"
    by = recipe.sorter.person
    for side in recipe.sorter.sides:
        if not found.sides[side]:
            people = f"{len(found.people)} by metadata '{by}'" if by else counted(len(found.portraits), "portrait")
            yield f"nobody falls to '{side}': too few people for these shares ({people})"
    if found.remote and recipe.sorter.split and not recipe.sorter.person:
        yield (
            f"{counted(len(found.remote), 'portrait')} known by URL alone: where two URLs show one person, "
            "only --person keeps them on one side"
        )
