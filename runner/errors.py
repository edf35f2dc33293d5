"""The error tree, sorted by who must act.

S2VError
├── UserError            the user: says where, what was found, what was expected, what to type next
│   ├── UsageError       exit 2
│   ├── InputError       exit 3; carries every `Problem` of a manifest or its portraits
│   ├── DriftError       exit 4
│   ├── ConfigError      exit 8: a key or a provider setting is missing or unusable
│   └── FolderError      exit 9: the run folder is held, damaged, newer, or on a file system that cannot keep it
├── StoreError           the object store said no, or nothing: what counts is whole in the run folder, and stays
│   ├── StoreRefused     and will say so again until a person mends it
│   └── StoreBusy        and may take it later
├── Halt                 the machine cannot keep its promise (disk full, read-only): stop before the next paid call
└── WireError            a request that brought no reply
    ├── NotSent          proven not sent, or not whole: safe to repeat, even a paid one
    └── MaybeSent        may have arrived: a paid call must never be repeated by itself

A provider's "no" is not an error but a value: `model.Verdict`. Whatever else is raised is a bug of ours and flies to
the one boundary in `cli`.
"""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import Final

from .values import dataclass


class Exit(IntEnum):
    """What the process tells its caller; the table stands in the README too."""

    OK = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    DRIFT = 4
    FAILED = 5
    IN_DOUBT = 6
    BUDGET = 7
    PROVIDER = 8
    FOLDER = 9
    STOPPED = 10
    SIGHUP = 129
    SIGINT = 130
    SIGTERM = 143


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where in the user's files something was written: `file:line:col`; a table row has column 0."""

    file: str
    line: int
    col: int = 0

    def __str__(self) -> str:
        """Give the form that editors and terminals make clickable."""
        return f"{self.file}:{self.line}:{self.col}" if self.col else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with the user's input, with all that is needed to mend it.

    `path` is the place inside the document (`items[3].prompt`), empty for the document itself. `message` says what was
    found and what was expected; `hint` is the nearest word or the next step, empty when there is none.
    """

    origin: Origin
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Give the one line that a person reads."""
        where = f"{self.origin}: {self.path}: " if self.path else f"{self.origin}: "
        return f"{where}{self.message} ({self.hint})" if self.hint else f"{where}{self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warnings:
    """What may be meant otherwise than it is read, and hinders nothing: the first in order, and how many in all."""

    kept: tuple[Problem, ...] = ()
    count: int = 0


_MOST: Final = 50  # so that a million bad rows stay readable


class Problems:
    """Collects every problem of one reading, keeps the first `_MOST`, and counts the rest; so it does with warnings."""

    def __init__(self) -> None:
        """Start empty."""
        self._kept: list[Problem] = []
        self.count = 0
        self._warnings: list[Problem] = []
        self._warned = 0

    def add(self, origin: Origin, path: str, message: str, hint: str = "") -> None:
        """Note one problem; nothing is raised until `raise_if_any`."""
        self.count += 1
        if len(self._kept) < _MOST:
            self._kept.append(Problem(origin=origin, path=path, message=message, hint=hint))

    def warn(self, origin: Origin, path: str, message: str, hint: str = "") -> None:
        """Note what may be meant otherwise than it is read."""
        self._warned += 1
        if len(self._warnings) < _MOST:
            self._warnings.append(Problem(origin=origin, path=path, message=message, hint=hint))

    @property
    def kept(self) -> tuple[Problem, ...]:
        """Return the problems kept so far, in order of file, line and column."""
        return _in_order(self._kept)

    @property
    def warnings(self) -> Warnings:
        """Return the warnings so far."""
        return Warnings(kept=_in_order(self._warnings), count=self._warned)

    def raise_if_any(self) -> None:
        """Raise one `InputError` that carries them all, or return."""
        if self.count:
            raise InputError(self.kept, self.count, self.warnings)


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda p: (p.origin.file, p.origin.line, p.origin.col)))


class S2VError(Exception):
    """Every error this program raises on purpose."""


class UserError(S2VError):
    """Something only the user can mend; the message says what and how."""

    exit = Exit.USAGE


class UsageError(UserError):
    """The command line does not make sense."""


class InputError(UserError):
    """The manifest, a table, or a portrait is not acceptable; nothing was sent."""

    exit = Exit.INPUT

    def __init__(
        self, problems: tuple[Problem, ...], count: int | None = None, warnings: Warnings | None = None
    ) -> None:
        """Carry `problems`, and what is to be said beside them; `count` is the full number when more were found."""
        self.problems = problems
        self.count = len(problems) if count is None else count
        self.warnings = warnings or Warnings()
        super().__init__("\n".join(str(p) for p in problems))


class DriftError(UserError):
    """The plan is not what it was promised to be (`--frozen`), or changed under the run."""

    exit = Exit.DRIFT


class ConfigError(UserError):
    """A key or a provider setting is missing, unusable, or refused."""

    exit = Exit.PROVIDER


class FolderError(UserError):
    """The run folder is held by another run, damaged, newer than this program, or cannot keep state."""

    exit = Exit.FOLDER


class StoreError(S2VError):
    """An object store did not do what it was asked; nothing half is visible there."""


class StoreRefused(StoreError):
    """The store will refuse this again: key, bucket or permission are to be mended."""


class StoreBusy(StoreError):
    """The store has too much to do, or cannot be reached: the same request may be repeated later."""


class Halt(S2VError):
    """The machine cannot keep the promise any longer; stop cleanly before the next paid call."""


class WireError(S2VError):
    """A request brought no usable reply."""


class NotSent(WireError):
    """The request provably never reached the provider, or never whole; repeating it cannot pay twice."""


class MaybeSent(WireError):
    """The request may have reached the provider; a paid call must not be repeated by itself."""


_SHORT: Final = ("malloc failure", "can't start new thread")  # by OpenSSL, where hashlib asks; by Python
_UNMAPPED: Final = "failed to map segment from shared object"
_UNMAPPED_ADVICE: Final = "free memory or raise its limit (ulimit -v); on a disk mounted noexec, install it elsewhere"
SHORT_OF_MEMORY: Final = "this machine lends s2v too little memory; free some, or raise its limits (ulimit -v, -u)"
"""What is said, with the next step, where `is_short_of_memory`."""


def is_short_of_memory(error: Exception) -> bool:
    """Return whether the machine lent no memory; Python, the system and OpenSSL each say so in a way of their own."""
    is_told = isinstance(error, OSError) and error.errno == errno.ENOMEM
    return is_told or isinstance(error, MemoryError) or str(error).endswith(_SHORT)


def unloadable(error: ImportError) -> str:
    """Return in words, with the next step, that a library which is there is broken, or another one than is needed.

    Of the many lines that some say the last tells why. To the loader of programs a machine that is short of memory and
    a disk that may hold no programs are one.
    """
    *_, why = str(error).strip().splitlines() or [""]
    advice = _UNMAPPED_ADVICE if why.endswith(_UNMAPPED) else "install it anew"
    return f"a package that s2v needs cannot be loaded: {why}; {advice}"
