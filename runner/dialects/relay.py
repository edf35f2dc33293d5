"""How a relay in front of MiniMax says no: MiniMax's own codes passed on, or an error of the relay itself.

The relays seen are relatives of one-api, whose errors are `{"error": {"message", "type", "param", "code"}}` or
`{"code", "message", "data"}` (C); 302.AI adds `error.err_code` (C). Nobody documents that an error under HTTP 200 was
refused before MiniMax saw the order, so a paid call that met one in no table is in doubt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ..model import Kind, Verdict
from .seam import Reply
from .shapes import mapping, text
from .verdicts import FREE_STATUSES, STATUSES, WORDS_MOST, base_resp, coded, http

ADVICE: Final = "; if that is the same one, set check_ids: false"
"""For an answer that names another id than the receipt did: whether a relay has two for one job is not documented."""
_ABOUT_A_JOB: Final[Mapping[int, Kind]] = {**STATUSES, 404: Kind.INPUT}  # where the relay itself says that it errs
_FINE: Final = frozenset({"success", "ok", "200", "10000"})  # codes of a relay's own wrapping that are no error


def verdict(reply: Reply, codes: Mapping[str, Kind]) -> Verdict | None:
    """Return the verdict of a relayed reply, None when it is a success; `codes` are the relay's own.

    MiniMax's code counts most, then the relay's, then the HTTP status.
    """
    return coded(reply) or _own(reply, codes, STATUSES) or base_resp(reply)


def free(reply: Reply, codes: Mapping[str, Kind]) -> Verdict | None:
    """Return the verdict of a reply to a call that costs nothing; it needs no `base_resp` to be believed.

    A relay may leave that out, and what a success claims is looked at next: the file, then every frame of it.
    """
    is_bare = reply.is_success and isinstance(reply.document, dict) and "base_resp" not in reply.document
    if is_bare:
        return _own(reply, codes, _ABOUT_A_JOB)
    return coded(reply) or _own(reply, codes, _ABOUT_A_JOB) or base_resp(reply, FREE_STATUSES)


def layer(reply: Reply, key: str, read: Callable[[object], str | None]) -> Reply | None:
    """Return the reply at the depth at which `read` finds `key`: on top, in `data`, or in `resp_data` (JSON as text).

    A relay's own wrapping has a number where MiniMax has a status, so that is read as a `word`; an id, which may be a
    number, as a `text`.
    """
    for each in _layers(reply.document):
        if read(each.get(key)):
            return replace(reply, document=each)
    return None


def _layers(document: object) -> Iterator[Mapping[str, Any]]:
    top = mapping(document)
    data = mapping(top.get("data"))
    yield from (top, data, _parsed(data.get("resp_data")), _parsed(top.get("resp_data")))


def _parsed(value: object) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(value)) if isinstance(value, str) else mapping(value)
    except (ValueError, RecursionError):
        return {}


def _own(reply: Reply, codes: Mapping[str, Kind], statuses: Mapping[int, Kind]) -> Verdict | None:
    """Return the verdict of the relay's own error, None where it says none."""
    top = mapping(reply.document)
    error = top.get("error")
    if isinstance(error, dict) and error:
        code = text(error.get("err_code")) or text(error.get("code")) or text(error.get("type"))
        return _sorted(reply, code, error.get("message") or error.get("message_en"), codes, statuses)
    code = text(top.get("code"))
    if error:
        return _sorted(reply, code, error, codes, statuses)
    if code is None or code.lower() in _FINE or "base_resp" in top:
        return None
    return _sorted(reply, code, top.get("message"), codes, statuses)


def _sorted(
    reply: Reply, code: str | None, words: object, codes: Mapping[str, Kind], statuses: Mapping[int, Kind]
) -> Verdict:
    by_status = http(reply, statuses)
    code = (code or by_status.code)[:WORDS_MOST]
    kind = codes.get(code, Kind.UNKNOWN if reply.is_success else by_status.kind)
    return Verdict(kind=kind, code=code, words=str(words or "")[:WORDS_MOST], retry_after_s=reply.retry_after_s)
