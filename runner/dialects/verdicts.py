"""MiniMax's error codes and HTTP statuses, sorted into verdicts; two resellers pass them on.

The body is read before the status, because the same code comes under different statuses: 1008 was seen at HTTP 200, 429
and 500. What is in no table is UNKNOWN, which takes the safe side: a paid call that met it is in doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from ..model import Kind, Verdict
from .seam import Reply

# Source: platform.minimax.io/docs/api-reference/errorcode (D), the S2V-01 page's own subset (D) and the official
# command line client for 1028, 1030 and 2061 (D).
CODES: Final[Mapping[int, Kind]] = {
    1000: Kind.TRANSIENT,  # unknown error
    1001: Kind.TRANSIENT,  # request timeout: the task may exist
    1002: Kind.RATE,  # rate limit
    1004: Kind.AUTH,  # not authorized, token not match group, login fail
    1008: Kind.QUOTA,  # insufficient balance
    1013: Kind.TRANSIENT,  # internal service error, on the files pages only
    1024: Kind.TRANSIENT,  # internal error
    1026: Kind.CONTENT,  # input new_sensitive
    1027: Kind.CONTENT,  # output new_sensitive
    1028: Kind.QUOTA,  # plan quota exhausted
    1030: Kind.QUOTA,  # plan quota exhausted
    1033: Kind.TRANSIENT,  # system error, mysql failed
    1039: Kind.RATE,  # token or TPM limit
    1041: Kind.RATE,  # connection limit
    1042: Kind.INPUT,  # invisible character ratio limit
    2013: Kind.INPUT,  # invalid params
    2038: Kind.AUTH,  # real-name verification needed
    2045: Kind.RATE,  # rate growth limit
    2049: Kind.AUTH,  # invalid API key
    2056: Kind.RATE,  # usage limit of the plan's 5-hour window
    2061: Kind.AUTH,  # model not on your plan
}

# How long to stay away when the provider does not say (seconds): 60 for RPM limits (I); 2056 waits for a window of up
# to five hours, of which we cannot see the end, so it is tried every half hour: a refusal costs nothing (I).
PAUSES: Final[Mapping[int, float]] = {1002: 60.0, 2045: 120.0, 2056: 1800.0}

# RFC 9110, and for 402 Modellix's REST page (D). 408, 409 and 425 are no proof that no job was made.
STATUSES: Final[Mapping[int, Kind]] = {
    400: Kind.INPUT,
    401: Kind.AUTH,
    402: Kind.QUOTA,
    403: Kind.AUTH,
    404: Kind.AUTH,  # no such path: the base URL or the account's routes are wrong for every item alike
    405: Kind.AUTH,
    413: Kind.INPUT,
    415: Kind.INPUT,
    422: Kind.INPUT,
    429: Kind.RATE,
}

# A call that costs nothing is no order that could be wrong: with any other status alone, whoever stands in between may
# have answered, so it says nothing about one job, and asking again is free.
FREE_STATUSES: Final[Mapping[int, Kind]] = {401: Kind.AUTH, 402: Kind.QUOTA, 403: Kind.AUTH, 429: Kind.RATE}

_REDIRECTS: Final = range(300, 400)
_SERVER_ERROR: Final = 500
WORDS_MOST: Final = 500  # characters of a provider's words that are kept


def base_resp(reply: Reply, statuses: Mapping[int, Kind] = STATUSES) -> Verdict | None:
    """Return the verdict of a MiniMax-shaped reply, or None when it says `status_code` 0 at a 2xx status."""
    if told := coded(reply):
        return told
    if not reply.is_success:
        return http(reply, statuses)
    if _code_and_words(reply.document)[0] is None:
        return Verdict(kind=Kind.UNKNOWN, code=f"HTTP {reply.status}", words=_unreadable(reply))
    return None


def coded(reply: Reply) -> Verdict | None:
    """Return the verdict of a code of MiniMax's, or None when the reply has none, or 0."""
    code, words = _code_and_words(reply.document)
    if not code:
        return None
    pause = reply.retry_after_s if reply.retry_after_s is not None else PAUSES.get(code)
    return Verdict(kind=CODES.get(code, Kind.UNKNOWN), code=str(code), words=words, retry_after_s=pause)


def http(reply: Reply, statuses: Mapping[int, Kind] = STATUSES) -> Verdict:
    """Return the verdict of an HTTP status alone."""
    kind = statuses.get(reply.status, Kind.TRANSIENT if reply.status >= _SERVER_ERROR else Kind.UNKNOWN)
    words = _redirect(reply) or _first_line(reply.text)
    return Verdict(kind=kind, code=f"HTTP {reply.status}", words=words, retry_after_s=reply.retry_after_s)


def _redirect(reply: Reply) -> str:
    """Return where a redirect leads, without what may be a secret in it; empty where this is none."""
    if reply.status not in _REDIRECTS:
        return ""
    try:
        parts = urlsplit(reply.headers.get("location", ""))
    except ValueError:
        return ""
    place = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()[: WORDS_MOST // 2]
    told = f"a redirect to {place}, which is not followed; if that is the provider's host, set base_url"
    return told if place else ""


def _code_and_words(document: Any) -> tuple[int | None, str]:  # noqa: ANN401 - straight off the wire
    resp = document.get("base_resp") if isinstance(document, dict) else None
    if not isinstance(resp, dict):
        return None, ""
    return _whole(resp.get("status_code")), str(resp.get("status_msg") or "")[:WORDS_MOST]


def _whole(code: Any) -> int | None:  # noqa: ANN401
    """Return a code that came as a number or as text; what is no whole number must not pass for 0, which is success."""
    if isinstance(code, bool) or (isinstance(code, float) and not code.is_integer()):
        return None
    try:
        return int(code)
    except (TypeError, ValueError):
        return None


def _unreadable(reply: Reply) -> str:
    if reply.document is None:
        return f"no JSON but: {_first_line(reply.text)}" if reply.text.strip() else "an empty body"
    return "no base_resp in the reply"


def _first_line(text: str) -> str:
    return " ".join(text.split())[:200]
