"""The dialect of Lantern, a provider that does not exist: written by the guide alone, and by none of MiniMax's shapes.

An order is `POST /films`, answered by 201 and `{"film": {"id", "phase", "watch"}}`; a no is `{"reason", "detail"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from runner.dialects.seam import (
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
from runner.dialects.shapes import PORTRAIT, mapping, text, word
from runner.dialects.verdicts import WORDS_MOST, http
from runner.model import Download, Item, Job, Kind, Money, Output, Rate, Verdict

_PAGE: Final = "lantern.example/docs"

TRAITS: Final = Traits(
    title="Lantern",
    base_url=Fact(value="https://api.lantern.example", source=_PAGE, mark="D"),
    host_env="LANTERN_API_HOST",
    key_env="LANTERN_API_KEY",
    rate=Fact(value=Rate(count=10, window_s=60.0), source=_PAGE, mark="D"),
    in_flight=Fact(value=2, source=_PAGE, mark="D"),
    poll=Fact(value=PollPace(first_s=10.0, every_s=5.0), source=_PAGE, mark="D"),
    price=Fact(value=Money(micros=500_000, currency="USD"), source=_PAGE, mark="D"),
    job_s=Fact(value=60.0, source=_PAGE, mark="D"),
    link_lifetime_s=Fact(value=600.0, source=_PAGE, mark="D"),
    job_lifetime_s=Fact(value=None, source=_PAGE, mark="U"),
    unseen_job_s=Fact(value=900.0, source="none stated; as MiniMax", mark="I"),
    portrait=Fact(value=PORTRAIT, source="none stated; as MiniMax", mark="I"),
    prompt=Fact(value=PromptRules(characters_most=500), source=_PAGE, mark="D"),
    callback=Fact(value=False, source=_PAGE, mark="D"),
    idempotent=Fact(value=False, source="no idempotency key is documented", mark="D"),
)

_REASONS: Final[Mapping[str, Kind]] = {
    "slow_down": Kind.RATE,
    "no_credit": Kind.QUOTA,
    "bad_key": Kind.AUTH,
    "bad_picture": Kind.INPUT,
    "not_nice": Kind.CONTENT,
    "no_such_film": Kind.INPUT,
}
_READY: Final = frozenset({"ready"})
_TORN: Final = frozenset({"torn"})


def submit(item: Item, ticket: Ticket) -> Flow[Submitted]:
    """Buy one video."""
    words = {} if item.prompt is None else {"words": item.prompt}
    body = {"face": PortraitSlot(portrait=item.portrait), **words, "embellish": item.prompt_optimizer}
    reply = yield Call(method="POST", path="/films", body=body, idempotency_key=ticket.idempotency_key)
    if film := text(_film(reply).get("id")):
        return Taken(job_id=film)
    return No(verdict=_verdict(reply) or Verdict(kind=Kind.UNKNOWN, code="no id", words="success without an id"))


def poll(job: Job) -> Flow[Progress]:
    """Ask how far a job is."""
    reply = yield Call(method="GET", path=f"/films/{quote(job.id, safe='')}")
    if verdict := _verdict(reply):
        return No(verdict=verdict)
    film = _film(reply)
    phase = word(film.get("phase"))
    if phase.lower() in _TORN:
        return Failed(verdict=Verdict(kind=Kind.UNKNOWN, code=phase, words="the film is torn"), status=phase)
    if phase.lower() in _READY:
        return Made(output=Output(url=text(film.get("watch"))), status=phase)
    return Pending(status=phase)


def locate(job: Job) -> Flow[Located]:
    """Give a fresh link."""
    match (yield from poll(job)):
        case Made(output=Output(url=str(url))):
            return Download(url=url)
        case No() as no:
            return no
        case _:
            return No(verdict=Verdict(kind=Kind.TRANSIENT, code="no link", words="the film names no link"))


DIALECT: Final = Dialect(traits=TRAITS, submit=submit, poll=poll, locate=locate)


def _film(reply: Reply) -> Mapping[str, Any]:
    return mapping(mapping(reply.document).get("film"))


def _verdict(reply: Reply) -> Verdict | None:
    top = mapping(reply.document)
    if reason := text(top.get("reason")):
        words = str(top.get("detail") or "")[:WORDS_MOST]
        kind = _REASONS.get(reason, Kind.UNKNOWN)
        return Verdict(kind=kind, code=reason[:WORDS_MOST], words=words, retry_after_s=reply.retry_after_s)
    if not reply.is_success:
        return http(reply)
    return None if _film(reply) else Verdict(kind=Kind.UNKNOWN, code="no film", words="no film in the reply")
