"""MiniMax's own dialect: submit, query, file look-up. The embedded local service speaks it too.

Sources: platform.minimax.io/docs/api-reference/video-generation-s2v, -query and -download. Confidence marks stand
beside each trait: D documented, P probed, C seen in client code, I inferred, U unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..model import Download, Item, Job, Kind, Money, Output, Rate, Verdict
from .seam import (
    Call,
    Dialect,
    Fact,
    Failed,
    Flow,
    Located,
    Made,
    No,
    Pending,
    PollPace,
    PortraitRules,
    PortraitSlot,
    Progress,
    PromptRules,
    Submitted,
    Taken,
    Ticket,
    Traits,
)
from .verdicts import base_resp

_S2V_PAGE: Final = "platform.minimax.io/docs/api-reference/video-generation-s2v"

PORTRAIT: Final = PortraitRules(
    formats=("image/jpeg", "image/png", "image/webp"),
    bytes_below=20_000_000,  # "< 20MB": the decimal reading is the stricter one
    short_side_above=300,
    aspect_least=(2, 5),
    aspect_most=(5, 2),
    remote=True,
)

TRAITS: Final = Traits(
    title="MiniMax",
    base_url=Fact(value="https://api.minimax.io", source=f"{_S2V_PAGE}; China: https://api.minimaxi.com", mark="D"),
    host_env="MINIMAX_API_HOST",
    key_env="MINIMAX_API_KEY",
    rate=Fact(
        value=Rate(count=5, window_s=60.0),
        source="docs/guides/rate-limits lists 5 a minute for the Hailuo series until mid-2026; S2V-01 is not listed",
        mark="I",
    ),
    in_flight=Fact(value=None, source="docs/guides/rate-limits states none for v1", mark="D"),
    poll=Fact(
        value=PollPace(first_s=20.0, every_s=10.0),
        source="the official guide asks every 10 s; jobs take 60 s or more",
        mark="D",
    ),
    price=Fact(
        value=Money(micros=650_000, currency="USD"),
        source="historic price; S2V-01 is not on the current price page",
        mark="C",
    ),
    job_s=Fact(value=180.0, source="the official guide: 1 to 5 minutes; clients see 60 to 90 s", mark="D"),
    link_lifetime_s=Fact(value=3600.0, source="docs/api-reference/video-generation-download", mark="D"),
    job_lifetime_s=Fact(value=7 * 86400.0, source="v2 keeps tasks for 7 days; v1 states nothing", mark="I"),
    unseen_job_s=Fact(value=900.0, source="jobs take 1 to 5 minutes; 15 is the longest time-out seen", mark="I"),
    portrait=Fact(value=PORTRAIT, source=_S2V_PAGE, mark="D"),
    prompt=Fact(value=PromptRules(), source=f"{_S2V_PAGE}: up to 2000 characters, optional", mark="D"),
    callback=Fact(value=True, source=f"{_S2V_PAGE}: callback_url", mark="D"),
    idempotent=Fact(value=False, source="no idempotency key is documented", mark="D"),
)

_SUCCESS: Final = frozenset({"success"})
_FAILURE: Final = frozenset({"fail", "failed"})  # the query says Fail, callbacks and several clients say failed


def speak(traits: Traits, extras: Callable[[Item], Mapping[str, Any]] = lambda _: {}) -> Dialect:
    """Return the dialect with these traits; `extras` adds fields to the body for a service that understands more."""

    def submit(item: Item, ticket: Ticket) -> Flow[Submitted]:
        callback = {} if ticket.callback_url is None else {"callback_url": ticket.callback_url}
        body = {**_body(item), **callback, **extras(item)}
        key = ticket.idempotency_key
        reply = yield Call(method="POST", path="/v1/video_generation", body=body, idempotency_key=key)
        document = reply.document if isinstance(reply.document, dict) else {}
        if task_id := _text(document.get("task_id")):
            return Taken(job_id=task_id, trace_id=reply.headers.get("trace-id"))
        verdict = base_resp(reply)
        return No(verdict=verdict or Verdict(kind=Kind.UNKNOWN, code="0", words="success without a task_id"))

    return Dialect(traits=traits, submit=submit, poll=poll, locate=locate)


def poll(job: Job) -> Flow[Progress]:
    """Ask how far a job is."""
    reply = yield Call(method="GET", path="/v1/query/video_generation", query={"task_id": job.id})
    verdict = base_resp(reply)
    document = reply.document if isinstance(reply.document, dict) else {}
    status = _text(document.get("status")) or ""
    if status.lower() in _FAILURE:
        words = verdict or Verdict(kind=Kind.UNKNOWN, code=status, words="the provider gave no reason")
        return Failed(verdict=words, status=status)
    if verdict is not None:
        return No(verdict=verdict)
    if status.lower() in _SUCCESS:
        return Made(output=_output(document), status=status)
    return Pending(status=status)


def locate(job: Job) -> Flow[Located]:
    """Give a fresh link; each look-up makes a new one, and `bytes` in the answer is 0 and says nothing."""
    reply = yield Call(method="GET", path="/v1/files/retrieve", query={"file_id": job.file_id or ""})
    if verdict := base_resp(reply):
        return No(verdict=verdict)
    file = reply.document.get("file")
    file = file if isinstance(file, dict) else {}
    url, backup = _text(file.get("download_url")), _text(file.get("backup_download_url"))
    if link := url or backup:
        return Download(url=link, backup_url=backup if url else None)
    return No(verdict=Verdict(kind=Kind.TRANSIENT, code="0", words="the file look-up gave no link"))


def _body(item: Item) -> dict[str, Any]:
    prompt = {} if item.prompt is None else {"prompt": item.prompt}
    return {
        "model": item.model,
        **prompt,
        "prompt_optimizer": item.prompt_optimizer,
        "subject_reference": [{"type": "character", "image": [PortraitSlot(portrait=item.portrait)]}],
    }


def _output(document: Mapping[str, Any]) -> Output:
    return Output(
        file_id=_text(document.get("file_id")),
        width=_size(document.get("video_width")),
        height=_size(document.get("video_height")),
    )


def _text(value: Any) -> str | None:  # noqa: ANN401 - straight off the wire: ids come as text or as numbers
    """Return an id, a link or a word; empty and zero are how some servers write that there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if text.strip("0") else None


def _size(value: Any) -> int | None:  # noqa: ANN401
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
