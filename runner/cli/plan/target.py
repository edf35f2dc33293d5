"""What the one positional argument means: a manifest, or the run folder that was made from one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...edge.disk.holder import holder
from ...edge.disk.regular import is_file, is_folder
from ...edge.journal import state_file
from ...edge.journal.header import MANIFEST, MANIFEST_FROM_FOLDER
from ...edge.journal.journal import Journal
from ...errors import FolderError, InputError, Origin, Problem, Problems, UsageError
from ...manifest import parse
from ...model import Shard
from ...values import dataclass
from ..args import Args
from ..naming import named, pasted, tidy
from .sharding import folder_of_shard, require_shard, shard_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A manifest, and the shard of it that is meant. `folder` is the run folder that was named in its place, if any."""

    manifest: Path
    shard: Shard | None
    folder: Path | None = None


def target_of(args: Args, *, is_still: bool = False) -> Target:
    """Return the manifest that is named, itself or through its run folder; that says of which shard it is.

    `is_still` is for `Journal.read`.
    """
    given = args.target
    if not _names_folder(given):
        return Target(manifest=given, shard=args.shard)
    header = _header_of(given, is_still=is_still)
    if args.shard is not None:
        require_shard(header, args.shard, given)
    word = header.get(MANIFEST_FROM_FOLDER)
    if word is None:
        raise UsageError(f"{_not_run(given)}; name the manifest itself")
    manifest = tidy(given / word)
    if not is_file(manifest):
        raise UsageError(f"the manifest from which {given} was made is gone; name the manifest itself")
    return Target(manifest=manifest, shard=shard_of(header), folder=given)


def require_own(target: Target, folder: Path) -> None:
    """Raise UsageError when a folder was named, and the manifest's run has another one: it would be bought anew there.

    So it is with a folder that was copied, or whose manifest names another output.dir by now.
    """
    if target.folder is not None and target.folder.resolve() != folder.resolve():
        raise UsageError(
            f"{target.folder} is not where {target.manifest} is run by now, which is {tidy(folder)}; "
            f"{_begun_in(target.folder.resolve(), folder)}move it there, or let output.dir name it"
        )


def _begun_in(named: Path, folder: Path) -> str:
    """Return what may help where two folders have one place, each below its own working folder."""
    begun = named.parents[1] if len(named.parents) > 1 else named
    if folder != Path.cwd() / named.relative_to(begun):
        return ""
    return f"without output.dir a run lies below the folder in which it is begun: begin it in {tidy(begun)}, or "


def is_run_in(manifest: Path, shard: Shard | None, folder: Path) -> bool:
    """Return whether the run of a manifest that is begun from here has this very folder; another would buy it anew."""
    read = parse.read(manifest, Problems()) if is_file(manifest) else None
    return read is not None and folder_of_shard(read.folder, shard).resolve() == folder.resolve()


def existing_folder_of(args: Args) -> Path:
    """Return the run folder that is named, itself or as the manifest's; raise InputError when nothing was run yet.

    Raise FolderError where its videos are there and its state is gone, and where a run begins at this moment.
    """
    is_named = _names_folder(args.target)
    folder = args.target if is_named else _output_of(args)
    header = _header_of(folder) if is_named or state_file.is_run_folder(folder) else {}
    if not is_named and not header:
        state_file.refuse_traces(folder)
    if MANIFEST not in header and (who := holder(folder)):
        raise FolderError(f"a run has only just begun in {folder} ({who}): the same command again, in a moment")
    if MANIFEST not in header:
        problem = Problem(
            origin=Origin(file=str(args.target), line=1),
            path="",
            message=_not_run(folder),
            hint="name the manifest itself to s2v run" if is_named else f"s2v run {named(args)}",
        )
        raise InputError((problem,))
    if args.shard is not None or not is_named:
        require_shard(header, args.shard, folder)
    return folder


def _not_run(folder: Path) -> str:
    return f"nothing was run yet in {folder}"


def _names_folder(given: Path) -> bool:
    """Return whether a folder is named; what nobody can look at is read as a manifest, which says why it cannot be."""
    try:
        return is_folder(given)
    except OSError:
        return False


def _output_of(args: Args) -> Path:
    problems = Problems()
    manifest = parse.read(args.target, problems)
    if manifest is None:
        raise InputError(problems.kept, problems.count)
    return tidy(folder_of_shard(manifest.folder, args.shard))


def _header_of(folder: Path, *, is_still: bool = False) -> Mapping[str, Any]:
    if not state_file.is_run_folder(folder):
        raise state_file.no_run_folder(folder, _instead(folder))
    with Journal.read(folder, is_still=is_still) as book:
        return book.header


def _instead(folder: Path) -> str:
    """Return what may have been meant: a manifest in the folder, or a run folder in it."""
    with suppress(OSError):
        inside = sorted(folder.iterdir())
        manifest = next((path for path in inside if path.suffix in {".yaml", ".yml"}), None)
        run = next((path for path in inside if is_folder(path) and state_file.is_run_folder(path)), None)
        if meant := manifest or run:
            return f"; did you mean {pasted(meant)}?"
    return ""
