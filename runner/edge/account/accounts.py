"""Where the runs of this machine find each other when they use one account: a folder of the user's, a file for each.

The file's name is a digest that is slow to make, of provider, host and key with a random salt: from the folder nobody
learns a key, nor tries out guesses at any speed. All of it belongs to its owner alone. A run that cannot use the folder
is refused before it sends anything: it could not keep a limit that it shares, and the remedy is one variable.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

from ...errors import FolderError, Halt
from ...values import dataclass
from ..disk.files import DISK, UNFENCED
from ..disk.lock import MOUNTS, refuse_network
from ..secret import Secret
from .claims import Claims, Terms, enter, uptime
from .claims_file import FILE, MODE, has_bought, opened, require_format, usable
from .liveness import SUFFIX, is_alive, sign_of_life

STATE_DIR: Final = "S2V_STATE_DIR"
_HOMES: Final[Mapping[str, str]] = {"XDG_STATE_HOME": "s2v", "HOME": ".local/state/s2v"}
"""Where a home is named, and our folder below it."""
_ADVICE: Final = (
    "runs that share a key or a journal on this machine find each other there: "
    f"set {STATE_DIR} to a folder of yours on a local disk"
)
_SALT_BYTES: Final = 32
_SLOW: Final = {"n": 2**12, "r": 8, "p": 1}  # 12 ms and 4 MiB for each guess; real keys are random and long besides


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has an account, and with whom: the provider's name, its host with the port, and the key, if it wants one."""

    provider: str
    host: str
    key: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """The run that uses an account: its folder and its journal's id, which are the same in every life of it."""

    folder: Path
    run_id: str


def state_home(environ: Mapping[str, str]) -> Path:
    """Return the folder of what s2v remembers for this user beside the run folders; raise FolderError without one."""
    if named := environ.get(STATE_DIR):
        return Path(named).absolute()
    for name, below in _HOMES.items():
        if Path(named := environ.get(name, "")).is_absolute():
            return Path(named) / below
    found = " and ".join(f"{name}={environ[name]}" for name in _HOMES if environ.get(name))
    why = f"found {found}, expected a path that begins with /" if found else "HOME is not set"
    raise FolderError(f"there is no home folder ({why}); {_ADVICE}")


@contextmanager
def joined(
    home: Path, holder: Holder, tenant: Tenant, terms: Terms, *, clock: Callable[[], float] = uptime,
    mounts: Path = MOUNTS, later: Callable[[Callable[[], None]], object] | None = None,
) -> Iterator[Claims]:  # fmt: skip
    """Join the runs that use an account, and leave them with the block; raise FolderError where that cannot be.

    `later` is for `Claims`.
    """
    with advised():
        folder = owned_folder(home / "accounts", mounts)
        folder = owned_folder(folder / f"{holder.provider}-{_digest(holder, folder / 'salt')}", mounts)
    path = folder / FILE
    with ExitStack() as stack:
        with usable(path), _locked(folder / ".lock"):
            for left in folder.glob(f"*{SUFFIX}"):
                is_alive(left)  # which removes that of a dead one
            sign = stack.enter_context(sign_of_life(folder))
            sql = stack.enter_context(closing(opened(path)))
            number = enter(sql, sign, folder=tenant.folder, run_id=tenant.run_id, terms=terms, at=clock())
        claims = Claims(sql=sql, path=path, number=number, terms=terms, clock=clock, later=later)
        stack.callback(claims.end)
        yield claims


def bought_by_another(home: Path, holder: Holder, run_id: str) -> bool:
    """Return whether a run bought of this provider by another key, or at another host, as far as anybody remembers."""
    folder = home / "accounts"
    others = [path for path in folder.glob(f"{holder.provider}-*/{FILE}") if has_bought(path, run_id)]
    if not others:
        return False
    own = f"{holder.provider}-{_digest(holder, folder / 'salt')}"
    return any(path.parent.name != own for path in others)


def examine(home: Path, holder: Holder) -> bool:
    """Return whether the account has a file already, and make none; raise FolderError where a run would."""
    folder = home / "accounts"
    with advised():
        salt = _standing(folder) / "salt"
        if not folder.exists() or not salt.exists() or salt.stat().st_size < _SALT_BYTES:
            return False
        path = _standing(folder / f"{holder.provider}-{_digest(holder, salt)}") / FILE
        if not path.exists():
            return False
        with usable(path):
            require_format(path)
    return True


def _standing(folder: Path) -> Path:
    if folder.is_symlink() or folder.exists():
        _require_own(folder, MOUNTS)
    return folder


@contextmanager
def advised() -> Iterator[None]:
    """Turn what the disk refuses in the folder of this user's state into FolderError, with what to do."""
    try:
        yield
    except (Halt, FolderError) as error:
        raise FolderError(f"{error}; {_ADVICE}") from error
    except OSError as error:
        raise FolderError(f"{error.filename} cannot be used: {error.strerror}; {_ADVICE}") from error


def owned_folder(folder: Path, mounts: Path = MOUNTS) -> Path:
    """Return a folder that is on a local disk and open to its owner alone, made if it was not there."""
    UNFENCED.make_folder(folder)
    _require_own(folder, mounts)
    folder.chmod(0o700)
    return folder


def _require_own(folder: Path, mounts: Path) -> None:
    refuse_network(folder, mounts)
    if not stat.S_ISDIR(folder.lstat().st_mode) or folder.lstat().st_uid != os.geteuid():
        raise FolderError(f"{folder} is a link, or belongs to somebody else")


def _digest(holder: Holder, salt: Path) -> str:
    key = holder.key.reveal() if holder.key else ""
    text = f"{holder.provider}\0{holder.host.lower()}\0{key}".encode()
    return hashlib.scrypt(text, salt=_salt(salt), dklen=16, **_SLOW).hex()


def _salt(path: Path) -> bytes:
    """Return the salt of this folder; whoever comes first makes it, and the others wait for that."""
    with _locked(path) as fd:
        salt = os.pread(fd, _SALT_BYTES, 0)
        if len(salt) < _SALT_BYTES:  # the one that was to make it died at it, and never used it
            salt = secrets.token_bytes(_SALT_BYTES)
            os.pwrite(fd, salt, 0)
            os.fsync(fd)
            DISK.sync_folder(path.parent)
    return salt


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Give a file of the owner's that nobody else holds at this time."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, MODE)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)
