"""MiniMax's shapes, which resellers pass on: the body of an order, and how its three answers read.

Every function is tolerant of whatever JSON comes: an answer that cannot be read is a verdict, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from ..model import Download, Item, Job, Kind, Notes, Output, Verdict
from ..values import replace
from .seam import (
    Failed,
    Located,
    Made,
    No,
    Pending,
    PortraitRules,
    PortraitSlot,
    Progress,
    Reply,
    Submitted,
    Taken,
    Ticket,
)

# Source: platform.minimax.io/docs/api-reference/video-generation-s2v (D).
PORTRAIT: Final = PortraitRules(
    formats=("image/jpeg", "image/png", "image/webp"),
    bytes_below=20_000_000,  # "< 20MB": the decimal reading is the stricter one
    short_side_above=300,
    aspect_least=(2, 5),
    aspect_most=(5, 2),
    remote=True,
)

SUCCESS: Final = frozenset({"success"})
FAILURE: Final = frozenset({"fail", "failed"})  # the query says Fail, callbacks and several clients say failed

STRING: Final = "string"
LIST: Final = "list"
"""The forms in which `subject_reference[0].image` travels: MiniMax documents a list of one, V-API a string."""
OTHER_IMAGE: Final = frozenset({"2013"})
"""Invalid params: what a provider answers that wants the image in its other form; it proves that no job was made."""
_OF_MADE: Final = frozenset({"1027"})
"""Output sensitive: said of a video that was made, so that without its id nobody knows whether it was paid for."""


def order(item: Item, *, image: str = LIST) -> dict[str, Any]:
    """Return the body of a submit, with the portrait in this form."""
    prompt = {} if item.prompt is None else {"prompt": item.prompt}
    slot = PortraitSlot(portrait=item.portrait)
    return {
        "model": item.model,
        **prompt,
        "prompt_optimizer": item.prompt_optimizer,
        "subject_reference": [{"type": "character", "image": slot if image == STRING else [slot]}],
    }


def callback(ticket: Ticket) -> dict[str, str]:
    """Return the field that asks for callbacks, where there is somebody to hear them."""
    return {} if ticket.callback_url is None else {"callback_url": ticket.callback_url}


_TRACE: Final = "trace-id"  # MiniMax sends one with each answer, and its support asks for it (C)
_TRACE_MOST: Final = 100
_BEGINNING: Final = 200  # characters of an answer
_WORDS_MOST: Final = 500  # of a verdict in all
_NO_REASON: Final = "the provider gave no reason"
_UNSURE: Final = frozenset({Kind.TRANSIENT, Kind.UNKNOWN})
_TOLD: Final = frozenset({"base_resp", "error", "code", "message"})  # where a no stands, which a verdict repeats


def receipt(document: object, verdict: Verdict | None, reply: Reply, *, other_form: Collection[str] = ()) -> Submitted:
    """Read the answer to a submit: an id is a job, whatever stands beside it.

    `document` is the part of the `reply` that may name the job. `other_form` are the codes after which the same order
    may be understood in another form.
    """
    if task_id := text(mapping(document).get("task_id")):
        return Taken(job_id=task_id, trace_id=reply.headers.get(_TRACE))
    verdict = verdict or Verdict(kind=Kind.UNKNOWN, code="0", words="success without a task_id")
    if may_be_made := names_something(reply.document) or verdict.code in _OF_MADE:
        verdict = replace(verdict, kind=Kind.UNKNOWN)
    return No(verdict=traced(verdict, reply), other_form=not may_be_made and verdict.code in other_form)


def names_something(document: object) -> bool:
    """Return whether an answer to a submit has something in the place of a job's id that is neither an id nor none.

    It may name a job all the same, so that a no beside it proves nothing.
    """
    top = mapping(document)
    named = (top.get("task_id"), mapping(top.get("data")).get("task_id"))
    return any(each and not isinstance(each, str) and text(each) is None for each in named)


def traced(verdict: Verdict, reply: Reply) -> Verdict:
    """Return the verdict on a submit that leaves a doubt with what helps a person to find the job, if there is one.

    That is the provider's trace id, and how the answer began, for an id may stand where nobody documents one.
    """
    if verdict.kind not in _UNSURE:
        return verdict
    trace, began = reply.headers.get(_TRACE, "")[:_TRACE_MOST], " ".join(reply.text.split())[:_BEGINNING]
    is_more = any(value for key, value in mapping(reply.document).items() if key not in _TOLD)
    tells_more = is_more and began not in verdict.words
    found = [f"trace id {trace}"] if trace else []
    found += [f"the answer began: {began}"] if tells_more else []
    room = _WORDS_MOST - sum(len(each) + 2 for each in found)
    return replace(verdict, words="; ".join(filter(None, (verdict.words[:room], *found))))


Read = Callable[[Mapping[str, Any]], Notes | None]
"""Takes what a service says of how it made a video out of the answer to a query."""


def progress(reply: Reply, verdict: Verdict | None, *, read: Read | None = None, reason: str = "") -> Progress:
    """Read the answer to a query; a word in no table is pending, for asking again is free.

    `reason` is what else the answer says where it gives a failure no code.
    """
    told = mapping(reply.document)
    status = word(told.get("status"))
    if status.lower() in FAILURE:
        return _failed(reply, verdict, status, reason)
    if verdict is not None:
        return No(verdict=verdict)
    if status.lower() in SUCCESS:
        return Made(output=_output(told, read), status=status)
    return Pending(status=status)


_OF_THE_CALL: Final = frozenset({Kind.RATE, Kind.AUTH})
"""What 1002, 1004 and their like say of the question itself (D): who is not answered hears nothing of the job."""


def _failed(reply: Reply, verdict: Verdict | None, status: str, reason: str) -> Failed | No:
    """Return that a job failed, unless the answer says itself that it is none, as an edge's own `{"status": "fail"}`.

    Who believes such a one buys the video again.
    """
    if verdict is None:
        words = (reason or _NO_REASON)[:_WORDS_MOST]
        return Failed(verdict=Verdict(kind=Kind.UNKNOWN, code=status, words=words), status=status)
    if not reply.is_success and "base_resp" not in mapping(reply.document):
        return No(verdict=verdict)
    if verdict.kind in _OF_THE_CALL:
        words = f"{verdict.words}, beside the status {status}"[:_WORDS_MOST]
        return No(verdict=replace(verdict, kind=Kind.TRANSIENT, words=words))
    return Failed(verdict=verdict, status=status)


def of_another(job: Job, document: object, *, advice: str = "") -> No | None:
    """Return that an answer tells of another job than the one asked after, as from a cache that sees no query.

    Only for a provider whose answers name the job by the id of its receipt; `advice` is for whoever knows better.
    """
    return _about_other("task", mapping(document).get("task_id"), job.id, advice)


def of_another_file(job: Job, document: object, *, advice: str = "") -> No | None:
    """Return that a look-up tells of another file than that of the job; its link would bring somebody else's video."""
    return _about_other("file", mapping(mapping(document).get("file")).get("file_id"), job.file_id, advice)


