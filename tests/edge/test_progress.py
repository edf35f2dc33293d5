from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import termios
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

import pytest

from runner.core.life.lifecycle import apply
from runner.core.life.state import State
from runner.core.limits.steering import LeftOut, Paused, Resumed
from runner.core.outlook.latency import Guess, Latency
from runner.core.outlook.looking import Polls
from runner.core.outlook.outlook import Outlook
from runner.core.outlook.schedule import Widths
from runner.edge.watch.progress import EventStream, Progress, progress
from runner.edge.watch.quiet import QuietStream
from runner.edge.watch.watcher import Watcher
from runner.events import (
    Accepted,
    Broke,
    Checked,
    Doubted,
    Event,
    Finished,
    Intended,
    Judged,
    Refused,
    Requeued,
    Saved,
    Seen,
    Settled,
    Stalled,
    Stamped,
)
from runner.gates import Gates
from runner.judgement import Judgement
from runner.model import Artifact, Clip, Item, Kind, Money, Output, Portrait, Verdict

CLIP = Clip(seconds=5.64, width=8, height=8, fps=25.0, frames=141, codec="h264", has_audio=False, decoded=True)
BROKE = Broke(verdict=Verdict(kind=Kind.CONTENT, code="1027", words="output new_sensitive"))
NOT_YET = Refused(verdict=Verdict(kind=Kind.RATE, code="1002", words="rate limit"), final=False, retry_at=0.0)
INTENDED = Intended(attempt=1, provider="vapi", price=Money(micros=650_000, currency="USD"), idempotency_key=None)
ACCEPTED = Accepted(job_id="j1")
ADOPTED = Settled(decision="adopt", job_id="j1", by="callback")
FINISHED = Finished(output=Output(url="https://cdn.example/v.mp4?sig=canary"))
HOME = (FINISHED, Saved(artifact=Artifact(bytes_=9, sha256="c" * 64)), Checked(clip=CLIP))
DONE = (INTENDED, ACCEPTED, *HOME)


@dataclass
class Run:
    """Some items, a clock that is set by hand, and whoever watches them."""

    watcher: Watcher
    now: list[float]
    states: dict[str, State] = field(default_factory=dict)

    def tell(self, id_: str, *events: Event, after_s: float = 0.0) -> None:
        self.now[0] += after_s
        for event in events:
            stamped = Stamped(at=self.now[0], event=event)
            state = self.states.get(id_) or State(item=item(id_))
            self.states[id_] = apply(state, stamped)
            self.watcher.saw(self.states[id_], stamped)


def item(id_: str) -> Item:
    portrait = Portrait(ref="a.jpg", sha256="b" * 64)
    return Item(key=id_, id=id_, name=f"{id_}.mp4", portrait=portrait, prompt="p", prompt_optimizer=True)


def watched(
    stream: TextIO, *, total: int = 4, done: int = 0, interactive: bool = False, colour: bool = False,
    outlook: Outlook | None = None, forecast_s: float | None = None, resting: int = 0,
) -> Run:  # fmt: skip
    now = [100.0]
    watcher = progress(
        total, done, stream=stream, interactive=interactive, clock=lambda: now[0], colour=colour, outlook=outlook,
        forecast_s=forecast_s, resting=resting,
    )  # fmt: skip
    return Run(watcher=watcher, now=now)


def last_line(*told: tuple[str, tuple[Event, ...], float], total: int = 4, done: int = 0) -> str:
    """Return the line that stands at the end after these events."""
    stream = io.StringIO()
    run = watched(stream, total=total, done=done)
    for id_, events, after_s in told:
        run.tell(id_, *events, after_s=after_s)
    run.watcher.close()
    return stream.getvalue().splitlines()[-1]


