"""Where the program is started: closed streams, poor languages, few open files, a refused key, nobody out there."""

from __future__ import annotations

import json

import pytest
from counter import Counter
from desk import Desk
from loopback import closed_port


@pytest.mark.parametrize("line", ["s2v >&-", "s2v >&- 2>&- <&-"], ids=["out", "all"])
def test_a_run_needs_none_of_its_streams(shop: Desk, counter: Counter, line: str) -> None:
    done = shop.in_shell(line, "run", shop.manifest(["one"]))

    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert shop.videos() == ["a.mp4"]


def test_a_reader_that_wants_one_line_gets_it_and_nothing_breaks(shop: Desk) -> None:
    shop.manifest([{"id": f"item-{n}", "portrait": "anna.png", "prompt": f"{n}" * 500} for n in range(300)])

    done = shop.in_shell("s2v | head -n 1", "plan", "m.yaml", "--json")

    assert done.out == "{\n"
    assert done.err == ""


def test_a_poor_language_changes_no_file_and_breaks_nothing(shop: Desk, counter: Counter) -> None:
    shop.portrait("портрет.png")
    words = "她笑 \U0001f600 \u202e"

    done = shop.in_shell(
        "s2v", "run", shop.manifest([{"id": "a", "portrait": "портрет.png", "prompt": words}]), LANG="C",
        LC_ALL="C", PYTHONIOENCODING="ascii",
    )  # fmt: skip

    assert done.code == 0, done.err
    assert shop.results()["a"]["prompt"] == words
    assert "她笑" in (shop.folder / "runs/try/results.csv").read_text(encoding="utf-8")
    assert counter.submits() == [words]


def test_a_language_that_cannot_spell_a_file_name_is_told(shop: Desk) -> None:
    shop.portrait("портрет.png")
    manifest = shop.manifest([{"id": "a", "portrait": "портрет.png", "prompt": "one"}])

    done = shop.in_shell("s2v", "check", manifest, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")

    assert done.code == 3, done.err
    assert "has a name that this locale cannot spell: set LC_ALL to one with UTF-8" in done.err


def test_64_open_files_are_enough_for_a_batch(shop: Desk, counter: Counter) -> None:
    items = [{"id": f"item-{n}", "portrait": "anna.png", "prompt": f"{n}"} for n in range(40)]

    done = shop.in_shell("ulimit -n 64; s2v", "run", shop.manifest(items, limits={"downloads": 32}))

    assert done.code == 0, done.err
    assert counter.charges() == 40


def test_too_few_open_files_are_told_before_anything_is_sent(shop: Desk, counter: Counter) -> None:
    done = shop.in_shell("ulimit -n 63; s2v", "run", shop.manifest(["one"]))

    assert (done.code, counter.asked) == (9, [])
    assert done.err == "s2v: a run needs 64 open files, and may have 63 here: raise the limit (ulimit -n)\n"


@pytest.mark.parametrize("code", [1004, 1008])
def test_a_refused_account_costs_one_round_of_requests(shop: Desk, counter: Counter, code: int) -> None:
    items = [{"id": f"item-{n}", "portrait": "anna.png", "prompt": f"{n}"} for n in range(40)]
    counter.trap("submit", "", *[lambda talk: talk.answer_json({}, code, "refused")] * 40)

    done = shop.s2v("run", shop.manifest(items))

    assert done.code == (7 if code == 1008 else 8)
    assert len(counter.submits()) <= 8
    assert counter.charges() == 0


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(f"http://127.0.0.1:{closed_port()}", id="refused"),
        pytest.param("https://127.0.0.1:PORT", id="no TLS"),
    ],
)
def test_a_provider_that_cannot_be_reached_was_sent_nothing_and_nothing_is_in_doubt(
    shop: Desk, counter: Counter, host: str
) -> None:
    manifest = shop.manifest(["one", "two"], retry={"attempts": 2, "backoff": "1ms..2ms"})
    away = host.replace("PORT", counter.url.rpartition(":")[2])

    done = shop.s2v("run", manifest, MINIMAX_API_HOST=away)

    assert done.code == 10, done.err
    assert {row["state"] for row in shop.results().values()} == {"open"}
    assert counter.asked == []
    assert json.loads((shop.folder / "runs/try/report.json").read_text())["summary"]["bought"] == 0
