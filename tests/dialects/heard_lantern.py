"""What Lantern would answer, if it existed."""

from __future__ import annotations

from typing import Any, Final

from transcripts import HTML, PLAIN_HTML, Exchange, failed, no, record, reply

from runner.dialects.seam import Made, Pending, Reply, Taken
from runner.model import Download, Kind, Output

_PAGE: Final = "D: lantern.example/docs, if there were such a page"
_WATCH: Final = "https://films.lantern.example/7.mp4"
_NO_FILM: Final = no(Kind.UNKNOWN, "no film", "no film in the reply")
_EDGE: Final = no(Kind.TRANSIENT, "HTTP 502", PLAIN_HTML)


def _film(phase: str, **more: Any) -> Reply:
    return reply({"film": {"id": "film-7", "phase": phase, **more}})


LANTERN: Final[tuple[Exchange, ...]] = (
    *record(
        "submit",
        ("taken", reply({"film": {"id": "film-7", "phase": "lit"}}, status=201), Taken(job_id="film-7"), _PAGE),
        ("refused inside HTTP 200", reply({"reason": "no_credit"}), no(Kind.QUOTA, "no_credit", ""), _PAGE),
        ("a code nobody knows", reply({"reason": "ghosts"}), no(Kind.UNKNOWN, "ghosts", ""), _PAGE),
        (
            "success without an id", reply({"film": {"phase": "lit"}}),
            no(Kind.UNKNOWN, "no id", "success without an id"), _PAGE,
        ),
        ("HTML from an edge", reply(text=HTML, status=502), _EDGE, _PAGE),
        ("an empty body", reply(text=""), _NO_FILM, _PAGE),
        (
            "too much, by an edge", reply(text="slow", status=429, retry_after_s=3.0),
            no(Kind.RATE, "HTTP 429", "slow", 3.0), _PAGE,
        ),
    ),
    *record(
        "poll",
        ("pending", _film("lit"), Pending(status="lit"), _PAGE),
        ("made", _film("ready", watch=_WATCH), Made(output=Output(url=_WATCH), status="ready"), _PAGE),
        ("made, without a file", _film("ready"), Made(output=Output(), status="ready"), _PAGE),
        ("failed", _film("torn"), failed(Kind.UNKNOWN, "torn", "the film is torn", status="torn"), _PAGE),
        (
            "unknown", reply({"reason": "no_such_film", "detail": "burnt"}, status=404),
            no(Kind.INPUT, "no_such_film", "burnt"), _PAGE,
        ),
        ("HTML from an edge", reply(text=HTML, status=502), _EDGE, _PAGE),
        ("an empty body", reply(text=""), _NO_FILM, _PAGE),
    ),
    *record(
        "locate",
        ("a link", _film("ready", watch=_WATCH), Download(url=_WATCH), _PAGE),
        ("an empty link", _film("ready", watch=""), no(Kind.TRANSIENT, "no link", "the film names no link"), _PAGE),
        ("HTML from an edge", reply(text=HTML, status=502), _EDGE, _PAGE),
        ("an empty body", reply(text=""), _NO_FILM, _PAGE),
    ),
)  # fmt: skip