@pytest.mark.parametrize(
    ("told", "line"),
    [
        pytest.param([], "0/4 done", id="nothing yet"),
        pytest.param([("a", (INTENDED,), 0)], "0/4 done, 1 running", id="being bought"),
        pytest.param([("a", (INTENDED, ACCEPTED), 0)], "0/4 done, 1 running, 0.65 USD spent", id="bought"),
        pytest.param([("a", (INTENDED, NOT_YET), 0)], "0/4 done", id="refused for now"),
        pytest.param(
            [("a", (INTENDED, ACCEPTED, FINISHED), 0)], "0/4 done, 1 fetching, 0.65 USD spent", id="on its way"
        ),
        pytest.param([("a", (INTENDED, Doubted(reason="time-out")), 0)], "0/4 done, 1 in doubt", id="in doubt"),
        pytest.param(
            [("a", (INTENDED, Doubted(reason="time-out"), ACCEPTED), 0)],
            "0/4 done, 1 running, 0.65 USD spent", id="out of doubt",
        ),
        pytest.param(
            [("a", (INTENDED, Doubted(reason="time-out"), ADOPTED), 0)],
            "0/4 done, 1 running, 0.65 USD spent", id="named by a call",
        ),
        pytest.param(
            [("a", (INTENDED, ADOPTED), 0), ("a", (ACCEPTED,), 1)],
            "0/4 done, 1 running, 0.65 USD spent", id="named by a call before its receipt came",
        ),
        pytest.param(
            [("a", DONE, 60)], "1/4 done, 0.65 USD spent", id="one done",
        ),
        pytest.param(
            [("a", DONE, 60), ("b", (INTENDED, ACCEPTED, BROKE), 60), ("c", (INTENDED, ACCEPTED), 0)],
            "1/4 done, 1 running, 1 failed, 1.95 USD spent", id="one of each",
        ),
        pytest.param(
            [("a", (INTENDED, ACCEPTED, BROKE, Requeued(by="policy"), *DONE), 5)],
            "1/4 done, 1.30 USD spent", id="done at the second try",
        ),
        pytest.param([(id_, DONE, 9) for id_ in "abcd"], "4/4 done, 2.60 USD spent", id="all done"),
    ],
)  # fmt: skip
def test_a_plain_line_says_what_is_where(told: list[tuple[str, tuple[Event, ...], float]], line: str) -> None:
    assert last_line(*told) == line


def one_at_a_time() -> Outlook:
    """Return the outlook on a provider that works at one job at a time, a minute each for all that is known."""
    polls = Polls(first_s=20.0, every_s=10.0)
    guess = Guess(latency=Latency(jobs_s=(60.0,)), own_s=(60.0,), polls=polls)
    return Outlook(provider="vapi", bounds=Widths(in_flight=1), guess=guess)


def left_after(*told: tuple[str, tuple[Event, ...], float], total: int, done: int = 0, resting: int = 0) -> str:
    """Return the time left that is shown after these events, at a provider that works at one job at a time."""
    stream = io.StringIO()
    run = watched(stream, total=total, done=done, resting=resting, outlook=one_at_a_time())
    for id_, events, after_s in told:
        run.tell(id_, *events, after_s=after_s)
    run.watcher.close()
    return stream.getvalue().splitlines()[-1].rpartition(", ")[2]


BOUGHT = (INTENDED, ACCEPTED)
SEEN = Seen(status="Processing")
THROTTLED = Stalled(reason="HTTP 429", retry_at=702.0, throttled=True)


@pytest.mark.parametrize(
    ("told", "total", "done", "left"),
    [
        pytest.param([("a", BOUGHT, 1)], 4, 0, "about 4 min left", id="told from the first fact, by the trait"),
        pytest.param([("a", BOUGHT, 1)], 10, 7, "about 3 min left", id="what earlier runs did is not done again"),
        pytest.param(
            [step for id_ in "abcdefghijklmnopqrstuvwxy" for step in ((id_, BOUGHT, 0), (id_, HOME, 30))], 100, 0,
            "about 38 min left", id="learned from the jobs of this run",
        ),
        pytest.param(
            [("a", BOUGHT, 1), ("b", (INTENDED, Doubted(reason="time-out")), 1)], 3, 0, "about 2 min left",
            id="what is in doubt is not waited for",
        ),
        pytest.param([("a", (*BOUGHT, THROTTLED), 1)], 4, 0, "about 10 min left", id="one waits for longer than that"),
        pytest.param(
            [("a", BOUGHT, 1), ("b", BOUGHT, 1), ("a", (THROTTLED,), 1), ("b", HOME, 299)], 2, 0,
            "about 5 min left", id="one waits while others go on",
        ),
        pytest.param(
            [("a", BOUGHT, 1), ("b", BOUGHT, 1), ("a", (THROTTLED,), 1), ("a", HOME, 9), ("b", (SEEN,), 1)], 2, 0,
            "about 29 s left", id="one waited no longer",
        ),
        pytest.param([(id_, DONE, 9) for id_ in "abcd"], 4, 0, "2.60 USD spent", id="nothing is left"),
    ],
)  # fmt: skip
def test_the_time_left_is_forecast_for_what_is_left(
    told: list[tuple[str, tuple[Event, ...], float]], total: int, done: int, left: str
) -> None:
    assert left_after(*told, total=total, done=done) == left


