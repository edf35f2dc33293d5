"""What the user sees of forecasts: in a plan, beside what-ifs, and after the run in summary and reports."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from counter import Counter
from desk import Desk

PRICED = {"minimax": {"poll": "20ms", "rate": "5/1m", "price": {"amount": 0.65, "currency": "USD"}}}


def batch(desk: Desk, **keys: Any) -> object:
    """Write a manifest of 26 videos at 0.65 USD, five submits a minute."""
    items = [{"id": f"wish-{n}", "portrait": "anna.png", "prompt": f"wish {n}"} for n in range(26)]
    return desk.manifest(items, providers=PRICED, **keys)


def test_a_plan_says_how_long_what_holds_it_up_and_what_it_costs(desk: Desk) -> None:
    done = desk.s2v("plan", batch(desk, limits={"in_flight": 3}))

    assert done.out.splitlines()[-2:] == [
        "     26  buy at minimax for at most 16.90 USD",
        "about 27 min (9 in 10 within 30 min), bound by in_flight 3 of the manifest",
    ]


def test_a_plan_counts_the_retakes_that_the_checks_may_ask_for(desk: Desk) -> None:
    checks = {"min_seconds": 4, "on_fail": "retake", "max_retakes": 1}
    manifest = batch(desk, checks=checks)

    lines, told = desk.s2v("plan", manifest).out.splitlines(), desk.s2v("plan", manifest, "--json").document

    assert lines[-3:-1] == [
        "     26  buy at minimax for at most 16.90 USD",
        "     26  buy at most in place of videos that fail their checks; with them at most 33.80 USD",
    ]
    assert (told["retakes_at_most"], told["cost_at_most"]["amount"]) == (26, "33.80")
    assert [told["forecast"][name]["amount"] for name in ("cost_low", "cost_high")] == ["16.90", "33.80"]


def test_a_what_if_stands_beside_the_plan_and_says_which_limits_it_exceeds(desk: Desk) -> None:
    cases = ("--what-if", "rate=20/1m,in_flight=30", "--what-if", "in_flight=2,price=0.50 USD")

    done = desk.s2v("plan", batch(desk, limits={"in_flight": 3}), *cases)

    wide, narrow = done.out.splitlines()[-2:]
    assert wide == (
        "with rate=20/1m,in_flight=30: about 6 min (9 in 10 within 9 min), 21 min sooner, "
        "bound by the jobs themselves, for at most 16.90 USD; "
        "more than is known to be allowed (rate 5/1m of minimax, in_flight 3 of the manifest)"
    )
    assert narrow == (
        "with in_flight=2,price=0.50 USD: about 40 min (9 in 10 within 44 min), 12 min later, bound by in_flight 2, "
        "for at most 13.00 USD"
    )


def test_a_forecast_as_json_is_the_same_every_time(desk: Desk) -> None:
    words = ("plan", batch(desk), "--json", "--what-if", "rate=1/1m")

    first, again = desk.s2v(*words), desk.s2v(*words)

    assert first.out == again.out
    told = first.document
    cost = {"amount": "16.90", "currency": "USD"}
    assert told["forecast"]["binding"] == "rate 5/1m"
    assert told["forecast"]["p50_seconds"] < told["forecast"]["p90_seconds"]
    assert (told["forecast"]["cost_low"], told["forecast"]["cost_high"], told["spent"]) == (cost, cost, [])
    assert told["seconds_about"] == round(told["forecast"]["p50_seconds"])
    (what_if,) = told["what_if"]
    assert (what_if["what_if"], what_if["exceeds"]) == ("rate=1/1m", [])
    assert what_if["seconds_sooner"] == pytest.approx(told["forecast"]["p50_seconds"] - what_if["p50_seconds"], abs=0.2)


def test_a_price_that_is_not_known_stays_unknown(desk: Desk) -> None:
    done = desk.s2v("plan", desk.manifest(["one"], provider="vapi", providers={}), "--json")

    assert (done.document["forecast"]["cost_low"], done.document["forecast"]["cost_high"]) == (None, None)
    assert done.document["forecast"]["p50_seconds"] > 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("rat=20/1m", "found 'rat=20/1m', expected one of rate, in_flight, downloads, price with a value, such as "),
        ("rat=20/1m", "(did you mean rate?)"),
        ("rate", "found 'rate', expected one of rate, in_flight, downloads, price with a value"),
        ("rate=20", "found '20', expected a rate such as 5/1m"),
        ("in_flight=0", "found '0', expected a whole number above 0"),
        ("price=0.50", "found price '0.50', expected an amount such as '0.50 USD'"),
        ("in_flight=2,in_flight=3", "found 'in_flight=3' twice"),
    ],
)
def test_a_wrong_what_if_is_refused_in_one_line(desk: Desk, words: str, told: str) -> None:
    done = desk.s2v("plan", batch(desk), "--what-if", words)

    assert done.code == 2
    assert told in done.err.splitlines()[-1]


def test_a_run_is_held_against_its_forecast_in_summary_and_reports(desk: Desk) -> None:
    desk.manifest(["one", "two"])

    done = desk.s2v("run", "m.yaml")

    assert done.err.startswith("2 videos in about 4 min (9 in 10 within 5 min), bound by the jobs themselves\n")
    (line,) = (line for line in done.out.splitlines() if line.startswith("  time"))
    assert line.startswith("  time    about 4 min (9 in 10 within ")
    assert "; it took " in line
    told = forecast_in_report(desk)
    assert told["items"] == 2
    assert told["took_seconds"] < told["p50_seconds"] < told["p90_seconds"]
    assert told["ratio"] == pytest.approx(told["took_seconds"] / told["p50_seconds"], abs=0.001)
    assert "| forecast | about 4 min" in (desk.folder / "runs/try/report.md").read_text()
    assert desk.s2v("plan", "m.yaml").out.count("about") == 0


def test_a_run_that_had_nothing_to_do_leaves_the_forecast_of_the_last_one_that_had(desk: Desk) -> None:
    desk.manifest(["one"])
    desk.s2v("run", "m.yaml", "--quiet")
    before = forecast_in_report(desk)

    desk.s2v("run", "m.yaml", "--quiet")
    desk.s2v("report", "m.yaml")

    assert forecast_in_report(desk) == before


def test_a_run_that_was_stopped_has_a_forecast_and_nothing_to_hold_against_it(desk: Desk) -> None:
    desk.manifest(["slow 1", "slow 2"], limits={"in_flight": 1})

    desk.stop_after("accepted", "run", "m.yaml")

    told = forecast_in_report(desk)
    assert (told["items"], told["took_seconds"], told["ratio"]) == (2, None, None)


def test_a_journal_without_a_forecast_reads_as_before(desk: Desk) -> None:
    desk.manifest(["one"])
    desk.s2v("run", "m.yaml", "--quiet")
    with closing(sqlite3.connect(desk.folder / "runs/try/state.db")) as sql:
        sql.execute("DELETE FROM header WHERE key = 'forecast'")
        sql.commit()

    codes = [desk.s2v(*words).code for words in (("report", "m.yaml"), ("status", "m.yaml"), ("plan", "m.yaml"))]

    assert codes == [0, 0, 0]
    assert forecast_in_report(desk) is None
    assert "forecast" not in (desk.folder / "runs/try/report.md").read_text()


def forecast_in_report(desk: Desk) -> Any:
    return json.loads((desk.folder / "runs/try/report.json").read_text())["run"]["forecast"]


def test_a_request_in_doubt_that_holds_the_only_slot_is_counted_in_the_time_that_is_told(desk: Desk) -> None:
    manifest = desk.manifest(["lost [500]", "two", "three"], limits={"in_flight": 1})

    first = desk.stop_after("doubted", "run", manifest)
    plan = desk.s2v("plan", manifest).out

    assert first.err.splitlines()[0].startswith("3 videos in about 9 min")
    assert re.search(r"^0/3 done, 1 in doubt, about (20|21|22) min left", first.err, re.MULTILINE), first.err
    assert re.search(r"about (20|21|22) min .*, bound by in_flight 1 of the manifest$", plan, re.MULTILINE), plan


def test_a_pause_that_was_asked_for_with_a_server_error_is_counted_in_the_time_that_is_told(
    shop: Desk, counter: Counter
) -> None:
    counter.trap("submit", "one", lambda talk: talk.answer(b"busy", status=503, headers={"Retry-After": "3600"}))
    manifest = shop.manifest(["one", "two"])
    shop.stop_after("doubted", "run", manifest, "--only", "a")
    assert shop.s2v("resolve", manifest, "a", "--resubmit").code == 0

    plan, again = shop.s2v("plan", manifest).out, shop.start("run", manifest)
    assert again.stderr is not None
    told = again.stderr.readline()
    again.kill()
    again.communicate()

    assert re.search(r"about 1 h [0-9]+ min ", plan), plan
    assert re.match(r"2 videos in about 1 h [0-9]+ min ", told), told


def test_a_doubt_of_an_earlier_run_is_not_taken_for_something_to_be_bought(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["lost [500]"]))
    manifest = desk.manifest(["lost [500]", "slow [slow]"], limits={"in_flight": 2})

    again = desk.stop_after("accepted", "run", manifest)

    assert re.search(r"^0/2 done, 1 running, .* spent, about [2-4] min left", again.err, re.MULTILINE), again.err
