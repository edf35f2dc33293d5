"""`s2v animatic`: draw one clip from one portrait and a prompt, here and now; and a contact sheet of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...edge.disk.files import halting, part_of
from ...edge.disk.regular import is_file, is_folder, is_there
from ...errors import Exit, InputError, Origin, Problem, UsageError
from ...extras import require_local
from ..args import Args
from ..bars import watched
from ..screen import Screen


def animatic(args: Args, screen: Screen) -> int:
    """Draw the clip, and say beat by beat what was understood; the clip's path is the one line on stdout."""
    require_local("s2v animatic")
    portrait = _read(args.target)
    _require_apart(args)
    _require_free("--out", args.out, ".mp4")
    if args.sheet is not None:
        _require_free("--sheet", args.sheet, ".png")
    for line in _draw(args, screen, portrait):
        screen.tell(line)
    screen.say(str(args.out))
    return Exit.OK


def _draw(args: Args, screen: Screen, portrait: bytes) -> tuple[str, ...]:
    """Draw what was asked for, and return what there is to say of it: beat by beat, then advice."""
    from ...animatic.explaining import explain  # noqa: PLC0415 - heavy, and for this command only
    from ...animatic.picture import UnreadablePictureError  # noqa: PLC0415 - the same
    from ...animatic.render import described, film, stage  # noqa: PLC0415 - the same
    from ...animatic.sheet import sheet  # noqa: PLC0415 - the same

    try:
        scene = stage(portrait, args.prompt, seed=args.seed or 0)
    except UnreadablePictureError as error:
        raise _refused(args.target, str(error)) from error
    with _aside(args.out) as part, watched(scene.shape.frames, screen, quiet=args.quiet) as watch:
        film(scene, part, seed=args.seed or 0, watch=watch)
    if args.sheet is not None:
        with _aside(args.sheet) as part:
            sheet(scene, part)
    return (*explain(scene.timeline), *described(scene).advice)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _refused(path, f"the portrait cannot be read: {error.strerror or error}") from error


def _refused(path: Path, why: str) -> InputError:
    told = Problem(origin=Origin(file=str(path), line=1), path="", message=why, hint="name a JPEG, PNG or WebP file")
    return InputError((told,))


def _require_apart(args: Args) -> None:
    """Raise UsageError where one file would be written over another of the three."""
    three = [("the portrait", args.target), ("--out", args.out), ("--sheet", args.sheet)]
    seen: dict[Path | tuple[int, int], str] = {}
    for word, path in ((word, path) for word, path in three if path is not None):
        if (other := seen.setdefault(_place(path), word)) != word:
            raise UsageError(f"{word}: {path} is {other} as well; name another file")


def _place(path: Path) -> Path | tuple[int, int]:
    """Return what two names of one file have in common: a file that is there may be written in upper case as well."""
    try:
        found = path.stat()
    except OSError:
        return path.resolve()
    return found.st_dev, found.st_ino


def _require_free(flag: str, path: Path, suffix: str) -> None:
    """Raise UsageError unless a file of this kind may be written there, in the place of another one at most."""
    if path.suffix.lower() != suffix:
        raise UsageError(
            f"{flag}: found '{path.name}', expected a name that ends in {suffix}, which is what is written"
        )
    if not is_folder(path.parent):
        raise UsageError(f"the folder {path.parent} does not exist; make it first")
    if is_there(path) and not is_file(path):
        raise UsageError(f"{flag}: {path} is no regular file, which nothing here replaces; name another one")


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Give the name of a part file, and rename it when all is written: `path` is the old file or the new one, whole."""
    part = part_of(path)
    try:
        with halting(path):
            yield part
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()
