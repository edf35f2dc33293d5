"""What Modellix answers, as far as is known: its pages, its first-party clients, and a script that runs against it."""

from __future__ import annotations

from typing import Any, Final

from transcripts import HTML, JOB, PLAIN_HTML, Exchange, failed, no, record, reply

from runner.dialects.seam import Failed, Made, Pending, Reply, Taken
from runner.model import Download, Kind, Output

_SUBMIT: Final = "D: docs.modellix.ai/minimax/minimax-s2v-01"
_QUERY: Final = "D: docs.modellix.ai/api-reference/query-task-result"
_API: Final = "D: docs.modellix.ai/ways-to-use/api"
_CLIENTS: Final = "C: github Modellix/modellix-cli and Modellix/dsh-modellix"
_MADE_UP: Final = "I: made; nobody documents the body of a failed task"
_EDGE: Final = "I: any edge may answer so"

_URL: Final = "https://file.modellix.ai/v/output.mp4?sig=1"
_VIDEO: Final = {"url": _URL, "type": "video", "width": 1280, "height": 720, "format": "mp4", "role": "primary"}
_COVER: Final = {"url": "https://file.modellix.ai/v/cover.jpg", "type": "image"}
_OUTPUT: Final = Output(url=_URL, width=1280, height=720)


def _task(status: str, **data: Any) -> Reply:
    told = {"status": status, "task_id": JOB.id, "model_id": "model-123", **data}
    return reply({"code": 0, "message": "success", "data": told})


def _made(*resources: object, **result: Any) -> Reply:
    billing = {"duration": 150, "billing": {"amount": "0.0000"}}  # `duration` is not the clip's, but how long it took
    return _task("success", result={"resources": list(resources), "metadata": {}, **result}, **billing)


def _refused(status: int, words: str, **more: Any) -> Reply:
    return reply({"code": status, "message": words}, status=status, **more)


def _broken(status: str) -> Failed:
    return failed(Kind.UNKNOWN, status, "the provider gave no reason", status=status)


_NO_LINK: Final = no(Kind.TRANSIENT, "0", "the job names no link")
_TAKEN: Final = {"status": "pending", "task_id": "task-s2v-abc123", "model_id": "model-123"}

