"""What every answer of a store bears, by which it is known from the page of a proxy that says 200 to anything.

The libraries look at the status alone. Such a page would be a list without objects, an object of another content, or an
upload that nobody took.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_BORNE: Final = {
    "PutObject": "ETag",
    "CreateMultipartUpload": "UploadId",
    "UploadPart": "ETag",
    "CompleteMultipartUpload": "ETag",
    "HeadObject": "ETag",
    "GetObject": "ETag",
    "ListObjectsV2": "IsTruncated",
}
_REFUSED: Final = 300  # from here on the libraries raise


class NoStoreError(ValueError):
    """Something answered that is no store."""


def require_answers(client: Any) -> None:  # noqa: ANN401 - no types there
    """Let a client raise NoStoreError for an answer that no store gives."""
    client.meta.events.register("after-call.s3", _look)


def _look(*, parsed: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - the same
    borne = _BORNE.get(model.name)
    if borne and parsed["ResponseMetadata"]["HTTPStatusCode"] < _REFUSED and borne not in parsed:
        raise NoStoreError(f"the answer to {model.name} has no {borne}")
