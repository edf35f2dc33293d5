"""What 302.AI answers by its native route, as far as is known: its pages, and its own apps."""

from __future__ import annotations

from typing import Final

from transcripts import FILE, HTML, JOB, LINK, OK, PLAIN_HTML, Exchange, base_resp, failed, no, record, reply

from runner.dialects.seam import Made, Pending, Taken
from runner.model import Download, Kind, Output

_APPS: Final = "C: apps that look like 302.AI's own"
_FILES: Final = "D: 302ai-en.apifox.cn/api-212308283"
_GATEWAY: Final = "C: github 302ai/302_video_arena"
_PASSED_ON: Final = "I: as MiniMax, whose answers are passed on"
_EDGE: Final = "I: any edge may answer so"

_SUCCESS: Final = {
    "task_id": JOB.id, "status": "Success", "file_id": "362088325627994", "video_width": 864, "video_height": 768,
    "base_resp": OK,
}  # fmt: skip
_MADE: Final = Made(output=Output(file_id="362088325627994", width=864, height=768), status="Success")

_ANOTHER_JOB: Final = no(
    Kind.TRANSIENT, "task_id", "the reply is about another task, 1; if that is the same one, set check_ids: false"
)  # fmt: skip
_ANOTHER_FILE: Final = no(
    Kind.TRANSIENT, "file_id", "the reply is about another file, 1; if that is the same one, set check_ids: false"
)  # fmt: skip


def _error(code: int, words: str) -> dict[str, object]:
    return {
        "error": {
            "err_code": code, "message": words, "message_cn": "", "message_en": words, "message_ja": "",
            "type": "api_error",
        }
    }  # fmt: skip


AI302: Final[tuple[Exchange, ...]] = (
    *record(
        "submit",
        ("taken", reply({"task_id": "106916112212032", "base_resp": OK}), Taken(job_id="106916112212032"), _APPS),
        (
            "taken, its id in the data, as a number", reply({"code": 200, "data": {"task_id": 314052875571396}}),
            Taken(job_id="314052875571396"), "I: ids come as numbers elsewhere",
        ),
        (
            "refused inside HTTP 200", reply(base_resp(1004, "login fail")),
            no(Kind.AUTH, "1004", "login fail"), "D: 302.ai lists 0, 1002, 1004 and 1027",
        ),
        (
            "refused after the video was made", reply(base_resp(1027, "output new_sensitive")),
            no(Kind.UNKNOWN, "1027", "output new_sensitive"), "D: 302.ai lists 0, 1002, 1004 and 1027",
        ),
        (
            "refused by the gateway after the video was made", reply(_error(1027, "output new_sensitive"), status=400),
            no(Kind.UNKNOWN, "1027", "output new_sensitive"), _GATEWAY,
        ),
        (
            "refused for its form, perhaps", reply(base_resp(2013, "invalid params")),
            no(Kind.INPUT, "2013", "invalid params", other_form=True), _APPS,
        ),
        (
            "refused by the gateway, under HTTP 200", reply(_error(-10006, "Total Quota reached maximum limit")),
            no(Kind.QUOTA, "-10006", "Total Quota reached maximum limit"), _GATEWAY,
        ),
        (
            "refused by the gateway", reply(_error(-10001, "Missing 302 Apikey"), status=401),
            no(Kind.AUTH, "-10001", "Missing 302 Apikey"), "P: keyless probes of api.302.ai",
        ),
        (
            "no channel, which is no proof", reply(_error(-10008, "No available channels currently"), status=429),
            no(Kind.TRANSIENT, "-10008", "No available channels currently"), _APPS,
        ),
        (
            "a code nobody knows", reply(_error(-19999, "?"), status=200),
            no(Kind.UNKNOWN, "-19999", "?"), _GATEWAY,
        ),
        ("success without an id", reply({"base_resp": OK}), no(Kind.UNKNOWN, "0", "success without a task_id"), _APPS),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
        (
            "too much, by an edge", reply(text="slow down", status=429, retry_after_s=30.0),
            no(Kind.RATE, "HTTP 429", "slow down", 30.0), _EDGE,
        ),
    ),
    *record(
        "poll",
        (
            "pending", reply({"task_id": JOB.id, "status": "Queueing", "file_id": "", "base_resp": OK}),
            Pending(status="Queueing"), _APPS,
        ),
        ("pending, without base_resp", reply({"status": "Processing"}), Pending(status="Processing"), _APPS),
        ("made", reply(_SUCCESS), _MADE, _APPS),
        ("made, without base_resp", reply({k: v for k, v in _SUCCESS.items() if k != "base_resp"}), _MADE, _APPS),
        (
            "made, without a file", reply(_SUCCESS | {"file_id": ""}),
            Made(output=Output(width=864, height=768), status="Success"), _APPS,
        ),
        (
            "failed", reply({"status": "Fail", **base_resp(1027, "generated video contains sensitive content")}),
            failed(Kind.CONTENT, "1027", "generated video contains sensitive content", status="Fail"), _APPS,
        ),
        *(
            (
                f"{what}, says the answer about another job", reply(told),
                _ANOTHER_JOB, _PASSED_ON,
            )
            for what, told in (
                ("made", _SUCCESS | {"task_id": "1"}),
                ("failed", {"task_id": 1, "status": "Fail", **base_resp(1027, "output new_sensitive")}),
            )
        ),
        (
            "a task that is not known", reply({"code": "task_not_exist", "message": "task_not_exist"}),
            no(Kind.INPUT, "task_not_exist", "task_not_exist"), _APPS,
        ),
        (
            "a task that is not known, under another status", reply({"code": "task_not_exist"}, status=404),
            no(Kind.INPUT, "task_not_exist", ""), _APPS,
        ),
        (
            "refused by the gateway", reply(_error(-10003, "Network error, please try again later")),
            no(Kind.TRANSIENT, "-10003", "Network error, please try again later"), _APPS,
        ),
        *(
            (f"an edge's own failure, under HTTP {status}", reply({"status": "fail"}, status=status),
             no(kind, f"HTTP {status}", '{"status": "fail"}'), _EDGE)
            for status, kind in ((429, Kind.RATE), (502, Kind.TRANSIENT))
        ),
        (
            "failed, beside the code of a call that was throttled",
            reply({"status": "Fail", **base_resp(1002, "rate limit")}),
            no(Kind.TRANSIENT, "1002", "rate limit, beside the status Fail", 60.0), _PASSED_ON,
        ),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
    ),
    *record(
        "locate",
        ("a link", reply({"file": FILE, "base_resp": OK}), Download(url=LINK), _FILES),
        (
            "a link to another file", reply({"file": FILE | {"file_id": "1"}, "base_resp": OK}),
            _ANOTHER_FILE, _PASSED_ON,
        ),
        (
            "an empty link", reply({"file": FILE | {"download_url": ""}, "base_resp": OK}),
            no(Kind.TRANSIENT, "0", "the file look-up gave no link"), _FILES,
        ),
        ("refused by the gateway", reply(_error(-1024, "AI interface connection timeout"), status=200),
         no(Kind.TRANSIENT, "-1024", "AI interface connection timeout"), _APPS),
        ("HTML from an edge", reply(text=HTML, status=502), no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML), _EDGE),
        ("an empty body", reply(text=""), no(Kind.UNKNOWN, "HTTP 200", "an empty body"), _EDGE),
    ),
)  # fmt: skip
