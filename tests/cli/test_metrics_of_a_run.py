"""`--metrics`: the numbers of a real run, and what is refused."""

from __future__ import annotations

import re
import signal
import urllib.request

import pytest
from desk import Desk


def test_a_run_leaves_its_numbers_in_a_file(desk: Desk) -> None:
    manifest = desk.manifest(["one", "bad [1026]", "two"], limits={"budget": {"amount": 5, "currency": "USD"}})

    desk.s2v("run", manifest, "--metrics", "try.prom", "--quiet")

    text = (desk.folder / "try.prom").read_text()
    assert 's2v_items{phase="done"} 2\n' in text
    assert 's2v_items{phase="failed"} 1\n' in text
    assert 's2v_refusals_total{provider="minimax",kind="content"} 1\n' in text
    assert 's2v_jobs_bought_total{provider="minimax"} 2\n' in text
    assert "s2v_running 0\n" in text
    assert desk.mark not in text


def test_a_run_tells_its_numbers_on_a_port_while_it_goes_on(desk: Desk) -> None:
    with desk.start("run", desk.manifest(["slow [slow]"]), "--events", "--metrics", ":0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        place = next(line for line in process.stderr if line.startswith("metrics are at "))
        url = place.removeprefix("metrics are at ").strip()
        next(line for line in process.stdout if '"accepted"' in line)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            text = answer.read().decode()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics", url)
    assert 's2v_in_flight{provider="minimax"} 1\n' in text
    assert process.returncode == 130


def test_a_run_with_nothing_to_do_writes_that_none_goes_on(desk: Desk) -> None:
    manifest = desk.manifest(["one"])
    desk.s2v("run", manifest)
    (desk.folder / "try.prom").write_text("s2v_running 1\n")

    done = desk.s2v("run", manifest, "--metrics", "try.prom")

    text = (desk.folder / "try.prom").read_text()
    assert (done.code, "s2v_running 0\n" in text, 's2v_items{phase="done"} 1\n' in text) == (0, True, True)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("numbers.txt", "expected a file NAME.prom, or a port such as :9464"),
        (":99999", "expected a port from 0 to 65535"),
        ("nowhere/x.prom", "--metrics: cannot write nowhere/x.prom: No such file or directory"),
    ],
)
def test_a_place_that_makes_no_sense_is_refused_and_nothing_is_sent(desk: Desk, where: str, words: str) -> None:
    done = desk.s2v("run", desk.manifest(["one"]), "--metrics", where)

    assert (done.code, words in done.err) == (2, True)
    assert desk.submits == []