@pytest.mark.parametrize(
    ("forecast_s", "told"),
    [
        pytest.param(240.0, "about 4 min left\n", id="as forecast"),
        pytest.param(200.0, "about 4 min left\n", id="less than a minute off"),
        pytest.param(100.0, "about 4 min left (2 min later than forecast)\n", id="later"),
        pytest.param(600.0, "about 4 min left (6 min earlier than forecast)\n", id="earlier"),
    ],
)
def test_the_end_that_is_in_sight_is_held_against_the_forecast(forecast_s: float, told: str) -> None:
    stream = io.StringIO()
    run = watched(stream, outlook=one_at_a_time(), forecast_s=forecast_s)

    run.tell("a", *BOUGHT, after_s=1)
    run.watcher.close()

    assert stream.getvalue().endswith(told)


def test_what_failed_or_waits_for_a_person_since_earlier_runs_takes_no_time() -> None:
    assert left_after(("a", BOUGHT, 1), total=10, done=3, resting=4) == "about 3 min left"


def test_while_a_run_is_paused_no_time_is_told() -> None:
    stream = io.StringIO()
    run = watched(stream, total=3, outlook=one_at_a_time())
    run.tell("a", *BOUGHT, after_s=1)

    run.watcher.steered(run.now[0], Paused(under_way=1))
    run.tell("a", *HOME, after_s=60)
    run.watcher.steered(run.now[0], Resumed())
    run.watcher.close()

    lines = [line for line in stream.getvalue().splitlines() if "told" not in line]
    assert [line.rpartition(", ")[2] for line in lines] == ["paused", "about 1 min 55 s left"]


def test_what_was_cancelled_may_take_none_of_the_time_that_is_told_and_takes_none_at_the_end() -> None:
    stream = io.StringIO()
    run = watched(stream, total=9, outlook=one_at_a_time(), forecast_s=10.0)
    run.tell("a", *BOUGHT, after_s=1)

    run.watcher.steered(run.now[0], LeftOut(names=("*",), under_way=("a",)))
    run.tell("a", Seen(status="Processing"), after_s=20)
    run.tell("a", *HOME, after_s=1)
    run.watcher.close()

    lines = [line for line in stream.getvalue().splitlines() if "told" not in line]
    assert lines == ["0/9 done, 1 running, 0.65 USD spent, about 9 min left at most", "1/9 done, 0.65 USD spent"]


def test_what_is_put_to_review_is_not_waited_for() -> None:
    judged = Judged(clip=CLIP, judgement=Judgement(gates=Gates()), decision="review", reason="")
    told = (("a", BOUGHT, 0), ("a", (*HOME[:-1], judged), 60), ("b", BOUGHT, 1))
    assert left_after(*told, total=3) == "about 2 min left"


def test_items_already_running_are_counted_from_their_first_event() -> None:
    stream = io.StringIO()
    run = watched(stream)
    run.states["a"] = apply(apply(State(item=item("a")), Stamped(at=0, event=INTENDED)), Stamped(at=1, event=ACCEPTED))

    run.tell("a", Seen(status="Processing"))
    run.watcher.close()

    assert stream.getvalue() == "0/4 done, 1 running\n"


def test_plain_lines_come_at_most_every_ten_seconds_and_at_the_end() -> None:
    stream = io.StringIO()
    run = watched(stream, total=100)

    for n in range(50):
        run.tell(f"i{n}", *DONE, after_s=1.0)
    run.watcher.close()

    assert [line.split(",")[0] for line in stream.getvalue().splitlines()] == [
        "9/100 done", "19/100 done", "29/100 done", "39/100 done", "49/100 done", "50/100 done",
    ]  # fmt: skip


def test_the_last_numbers_are_not_said_twice() -> None:
    stream = io.StringIO()
    run = watched(stream, total=1)
    run.tell("a", *DONE[:-1])
    run.tell("a", DONE[-1], after_s=10)
    run.watcher.close()
    assert stream.getvalue().splitlines() == ["1/1 done, 0.65 USD spent"]


def test_a_bar_shows_counts_spend_and_time_left() -> None:
    stream = io.StringIO()
    run = watched(stream, interactive=True, outlook=one_at_a_time())

    run.tell("a", *BOUGHT, after_s=1)
    run.tell("a", *HOME, after_s=60)
    run.tell("b", *BOUGHT, after_s=1)
    run.watcher.close()

    shown = stream.getvalue().split("\r")[-1]
    assert shown.endswith("1/4, 1 done, 1 running, 1.30 USD spent, about 3 min left\n")
    assert shown.startswith(" 25%|")


def test_a_bar_is_redrawn_five_times_a_second_at_most() -> None:
    stream = io.StringIO()
    run = watched(stream, total=1000, interactive=True)

    for n in range(1000):
        run.tell(f"i{n}", *DONE, after_s=0.001)

    assert stream.getvalue().count("\r") <= 7