def _about_other(what: str, value: object, asked: str | None, advice: str) -> No | None:
    """Return that an answer names another id than the one asked after; a long number may be rounded on its way."""
    named = text(value)
    if named in {None, asked} or (isinstance(value, int) and value >= _EXACT):
        return None
    words = f"the reply is about another {what}, {named}"[: _WORDS_MOST - len(advice)] + advice
    return No(verdict=Verdict(kind=Kind.TRANSIENT, code=f"{what}_id", words=words))


def link(document: object, verdict: Verdict | None) -> Located:
    """Read the answer to a file look-up; `bytes` in it is 0 and says nothing."""
    if verdict is not None:
        return No(verdict=verdict)
    file = mapping(mapping(document).get("file"))
    url, backup = text(file.get("download_url")), text(file.get("backup_download_url"))
    if found := url or backup:
        return Download(url=found, backup_url=backup if url else None)
    return No(verdict=Verdict(kind=Kind.TRANSIENT, code="0", words="the file look-up gave no link"))


def link_of(progress: Progress) -> Located:
    """Return the link that a finished job names itself."""
    match progress:
        case Made(output=Output(url=str(url))):
            return Download(url=url)
        case No() as no:
            return no
        case _:
            return No(verdict=Verdict(kind=Kind.TRANSIENT, code="0", words="the job names no link"))


_EXACT: Final = 2**53  # from here on a float may be another number than the one that was written


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object of JSON, an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str | None:
    """Return an id, a link or a word; empty and zero are how some servers write that there is none.

    A whole number with a fraction of nothing, as some libraries write JSON, is that number while a float holds it.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    written = str(value).strip()
    return written if written.strip("0") else None


def word(value: object) -> str:
    """Return a status word, empty where there is none; a number there is a relay's own code."""
    return value.strip() if isinstance(value, str) else ""


def size(value: object) -> int | None:
    """Return a number of pixels, None where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _output(told: Mapping[str, Any], read: Read | None) -> Output:
    return Output(
        file_id=text(told.get("file_id")), width=size(told.get("video_width")), height=size(told.get("video_height")),
        notes=None if read is None else read(told),
    )  # fmt: skip
