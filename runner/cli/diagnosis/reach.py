"""Whether each provider answers, and what its answer says of the key: one free question, all providers side by side.

The question is the dialect's own after a job that cannot exist, so that address, certificate, proxy and key go the way
of a run's. No answer to it can have bought anything, and none proves that the next purchase is taken.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Sequence
from typing import Final

from ...dialects.seam import Failed, No, Progress, Reply
from ...dialects.verdicts import http
from ...edge import wire
from ...edge.portrait.portraits import PortraitShelf
from ...edge.secret import Secret
from ...errors import ConfigError, Exit, MaybeSent, NotSent
from ...model import Job, Kind, Verdict
from ...values import dataclass, replace
from ..lookups import LOOK_UP_S, LookUp, UnheldLoop
from ..plan.offers import Offer, key_note, require_bare
from .findings import Finding, Grade, fine, unknown, warning, wrong

MOST_S: Final = 10.0  # for one provider, from the first look-up of its name to the end of its answer
NOBODYS: Final = "0"  # as the id of a job: zero is how providers write that there is none
_NO_PATH: Final = frozenset({404, 405})
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whom to ask, and with which key, if it may be sent."""

    offer: Offer
    key: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of a question; `reply` is None where nothing answered. `asked_at` and `took_s` are by our own clock."""

    finding: Finding
    provider: str
    host: str
    reply: Reply | None = None
    asked_at: float = 0.0
    took_s: float = 0.0


def ask(
    questions: Sequence[Question], *, look_up: LookUp = socket.getaddrinfo, look_up_s: float = LOOK_UP_S
) -> tuple[Heard, ...]:
    """Ask all providers at one time; names are looked up by `look_up`."""
    with asyncio.Runner(loop_factory=lambda: UnheldLoop(look_up=look_up, most_s=look_up_s)) as runner:
        return runner.run(_ask(questions))


async def _ask(questions: Sequence[Question]) -> tuple[Heard, ...]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_heard(each)) for each in questions]
    return tuple(task.result() for task in tasks)


async def _heard(question: Question) -> Heard:
    offer = question.offer
    check, host = f"reach {offer.name}", offer.base_url
    try:
        require_bare(offer)
        asked_at, began = time.time(), time.monotonic()
        progress, reply = await _answer(question)
    except ConfigError as error:
        return Heard(finding=wrong(check, str(error), exit_=error.exit), provider=offer.name, host=host)
    except (NotSent, MaybeSent) as error:
        what = "cannot be reached" if isinstance(error, NotSent) else "gave no usable answer"
        advice = f"look at the network, the proxy variables and {offer.dialect.traits.host_env}"
        finding = wrong(check, f"{_named(offer)} {what}: {error}", advice, exit_=Exit.STOPPED)
        return Heard(finding=finding, provider=offer.name, host=host)
    return Heard(
        finding=_judged(question, progress, reply), provider=offer.name, host=host, reply=reply, asked_at=asked_at,
        took_s=time.monotonic() - began,
    )  # fmt: skip


async def _answer(question: Question) -> tuple[Progress | None, Reply]:
    """Send the one question, and return how the dialect reads what answers it; None where it wants to ask further."""
    offer = question.offer
    flow = offer.dialect.poll(Job(provider=offer.name, id=NOBODYS))
    call = next(flow)
    timeout_s = min(MOST_S, offer.timeout_s)
    async with wire.api(
        offer.base_url, question.key, portraits=PortraitShelf(), now=time.time, timeout_s=timeout_s, most_s=MOST_S
    ) as api:
        reply = await api.send(call)
    try:
        flow.send(reply)
    except StopIteration as end:
        return end.value, reply
    flow.close()
    return None, reply


def _judged(question: Question, progress: Progress | None, reply: Reply) -> Finding:
    """Say what the answer proves, and what it does not."""
    offer = question.offer
    check, title = f"reach {offer.name}", offer.dialect.traits.title
    verdict = progress.verdict if isinstance(progress, No | Failed) else None
    said = f"{_named(offer)} answers {verdict or f'HTTP {reply.status}'}"
    if reply.document is None and reply.status in _NO_PATH:
        advice = f"mend {offer.dialect.traits.host_env} or providers.{offer.name}.base_url"
        return wrong(check, f"{_named(offer)} is no API of {title}: {http(reply)}", advice, exit_=Exit.PROVIDER)
    if not _is_own(reply, verdict):
        advice = f"ask again later; a proxy or {offer.dialect.traits.host_env} may be wrong"
        return warning(check, f"{said}, which is no answer of {title}'s own and says nothing of the key", advice)
    if verdict is None or verdict.kind not in _SAYINGS:
        return fine(check, f"{said}; {_about_key(question, verdict)}")
    return _SAYINGS[verdict.kind](question, said)


def _is_own(reply: Reply, verdict: Verdict | None) -> bool:
    """Return whether the provider itself answered, as far as can be told, and not somebody before it."""
    if not isinstance(reply.document, dict) or reply.status >= _SERVER_ERROR:
        return False
    return verdict is None or verdict.kind in {*_SAYINGS, Kind.INPUT} or not verdict.code.startswith("HTTP ")


def _about_key(question: Question, verdict: Verdict | None) -> str:
    """Return what an answer that refuses nothing says of the key: an error of its own may come before it is looked at.

    That nobody knows the job, or how it stands, is only said behind that.
    """
    traits = question.offer.dialect.traits
    if question.key is None:
        return "it was asked without a key"
    if traits.judges_keys.value and (verdict is None or verdict.kind is Kind.INPUT):
        return "the key is accepted; whether balance and plan will do is told by a purchase alone"
    return "the key was not refused, which does not prove that it is accepted"


def _refused(question: Question, said: str) -> Finding:
    check = f"reach {question.offer.name}"
    if question.key is None:
        return fine(check, f"{said}, as it was asked without a key")
    note = key_note(question.offer)
    return wrong(check, f"the key is refused: {said}", f"mend the key: {note}", exit_=Exit.PROVIDER)


def _poor(question: Question, said: str) -> Finding:
    check = f"reach {question.offer.name}"
    return warning(check, f"the balance or the quota is not enough: {said}", "top it up")


def _throttled(question: Question, said: str) -> Finding:
    return unknown(f"reach {question.offer.name}", f"{said}: it throttles, and says nothing of the key")


_SAYINGS: Final = {Kind.AUTH: _refused, Kind.QUOTA: _poor, Kind.RATE: _throttled}


def _named(offer: Offer) -> str:
    """Return whom we spoke to, and through which proxy; never with a password."""
    proxy = wire.proxy_of(offer.base_url)
    if proxy is None:
        return offer.base_url
    return f"{offer.base_url} (through the proxy {proxy.rpartition('@')[2]})"


def of_route(heard: Sequence[Heard], route: Sequence[str]) -> tuple[Heard, ...]:
    """Return what is found where the providers of a route stand in for each other, as a run has it.

    While one of them works a broken one is passed over; when all are broken the gravest reason counts.
    """
    listed = [each.finding for each in heard if each.provider in route]
    if len(listed) < 2:  # noqa: PLR2004 - nobody could stand in
        return tuple(heard)
    is_lost = all(each.grade is Grade.WRONG for each in listed)
    gravest = min(each.exit for each in listed) if is_lost else Exit.OK
    return tuple(
        replace(each, finding=_in_company(each.finding, gravest)) if each.provider in route else each for each in heard
    )


def _in_company(finding: Finding, gravest: Exit) -> Finding:
    """Return what is wrong with one of several: a warning, unless something is wrong with all."""
    if finding.grade is not Grade.WRONG or gravest is not Exit.OK:
        return replace(finding, exit=gravest)
    words = f"{finding.found}; a run goes on with the others of its list"
    return replace(finding, grade=Grade.WARNING, found=words, exit=Exit.OK)
