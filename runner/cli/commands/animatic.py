"""`s2v animatic`: draw one clip from one portrait and a prompt, here and now; and a contact sheet of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...edge.files import halting
from ...errors import Exit, InputError, Origin, Problem, UsageError
from ..args import Args
from ..bars import watched
from ..offers import require_local
from ..screen import Screen


def animatic(args: Args, screen: Screen) -> int:
    """Draw the clip, and say beat by beat what was understood; the clip's path is the one line on stdout."""
    require_local("s2v animatic")
    portrait = _read(args.target)
    for path in (args.out, args.sheet):
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"the folder {path.parent} does not exist; make it first")
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
        scene = stage(portrait, args.prompt, seed=args.seed)
    except UnreadablePictureError as error:
        raise _refused(args.target, str(error)) from error
    with _aside(args.out) as part, watched(scene.shape.frames, screen, quiet=args.quiet) as watch:
        film(scene, part, seed=args.seed, watch=watch)
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


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Give the name of a part file, and rename it when all is written: `path` is the old file or the new one, whole."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with halting(path):
            yield part
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()
