"""Download links that expire: the file's number and the moment of expiry, signed with the store's secret."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode

from ..values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes and judges links; both sides need the same secret."""

    secret: bytes

    def link(self, file_id: str, *, base: str, until: float) -> str:
        """Return a link that works until then."""
        expires = str(int(until))
        query = urlencode({"expires": expires, "signature": self._signature(file_id, expires)})
        return f"{base.rstrip('/')}/files/{file_id}/output.mp4?{query}"

    def is_valid(self, file_id: str, *, expires: str, signature: str, now: float) -> bool:
        """Return whether the link was made here, for this file, and has not expired."""
        genuine = hmac.compare_digest(self._signature(file_id, expires).encode(), signature.encode())
        return genuine and now < int(expires)

    def _signature(self, file_id: str, expires: str) -> str:
        return hmac.new(self.secret, f"{file_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