@pytest.mark.parametrize("colour", [True, False])
def test_colour_is_used_only_when_asked_for(*, colour: bool) -> None:
    stream = io.StringIO()
    run = watched(stream, interactive=True, colour=colour)

    run.tell("a", INTENDED, ACCEPTED, BROKE, after_s=1)
    run.watcher.close()

    assert ("\x1b[33m" in stream.getvalue()) is colour


def test_a_notice_stands_on_a_line_of_its_own_above_the_bar() -> None:
    stream = io.StringIO()
    run = watched(stream, interactive=True)

    run.watcher.said("minimax: parked until 14:05")
    run.watcher.close()

    assert "\rminimax: parked until 14:05\n\r" in stream.getvalue()


@pytest.mark.parametrize("interactive", [True, False])
def test_a_notice_is_shown_without_control_characters_and_signed_links(*, interactive: bool) -> None:
    stream = io.StringIO()
    run = watched(stream, interactive=interactive)

    run.watcher.said("\x1b[2J\u202eitem\n https://cdn.example/v?sig=canary")
    run.watcher.close()

    assert "\\x1b[2J\\u202eitem\\n https://cdn.example/v\n" in stream.getvalue()


def test_memory_does_not_grow_with_what_is_done() -> None:
    run = watched(io.StringIO(), total=1000)

    for n in range(1000):
        run.tell(f"i{n}", *DONE)

    assert isinstance(run.watcher, Progress)
    assert run.watcher.remembered == 0


def test_every_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    run = Run(watcher=EventStream(QuietStream(stream)), now=[0.0])

    run.tell("a", *DONE)
    run.watcher.said("not a fact")
    run.watcher.close()

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["intended", "accepted", "finished", "saved", "checked"]
    assert lines[0]["facts"]["price"] == {"amount": "0.65", "currency": "USD"}
    assert (lines[-1]["id"], lines[-1]["phase"], lines[-1]["facts"]["clip"]["frames"]) == ("a", "done", 141)
    assert "canary" not in stream.getvalue()


@pytest.fixture
def gone() -> Iterator[TextIO]:
    """Give a stream whose reader has left, as after `| head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w", encoding="ascii")
    yield stream
    with contextlib.suppress(BrokenPipeError):
        stream.close()


def test_an_event_stream_survives_its_reader(gone: TextIO) -> None:
    stream = QuietStream(gone)

    Run(watcher=EventStream(stream), now=[0.0]).tell("a", *DONE)

    assert stream.broken


@pytest.mark.parametrize("interactive", [True, False])
def test_a_run_goes_on_when_nobody_watches_any_more(gone: TextIO, *, interactive: bool) -> None:
    run = watched(gone, interactive=interactive)

    run.tell("a", *DONE, after_s=60)
    run.watcher.said("still here")
    run.watcher.close()

    with pytest.raises(BrokenPipeError):
        gone.flush()  # so something was written there


@pytest.mark.parametrize("interactive", [True, False])
def test_letters_that_the_stream_lacks_are_written_out(*, interactive: bool) -> None:
    raw = io.BytesIO()
    run = watched(io.TextIOWrapper(raw, encoding="ascii"), interactive=interactive)

    run.watcher.said("1026: 敏感")
    run.watcher.close()

    assert b"1026: \\u654f\\u611f\n" in raw.getvalue()


@pytest.mark.parametrize("columns", [0, 80], ids=["no width", "80 columns"])
def test_a_terminal_shows_the_bar_whatever_it_knows_of_its_width(columns: int) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        run = watched(stream, interactive=True)
        run.tell("a", *DONE, after_s=60)
        run.watcher.close()
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal whose other side is closed
        while chunk := os.read(ours, 4096):
            shown += chunk
    os.close(ours)

    assert "1/4, 1 done" in shown.decode()


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        pytest.param(25, "0/4, 0 done", id="no room for more"),
        pytest.param(48, "0/4, 0 done, 1 running, 0.65 USD spent", id="all but the time left"),
        pytest.param(80, "0/4, 0 done, 1 running, 0.65 USD spent, about 4 min left", id="all"),
    ],
)
def test_a_narrow_bar_leaves_words_out_and_cuts_none(columns: int, shown: str) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        run = watched(stream, interactive=True, outlook=one_at_a_time())
        run.tell("a", *BOUGHT, after_s=1)
        run.watcher.close()
    told = b""
    with contextlib.suppress(OSError):  # as above
        while chunk := os.read(ours, 4096):
            told += chunk
    os.close(ours)

    assert told.decode().rstrip().split("| ")[-1] == shown
