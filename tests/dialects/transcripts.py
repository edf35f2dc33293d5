"""How providers are played from a record, and what MiniMax was seen to answer; `recordings.py` has the other providers.

Bodies come from the providers' pages and from captures of live replies; those marked "made" were put together from the
documented fields, because no capture of them is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from runner.dialects.seam import Call, Dialect, Failed, Flow, Made, No, Pending, Reply, Taken, Ticket
from runner.model import Download, Item, Job, Kind, Output, Portrait, Verdict

FlowName = Literal["submit", "poll", "locate"]
FLOWS: Final[tuple[FlowName, ...]] = ("submit", "poll", "locate")
CONCLUSIONS: Final[Mapping[FlowName, tuple[type, ...]]] = {
    "submit": (Taken, No), "poll": (Pending, Made, Failed, No), "locate": (Download, No),
}  # fmt: skip
"""What each flow may return."""

ITEM: Final = Item(
    key="k", id="anna", name="anna.mp4", prompt="She smiles.", prompt_optimizer=False, take=2,
    portrait=Portrait(ref="anna.png", sha256="a" * 64, mime="image/png", bytes_=9, width=512, height=512),
)  # fmt: skip
JOB: Final = Job(provider="any", id="176843862716480", file_id="205258526306433")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call's reply and what it means; `situation` is the same word for every dialect.

    `source` says where the shape of the reply is known from, after a mark of how sure it is.
    """

    situation: str
    flow: FlowName
    reply: Reply
    outcome: object
    source: str


Row = tuple[str, Reply, object, str]
"""Situation, reply, outcome, source."""


def record(flow: FlowName, *rows: Row) -> tuple[Exchange, ...]:
    """Return the record of one flow."""
    return tuple(
        Exchange(situation=situation, flow=flow, reply=answer, outcome=outcome, source=source)
        for situation, answer, outcome, source in rows
    )


def reply(document: Any = None, *, status: int = 200, text: str | None = None, **more: Any) -> Reply:
    """Return a reply as the wire makes it; `text` alone is a body that is no JSON."""
    shown = json.dumps(document) if text is None else text
    return Reply(status=status, headers=more.pop("headers", {}), document=document, text=shown, **more)


def begin(
    dialect: Dialect, flow: FlowName, *, item: Item = ITEM, key: str | None = None, form: str | None = None
) -> Flow[Any]:
    """Return one of the dialect's flows, at its beginning."""
    if flow == "submit":
        return dialect.submit(item, Ticket(idempotency_key=key, form=form))
    begun: Flow[Any] = getattr(dialect, flow)(JOB)
    return begun


def play(flow: Flow[Any], *replies: Reply) -> tuple[list[Call], Any]:
    """Answer a flow with these replies, the last one again and again; return what it asked, and what it made of it."""
    calls: list[Call] = []
    try:
        calls.append(next(flow))
        while True:
            calls.append(flow.send(replies[min(len(calls), len(replies)) - 1]))
    except StopIteration as end:
        return calls, end.value


def no(kind: Kind, code: str, words: str, wait_s: float | None = None, *, other_form: bool = False) -> No:
    return No(verdict=Verdict(kind=kind, code=code, words=words, retry_after_s=wait_s), other_form=other_form)


def failed(kind: Kind, code: str, words: str, *, status: str) -> Failed:
    return Failed(verdict=Verdict(kind=kind, code=code, words=words), status=status)


OK: Final = {"status_code": 0, "status_msg": "success"}
HTML: Final = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>"
PLAIN_HTML: Final = "<html> <head><title>502 Bad Gateway</title></head> </html>"
LINK: Final = "https://video-product.cdn.minimax.io/inference_output/video/2026-01-31/u/output.mp4?Expires=1"
FILE: Final = {
    "file_id": "205258526306433", "bytes": 0, "created_at": 1700469398, "filename": "output_aigc.mp4",
    "purpose": "video_generation", "download_url": LINK,
}  # fmt: skip


def base_resp(code: object, words: str) -> dict[str, Any]:
    return {"base_resp": {"status_code": code, "status_msg": words}}


