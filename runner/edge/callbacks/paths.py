"""The one path of each submit: nobody can guess it, and it is known again without a look at any disk or table."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..secret import Secret

Submit = tuple[str, str, str]
"""A run, the key of an item, and the number of an attempt, as they stand in a path."""

_PARTS: Final = 4  # run, item, attempt, signature: the last parts of a path, whatever a proxy did to the front


class Paths:
    """Makes and recognises `<url>/<run>/<item key>/<attempt>/<HMAC-SHA256 of these three>`.

    The item's key stands there whole and not as a prefix, so that no list of items is needed to check a path. The
    secret is made once for a run folder, so that a path stays good over every restart. Of the paths that another run
    made before it was merged into this one, those are known that are named one by one.
    """

    def __init__(
        self, url: str, run_id: str, secret: Secret, merged: Mapping[Submit, Secret] = MappingProxyType({})
    ) -> None:
        """Sign for the run `run_id`; `url` is what the provider can reach, without a slash at its end.

        `merged` are submits of other runs, each with the secret of the run that made it.
        """
        self._url = url
        self._run_id = run_id
        self._secret = secret.reveal().encode()
        self._merged = merged

    def url_for(self, key: str, attempt: int) -> str:
        """Return where the provider may call back about one submit."""
        signed = f"{self._run_id}/{key}/{attempt}"
        return f"{self._url}/{signed}/{_signature(self._secret, signed)}"

    def read(self, path: str) -> tuple[str, int] | None:
        """Return the item's key and the attempt of a path that is known; None for every other."""
        parts = path.rsplit("/", _PARTS)
        if len(parts) <= _PARTS:
            return None
        _, run_id, key, attempt, signature = parts
        theirs = self._merged.get((run_id, key, attempt))
        if run_id != self._run_id and theirs is None:
            return None
        secret = theirs.reveal().encode() if theirs else self._secret
        wanted = _signature(secret, f"{run_id}/{key}/{attempt}")
        is_known = hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "surrogatepass"))
        return (key, int(attempt)) if is_known else None


def _signature(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
