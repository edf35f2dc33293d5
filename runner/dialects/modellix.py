"""Modellix's dialect: the model in the path, every answer in `{"code", "message", "data"}`, the link in the query.

Sources: docs.modellix.ai/minimax/minimax-s2v-01 and /ways-to-use/api (D), and the first-party clients modellix-cli and
dsh-modellix (C). A no has the HTTP status for its code, and `<Category>: <detail>` for its words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from ..model import Item, Job, Kind, Output, ProviderSettings, Rate, Verdict
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
    PortraitSlot,
    Progress,
    PromptRules,
    Reply,
    Submitted,
    Taken,
    Ticket,
    Traits,
)
from .shapes import PORTRAIT, link_of, mapping, names_something, order, size, text, traced, word
from .verdicts import FREE_STATUSES, STATUSES, WORDS_MOST, http

_S2V_PAGE: Final = "docs.modellix.ai/minimax/minimax-s2v-01"
_API_PAGE: Final = "docs.modellix.ai/ways-to-use/api"

TRAITS: Final = Traits(
    title="Modellix",
    base_url=Fact(value="https://api.modellix.ai", source=_S2V_PAGE, mark="D"),
    host_env="MODELLIX_API_HOST",
    key_env="MODELLIX_API_KEY",
    rate=Fact(
        value=Rate(count=100, window_s=60.0),
        source=f"{_API_PAGE}: 100 a minute for each key; a later text says for the whole team",
        mark="D",
    ),
    in_flight=Fact(value=3, source=f"{_API_PAGE}: a team's concurrent tasks, typically 3", mark="D"),
    poll=Fact(
        value=PollPace(first_s=20.0, every_s=10.0),
        source=f"{_API_PAGE}: every 5 to 10 s for video; queries count against the rate",
        mark="D",
    ),
    price=Fact(value=None, source="none stated for this model; without one there can be no budget", mark="U"),
    job_s=Fact(value=180.0, source="as MiniMax, which makes the video", mark="I"),
    link_lifetime_s=Fact(
        value=86400.0, source=f"{_API_PAGE}: 24 h; about 7 days by newer clients; result_expires_at wins", mark="D"
    ),
    job_lifetime_s=Fact(value=86400.0, source=f"{_API_PAGE}: 24 h; about 7 days by newer clients", mark="D"),
    unseen_job_s=Fact(value=900.0, source="as MiniMax", mark="I"),
    portrait=Fact(
        value=PORTRAIT,
        source=f"{_S2V_PAGE}: formats, 20 MB, 300 px as a recommendation; the aspect ratio as MiniMax",
        mark="I",
    ),
    prompt=Fact(value=PromptRules(), source=f"{_S2V_PAGE}: 1 to 2000 characters, optional", mark="D"),
    callback=Fact(value=False, source=f"{_S2V_PAGE}: no such field", mark="D"),
    idempotent=Fact(value=False, source="no idempotency key is documented", mark="D"),
    judges_keys=Fact(value=False, source=f"{_API_PAGE}: 401 for a key, 404 for a task, in no order", mark="U"),
)

# Three generations of one endpoint: documented (D), as the newest first-party clients call it (C), as older copies of
# the page had it, with MiniMax's own body (D). A 404 makes no task (D).
_IMAGE_TO_VIDEO: Final = "image-to-video"
_PATHS: Final[Mapping[str, str]] = {
    "async": "/api/v1/minimax/minimax-s2v-01/async",
    "plain": "/api/v1/minimax/minimax-s2v-01",
    _IMAGE_TO_VIDEO: "/api/v1/image-to-video/minimax/minimax-s2v-01/async",
}
_FORMS: Final = tuple(_PATHS)
_NOT_FOUND: Final = 404
_THROTTLED: Final = 429
_PAUSE_S: Final = 60.0  # the length of the rate's window, where Retry-After says nothing

# The page says success and failed (D); the others are understood by two first-party clients (C).
_SUCCESS: Final = frozenset({"success", "succeeded", "completed", "done"})
_FAILURE: Final = frozenset({"failed", "fail", "error", "cancelled", "canceled"})

_MILLISECONDS_FROM: Final = 1e11  # as seconds this is the year 5138


def speak(settings: ProviderSettings | None = None) -> Dialect:
    """Return the dialect.

    With `endpoint` set, no other is tried. `throttled` says what a 429 to a submit means. The page says refused, try
    again; Modellix's newest advice to its clients is that the outcome is unknown and that a paid call is never
    repeated. The safe reading is the default: our own limits keep a 429 rare, and a look costs less than a video.
    """
    settings = settings or ProviderSettings()
    throttled = Kind.RATE if settings.throttled == "refused" else Kind.UNKNOWN
    return Dialect(
        traits=TRAITS,
        submit=partial(submit, throttled=throttled),
        poll=poll,
        locate=locate,
        forms=_FORMS if settings.endpoint is None else (settings.endpoint,),
        options=frozenset({"endpoint", "throttled"}),
        tune=speak,
    )


def submit(item: Item, ticket: Ticket, *, throttled: Kind) -> Flow[Submitted]:
    """Buy one video."""
    form, key = ticket.form or _FORMS[0], ticket.idempotency_key
    reply = yield Call(method="POST", path=_PATHS[form], body=_body(item, form), idempotency_key=key)
    if task_id := text(_told(reply).get("task_id")) or text(mapping(reply.document).get("task_id")):
        return Taken(job_id=task_id)  # as MiniMax behind it names a job: an id is a job, whatever stands beside it (I)
    verdict = _verdict(reply) or Verdict(kind=Kind.UNKNOWN, code="0", words="success without a task_id")
    if reply.status == _THROTTLED:
        verdict = replace(verdict, kind=throttled)
    if may_be_made := names_something(reply.document):
        verdict = replace(verdict, kind=Kind.UNKNOWN)
    return No(verdict=traced(verdict, reply), other_form=reply.status == _NOT_FOUND and not may_be_made)


def poll(job: Job) -> Flow[Progress]:
    """Ask how far a job is; the answer of a finished one names the link."""
    reply = yield Call(method="GET", path=f"/api/v1/tasks/{quote(job.id, safe='')}")
    if verdict := _verdict_about(job, reply):
        return No(verdict=verdict)
    told = _told(reply)
    status = word(told.get("status"))
    if status.lower() in _FAILURE:
        return Failed(verdict=Verdict(kind=Kind.UNKNOWN, code=status, words=_reason(reply)), status=status)
    if status.lower() in _SUCCESS:
        return Made(output=_output(told), status=status)
    return Pending(status=status)


def locate(job: Job) -> Flow[Located]:
    """Give the link that the job names now."""
    answer = yield from poll(job)
    return link_of(answer)


def _body(item: Item, form: str) -> dict[str, Any]:
    """Return the order; an empty prompt is invalid (D), so an absent one is left out."""
    if form == _IMAGE_TO_VIDEO:
        return {key: value for key, value in order(item).items() if key != "model"}
    prompt = {} if item.prompt is None else {"prompt": item.prompt}
    images = [PortraitSlot(portrait=item.portrait)]  # 1 to 10 in the schema (D); the model behind it takes one (D)
    return {"subject_reference_images": images, **prompt, "prompt_optimizer": item.prompt_optimizer}


def _told(reply: Reply) -> Mapping[str, Any]:
    return mapping(mapping(reply.document).get("data"))


def _verdict(reply: Reply, statuses: Mapping[int, Kind] = STATUSES) -> Verdict | None:
    """Return the verdict of a reply, None when it is a success: 2xx, with `code` 0 or none (both are shown, D).

    As a no has its HTTP status for a code (D), so may a yes (I).
    """
    top = mapping(reply.document)
    words = str(top.get("message") or "")[:WORDS_MOST]
    if not reply.is_success:
        told = http(reply, statuses)
        is_bare = told.kind is Kind.RATE and told.retry_after_s is None
        return replace(told, words=words or told.words, retry_after_s=_PAUSE_S if is_bare else told.retry_after_s)
    if (code := text(top.get("code"))) and code != str(reply.status):
        return Verdict(kind=Kind.UNKNOWN, code=code[:WORDS_MOST], words=words)
    if not isinstance(top.get("data"), dict):
        return Verdict(kind=Kind.UNKNOWN, code=f"HTTP {reply.status}", words=http(reply).words or "an empty body")
    return None


def _verdict_about(job: Job, reply: Reply) -> Verdict | None:
    """Return the verdict of a reply about a job: a 404 is an unknown task (D), and another's task is no answer (C)."""
    verdict = _verdict(reply, FREE_STATUSES)
    if verdict is not None and reply.status == _NOT_FOUND:
        return replace(verdict, kind=Kind.INPUT)
    named = text(_told(reply).get("task_id"))
    if verdict is None and named not in {None, job.id}:
        return Verdict(
            kind=Kind.UNKNOWN, code="task_id", words=f"the reply is about another task, {named}"[:WORDS_MOST]
        )
    return verdict


