"""The steps of each item as OpenTelemetry spans: submit, wait, fetch and check below one span for the item.

A span is made when its step is over, from the times that stand in the journal, so that nothing is left open around a
poll. It tells who was asked, for which model, the job, and how it ended; never a prompt, a link or a provider's words.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ... import __version__
from ...core.life.state import Phase, State
from ...errors import ConfigError
from ...events import Accepted, Broke, Checked, Doubted, Event, Finished, Judged, Refused, Saved, Spoiled, Stamped
from ...values import dataclass
from .watcher import OfFacts

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer
    from requests import Response, Session

_TIMEOUT_S: Final = 3.0  # for a collector to take a batch
_PATIENCE_S: Final = 5.0  # with a collector at the end of a run: a batch may be under way before the last one
_ELSEWHERE: Final = range(300, 400)
_OTHERS: Final = "_CREDENTIAL_PROVIDER"  # how OpenTelemetry's variables end that name who signs in at a collector
_REST: Final = frozenset({Phase.DONE, Phase.REVIEW, Phase.FAILED})


_GAP: Final = re.compile(r"%[-+ #0]*[0-9]*(?:\.[0-9]+)?[sdrfgx]")
"""Where a template of the logging module has a value put in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step that is over: since when it went on, in seconds, and the kind of its failure, if it failed."""

    name: str
    since: float | None
    error: str | None = None


def _step_of(state: State, event: Event) -> Step | None:
    """Return the step that this fact ended; `state` is the item's state after it."""
    match event:
        case Accepted():
            return Step(name="submit", since=state.intended_at)
        case Refused(verdict=verdict):
            return Step(name="submit", since=state.intended_at, error=verdict.kind.value)
        case Doubted():
            return Step(name="submit", since=state.intended_at, error="in_doubt")
        case Finished():
            return Step(name="wait", since=state.accepted_at)
        case Broke(verdict=verdict):
            return Step(name="wait", since=state.accepted_at, error=verdict.kind.value)
        case Saved():
            return Step(name="fetch", since=state.finished_at)
        case Checked():
            return Step(name="check", since=state.saved_at)
        case Judged(judgement=judgement):
            worst = judgement.worst
            return Step(name="check", since=state.saved_at, error=worst.check if worst else "checks")
        case Spoiled():
            return Step(name="check", since=state.saved_at, error="spoiled")
        case _:
            return None


class Spans(OfFacts):
    """A watcher that makes the spans; `tracer` is OpenTelemetry's, and `ended` is called when no more will come."""

    def __init__(self, tracer: Tracer, *, ended: Callable[[], None], patience_s: float = _PATIENCE_S) -> None:
        """Wait as long as `patience_s` until the last spans have gone out."""
        self._tracer, self._ended, self._patience_s = tracer, ended, patience_s
        self._items: dict[str, Span] = {}
        self._last_at = 0.0

    def saw(self, state: State, stamped: Stamped) -> None:
        """Make the span of a step that is over, and end that of an item at rest."""
        self._last_at = stamped.at
        if step := _step_of(state, stamped.event):
            self._make(step, state, stamped.at)
        is_doubted = isinstance(stamped.event, Doubted)
        if (state.phase in _REST or is_doubted) and (item := self._items.pop(state.item.key, None)):
            item.set_attribute("s2v.outcome", state.phase.value)
            item.end(_ns(stamped.at))

    def close(self) -> None:
        """End what is still open as open, and let the spans go out."""
        for item in self._items.values():
            item.set_attribute("s2v.outcome", "open")
            item.end(_ns(self._last_at))
        self._items.clear()
        ending = threading.Thread(target=self._ended, daemon=True)  # a collector may drip: it keeps no run waiting
        ending.start()
        ending.join(self._patience_s)

    def _make(self, step: Step, state: State, at: float) -> None:
        from opentelemetry.trace import Status, StatusCode, set_span_in_context  # noqa: PLC0415 -- an extra

        parent = self._item_of(state, at)
        made = self._tracer.start_span(
            step.name, context=set_span_in_context(parent), start_time=_ns(step.since or at), attributes=_facts(state)
        )
        if step.error:
            made.set_attribute("error.type", step.error)
            made.set_status(Status(StatusCode.ERROR))
        made.end(_ns(at))

    def _item_of(self, state: State, at: float) -> Span:
        key = state.item.key
        if key not in self._items:
            began = _ns(state.intended_at or at)
            told = {"s2v.item": state.item.id, "s2v.key": key}
            self._items[key] = self._tracer.start_span("item", start_time=began, attributes=told)
        return self._items[key]


def _facts(state: State) -> Mapping[str, str]:
    """Return attributes by the names that OpenTelemetry gives to generative AI."""
    facts = {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.output.type": "video",
        "gen_ai.provider.name": state.provider or "unknown",
        "gen_ai.request.model": state.item.model,
    }
    return facts | ({"gen_ai.response.id": state.job_id} if state.job_id else {})


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)


def exported_spans(name: str, *, warn: Callable[[str], None]) -> Spans:
    """Return a watcher whose spans go where the OTEL_* variables say, over OTLP; `name` is the run's.

    Raise ConfigError where the extra is not installed, or such a variable cannot be gone by. A collector that takes
    nothing is told of once, and harms none.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 -- an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 -- the same
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 -- the same
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 -- the same
    except ImportError as error:
        raise ConfigError("--traces needs OpenTelemetry: pip install 's2v-runner[otel]'") from error
    log = logging.getLogger("opentelemetry")
    log.propagate = False
    log.addHandler(_Once(warn))
    try:
        resource = Resource.create({"service.name": "s2v", "service.version": __version__, "s2v.run": name})
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=_TIMEOUT_S, session=_session(log))))
    except ValueError as error:
        why = str(error).rstrip(".")
        raise ConfigError(f"--traces: an OTEL_* variable cannot be gone by: {why}; correct or unset it") from error
    return Spans(provider.get_tracer("s2v", __version__), ended=provider.shutdown)


def _session(log: logging.Logger) -> Session | None:
    """Return what follows no redirect and complains of one, which an exporter takes for success or follows by a GET.

    None where a variable names somebody else's session.
    """
    from requests import Session  # noqa: PLC0415 -- comes with the exporter

    if any(name.endswith(_OTHERS) for name in os.environ):
        return None

    def complain(answer: Response, **_: object) -> None:
        if answer.status_code in _ELSEWHERE:
            log.error("the collector answered with status %d, which takes nothing", answer.status_code)

    session = Session()
    session.max_redirects = 0
    session.hooks["response"].append(complain)
    return session


class _Once(logging.Handler):
    """Tells of the first complaint that OpenTelemetry logs, and of no other.

    It is told without what was put into it, but for numbers and kinds of errors: a header, an address or a collector's
    answer may hold a token.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._warn: Callable[[str], None] | None = warn

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of a complaint."""
        warn, self._warn = self._warn, None
        if warn is not None:
            warn(f"traces do not arrive, the run goes on: {_discreet(record)}; look at the OTEL_* variables")


def _discreet(record: logging.LogRecord) -> str:
    """Return a complaint with what stands in it left out, unless it is a number or the kind of an error."""
    given = record.args if isinstance(record.args, tuple) else (record.args,)
    if len(_GAP.findall(str(record.msg))) != len(given):
        return "OpenTelemetry complains"
    words = iter(given)
    return _GAP.sub(lambda _: _word(next(words)), str(record.msg)).rstrip(".")


def _word(given: object) -> str:
    match given:
        case BaseException():
            return type(given).__name__
        case int() | float():
            return f"{given:g}"
        case _:
            return "..."
