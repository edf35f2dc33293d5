"""The numbers of a run that goes on, in the text format of Prometheus (version 0.0.4).

Labels have few values: phases, providers, currencies and our own kinds of a provider's no; never an item, a prompt, or
a word that a provider chose. Counters start at zero with each run, as Prometheus expects of a process.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from ..core.life.state import Phase, State
from ..events import Accepted, Broke, Doubted, Event, Finished, Refused, Saved, Settled, Stamped
from ..model import Money
from .text import amount

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S: Final = (15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)
"""Upper bounds of a job's length; S2V-01 takes some minutes."""
AT_PROVIDER: Final = frozenset({Phase.IN_DOUBT, Phase.RUNNING})

_Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counts facts, beginning with where the items of a run already are.

    `phases` counts all of them, `known` gives the phase, by key, of those that neither wait nor are done, and `flying`
    the provider of those that are at one.
    """

    def __init__(
        self,
        *,
        name: str,
        version: str,
        phases: Mapping[Phase, int],
        known: Mapping[str, Phase],
        flying: Mapping[str, str],
    ) -> None:
        self._info: _Labels = (("name", name), ("version", version))
        self._phases = Counter(phases)
        self._known = dict(known)
        self._flying = dict(flying)
        self._bought: Counter[_Labels] = Counter()
        self._spent: Counter[str] = Counter()
        self._refusals: Counter[_Labels] = Counter()
        self._doubts: Counter[_Labels] = Counter()
        self._broken: Counter[_Labels] = Counter()
        self._bytes = 0
        self._lengths: dict[_Labels, list[int]] = {}
        self._seconds: dict[_Labels, float] = {}
        self._last_at = 0.0
        self._is_running = True

    def saw(self, state: State, stamped: Stamped) -> None:
        """Count one fact, after which the item is in `state`."""
        self._last_at = stamped.at
        self._move(state)
        self._count(state, stamped.event, stamped.at)

    def ended(self) -> None:
        """Note that the run is over."""
        self._is_running = False

    def text(self) -> str:
        """Return all numbers as they are now."""
        return "".join(self._lines())

    def _move(self, state: State) -> None:
        key = state.item.key
        self._phases[self._known.pop(key, Phase.PLANNED)] -= 1
        self._phases[state.phase] += 1
        if state.phase not in {Phase.PLANNED, Phase.DONE}:  # what is done stays done, and need not be remembered
            self._known[key] = state.phase
        self._flying.pop(key, None)
        if state.phase in AT_PROVIDER:
            self._flying[key] = state.provider or ""

    def _count(self, state: State, event: Event, at: float) -> None:
        at_provider = (("provider", state.provider or ""),)
        match event:
            case Accepted() | Settled() if state.accepted_at == at:
                self._bought[at_provider] += 1
                if state.price is not None:
                    self._spent[state.price.currency] += state.price.micros
            case Refused(verdict=verdict):
                self._refusals[(*at_provider, ("kind", verdict.kind.value))] += 1
            case Doubted():
                self._doubts[at_provider] += 1
            case Broke(verdict=verdict):
                self._broken[(*at_provider, ("kind", verdict.kind.value))] += 1
            case Finished() if state.accepted_at is not None:
                self._time(at_provider, max(at - state.accepted_at, 0.0))
            case Saved(artifact=artifact):
                self._bytes += artifact.bytes_
            case _:
                pass

    def _time(self, labels: _Labels, seconds: float) -> None:
        counts = self._lengths.setdefault(labels, [0] * (len(BUCKETS_S) + 1))
        counts[bisect_left(BUCKETS_S, seconds)] += 1
        self._seconds[labels] = self._seconds.get(labels, 0.0) + seconds

    def _lines(self) -> Iterator[str]:
        flying = Counter(self._flying.values())
        yield from _family("s2v_run_info", "gauge", "The run, always 1.", {self._info: 1})
        yield from _family(
            "s2v_running", "gauge", "1 while the run goes on, 0 after its end.", {(): int(self._is_running)}
        )
        yield from _family(
            "s2v_items", "gauge", "Items of the run by phase.",
            {(("phase", phase.value),): self._phases[phase] for phase in Phase},
        )  # fmt: skip
        yield from _family(
            "s2v_in_flight", "gauge", "Items being bought, in doubt or at the provider.",
            {(("provider", provider),): flying[provider] for provider in flying},
        )  # fmt: skip
        yield from _family("s2v_jobs_bought_total", "counter", "Jobs that were paid for.", self._bought)
        yield from _family(
            "s2v_spent_total", "counter", "Price of those jobs, as far as it is known, in units of the currency.",
            {
                (("currency", currency),): amount(Money(micros=micros, currency=currency))
                for currency, micros in self._spent.items()
            },
        )  # fmt: skip
        yield from _family(
            "s2v_refusals_total", "counter", "Submits that were refused and bought nothing.", self._refusals
        )
        yield from _family("s2v_doubts_total", "counter", "Submits that got no clear answer.", self._doubts)
        yield from _family("s2v_jobs_broken_total", "counter", "Paid jobs that failed at the provider.", self._broken)
        yield from _family("s2v_fetched_bytes_total", "counter", "Bytes of videos that came home.", {(): self._bytes})
        yield from _histogram(
            "s2v_job_duration_seconds", "From the purchase to the finished video.", self._lengths, self._seconds
        )
        yield from _family(
            "s2v_last_event_timestamp_seconds", "gauge", "When something happened last, seconds since 1970.",
            {(): f"{self._last_at:.3f}"},
        )  # fmt: skip


def _family(name: str, kind: str, help_: str, values: Mapping[_Labels, object]) -> Iterator[str]:
    yield f"# HELP {name} {help_}\n# TYPE {name} {kind}\n"
    for labels, value in sorted(values.items()):
        yield f"{name}{_labelled(labels)} {value}\n"


def _histogram(
    name: str, help_: str, lengths: Mapping[_Labels, list[int]], seconds: Mapping[_Labels, float]
) -> Iterator[str]:
    yield f"# HELP {name} {help_}\n# TYPE {name} histogram\n"
    for labels, counts in sorted(lengths.items()):
        total = 0
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), counts, strict=True):
            total += count
            yield f"{name}_bucket{_labelled((*labels, ('le', bound)))} {total}\n"
        yield f"{name}_sum{_labelled(labels)} {seconds[labels]:.3f}\n{name}_count{_labelled(labels)} {total}\n"


def _labelled(labels: _Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