_MINIMAX_SUBMITS: Final = (
    ("taken", reply({"task_id": "106916112212032", "base_resp": OK}), Taken(job_id="106916112212032")),
    ("taken, its id a number", reply({"task_id": 314052875571396, "base_resp": OK}), Taken(job_id="314052875571396")),
    (
        "taken, its id a number with a fraction of nothing",
        reply({"task_id": 106916112212032.0, "base_resp": OK}),
        Taken(job_id="106916112212032"),
    ),
    ("taken, its id in data", reply({"data": {"task_id": "555"}, "base_resp": OK}), Taken(job_id="555")),
    (
        "taken, and traced",
        reply({"task_id": "1", "status": "submitted", "base_resp": OK}, headers={"trace-id": "04ce92f3"}),
        Taken(job_id="1", trace_id="04ce92f3"),
    ),
    ("taken, with an error beside the id", reply({"task_id": "7", **base_resp(1002, "slow")}), Taken(job_id="7")),
    (
        "refused inside HTTP 200",
        reply(base_resp(1004, "login fail: Please carry the API secret key")),
        no(Kind.AUTH, "1004", "login fail: Please carry the API secret key"),
    ),
    (
        "refused with an empty id",
        reply({"task_id": "", **base_resp(1026, "input new_sensitive")}),
        no(Kind.CONTENT, "1026", "input new_sensitive"),
    ),
    (
        "refused with an id of zero",
        reply({"task_id": 0, **base_resp(1008, "insufficient balance")}),
        no(Kind.QUOTA, "1008", "insufficient balance"),
    ),
    (
        "refused beside an id that cannot be read",
        reply({"task_id": ["7"], **base_resp(1008, "balance")}),
        no(
            Kind.UNKNOWN,
            "1008",
            'balance; the answer began: {"task_id": ["7"], "base_resp": {"status_code": 1008, '
            '"status_msg": "balance"}}',
        ),
    ),
    (
        "refused beside an empty list",
        reply({"task_id": [], **base_resp(1008, "balance")}),
        no(Kind.QUOTA, "1008", "balance"),
    ),
    ("refused, its code a text", reply(base_resp("2013", "invalid params")), no(Kind.INPUT, "2013", "invalid params")),
    ("refused under HTTP 500", reply(base_resp(1008, "balance"), status=500), no(Kind.QUOTA, "1008", "balance")),
    (
        "too much, and told how long to wait",
        reply(base_resp(1002, "rate limit"), retry_after_s=7.0),
        no(Kind.RATE, "1002", "rate limit", 7.0),
    ),
    ("too much, and told nothing", reply(base_resp(1002, "rate limit")), no(Kind.RATE, "1002", "rate limit", 60.0)),
    (
        "refused after the video was made",
        reply({"task_id": "", **base_resp(1027, "output new_sensitive")}),
        no(Kind.UNKNOWN, "1027", "output new_sensitive"),
    ),
    ("a code nobody knows", reply(base_resp(9999, "?")), no(Kind.UNKNOWN, "9999", "?")),
    ("success without an id", reply({"base_resp": OK}), no(Kind.UNKNOWN, "0", "success without a task_id")),
    (
        "success, its id where nobody documents one",
        reply({"base_resp": OK, "job": "555"}, headers={"trace-id": "04ce92f3"}),
        no(
            Kind.UNKNOWN,
            "0",
            "success without a task_id; trace id 04ce92f3; the answer began: "
            f'{{"base_resp": {json.dumps(OK)}, "job": "555"}}',
        ),
    ),
    (
        "success, its id a number that no float holds",
        reply({"task_id": 2.0**53, "base_resp": OK}, text="9007199254740993.0"),
        no(Kind.UNKNOWN, "0", "success without a task_id; the answer began: 9007199254740993.0"),
    ),
    ("no base_resp", reply({}), no(Kind.UNKNOWN, "HTTP 200", "no base_resp in the reply")),
    (
        "an error of an edge, and traced",
        reply(text="oops", status=502, headers={"trace-id": "04ce92f3"}),
        no(Kind.TRANSIENT, "HTTP 502", "oops; trace id 04ce92f3"),
    ),
    ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML)),
    ("HTML as success", reply(text=HTML), no(Kind.UNKNOWN, "HTTP 200", f"no JSON but: {PLAIN_HTML}")),
    ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body")),
    (
        "too much, by an edge",
        reply(text="slow down", status=429, retry_after_s=30.0),
        no(Kind.RATE, "HTTP 429", "slow down", 30.0),
    ),
)

