"""Whether there is a key for each provider, in a form that can be sent, and in a file that only its owner reads."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ...edge.secret import REAL_LEAST, Secret
from ...errors import ConfigError
from ..naming import pasted
from ..plan.offers import Offer, key_of
from .findings import Finding, fine, looked, warning, wrong

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def key(offer: Offer, environ: Mapping[str, str]) -> tuple[Finding, Secret | None]:
    """Return what is to be said of a provider's key, and the key itself where it may be sent."""
    check = f"key {offer.name}"
    try:
        found = key_of(offer, environ)
    except ConfigError as error:
        return wrong(check, str(error), exit_=error.exit), None
    if found is None:
        return fine(check, "none needed"), None
    return _judged(check, offer.key_env or "", found, environ), found


def is_set(name: str, environ: Mapping[str, str]) -> bool:
    """Return whether the environment names a key, or a file that holds it."""
    return bool(environ.get(name, "").strip() or environ.get(f"{name}_FILE"))


def may_be_asked(offer: Offer, found: Secret | None, environ: Mapping[str, str]) -> bool:
    """Return whether a provider is to be asked: with its key, or where none is set; not where settings are wrong."""
    return found is not None or offer.key_env is None or not is_set(offer.key_env, environ)


def env_file(path: Path | None) -> Iterator[Finding]:
    """Look at who can read the file of `--env-file`."""
    if path is not None:
        yield looked("env file", lambda: _guarded("env file", path, f"{path} is read by you alone"))


def _judged(check: str, name: str, found: Secret, environ: Mapping[str, str]) -> Finding:
    if len(found.reveal()) < REAL_LEAST:
        return warning(check, f"{name} is shorter than any real key", "copy it anew")
    if environ.get(name, "").strip():
        return fine(check, f"set in {name}, in a form that can be sent")
    path = Path(environ[f"{name}_FILE"])
    return looked(check, lambda: _guarded(check, path, f"in the file that {name}_FILE names, which only you can read"))


def _guarded(check: str, path: Path, fine_words: str) -> Finding:
    """Look at a file of keys: other users of this machine must not read it."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) and mode & _OTHERS:
        found = f"the mode of {path} ({stat.S_IMODE(mode):o}) lets other users of this machine use it"
        return warning(check, found, f"chmod 600 {pasted(path)}")
    return fine(check, fine_words)
