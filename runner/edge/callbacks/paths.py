"""The one path of each submit: nobody can guess it, and it is known again without a look at any disk or table."""

from __future__ import annotations

import hmac
from typing import Final

from ..wire.secret import Secret

_PARTS: Final = 4  # run, item, attempt, signature: the last parts of a path, whatever a proxy did to the front


class Paths:
    """Makes and recognises `<url>/<run>/<item key>/<attempt>/<HMAC-SHA256 of these three>`.

    The item's key stands there whole and not as a prefix, so that no list of items is needed to check a path. The
    secret is made once for a run folder, so that a path stays good over every restart.
    """

    def __init__(self, url: str, run_id: str, secret: Secret) -> None:
        """Sign for the run `run_id`; `url` is what the provider can reach, without a slash at its end."""
        self._url = url
        self._run_id = run_id
        self._secret = secret.reveal().encode()

    def url_for(self, key: str, attempt: int) -> str:
        """Return where the provider may call back about one submit."""
        signed = f"{self._run_id}/{key}/{attempt}"
        return f"{self._url}/{signed}/{self._sign(signed)}"

    def read(self, path: str) -> tuple[str, int] | None:
        """Return the item's key and the attempt of a path that this run made; None for every other."""
        parts = path.rsplit("/", _PARTS)
        if len(parts) <= _PARTS:
            return None
        _, run_id, key, attempt, signature = parts
        wanted = self._sign(f"{run_id}/{key}/{attempt}")
        is_ours = hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "surrogatepass"))
        return (key, int(attempt)) if is_ours and run_id == self._run_id else None

    def _sign(self, text: str) -> str:
        return hmac.new(self._secret, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
