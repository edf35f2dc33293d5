"""Spans of a run, as OpenTelemetry's own exporter gets them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracer
from told_lives import CLIP, FULL, NO, OTHERS, artifact, intent, item, told

from runner.core.life.lifecycle import fold
from runner.edge.watch.spans import Spans
from runner.events import Accepted, Broke, Checked, Doubted, Event, Finished, Judged, Refused, Saved, Spoiled
from runner.model import Output

TOOK = Accepted(job_id="j-1")
MADE = Finished(output=Output(url="https://cdn.example/v.mp4?sig=canary"))
CAME = Saved(artifact=artifact(b"film"))
HOME = (intent(), TOOK, MADE, CAME)
SPOILT = Spoiled(reason="canary", final=True)
REFUSED = Refused(verdict=NO, final=True, retry_at=0.0)


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    made = InMemorySpanExporter()
    yield made
    made.shutdown()


def spans_of(exporter: InMemorySpanExporter, events: Sequence[Event], *, since: int = 1) -> list[Any]:
    """Let these events happen to an item, of which the watcher sees those from `since` on; return the spans."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans = Spans(provider.get_tracer("test"), ended=provider.shutdown)
    life = told(item("wink", prompt="canary", tags=("canary",)), *events)
    for n in range(since, len(life)):
        spans.saw(fold(life[: n + 1]), life[n])
    spans.close()
    return list(exporter.get_finished_spans())


@pytest.mark.parametrize(
    ("events", "steps", "outcome"),
    [
        pytest.param((*HOME, Checked(clip=CLIP)), ["submit", "wait", "fetch", "check"], "done", id="done"),
        pytest.param((intent(), REFUSED), ["submit rate"], "failed", id="refused"),
        pytest.param((intent(), Doubted(reason="canary")), ["submit in_doubt"], "in_doubt", id="in doubt"),
        pytest.param((intent(), TOOK, Broke(verdict=NO)), ["submit", "wait rate"], "failed", id="broke"),
        pytest.param((*HOME, SPOILT), ["submit", "wait", "fetch", "check spoiled"], "failed", id="spoiled"),
        pytest.param((*HOME, FULL[Judged]), ["submit", "wait", "fetch", "check distance"], "open", id="taken again"),
        pytest.param((*HOME, OTHERS[Judged]), ["submit", "wait", "fetch", "check distance"], "review", id="in review"),
        pytest.param((intent(), TOOK), ["submit"], "open", id="open at the end"),
    ],
)
def test_every_step_is_a_span_below_its_items(
    exporter: InMemorySpanExporter, events: tuple[Event, ...], steps: list[str], outcome: str
) -> None:
    *made, whole = spans_of(exporter, events)

    assert [f"{each.name} {each.attributes.get('error.type', '')}".strip() for each in made] == steps
    assert {each.parent.span_id for each in made} == {whole.context.span_id}
    assert (whole.name, whole.attributes["s2v.item"], whole.attributes["s2v.outcome"]) == ("item", "wink", outcome)
    assert [each.status.is_ok for each in made] == [" " not in step for step in steps]


def test_spans_last_as_long_as_the_journal_says_and_follow_one_another(exporter: InMemorySpanExporter) -> None:
    *made, whole = spans_of(exporter, (*HOME, Checked(clip=CLIP)))

    assert [(each.start_time / 1e9, each.end_time / 1e9) for each in made] == [(1, 2), (2, 3), (3, 4), (4, 5)]
    assert (whole.start_time / 1e9, whole.end_time / 1e9) == (1, 5)


def test_a_step_that_began_in_an_earlier_run_has_its_whole_length(exporter: InMemorySpanExporter) -> None:
    wait, whole = spans_of(exporter, (intent(), TOOK, MADE), since=3)

    assert (wait.name, wait.start_time / 1e9, wait.end_time / 1e9) == ("wait", 2, 3)
    assert whole.start_time / 1e9 == 1


def test_a_span_names_provider_model_and_job_and_no_word_of_prompt_link_or_provider(
    exporter: InMemorySpanExporter,
) -> None:
    spans = spans_of(exporter, (*HOME, SPOILT))

    assert dict(spans[1].attributes) == {
        "gen_ai.operation.name": "generate_content", "gen_ai.output.type": "video", "gen_ai.provider.name": "minimax",
        "gen_ai.request.model": "S2V-01", "gen_ai.response.id": "j-1",
    }  # fmt: skip
    assert "canary" not in "".join(each.to_json() for each in spans)


def test_a_collector_that_takes_no_end_keeps_no_run_waiting() -> None:
    released = threading.Event()

    def end() -> None:
        released.wait()

    Spans(NoOpTracer(), ended=end, patience_s=0.0).close()

    assert not released.is_set()
    released.set()
