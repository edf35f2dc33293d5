"""What V-API answers, as far as is known: its two pages, and a third party's client."""

from __future__ import annotations

import json
from typing import Final

from transcripts import FILE, HTML, JOB, LINK, OK, PLAIN_HTML, Exchange, base_resp, failed, no, record, reply

from runner.dialects.seam import Made, Pending, Taken
from runner.model import Download, Kind, Output

_SUBMIT: Final = "D: gpt.morphogen.top/en/video/hailuo/reference-to-video.html"
_QUERY: Final = "D: gpt.morphogen.top/en/video/keling/query-results-general.html"
_HAILUO: Final = "D: gpt.morphogen.top/en/video/hailuo/query-results.html"
_CLIENT: Final = "C: a third party's Python client of V-API"
_ONE_API: Final = "I: the site looks like a relative of one-api, whose errors have this shape"
_EDGE: Final = "I: any edge may answer so"

_SUCCESS: Final = {
    "status": "Success", "file_id": "314053136425242", "task_id": JOB.id, "base_resp": OK,
    "video_width": 768, "video_height": 1152,
}  # fmt: skip
_MADE: Final = Made(output=Output(file_id="314053136425242", width=768, height=1152), status="Success")
_WRAPPING: Final = {"code": 10000, "status": 10000, "message": "Success", "request_id": "r", "time_elapsed": "1.2s"}
_ANOTHER_JOB: Final = no(
    Kind.TRANSIENT,
    "task_id",
    "the reply is about another task, 1; if that is the same one, set check_ids: false",
)
_ANOTHER_FILE: Final = no(
    Kind.TRANSIENT,
    "file_id",
    "the reply is about another file, 1; if that is the same one, set check_ids: false",
)
_NO_LINK: Final = no(Kind.TRANSIENT, "0", "the file look-up gave no link")

