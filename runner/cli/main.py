"""The one boundary: runs a command, turns what it raises into words and an exit code, and writes the log of a bug."""

from __future__ import annotations

import errno
import os
import platform
import re
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Final

from .. import __version__
from ..core.sums.tally import without_queries
from ..errors import SHORT_OF_MEMORY, Exit, Halt, InputError, UserError, is_short_of_memory, unloadable
from .args import Args
from .aside import BUG_BEGINS, write_bug
from .environment import environment
from .interruption import exit_of
from .parser import parse
from .plan.flaws import explain
from .screen import Screen, open_streams

_SECRETS: Final = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_LEFT: Final = re.compile(r"AWS_\w+_FILE|RAY_\w+")
"""What libraries ask for again and again: the paths of AWS, and what a cluster of Ray is reached and let in by."""
_STRANGERS_WRITE: Final = 0o002  # taken from every file, also where the umask of a container or a daemon is 0
_REFUSALS: Final = frozenset(
    {
        errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO, errno.ESTALE, errno.EROFS, errno.ENOSPC,
        errno.EDQUOT,
    }
)  # fmt: skip
"""What is never a mistake in a program: permissions, names, disks."""
_CIRCLE: Final = re.compile(r"Symlink loop from '(.+)'")
"""How pathlib refuses such a path before Python 3.13."""
_SECRET_LEAST: Final = 6  # characters; shorter values would black out half of the log


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.umask(os.umask(_STRANGERS_WRITE) | _STRANGERS_WRITE)
    open_streams()
    args = _parsed(argv)
    screen = Screen.of(sys.stdout, sys.stderr, sys.stdin, _taken_environ())
    try:
        code = guarded(lambda: args.command(args, screen), screen, env_file=args.env_file)
        is_shown = args.displays and not (args.json or args.events)
        return code if is_shown else screen.delivered(code)
    finally:
        screen.close()


def _parsed(argv: Sequence[str] | None) -> Args:
    """Return what was typed; end the program where argparse does, which itself passes over words that are lost."""
    screen = Screen.of(sys.stdout, sys.stderr, sys.stdin, os.environ)
    try:
        with redirect_stdout(screen.out):
            return parse(argv)
    except SystemExit as end:
        raise SystemExit(screen.delivered(int(end.code or 0))) from end
    except Exception as error:  # what a command is made of is loaded when it is typed
        raise SystemExit(_explained(screen, error)) from error
    finally:
        screen.close()


def _taken_environ() -> Mapping[str, str]:
    """Return the environment, and leave no secret of a provider in it."""
    environ = dict(os.environ)
    for name in filter(_is_secret, environ):
        if not _LEFT.fullmatch(name):
            del os.environ[name]
    return environ


def guarded(command: Callable[[], int], screen: Screen, *, env_file: Path | None = None) -> int:
    """Return the command's exit code, or that of the error that ended it, once it is explained."""
    try:
        return int(command())
    except InputError as error:
        return explain(screen, error)
    except UserError as error:
        for line in f"s2v: {error}".split("\n"):
            screen.warn(line)
        return error.exit
    except Halt as error:
        screen.warn(f"s2v: {error}")
        return Exit.FOLDER
    except KeyboardInterrupt as interrupt:
        screen.tell("s2v: interrupted; nothing was lost")
        return exit_of(interrupt)
    except Exception as error:  # noqa: BLE001 - the boundary: a bug of ours
        return _explained(screen, error, env_file)


def _explained(screen: Screen, error: Exception, env_file: Path | None = None) -> int:
    """Say what ended a command that no error of ours did, and return its exit code: the machine, a package, a bug."""
    if refused := _refused(error):
        screen.warn(f"s2v: {refused}; mend that, then run the same command again")
        return Exit.FOLDER
    if is_short_of_memory(error):
        screen.warn(f"s2v: {SHORT_OF_MEMORY}; then run the same command again: what was paid for is in the journal")
        return Exit.FOLDER
    if isinstance(error, ImportError) and not _is_ours(error):
        screen.warn(f"s2v: {unloadable(error)}; s2v doctor looks at all of them")
        return Exit.PROVIDER
    return _confess(screen, error, frozenset(_secrets(screen.environ, env_file)))


def _is_ours(error: ImportError) -> bool:
    return (error.name or "").partition(".")[0] == __package__.partition(".")[0]


def _refused(error: Exception) -> str | None:
    """Return in words what the system refuses by name, whoever asked for it; None for all else, which is a bug."""
    if isinstance(error, RuntimeError) and (circle := _CIRCLE.fullmatch(str(error))):
        return f"{circle[1]} cannot be used: {os.strerror(errno.ELOOP).lower()}"
    if not isinstance(error, OSError) or not isinstance(error.filename, str) or error.errno not in _REFUSALS:
        return None
    return f"{error.filename} cannot be used: {os.strerror(error.errno).lower()}"


def _confess(screen: Screen, error: Exception, secrets: Collection[str]) -> int:
    """Write the log of a bug, without secrets and signed links."""
    text = "".join(
        [
            f"{BUG_BEGINS}{__version__}, Python {platform.python_version()}, {platform.platform()}\n",
            f"{' '.join(sys.argv)}\n\n",
            *traceback.format_exception(error),
        ]
    )
    path = write_bug(redacted := _redacted(text, secrets), screen.environ)
    if path is None:
        sys.stderr.write(redacted)
    screen.warn(f"s2v: this is a bug of ours: {type(error).__name__}: {_redacted(str(error), secrets)}")
    where = path or "the lines above, because no folder could be written"
    screen.tell(f"the log is in {where}; what was paid for is in the journal, the same command goes on")
    return Exit.BUG


def _secrets(environ: Mapping[str, str], env_file: Path | None) -> Iterator[str]:
    """Give what the environment, the file of `--env-file` and the files of `..._FILE` call a secret."""
    with suppress(UserError):
        environ = environment(environ, env_file)
    for name, value in environ.items():
        if _is_secret(name):
            yield value
            with suppress(OSError, ValueError):
                yield Path(value).read_text(encoding="utf-8").strip() if name.endswith("_FILE") else ""


def _is_secret(name: str) -> bool:
    return any(word in name.upper() for word in _SECRETS)


def _redacted(text: str, secrets: Collection[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):  # one may be the beginning of another
        if len(secret) >= _SECRET_LEAST:
            text = text.replace(secret, "***")
    return without_queries(text)