MODELLIX: Final[tuple[Exchange, ...]] = (
    *record(
        "submit",
        ("taken", reply({"success": True, "data": _TAKEN}), Taken(job_id="task-s2v-abc123"), _SUBMIT),
        (
            "taken, in the other marker", reply({"code": 0, "message": "success", "data": _TAKEN}),
            Taken(job_id="task-s2v-abc123"), _SUBMIT,
        ),
        *(
            (f"taken, its id on top as MiniMax has it, beside HTTP {status}",
             reply({"code": status, "message": "Category: detail", "task_id": "7"}, status=status), Taken(job_id="7"),
             "I: an id is a job, whatever stands beside it")
            for status in (200, 401, 402, 404, 429, 500)
        ),
        (
            "refused beside an id that cannot be read",
            reply({"code": 402, "message": "no", "data": {"task_id": [7]}}, status=402),
            no(
                Kind.UNKNOWN, "HTTP 402",
                'no; the answer began: {"code": 402, "message": "no", "data": {"task_id": [7]}}',
            ), "I: it may name a job",
        ),
        (
            "refused inside HTTP 200", reply({"code": 402, "message": "Payment Required: balance"}),
            no(Kind.UNKNOWN, "402", "Payment Required: balance"), "I: made; the page gives codes their HTTP status",
        ),
        *(
            (f"refused: {status}", _refused(status, "Category: detail"), no(kind, f"HTTP {status}", "Category: detail",
             other_form=status == 404), source)
            for status, kind, source in (
                (400, Kind.INPUT, _API), (401, Kind.AUTH, _API), (402, Kind.QUOTA, _API), (404, Kind.AUTH, _API),
                (403, Kind.AUTH, _CLIENTS), (405, Kind.AUTH, _CLIENTS), (413, Kind.INPUT, _CLIENTS),
                (415, Kind.INPUT, _CLIENTS), (422, Kind.INPUT, _CLIENTS),
            )
        ),
        *(
            (f"no proof of anything: {status}", _refused(status, "Category: detail"),
             no(kind, f"HTTP {status}", "Category: detail"), _CLIENTS)
            for status, kind in (
                (408, Kind.UNKNOWN), (409, Kind.UNKNOWN), (425, Kind.UNKNOWN), (500, Kind.TRANSIENT),
                (503, Kind.TRANSIENT),
            )
        ),
        (
            "too much, or too many at a time", _refused(429, "Too Many Requests: concurrency"),
            no(Kind.UNKNOWN, "HTTP 429", "Too Many Requests: concurrency", 60.0), _API,
        ),
        (
            "too much, by an edge", reply(text="slow down", status=429, retry_after_s=30.0),
            no(Kind.UNKNOWN, "HTTP 429", "slow down", 30.0), _EDGE,
        ),
        ("a code nobody knows", reply({"code": 77, "message": "?"}), no(Kind.UNKNOWN, "77", "?"), _API),
        (
            "success without an id", reply({"code": 0, "message": "success", "data": {"status": "pending"}}),
            no(
                Kind.UNKNOWN, "0", "success without a task_id; the answer began: "
                '{"code": 0, "message": "success", "data": {"status": "pending"}}',
            ), _API,
        ),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
    ),
    *record(
        "poll",
        ("pending", _task("pending"), Pending(status="pending"), _QUERY),
        *((f"pending, as {word}", _task(word), Pending(status=word), source) for word, source in (
            ("processing", _QUERY), ("queued", _CLIENTS), ("created", _CLIENTS), ("running", _CLIENTS),
            ("in_progress", _CLIENTS), ("resting", "I: a word that nobody knows"),
        )),
        ("made", _made(_VIDEO), Made(output=_OUTPUT, status="success"), _QUERY),
        *((f"made, as {word}", _task(word, result={"resources": [_VIDEO]}), Made(output=_OUTPUT, status=word), _CLIENTS)
          for word in ("succeeded", "completed", "done", "SUCCESS")),
        (
            "made, with the HTTP status for its code",
            reply({"code": 200, "data": {"status": "success", "result": {"resources": [_VIDEO]}}}),
            Made(output=_OUTPUT, status="success"), "I: made; a no has the HTTP status for its code (D), so a yes may",
        ),
        (
            "made, says an answer with the code of a no",
            reply({"code": 500, "message": "oops", "data": {"status": "success", "result": {"resources": [_VIDEO]}}}),
            no(Kind.UNKNOWN, "500", "oops"), "I: made",
        ),
        ("made, its link alone", _made(_URL), Made(output=Output(url=_URL), status="success"), _CLIENTS),
        ("made, with a cover", _made(_COVER, _VIDEO), Made(output=_OUTPUT, status="success"), _CLIENTS),
        (
            "made, the primary video behind another", _made({"url": "https://x.example/2", "type": "video"}, _VIDEO),
            Made(output=_OUTPUT, status="success"), _CLIENTS,
        ),
        *(
            (f"made, until a moment in {form}", answer,
             Made(output=Output(url=_URL, expires_at=1_767_225_600.0), status="success"), _CLIENTS)
            for form, answer in (
                ("ISO text", _made(_URL, result_expires_at="2026-01-01T00:00:00Z")),
                ("ISO text without a zone", _made(_URL, result_expires_at="2026-01-01T00:00:00")),
                ("seconds", _made(_URL, result_expires_at=1_767_225_600)),
                ("milliseconds", _made(_URL, result_expires_at=1_767_225_600_000)),
                ("the data", _task("success", result={"resources": [_URL]}, result_expires_at=1_767_225_600)),
            )
        ),
        (
            "made, until a moment that cannot be read", _made(_URL, result_expires_at="tomorrow"),
            Made(output=Output(url=_URL), status="success"), "I: made",
        ),
        ("made, without a file", _made(), Made(output=Output(), status="success"), "I: made"),
        ("made, with a cover only", _made(_COVER), Made(output=Output(), status="success"), "I: made"),
        ("failed", _task("failed"), _broken("failed"), _MADE_UP),
        *((f"failed, as {word}", _task(word), _broken(word), _CLIENTS) for word in ("error", "cancelled", "canceled")),
        (
            "failed, with the message on top",
            reply({"code": 0, "message": "Moderation: refused", "data": {"status": "failed"}}),
            failed(Kind.UNKNOWN, "failed", "Moderation: refused", status="failed"), _API,
        ),
        (
            "failed, with a reason in the data", _task("failed", error="face not found"),
            failed(Kind.UNKNOWN, "failed", "face not found", status="failed"), _MADE_UP,
        ),
        (
            "another's task", reply({"code": 0, "data": {"status": "success", "task_id": "task-other"}}),
            no(Kind.UNKNOWN, "task_id", "the reply is about another task, task-other"), _CLIENTS,
        ),
        (
            "a task that is not known, or not any more", _refused(404, "Not Found: task"),
            no(Kind.INPUT, "HTTP 404", "Not Found: task"), _API,
        ),
        (
            "too much", _refused(429, "Too Many Requests: rate"),
            no(Kind.RATE, "HTTP 429", "Too Many Requests: rate", 60.0), _API,
        ),
        ("no data", reply({"code": 0, "message": "success"}),
         no(Kind.UNKNOWN, "HTTP 200", '{"code": 0, "message": "success"}'), "I: made"),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
    ),
    *record(
        "locate",
        ("a link", _made(_VIDEO), Download(url=_URL), _QUERY),
        ("an empty link", _made({"url": "", "type": "video"}), _NO_LINK, "I: made"),
        ("not made any more", _task("failed"), _NO_LINK, "I: made"),
        ("a task that is not known any more", _refused(404, "Not Found: task"),
         no(Kind.INPUT, "HTTP 404", "Not Found: task"), _API),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
    ),
)  # fmt: skip