VAPI: Final[tuple[Exchange, ...]] = (
    *record(
        "submit",
        ("taken", reply({"task_id": "106916112212032", "base_resp": OK}), Taken(job_id="106916112212032"), _SUBMIT),
        ("taken, its id in the data", reply({"code": "success", "data": {"task_id": "7"}}), Taken(job_id="7"), _CLIENT),
        (
            "taken, its id in the data, as a number", reply({"code": 10000, "data": {"task_id": 314052875571396}}),
            Taken(job_id="314052875571396"), "I: ids come as numbers elsewhere",
        ),
        (
            "taken, its id in the data, beside a code of refusal",
            reply({"data": {"task_id": 7}, **base_resp(2013, "invalid params")}), Taken(job_id="7"),
            "I: an id is a job, whatever stands beside it",
        ),
        (
            "refused beside an id in the data that cannot be read",
            reply({"data": {"task_id": {"id": "7"}}, **base_resp(2013, "invalid params")}),
            no(
                Kind.UNKNOWN, "2013", 'invalid params; the answer began: {"data": {"task_id": {"id": "7"}}, '
                '"base_resp": {"status_code": 2013, "status_msg": "invalid params"}}',
            ), "I: it may name a job",
        ),
        (
            "refused inside HTTP 200", reply(base_resp(1026, "input new_sensitive")),
            no(Kind.CONTENT, "1026", "input new_sensitive"), _CLIENT,
        ),
        (
            "refused after the video was made", reply(base_resp(1027, "output new_sensitive")),
            no(Kind.UNKNOWN, "1027", "output new_sensitive"), _CLIENT,
        ),
        (
            "refused for its form, perhaps", reply({"task_id": "", **base_resp(2013, "invalid params")}),
            no(Kind.INPUT, "2013", "invalid params", other_form=True), _SUBMIT,
        ),
        (
            "refused by the relay",
            reply(
                {"error": {"message": "invalid token", "type": "one_api_error", "param": "", "code": ""}}, status=401
            ),
            no(Kind.AUTH, "one_api_error", "invalid token"), _ONE_API,
        ),
        (
            "refused by the relay, in its other shape",
            reply({"code": "insufficient_user_quota", "message": "quota is not enough", "data": None}, status=403),
            no(Kind.QUOTA, "insufficient_user_quota", "quota is not enough"), _ONE_API,
        ),
        (
            "refused by the relay, for what is left of a key",
            reply({"error": {"message": "token quota", "code": "pre_consume_token_quota_failed"}}, status=403),
            no(Kind.QUOTA, "pre_consume_token_quota_failed", "token quota"), _ONE_API,
        ),
        (
            "an error of the relay under HTTP 200",
            reply({"error": {"message": "upstream error", "type": "upstream_error", "code": "do_request_failed"}}),
            no(Kind.UNKNOWN, "do_request_failed", "upstream error"), _ONE_API,
        ),
        (
            "an error of the relay under HTTP 500",
            reply({"error": {"message": "upstream error", "type": "upstream_error"}}, status=500),
            no(Kind.TRANSIENT, "upstream_error", "upstream error"), _ONE_API,
        ),
        ("an error in a word", reply({"error": "busy"}), no(Kind.UNKNOWN, "HTTP 200", "busy"), _CLIENT),
        ("a code nobody knows", reply(base_resp(9999, "?")), no(Kind.UNKNOWN, "9999", "?"), _SUBMIT),
        (
            "success without an id", reply({"base_resp": OK}),
            no(Kind.UNKNOWN, "0", "success without a task_id"), _SUBMIT,
        ),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
        (
            "too much, by an edge", reply(text="slow down", status=429, retry_after_s=30.0),
            no(Kind.RATE, "HTTP 429", "slow down", 30.0), _EDGE,
        ),
    ),
    *record(
        "poll",
        ("pending", reply({"status": "Processing", "base_resp": OK}), Pending(status="Processing"), _QUERY),
        ("pending, in the wrapping of another family", reply({**_WRAPPING, "data": {"status": "in_queue"}}),
         Pending(status="in_queue"), _QUERY),
        ("pending, in a word nobody knows", reply({"status": "Resting"}), Pending(status="Resting"), _QUERY),
        ("made", reply(_SUCCESS), _MADE, _QUERY),
        ("made, in the data", reply({**_WRAPPING, "data": _SUCCESS}), _MADE, _CLIENT),
        (
            "made, in JSON in a text",
            reply({**_WRAPPING, "data": {"resp_data": json.dumps(_SUCCESS)}}), _MADE, _CLIENT,
        ),
        (
            "a wrapping whose text is cut off",
            reply({**_WRAPPING, "data": {"resp_data": '{"status": "Succ'}}), Pending(status=""), _CLIENT,
        ),
        (
            "made, its link in the data",
            reply({"code": 0, "message": "success", "data": {"status": "Success", "video_url": LINK}}),
            Made(output=Output(url=LINK), status="Success"), _HAILUO,
        ),
        (
            "made, its link beside the file", reply({"data": _SUCCESS | {"video_url": LINK}}), _MADE, _HAILUO,
        ),
        (
            "failed, with a message on top",
            reply({"code": 0, "message": "no face was found", "data": {"status": "Failed"}}),
            failed(Kind.UNKNOWN, "Failed", "no face was found", status="Failed"), _HAILUO,
        ),
        (
            "failed, with a message that says nothing",
            reply({"code": 0, "message": "Success", "data": {"status": "Failed"}}),
            failed(Kind.UNKNOWN, "Failed", "the provider gave no reason", status="Failed"), _HAILUO,
        ),
        (
            "made, without a file", reply(_SUCCESS | {"file_id": ""}),
            Made(output=Output(width=768, height=1152), status="Success"), _QUERY,
        ),
        (
            "failed", reply({"status": "Fail", **base_resp(1027, "output new_sensitive")}),
            failed(Kind.CONTENT, "1027", "output new_sensitive", status="Fail"), "I: made, as MiniMax's",
        ),
        *(
            (f"{what}, says the answer about another job", reply(told), _ANOTHER_JOB, _QUERY)
            for what, told in (
                ("made", _SUCCESS | {"task_id": "1"}),
                ("made, in the data", {**_WRAPPING, "data": _SUCCESS | {"task_id": 1}}),
                ("failed", {"task_id": "1", "status": "Fail", **base_resp(1027, "output new_sensitive")}),
            )
        ),
        ("refused inside HTTP 200", reply(base_resp(1002, "rate")), no(Kind.RATE, "1002", "rate", 60.0), _QUERY),
        (
            "no balance, which shuts out no job",
            reply({"error": {"message": "quota", "code": "insufficient_user_quota"}}, status=403),
            no(Kind.QUOTA, "insufficient_user_quota", "quota"), _ONE_API,
        ),
        (
            "an error of the relay",
            reply({"error": {"message": "no such task", "code": "task_not_found"}}, status=400),
            no(Kind.INPUT, "task_not_found", "no such task"), _ONE_API,
        ),
        *(
            (f"an edge's own failure, under HTTP {status}", reply({"status": "fail"}, status=status),
             no(kind, f"HTTP {status}", '{"status": "fail"}'), _EDGE)
            for status, kind in ((429, Kind.RATE), (502, Kind.TRANSIENT))
        ),
        (
            "failed, beside the code of a call that was throttled",
            reply({"status": "Fail", **base_resp(1002, "rate limit")}),
            no(Kind.TRANSIENT, "1002", "rate limit, beside the status Fail", 60.0), "I: made, as MiniMax's",
        ),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
    ),
    *record(
        "locate",
        ("a link", reply({"file": FILE, "base_resp": OK}), Download(url=LINK), _CLIENT),
        ("a link to another file", reply({"file": FILE | {"file_id": 1}, "base_resp": OK}), _ANOTHER_FILE, _CLIENT),
        ("a link, and nothing more", reply({"file": {"download_url": LINK}}), Download(url=LINK), _CLIENT),
        ("an empty link", reply({"file": FILE | {"download_url": ""}, "base_resp": OK}), _NO_LINK, _CLIENT),
        (
            "an error of the relay", reply({"error": {"message": "busy", "type": "upstream_error"}}, status=503),
            no(Kind.TRANSIENT, "upstream_error", "busy"), _ONE_API,
        ),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
    ),
)  # fmt: skip
