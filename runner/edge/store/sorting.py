"""What the libraries raise when an object store does not do as asked, sorted: a person must mend it, or time may.

A server's own words are never repeated, only its error code: they might hold what was sent to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ...errors import StoreBusy, StoreError, StoreRefused
from .exchange import LetGoError

_CODE: Final = re.compile(r"[A-Za-z0-9.]{1,64}")
_TAKEN: Final = 412  # a precondition failed: the name is not free
_GONE: Final = 404
_NOT_THERE: Final = ("404", "NoSuchKey")
_PASSING: Final = frozenset({408, 409, 429})  # the only answers below 500 that time may turn into others
_PASSING_CODES: Final = frozenset(
    {
        "RequestTimeout", "SlowDown", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch",
        "NoSuchUpload",  # an answer was lost before
    }
)  # fmt: skip
_NEVER: Final = 501  # not implemented
_NO_CREDENTIALS: Final = (
    "no usable credentials were found; AWS_PROFILE, or AWS_ACCESS_KEY_ID with its secret, names them"
)
SETTINGS: Final = "it cannot be asked: mend the settings of the AWS libraries"
_OF_SETTINGS: Final = ("Config", "Param", "Region", "EndpointResolution")  # in the name of what the libraries raise
_SILENT: Final = "ReadTimeoutError"
_BROKEN_OFF: Final = frozenset({"ConnectionClosedError", "IncompleteReadError", "ResponseStreamingError"})
_NO_RIGHT: Final = "the credentials do not allow it; s3:PutObject, s3:GetObject and s3:ListBucket are needed"
_ADVICE: Final = {
    "NoSuchBucket": "there is no such bucket; make it, or mend output.dir",
    "InvalidAccessKeyId": "the store does not know the access key",
    "SignatureDoesNotMatch": "the secret of the access key is wrong",
    "ExpiredToken": "the credentials have expired",
    "RequestTimeTooSkewed": "the clock of this machine, or of the store, is wrong; set it",
    "AccessDenied": _NO_RIGHT,
    "403": _NO_RIGHT,
    "NotImplemented": "the store does not know how to keep a name from being overwritten (If-None-Match)",
}


class TakenError(StoreError):
    """The name is not free."""


class GoneError(StoreRefused):
    """There is no such object."""


@contextmanager
def sorted_out(what: str) -> Iterator[None]:
    """Turn what the libraries raise into a StoreError that names the object."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

    try:
        yield
    except LetGoError as error:
        raise StoreBusy(f"{what}: the run ended before the store answered") from error
    except (BotoCoreError, ClientError, OSError) as error:
        raise _sorted(error, what) from error
    except (KeyError, ValueError) as error:
        raise StoreBusy(f"{what}: what answers does not speak as a store; is a proxy in between?") from error


def _sorted(error: Exception, what: str) -> StoreError:
    """Return our error for a foreign one: what a person must mend, or what time may."""
    answer: Mapping[str, Any] | None = getattr(error.__cause__ or error, "response", None)
    if not isinstance(answer, Mapping):
        return _without_answer(error, what)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    told = str(answer.get("Error", {}).get("Code", ""))
    code = told if _CODE.fullmatch(told) else str(status)
    words = f"{what}: {_ADVICE.get(code, f'the store answers {code}')}"
    if status == _TAKEN:
        return TakenError(words)
    if status == _GONE and code in _NOT_THERE:
        return GoneError(words)
    is_passing = code in _PASSING_CODES or status in _PASSING or (status >= 500 and status != _NEVER)  # noqa: PLR2004
    return StoreBusy(words) if is_passing else StoreRefused(words)


def _without_answer(error: Exception, what: str) -> StoreError:
    """Sort what was raised before any answer came, by the name of its class: there are dozens, and more each year."""
    name = type(error).__name__
    if "Credential" in name or "Profile" in name or "Token" in name:
        return StoreRefused(f"{what}: {_NO_CREDENTIALS} ({name})")
    if any(word in name for word in _OF_SETTINGS) or isinstance(error, PermissionError):
        return StoreRefused(f"{what}: {SETTINGS} ({name})")
    if isinstance(error, TimeoutError) or name == _SILENT:
        return StoreBusy(f"{what}: it gave no answer in time ({name})")
    how = "broke off before its answer was whole" if name in _BROKEN_OFF else "cannot be reached"
    return StoreBusy(f"{what}: it {how} ({name})")
