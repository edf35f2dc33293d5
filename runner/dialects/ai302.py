"""302.AI's dialect, by its native route: MiniMax's shapes under a prefix, and error codes of its own gateway.

Sources: 302.ai/product/detail/minimax-s2v-01 (body and prices, D), 302ai-en.apifox.cn/api-212308283 (file look-up, D),
302's own apps for the paths of submit and query, the codes and `task_not_exist` (C).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from ..model import Item, Job, Kind, Money, ProviderSettings, Rate
from . import relay, shapes
from .seam import (
    Call,
    Dialect,
    Fact,
    Flow,
    Located,
    PollPace,
    Progress,
    PromptRules,
    Submitted,
    Ticket,
    Traits,
)

_PAGE: Final = "302.ai/product/detail/minimax-s2v-01"

TRAITS: Final = Traits(
    title="302.AI",
    base_url=Fact(value="https://api.302.ai", source="302ai-en.apifox.cn/api-212308283", mark="D"),
    host_env="AI302_API_HOST",
    key_env="AI302_API_KEY",
    rate=Fact(value=Rate(count=5, window_s=60.0), source="none stated; MiniMax's own, which it sells on", mark="I"),
    in_flight=Fact(value=None, source="none stated", mark="U"),
    poll=Fact(value=PollPace(first_s=20.0, every_s=10.0), source="its own apps ask every 10 s", mark="C"),
    price=Fact(
        value=Money(micros=700_000, currency="PTC"), source=f"{_PAGE}: 0.7 PTC a call, query and files 0 PTC", mark="D"
    ),
    job_s=Fact(value=180.0, source="as MiniMax, which makes the video", mark="I"),
    link_lifetime_s=Fact(value=3600.0, source="none stated; MiniMax's links are passed on", mark="I"),
    job_lifetime_s=Fact(value=7 * 86400.0, source="none stated; as MiniMax", mark="I"),
    unseen_job_s=Fact(value=900.0, source="as MiniMax", mark="I"),
    portrait=Fact(
        value=shapes.PORTRAIT, source="none stated; MiniMax, which sees the picture, is this strict", mark="I"
    ),
    prompt=Fact(value=PromptRules(words_below=200), source=f"{_PAGE}: less than 200 words, optional", mark="D"),
    callback=Fact(value=False, source=f"{_PAGE} lists no callback_url", mark="D"),
    idempotent=Fact(value=False, source="no idempotency key is documented", mark="D"),
)

# Source: the tables of error messages in 302's own apps (C). What has no row is UNKNOWN, -10010 "resource not found"
# among it, because nobody says whose resource.
CODES: Final[Mapping[str, Kind]] = {
    "-10001": Kind.AUTH,  # missing key
    "-10002": Kind.AUTH,  # key disabled or deleted
    "-10003": Kind.TRANSIENT,  # network error, try again later
    "-10004": Kind.QUOTA,  # insufficient balance
    "-10005": Kind.AUTH,  # credential expired
    "-10006": Kind.QUOTA,  # total quota reached
    "-10007": Kind.QUOTA,  # daily quota reached
    "-10008": Kind.TRANSIENT,  # no channel available: a relay may say so after one channel has had the order already
    "-10009": Kind.AUTH,  # this API is not supported: no item will do better
    "-10011": Kind.INPUT,  # invalid request
    "-10012": Kind.QUOTA,  # hourly quota reached
    "-10018": Kind.QUOTA,  # monthly quota reached
    "-1024": Kind.TRANSIENT,  # time-out behind the gateway
    "task_not_exist": Kind.INPUT,  # on a query: no such task
}

# The table says string, its own words say list ("stored in an array"), and MiniMax behind it documents a list (D).
_FORMS: Final = (shapes.LIST, shapes.STRING)


def speak(settings: ProviderSettings | None = None) -> Dialect:
    """Return the dialect.

    With `image` set, the portrait travels in that form only. `lookup_task_id: false` leaves the job's id out of the
    file look-up: the page lists `file_id` alone (D), a newer app of 302's and an independent SDK always add it (C).
    MiniMax's answers are passed on (C); no page says that they name a job by the id of its receipt (I), so
    `check_ids: false` believes an answer under any.
    """
    settings = settings or ProviderSettings()
    checks_ids = settings.check_ids is not False
    return Dialect(
        traits=TRAITS,
        submit=submit,
        poll=partial(poll, checks_ids=checks_ids),
        locate=partial(locate, with_job=settings.lookup_task_id is not False, checks_ids=checks_ids),
        forms=_FORMS if settings.image is None else (settings.image,),
        options=frozenset({"image", "lookup_task_id", "check_ids"}),
        tune=speak,
    )


def submit(item: Item, ticket: Ticket) -> Flow[Submitted]:
    """Buy one video."""
    body = shapes.order(item, image=ticket.form or _FORMS[0])
    key = ticket.idempotency_key
    reply = yield Call(method="POST", path="/minimaxi/v1/video_generation", body=body, idempotency_key=key)
    told = relay.layer(reply, "task_id", shapes.text) or reply
    return shapes.receipt(told.document, relay.verdict(reply, CODES), reply, other_form=shapes.OTHER_IMAGE)


def poll(job: Job, *, checks_ids: bool) -> Flow[Progress]:
    """Ask how far a job is."""
    reply = yield Call(method="GET", path="/minimaxi/v1/query/video_generation", query={"task_id": job.id})
    if checks_ids and (other := shapes.of_another(job, reply.document, advice=relay.ADVICE)):
        return other
    return shapes.progress(reply, relay.free(reply, CODES))


def locate(job: Job, *, with_job: bool, checks_ids: bool) -> Flow[Located]:
    """Give a fresh link."""
    query = {"file_id": job.file_id or "", **({"task_id": job.id} if with_job else {})}
    reply = yield Call(method="GET", path="/minimaxi/v1/files/retrieve", query=query)
    if checks_ids and (other := shapes.of_another_file(job, reply.document, advice=relay.ADVICE)):
        return other
    return shapes.link(reply.document, relay.free(reply, CODES))
