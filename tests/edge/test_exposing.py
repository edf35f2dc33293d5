"""The numbers of a run in a file and on a port: whole, on this machine alone, and never in the run's way."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from told_lives import intent, item, told

from runner.core.life.lifecycle import fold
from runner.core.life.state import Phase, State
from runner.edge.watch.exposing import EVERY_S, MetricsFile, MetricsPort
from runner.errors import UsageError
from runner.events import Stamped
from runner.report.metrics import CONTENT_TYPE, Metrics

LIFE = told(item("a"), intent())
FACT: tuple[State, Stamped] = (fold(LIFE), LIFE[-1])


def metrics() -> Metrics:
    return Metrics(name="winks", version="0.1.0", phases={Phase.PLANNED: 1}, known={}, flying={})


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def port() -> Iterator[MetricsPort]:
    made = MetricsPort(metrics(), 0)
    yield made
    made.close()


def asked(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
        assert answer.headers["Content-Type"] == CONTENT_TYPE
        text: str = answer.read().decode()
        return text


def test_the_file_is_there_from_the_beginning_written_now_and_then_and_at_the_end(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "winks.prom"
    exposed = MetricsFile(metrics(), path, clock=clock)
    told_by = [path.read_text()]

    for wait_s in (EVERY_S / 2, EVERY_S / 2):
        clock.now += wait_s
        exposed.saw(*FACT)
        told_by.append(path.read_text())
    exposed.close()

    assert [text.count('s2v_items{phase="in_doubt"} 1') for text in told_by] == [0, 0, 1]
    assert "s2v_running 0\n" in path.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["winks.prom"]


def test_a_file_that_cannot_be_written_is_refused_at_first_and_left_alone_later(tmp_path: Path) -> None:
    folder, clock = tmp_path / "textfile", Clock()
    with pytest.raises(UsageError, match=r"--metrics: cannot write .*winks\.prom: No such file or directory"):
        MetricsFile(metrics(), folder / "winks.prom", clock=clock)
    folder.mkdir()
    exposed = MetricsFile(metrics(), folder / "winks.prom", clock=clock)
    shutil.rmtree(folder)

    clock.now += EVERY_S
    exposed.saw(*FACT)
    exposed.close()

    assert not folder.exists()


def test_a_link_where_the_file_is_written_aside_is_never_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / f".winks.prom.{os.getpid()}.part").symlink_to(precious)

    MetricsFile(metrics(), tmp_path / "winks.prom", clock=Clock()).close()

    assert precious.read_text() == "mine"
    assert "s2v_running 0\n" in (tmp_path / "winks.prom").read_text()


def test_the_port_tells_what_is_known_right_now(port: MetricsPort) -> None:
    before = asked(port.url)
    port.saw(*FACT)

    assert 's2v_items{phase="in_doubt"} 0' in before
    assert 's2v_items{phase="in_doubt"} 1' in asked(port.url)


def test_the_port_has_one_page_and_is_gone_after_the_run(port: MetricsPort) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        asked(port.url.replace("/metrics", "/"))
    caught.value.close()

    port.close()

    with pytest.raises(urllib.error.URLError, match="refused"):
        asked(port.url)


def test_a_reader_who_goes_away_or_never_asks_harms_nobody(port: MetricsPort) -> None:
    host, number = port.url.removeprefix("http://").removesuffix("/metrics").split(":")
    with socket.create_connection((host, int(number))) as early:
        early.sendall(b"GET /metrics HTTP/1.0\r\n")

    assert "s2v_running 1" in asked(port.url)


def test_a_reader_whose_question_never_ends_holds_up_no_end_of_a_run() -> None:
    port, is_over, has_asked = MetricsPort(metrics(), 0, patience_s=0.05), threading.Event(), threading.Event()

    def drip(reader: socket.socket) -> None:
        with suppress(OSError):
            for _ in range(200):
                reader.sendall(b"x")
                if is_over.wait(0.02):
                    return
        has_asked.set()

    with socket.create_connection(("127.0.0.1", int(port.url.split(":")[2].split("/")[0]))) as reader:
        line = b"x: " + b"x" * 60_000 + b"\r\n"
        reader.sendall(b"GET /metrics HTTP/1.0\r\n" + line * 40)  # more than fits between: by now somebody reads it
        dripping = threading.Thread(target=drip, args=(reader,))
        dripping.start()
        port.close()
        is_held_up = has_asked.is_set()
        is_over.set()
        dripping.join()

    assert not is_held_up


def test_a_port_that_is_taken_is_refused(port: MetricsPort) -> None:
    number = int(port.url.split(":")[2].split("/")[0])

    with pytest.raises(UsageError, match=rf"cannot listen on 127\.0\.0\.1:{number}: Address already in use"):
        MetricsPort(metrics(), number)


def test_the_next_run_has_the_port_at_once_although_it_was_read_until_a_moment_ago(port: MetricsPort) -> None:
    number = int(port.url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", number)) as reader:
        reader.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        while reader.recv(65_536):
            continue  # whoever closes first keeps the address for a minute: here it is the port
    port.close()

    again = MetricsPort(metrics(), number)
    again.close()
