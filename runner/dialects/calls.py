"""What a provider says when it calls back: one form for all that call, because all that is known is MiniMax's.

Source: platform.minimax.io/docs/api-reference/video-generation-s2v, `callback_url` (D): a POST with `challenge` is to
be answered within 3 s with the same JSON; later POSTs have the structure of the query's answer, with the status words
processing, success and failed, and are answered by `{"status": "success"}`. No signature, order or number of tries is
documented (U), so nothing is built on them. V-API documents the same, sent by MiniMax itself (D).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ..values import dataclass

THANKS: Final[Mapping[str, Any]] = {"status": "success"}

_JOB_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,256}")
_EXACT: Final = 2**53  # from here on a float may be another number than the one that was written
_UNFINISHED: Final = frozenset({"processing", "preparing", "queueing"})  # the callback's word, and the query's (D)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What was said about a job: its id, if one was named, and whether it may be over. Nothing of it is proven."""

    job_id: str | None
    is_over: bool


def read_call(document: Mapping[str, Any]) -> News | Mapping[str, Any]:
    """Return the answer to a handshake, or the news; a job id that cannot be one is no job id."""
    if (challenge := document.get("challenge")) is not None:
        return {"challenge": challenge}
    task_id, status = document.get("task_id"), document.get("status")
    if isinstance(task_id, float) and task_id.is_integer() and abs(task_id) < _EXACT:
        task_id = int(task_id)
    text = str(task_id) if isinstance(task_id, str | int) and not isinstance(task_id, bool) else ""
    is_id = bool(_JOB_ID.fullmatch(text)) and bool(text.strip("0"))
    is_over = not (isinstance(status, str) and status.lower() in _UNFINISHED)
    return News(job_id=text if is_id else None, is_over=is_over)