_PREPARING: Final = {"task_id": JOB.id, "status": "Preparing", "file_id": "", "video_width": 0, "video_height": 0}
_SUCCESS: Final = {
    "task_id": JOB.id, "status": "Success", "file_id": "362088325627994", "video_width": 864, "video_height": 768,
    "base_resp": OK,
}  # fmt: skip
_MADE: Final = Output(file_id="362088325627994", width=864, height=768)
_SENSITIVE: Final = base_resp(1027, "output new_sensitive")

_MINIMAX_POLLS: Final = (
    ("pending", reply({"task_id": JOB.id, "status": "Processing", "base_resp": OK}), Pending(status="Processing")),
    ("pending, sizes and file empty", reply(_PREPARING | {"base_resp": OK}), Pending(status="Preparing")),
    ("pending, in a word nobody knows", reply({"status": "Resting", "base_resp": OK}), Pending(status="Resting")),
    ("pending, without a word", reply({"base_resp": OK}), Pending(status="")),
    ("made", reply(_SUCCESS), Made(output=_MADE, status="Success")),
    ("made, in small letters", reply(_SUCCESS | {"status": "success"}), Made(output=_MADE, status="success")),
    ("made, in capitals", reply(_SUCCESS | {"status": "SUCCESS"}), Made(output=_MADE, status="SUCCESS")),
    (
        "made, its file a number",
        reply(_SUCCESS | {"file_id": 362088325627994}),
        Made(output=_MADE, status="Success"),
    ),
    (
        "made, its file a number with a fraction of nothing",
        reply(_SUCCESS | {"file_id": 362088325627994.0}),
        Made(output=_MADE, status="Success"),
    ),
    (
        "made, without a file",
        reply(_SUCCESS | {"file_id": "", "video_width": 0, "video_height": 0}),
        Made(output=Output(), status="Success"),
    ),
    ("made, with a file of zero", reply(_SUCCESS | {"file_id": 0}),
     Made(output=Output(width=864, height=768), status="Success")),
    (
        "failed",  # made
        reply({"task_id": JOB.id, "status": "Fail", **_SENSITIVE}),
        failed(Kind.CONTENT, "1027", "output new_sensitive", status="Fail"),
    ),
    (
        "failed, in the callback's word",
        reply({"status": "failed", **_SENSITIVE}),
        failed(Kind.CONTENT, "1027", "output new_sensitive", status="failed"),
    ),
    (
        "failed, without a reason",
        reply({"status": "FAIL", "base_resp": OK}),
        failed(Kind.UNKNOWN, "FAIL", "the provider gave no reason", status="FAIL"),
    ),
    (
        "failed, under HTTP 500",
        reply({"task_id": JOB.id, "status": "Fail", **_SENSITIVE}, status=500),
        failed(Kind.CONTENT, "1027", "output new_sensitive", status="Fail"),
    ),
    (
        "failed, beside the code of a call that was throttled",
        reply({"task_id": JOB.id, "status": "Fail", **base_resp(1002, "rate limit")}),
        no(Kind.TRANSIENT, "1002", "rate limit, beside the status Fail", 60.0),
    ),
    (
        "failed, beside the code of a key that was refused",
        reply({"task_id": JOB.id, "status": "Fail", **base_resp(1004, "login fail")}),
        no(Kind.TRANSIENT, "1004", "login fail, beside the status Fail"),
    ),
    *(
        (f"an edge's own failure, under HTTP {status}", reply({"status": "fail"}, status=status),
         no(kind, f"HTTP {status}", '{"status": "fail"}'))
        for status, kind in ((403, Kind.AUTH), (404, Kind.UNKNOWN), (429, Kind.RATE), (502, Kind.TRANSIENT))
    ),
    (
        "made, says the answer about another job",
        reply(_SUCCESS | {"task_id": "1"}),
        no(Kind.TRANSIENT, "task_id", "the reply is about another task, 1"),
    ),
    (
        "failed, says the answer about another job",
        reply({"task_id": 1, "status": "Fail", **_SENSITIVE}),
        no(Kind.TRANSIENT, "task_id", "the reply is about another task, 1"),
    ),
    ("made, named by a number", reply(_SUCCESS | {"task_id": int(JOB.id)}), Made(output=_MADE, status="Success")),
    ("refused inside HTTP 200", reply(base_resp(1002, "rate")), no(Kind.RATE, "1002", "rate", 60.0)),
    ("refused with a pending word", reply({"status": "", **base_resp(1000, "?")}), no(Kind.TRANSIENT, "1000", "?")),
    ("a code nobody knows", reply(base_resp(4242, "invalid task_id")), no(Kind.UNKNOWN, "4242", "invalid task_id")),
    ("no base_resp", reply({"code": "task_not_exist"}), no(Kind.UNKNOWN, "HTTP 200", "no base_resp in the reply")),
    ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML)),
    ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body")),
)  # fmt: skip

