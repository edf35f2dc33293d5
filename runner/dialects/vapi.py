"""V-API's dialect: MiniMax's shapes under paths of its own, and one query for the tasks of every family.

Sources: gpt.morphogen.top/en/video/hailuo/reference-to-video.html (submit, D), .../hailuo/query-results.html and
.../keling/query-results-general.html (query, D), and a third party's client for the file look-up and for the layers of
a reply (C). The site looks like a relative of one-api, whose words for no balance are understood (I); it documents no
codes of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import quote

from ..model import Item, Job, Kind, ProviderSettings, Rate
from ..values import replace
from . import relay, shapes
from .seam import (
    Call,
    Dialect,
    Fact,
    Flow,
    Located,
    Made,
    PollPace,
    Progress,
    PromptRules,
    Reply,
    Submitted,
    Ticket,
    Traits,
)

_S2V_PAGE: Final = "gpt.morphogen.top/en/video/hailuo/reference-to-video.html"

TRAITS: Final = Traits(
    title="V-API",
    base_url=Fact(value="https://api.gpt.ge", source=_S2V_PAGE, mark="D"),
    base_tail="/v1",  # what its clients for other models need (C)
    host_env="VAPI_API_HOST",
    key_env="VAPI_API_KEY",
    rate=Fact(value=Rate(count=5, window_s=60.0), source="none stated; MiniMax's own, which it sells on", mark="I"),
    in_flight=Fact(value=None, source="none stated", mark="U"),
    poll=Fact(value=PollPace(first_s=20.0, every_s=10.0), source="none stated; as MiniMax", mark="I"),
    price=Fact(value=None, source="none stated; without one there can be no budget", mark="U"),
    job_s=Fact(value=180.0, source="as MiniMax, which makes the video", mark="I"),
    link_lifetime_s=Fact(value=3600.0, source="none stated; MiniMax's links are passed on", mark="I"),
    job_lifetime_s=Fact(value=7 * 86400.0, source="none stated; as MiniMax", mark="I"),
    unseen_job_s=Fact(value=900.0, source="as MiniMax", mark="I"),
    portrait=Fact(value=shapes.PORTRAIT, source=_S2V_PAGE, mark="D"),
    prompt=Fact(value=PromptRules(), source=f"{_S2V_PAGE}: up to 2000 characters, optional", mark="D"),
    callback=Fact(value=True, source=f"{_S2V_PAGE}: callback_url; MiniMax itself calls", mark="D"),
    idempotent=Fact(value=False, source="no idempotency key is documented", mark="D"),
)

# Said under HTTP 403, which without them would be the key's; both are said before the order is passed on (I).
CODES: Final[Mapping[str, Kind]] = {
    "insufficient_user_quota": Kind.QUOTA,
    "pre_consume_token_quota_failed": Kind.QUOTA,
}

# The page types `image` as a string and shows one (D); MiniMax behind it documents a list. Whether it is made a list on
# the way is unknown (U).
_FORMS: Final = (shapes.STRING, shapes.LIST)


def speak(settings: ProviderSettings | None = None) -> Dialect:
    """Return the dialect.

    With `image` set, the portrait travels in that form only. The page shows an answer under the id that was asked after
    (D); whether a receipt has that very id is inferred (I), so `check_ids: false` believes an answer under any.
    """
    settings = settings or ProviderSettings()
    checks_ids = settings.check_ids is not False
    return Dialect(
        traits=TRAITS,
        submit=submit,
        poll=partial(poll, checks_ids=checks_ids),
        locate=partial(locate, checks_ids=checks_ids),
        forms=_FORMS if settings.image is None else (settings.image,),
        options=frozenset({"image", "check_ids"}),
        tune=speak,
    )


def submit(item: Item, ticket: Ticket) -> Flow[Submitted]:
    """Buy one video."""
    body = {**shapes.order(item, image=ticket.form or _FORMS[0]), **shapes.callback(ticket)}
    key = ticket.idempotency_key
    reply = yield Call(method="POST", path="/task/minimax/v1/video_generation", body=body, idempotency_key=key)
    told = relay.layer(reply, "task_id", shapes.text) or reply
    return shapes.receipt(told.document, relay.verdict(reply, CODES), reply, other_form=shapes.OTHER_IMAGE)


def poll(job: Job, *, checks_ids: bool) -> Flow[Progress]:
    """Ask how far a job is."""
    reply = yield Call(method="GET", path=f"/task/{quote(job.id, safe='')}")
    told = relay.layer(reply, "status", shapes.word) or reply
    if checks_ids and (other := shapes.of_another(job, told.document, advice=relay.ADVICE)):
        return other
    return _with_link(shapes.progress(told, relay.free(told, CODES), reason=_words(reply)), told)


def locate(job: Job, *, checks_ids: bool) -> Flow[Located]:
    """Give a fresh link; where a job names no file, its own answer has it."""
    if job.file_id is None:
        answer = yield from poll(job, checks_ids=checks_ids)
        return shapes.link_of(answer)
    query = {"file_id": job.file_id}
    reply = yield Call(method="GET", path="/task/minimax/v1/files/retrieve", query=query)
    if checks_ids and (other := shapes.of_another_file(job, reply.document, advice=relay.ADVICE)):
        return other
    return shapes.link(reply.document, relay.free(reply, CODES))


def _with_link(progress: Progress, told: Reply) -> Progress:
    """Return how far a job is, with the `video_url` that stands where it names no file (D)."""
    url = shapes.text(shapes.mapping(told.document).get("video_url"))
    if isinstance(progress, Made) and progress.output.file_id is None:
        return replace(progress, output=replace(progress.output, url=url))
    return progress


def _words(reply: Reply) -> str:
    """Return the message on top (D), empty where it says nothing."""
    words = shapes.word(shapes.mapping(reply.document).get("message"))
    return "" if words.lower() == "success" else words
