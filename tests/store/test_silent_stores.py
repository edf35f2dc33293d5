"""A store, or its name server, that says nothing: nobody is held by it, and nobody is told that it is done."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from bad_days import Asked
from desk import ROOT, Desk
from silent_store import silent_store
from store_fixtures import Place, films, manifest, s2v, videos

from runner.cli.bars import told_if_long
from runner.cli.screen import Screen
from runner.cli.store.stored import show_store
from runner.edge.journal.journal import Journal
from runner.edge.store.bucket import opened
from runner.edge.store.publisher import Publisher
from runner.errors import StoreBusy

SOON_S = 20.0
"""Far more than is needed, and less than the library's own patience."""

NAMELESS = """
import os, threading
from runner.cli.store.openings import patiently_opened
from runner.errors import StoreBusy
from runner.model import Destination
at, silent = Destination(bucket="films", prefix="x"), lambda *_, **__: threading.Event().wait()
with patiently_opened(at, os.environ, look_up=silent) as bucket:
    threading.Timer(0.3, bucket.let_go).start()
    try:
        next(bucket.list(""), None)
    except StoreBusy as error:
        print(error)
"""


def silenced(place: Place, when: Callable[[Asked], bool]) -> None:
    """Let such requests wait for their answers until the store is freed."""

    def trap(asked: Asked) -> None:
        if when(asked):
            place.days.held.set()
            place.days.freed.wait(60)

    place.days.traps.append(trap)


def screen_of(err: io.StringIO) -> tuple[Screen, io.StringIO]:
    out = io.StringIO()
    return Screen.of(out, err, io.StringIO(), {}), out


@pytest.mark.parametrize("operation", ["list", "read", "put"])
def test_whoever_waits_is_let_go_with_an_error_and_never_told_that_it_is_done(
    place: Place, tmp_path: Path, operation: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"a")
    raised = list[BaseException]()
    silenced(place, lambda _: True)
    with opened(place.destination, place.environ) as bucket:
        works: dict[str, Callable[[], object]] = {
            "list": lambda: list(bucket.list("", digests=True)), "read": lambda: bucket.read("a"),
            "put": lambda: bucket.put(path, "a", sha256="0"),
        }  # fmt: skip

        def wait() -> None:
            try:
                works[operation]()
            except BaseException as error:  # noqa: BLE001 - looked at below
                raised.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        assert place.days.held.wait(SOON_S)
        bucket.let_go()
        thread.join(SOON_S)
        with pytest.raises(StoreBusy, match="the run ended before the store answered"):
            bucket.read("a")

    assert [type(each) for each in raised] == [StoreBusy]


def test_a_stop_waits_for_a_silent_store_no_longer_than_it_says_and_the_next_run_ends_it(
    place: Place, shipper: Desk
) -> None:
    path = shipper.manifest(["one", "two"])
    assert shipper.s2v("run", path).code == 0
    folder = shipper.folder / "runs" / "try"
    place.days.hold("videos/a.mp4")
    with opened(place.destination, place.environ) as bucket:
        publisher = Publisher(bucket, folder)
        publisher.begin(partial(Journal.read, folder), digests=True)
        assert place.days.held.wait(SOON_S)

        has_ended = publisher.ends(within_s=0.05)
        publisher.cut_off()
        outcome = publisher.stop()
    place.days.traps.clear()
    place.days.freed.set()
    with opened(place.destination, place.environ) as bucket:
        publisher = Publisher(bucket, folder)
        publisher.begin(partial(Journal.read, folder), digests=True)
        publisher.wait(lambda _left: None)
        after = publisher.stop()

    assert not has_ended
    assert (outcome.is_whole, outcome.conflicts) == (False, 0)
    assert "the run ended before the store answered" in outcome.why
    assert (after.is_whole, films(place)) == (True, videos("a", "b"))


def test_a_signal_while_the_store_is_looked_through_is_answered_in_words(shipper: Desk, place: Place) -> None:
    path = manifest(shipper, place)
    s2v(shipper, place, "run", path)
    place.delete("results.jsonl")
    silenced(place, lambda asked: asked.method == "HEAD" and asked.key.endswith("a.mp4"))
    with shipper.start("run", path, **place.environ) as process:
        assert place.days.held.wait(60)
        assert process.stderr is not None
        assert next(line for line in process.stderr if "uploaded" in line)
        process.send_signal(2)
        said = next(line for line in process.stderr if line.startswith("stopping: "))
        place.days.freed.set()
        process.communicate(timeout=60)

    assert "the store is waited for 10 s at most; once more to leave at once" in said
    assert process.returncode == 130


def test_whoever_only_looks_is_told_in_time_that_a_store_is_silent(shipper: Desk, place: Place) -> None:
    s2v(shipper, place, "run", manifest(shipper, place))
    screen, out = screen_of(io.StringIO())
    began = time.monotonic()

    with silent_store() as url, Journal.read(shipper.folder / "runs" / "try") as book:
        show_store(screen, book, place.store.environ(url), answer_s=0.2)
    screen.close()

    assert out.getvalue().startswith(f"  store   not known how much is up: {place.url}: it gave no answer in time")
    assert time.monotonic() - began < SOON_S


def test_a_run_whose_store_has_a_silent_name_server_ends_with_its_last_line() -> None:
    settings = {
        **os.environ, "PYTHONPATH": str(ROOT), "AWS_ENDPOINT_URL": "http://nobody.invalid", "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip

    done = subprocess.run(
        [sys.executable, "-c", NAMELESS], env=settings, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.stdout == "s3://films/x: the run ended before the store answered\n", done.stderr
    assert (done.returncode, done.stderr) == (0, "")


def test_a_long_wait_is_told_and_a_short_one_is_not() -> None:
    class Heard(io.StringIO):
        line = threading.Event()

        def write(self, text: str) -> int:
            self.line.set()
            return super().write(text)

    err = Heard()
    screen, _ = screen_of(err)
    with told_if_long(screen, "never told", after_s=60.0):
        pass

    with told_if_long(screen, "waiting for s3://films", after_s=0.01):
        assert err.line.wait(SOON_S)
    screen.close()

    assert err.getvalue() == "waiting for s3://films\n"
