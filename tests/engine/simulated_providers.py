"""Thirty-six simulated provider configurations: submit rates, caps, how long jobs take, how many items, what fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from pathlib import Path
from random import Random

from jumping_clock import START
from studio import Script, Studio, says
from worlds import PACE, World, item

from runner.core.outlook.latency import guessed
from runner.core.outlook.looking import Polls
from runner.core.outlook.outlook import Outlook
from runner.core.outlook.schedule import Widths
from runner.events import Broke, Checked, Stamped
from runner.model import Limits, Rate

_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One provider and one batch. `job_s` is the mean of its jobs, `spread` the deviation of the logarithm."""

    name: str
    items: int
    job_s: float
    spread: float = 0.4
    rate: Rate | None = None
    in_flight: int | None = None
    failures: float = 0.0
    refused: float = 0.0

    def scripts(self, draw: int = 0) -> Mapping[str, Script]:
        """Return what each item meets, drawn by the name of the configuration and the number of the draw."""
        chance = Random(f"{self.name} {draw}" if draw else self.name)
        return {id_: self._script(chance) for id_ in self.ids}

    @property
    def ids(self) -> list[str]:
        return [f"i{number}" for number in range(self.items)]

    def _script(self, chance: Random) -> Script:
        life_s = self.job_s * exp(chance.gauss(-(self.spread**2) / 2, self.spread))
        fails, is_refused = chance.random() < self.failures, chance.random() < self.refused
        submits = (says(1026),) if is_refused else ()
        return Script(life_s=life_s, submits=submits, status="Fail" if fails else "Success", code=1027 if fails else 0)

    def outlook(self, *, trait: float = 1.0, learns: bool = False) -> Outlook:
        """Return what a run of the product begins with; `trait` is by how much the trait is wrong."""
        rates = () if self.rate is None else (self.rate,)
        return Outlook(
            provider="studio", bounds=Widths(rates=rates, in_flight=self.in_flight, downloads=Limits().downloads),
            guess=guessed(trait * self.job_s, Polls(first_s=PACE.first_s, every_s=PACE.every_s, learns=learns)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was forecast of a batch and how long it took, in seconds: all of it, and what was left after a tenth."""

    cold_s: float
    took_s: float
    later_s: float
    left_s: float

    @property
    def cold(self) -> float:
        """Return by which part of the actual time the forecast of the whole was off."""
        return self.cold_s / self.took_s - 1

    @property
    def later(self) -> float:
        """Return the same of the rest after a tenth of the items."""
        return self.later_s / self.left_s - 1


def tried(
    configuration: Configuration, folder: Path, *, trait: float = 1.0, learns: bool = False, draw: int = 0
) -> Trial:
    """Run a batch in simulated time, and hold two forecasts against it: before it, and after a tenth of its items.

    Jobs are asked after every ten seconds or, where the run `learns`, as it finds best. A `draw` is of their times.
    """
    rates = () if configuration.rate is None else (configuration.rate,)
    world = World(
        folder=folder, ids=configuration.ids, studio=Studio(scripts=configuration.scripts(draw)), rates=rates,
        in_flight=configuration.in_flight, learns=learns,
    )  # fmt: skip
    world.run()
    end_s = max(at for at, _, _ in world.diary.pages)
    cold, later = (configuration.outlook(trait=trait, learns=learns) for _ in range(2))
    begun = [(at, id_, event) for at, id_, event in world.diary.pages]
    rests = [at for at, _, event in begun if isinstance(event, Broke | Checked)]
    then_s = rests[max(0, configuration.items // 10 - 1)]
    places: dict[str, str] = {}
    for at, id_, event in begun:
        if at <= then_s:
            later.saw(item(id_).key, Stamped(at=START + at, event=event))
            places[id_] = type(event).__name__
    counts = [places.get(id_) for id_ in configuration.ids]
    running, fetches = (
        sum(p in {"Intended", "Accepted", "Seen"} for p in counts),
        counts.count("Finished") + counts.count("Saved"),
    )
    rest = later.forecast(START + then_s, buys=counts.count(None), running=running, fetches=fetches)
    return Trial(
        cold_s=cold.forecast(START, buys=configuration.items).p50_s, took_s=end_s,
        later_s=rest.p50_s, left_s=end_s - then_s,
    )  # fmt: skip


def _rate(count: int, window_s: float = _MINUTE) -> Rate:
    return Rate(count=count, window_s=window_s)


CONFIGURATIONS = (
    Configuration(name="minimax as documented", items=60, job_s=120, rate=_rate(5)),
    Configuration(name="minimax, a long night", items=600, job_s=150, rate=_rate(5)),
    Configuration(name="minimax, three at a time", items=150, job_s=120, rate=_rate(5), in_flight=3),
    Configuration(name="one at a time", items=150, job_s=90, in_flight=1),
    Configuration(name="one at a time, steady", items=40, job_s=60, spread=0.0, in_flight=1),
    Configuration(name="three at a time", items=200, job_s=180, in_flight=3),
    Configuration(name="three at a time, wild", items=400, job_s=180, spread=0.7, in_flight=3),
    Configuration(name="three at a time, steady", items=90, job_s=75, spread=0.05, in_flight=3),
    Configuration(name="ten at a time", items=300, job_s=120, in_flight=10),
    Configuration(name="ten at a time, wild", items=600, job_s=120, spread=0.8, in_flight=10),
    Configuration(name="thirty at a time", items=500, job_s=150, in_flight=30),
    Configuration(name="fifty at a time, steady", items=800, job_s=60, spread=0.1, in_flight=50),
    Configuration(name="twenty a minute", items=200, job_s=90, rate=_rate(20)),
    Configuration(name="twenty a minute, ten at a time", items=300, job_s=60, rate=_rate(20), in_flight=10),
    Configuration(name="rate and cap alike", items=150, job_s=60, rate=_rate(5), in_flight=6),
    Configuration(name="thirty in six seconds", items=400, job_s=120, rate=_rate(30, 6.0)),
    Configuration(name="thirty in six seconds, capped", items=400, job_s=120, rate=_rate(30, 6.0), in_flight=20),
    Configuration(name="hundred an hour", items=350, job_s=180, rate=_rate(100, 3600.0)),
    Configuration(name="one a minute", items=60, job_s=240, rate=_rate(1)),
    Configuration(name="one in ten seconds", items=150, job_s=45, rate=_rate(1, 10.0)),
    Configuration(name="two in thirty seconds, steady", items=80, job_s=100, spread=0.02, rate=_rate(2, 30.0)),
    Configuration(name="quick jobs", items=300, job_s=10, in_flight=5),
    Configuration(name="quick jobs, rated", items=300, job_s=15, spread=0.3, rate=_rate(60)),
    Configuration(name="slow jobs", items=200, job_s=900, in_flight=6),
    Configuration(name="slow jobs, rated", items=300, job_s=600, rate=_rate(5)),
    Configuration(name="a tenth fails", items=250, job_s=120, failures=0.1, in_flight=5),
    Configuration(name="a third fails", items=150, job_s=120, failures=0.33, rate=_rate(10)),
    Configuration(name="some are refused", items=250, job_s=120, refused=0.05, in_flight=5),
    Configuration(name="some are refused, rated", items=250, job_s=120, refused=0.1, rate=_rate(8)),
    Configuration(name="failures and refusals", items=400, job_s=90, failures=0.1, refused=0.05, in_flight=8),
    Configuration(name="a small batch", items=24, job_s=120, rate=_rate(5), in_flight=4),
    Configuration(name="a large batch", items=2500, job_s=120, rate=_rate(60), in_flight=200),
    Configuration(name="a large batch, capped", items=2000, job_s=100, in_flight=40),
    Configuration(name="modellix as documented", items=250, job_s=180, rate=_rate(60), in_flight=3),
    Configuration(name="everything at once", items=100, job_s=150, spread=0.3),
    Configuration(name="everything at once, steady", items=400, job_s=150, spread=0.1),
)