def _reason(reply: Reply) -> str:
    """Return why a job failed: the message on top (D) or, for nobody documents a failed task's body, beside it (I)."""
    top, told = mapping(reply.document), _told(reply)
    said = (top.get("message"), told.get("message"), told.get("error"))
    words = (str(each) for each in said if each and str(each).lower() != "success")
    return next(words, "the provider gave no reason")[:WORDS_MOST]


def _output(told: Mapping[str, Any]) -> Output:
    """Return the video among the resources, the primary one first; a resource may be a bare link (C)."""
    result = mapping(told.get("result"))
    videos = sorted(_videos(result.get("resources")), key=lambda each: each.get("role") != "primary")
    expires = told.get("result_expires_at") or result.get("result_expires_at")
    if not videos:
        return Output()
    first = videos[0]
    return Output(
        url=text(first["url"]), width=size(first.get("width")), height=size(first.get("height")),
        expires_at=_moment(expires),
    )  # fmt: skip


def _videos(resources: object) -> Iterator[Mapping[str, Any]]:
    for each in resources if isinstance(resources, list) else ():
        resource = {"url": each} if isinstance(each, str) else mapping(each)
        if text(resource.get("url")) and str(resource.get("type", "video")).lower() == "video":
            yield resource


def _moment(value: object) -> float | None:
    """Return a time in seconds since the epoch; it comes as ISO text, as seconds or as milliseconds (C)."""
    try:
        if isinstance(value, str):
            when = datetime.fromisoformat(value.strip())
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        seconds = float(value) / 1000 if value >= _MILLISECONDS_FROM else float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
