"""MiniMax's own dialect: submit, query, file look-up. The embedded local service speaks it too.

Sources: platform.minimax.io/docs/api-reference/video-generation-s2v, -query and -download. Confidence marks stand
beside each trait: D documented, P probed, C seen in client code, I inferred, U unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..model import Item, Job, Money, Rate
from . import shapes
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
from .verdicts import FREE_STATUSES, base_resp

_S2V_PAGE: Final = "platform.minimax.io/docs/api-reference/video-generation-s2v"

TRAITS: Final = Traits(
    title="MiniMax",
    base_url=Fact(value="https://api.minimax.io", source=f"{_S2V_PAGE}; China: https://api.minimaxi.com", mark="D"),
    host_env="MINIMAX_API_HOST",
    key_env="MINIMAX_API_KEY",
    key_note="a key is good at one of https://api.minimax.io and https://api.minimaxi.com, never at both",
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
    portrait=Fact(value=shapes.PORTRAIT, source=_S2V_PAGE, mark="D"),
    prompt=Fact(value=PromptRules(), source=f"{_S2V_PAGE}: up to 2000 characters, optional", mark="D"),
    callback=Fact(value=True, source=f"{_S2V_PAGE}: callback_url", mark="D"),
    idempotent=Fact(value=False, source="no idempotency key is documented", mark="D"),
    judges_keys=Fact(value=True, source="probed in October 2026: no call gets by without a good key (1004)", mark="P"),
)


Extras = Callable[[Item, Ticket], Mapping[str, Any]]
"""Adds fields to the body of a submit."""


def speak(traits: Traits, extras: Extras = lambda _item, _ticket: {}, read: shapes.Read | None = None) -> Dialect:
    """Return the dialect with these traits, for a service that understands and says more than MiniMax's own.

    `extras` adds fields to the body, `read` takes the notes out of the answer to a query.
    """

    def submit(item: Item, ticket: Ticket) -> Flow[Submitted]:
        body = {**shapes.order(item), **shapes.callback(ticket), **extras(item, ticket)}
        key = ticket.idempotency_key
        reply = yield Call(method="POST", path="/v1/video_generation", body=body, idempotency_key=key)
        return shapes.receipt(_naming(reply.document), base_resp(reply), reply)

    return Dialect(traits=traits, submit=submit, poll=lambda job: poll(job, read), locate=locate)


def _naming(document: object) -> Mapping[str, Any]:
    """Return the part of a receipt that names the job: some clients find `task_id` in `data` (C), the page on top."""
    told = shapes.mapping(document)
    return told if shapes.text(told.get("task_id")) else shapes.mapping(told.get("data"))


def poll(job: Job, read: shapes.Read | None = None) -> Flow[Progress]:
    """Ask how far a job is."""
    reply = yield Call(method="GET", path="/v1/query/video_generation", query={"task_id": job.id})
    if told := shapes.of_another(job, reply.document):  # the answer names the job that was asked after (D)
        return told
    return shapes.progress(reply, base_resp(reply, FREE_STATUSES), read=read)


def locate(job: Job) -> Flow[Located]:
    """Give a fresh link; each look-up makes a new one."""
    reply = yield Call(method="GET", path="/v1/files/retrieve", query={"file_id": job.file_id or ""})
    if told := shapes.of_another_file(job, reply.document):  # the answer names the file that was asked for (D)
        return told
    return shapes.link(reply.document, base_resp(reply, FREE_STATUSES))