_BACKUP: Final = "https://cdn.hailuoai.com/backup.mp4?sig=1"
_NO_LINK: Final = no(Kind.TRANSIENT, "0", "the file look-up gave no link")

_MINIMAX_LOOK_UPS: Final = (
    ("a link", reply({"file": FILE, "base_resp": OK}), Download(url=LINK)),
    (
        "a link, its file a number",
        reply({"file": FILE | {"file_id": 205258526306433}, "base_resp": OK}),
        Download(url=LINK),
    ),
    (
        "a link to another file",
        reply({"file": FILE | {"file_id": "1"}, "base_resp": OK}),
        no(Kind.TRANSIENT, "file_id", "the reply is about another file, 1"),
    ),
    (
        "a link and a backup",
        reply({"file": FILE | {"backup_download_url": _BACKUP}, "base_resp": OK}),
        Download(url=LINK, backup_url=_BACKUP),
    ),
    (
        "only a backup link",
        reply({"file": FILE | {"download_url": "", "backup_download_url": _BACKUP}, "base_resp": OK}),
        Download(url=_BACKUP),
    ),
    ("an empty link", reply({"file": FILE | {"download_url": ""}, "base_resp": OK}), _NO_LINK),
    ("no file", reply({"base_resp": OK}), _NO_LINK),
    ("a file that is no object", reply({"file": [LINK], "base_resp": OK}), _NO_LINK),
    ("refused inside HTTP 200", reply(base_resp(1013, "internal")), no(Kind.TRANSIENT, "1013", "internal")),
    ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML)),
    ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body")),
)

_ROWS: Final[tuple[tuple[FlowName, tuple[tuple[str, Reply, object], ...]], ...]] = (
    ("submit", _MINIMAX_SUBMITS), ("poll", _MINIMAX_POLLS), ("locate", _MINIMAX_LOOK_UPS),
)  # fmt: skip
_PAGES: Final = "D: platform.minimax.io/docs/api-reference, and captures of live replies (P)"
MINIMAX: Final = tuple(exchange for flow, rows in _ROWS for exchange in record(flow, *((*row, _PAGES) for row in rows)))

SITUATIONS: Final[Mapping[FlowName, frozenset[str]]] = {
    "submit": frozenset({"taken", "refused inside HTTP 200", "a code nobody knows", "success without an id",
                         "HTML from an edge", "an empty body", "too much, by an edge"}),
    "poll": frozenset({"pending", "made", "made, without a file", "failed", "HTML from an edge", "an empty body"}),
    "locate": frozenset({"a link", "an empty link", "HTML from an edge", "an empty body"}),
}  # fmt: skip
"""What every dialect must have an answer to; its own oddities come on top."""
