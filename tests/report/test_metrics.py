"""The numbers of a run, read back by Prometheus' own reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from histories import NASTY, PRICE, START, intent, item, no, refused, until_done
from injections import CORPUS
from prometheus_client.parser import text_string_to_metric_families

from runner.core.life.lifecycle import apply
from runner.core.life.state import Phase, State
from runner.events import Accepted, Broke, Doubted, Event, Finished, Saved, Stamped
from runner.model import Artifact, Money, Output
from runner.report.metrics import BUCKETS_S, Metrics

EIGHT: Mapping[Phase, int] = {Phase.PLANNED: 6, Phase.DONE: 2}


def metrics(name: str = "winks", **changes: object) -> Metrics:
    plain: dict[str, object] = {"name": name, "version": "0.1.0", "phases": EIGHT, "known": {}, "flying": {}}
    return Metrics(**(plain | changes))  # type: ignore[arg-type]  # keys are its own parameters


def live(counted: Metrics, id_: str, *events: Event, every_s: float = 10.0, known: State | None = None) -> State:
    """Let these events happen to an item, so many seconds apart, and be counted."""
    state = known or State(item=item(id_))
    for n, event in enumerate(events, 1):
        stamped = Stamped(at=START + n * every_s, event=event)
        state = apply(state, stamped)
        counted.saw(state, stamped)
    return state


def read(counted: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample by name and labels; each family has help and a type."""
    families = list(text_string_to_metric_families(counted.text()))
    assert [each.name for each in families if not each.documentation or each.type == "unknown"] == []
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for each in families
        for sample in each.samples
    }


def a_day(counted: Metrics) -> None:
    live(counted, "wink", *until_done("wink"))
    live(counted, "no", intent(), refused())
    live(counted, "lost", intent(), Doubted(reason="time-out"))
    live(counted, "broke", intent(), Accepted(job_id="j"), Broke(verdict=no("1027", NASTY)))
    live(
        counted, "far", intent(provider="minimax", price=Money(micros=3_000_000, currency="CNY")), Accepted(job_id="k")
    )


def test_every_number_of_a_run_is_told() -> None:
    counted = metrics()
    a_day(counted)

    told = read(counted)

    at_vapi, at_minimax = (("provider", "vapi"),), (("provider", "minimax"),)
    phases = {labels[0][1]: value for (name, labels), value in told.items() if name == "s2v_items"}
    assert phases == {
        "planned": 1,
        "in_doubt": 1,
        "running": 1,
        "ready": 0,
        "saved": 0,
        "review": 0,
        "done": 3,
        "failed": 2,
        "purged": 0,
    }
    assert {key: value for key, value in told.items() if "bucket" not in key[0] and key[0] != "s2v_items"} == {
        ("s2v_run_info", (("name", "winks"), ("version", "0.1.0"))): 1,
        ("s2v_running", ()): 1,
        ("s2v_in_flight", at_vapi): 1,
        ("s2v_in_flight", at_minimax): 1,
        ("s2v_jobs_bought_total", at_vapi): 2,
        ("s2v_jobs_bought_total", at_minimax): 1,
        ("s2v_spent_total", (("currency", "USD"),)): 2 * PRICE.micros / 1e6,
        ("s2v_spent_total", (("currency", "CNY"),)): 3,
        ("s2v_refusals_total", (("kind", "content"), *at_vapi)): 1,
        ("s2v_doubts_total", at_vapi): 1,
        ("s2v_jobs_broken_total", (("kind", "content"), *at_vapi)): 1,
        ("s2v_fetched_bytes_total", ()): 1_500_000,
        ("s2v_job_duration_seconds_sum", at_vapi): 10,
        ("s2v_job_duration_seconds_count", at_vapi): 1,
        ("s2v_last_event_timestamp_seconds", ()): START + 20,
    }


@pytest.mark.parametrize("seconds", [0.0, 15.0, 15.5, 240.0, 3600.0, 9999.0])
def test_a_job_is_in_every_bucket_that_is_long_enough(seconds: float) -> None:
    counted = metrics()
    live(counted, "a", intent(), Accepted(job_id="j"), Finished(output=Output(file_id="1")), every_s=seconds)

    buckets = {
        dict(labels)["le"]: value for (name, labels), value in read(counted).items()
        if name == "s2v_job_duration_seconds_bucket"
    }  # fmt: skip
    assert buckets == {**{str(bound): float(seconds <= bound) for bound in BUCKETS_S}, "+Inf": 1.0}


def test_a_run_that_goes_on_with_jobs_of_the_last_one_counts_them_where_they_are() -> None:
    state = live(metrics(), "a", intent(), Accepted(job_id="j"))
    key, phases = state.item.key, {Phase.RUNNING: 1, Phase.PLANNED: 1}
    counted = metrics(phases=phases, known={key: Phase.RUNNING}, flying={key: "vapi"})
    before = read(counted)

    came = Finished(output=Output(file_id="1")), Saved(artifact=Artifact(bytes_=5, sha256="b" * 64))
    live(counted, "a", *came, known=replace(state))

    after = read(counted)
    assert before["s2v_in_flight", (("provider", "vapi"),)] == 1
    assert ("s2v_in_flight", (("provider", "vapi"),)) not in after
    assert after["s2v_items", (("phase", "running"),)] == 0
    assert after["s2v_items", (("phase", "saved"),)] == 1
    assert after["s2v_items", (("phase", "planned"),)] == 1


def test_an_ended_run_says_so() -> None:
    counted = metrics()

    counted.ended()

    assert read(counted)["s2v_running", ()] == 0


@pytest.mark.parametrize("words", CORPUS, ids=[str(n) for n in range(len(CORPUS))])
def test_no_word_of_others_makes_a_sample_or_a_label(words: str) -> None:
    plain, counted = metrics(), metrics(name=words)
    for each, said in ((plain, "no"), (counted, words)):
        live(each, "a", intent(), Accepted(job_id=said), Broke(verdict=no(said, said)))

    told = read(counted)

    assert len(told) == len(read(plain))
    assert ("s2v_run_info", (("name", words), ("version", "0.1.0"))) in told
