"""The limits of the accounts at the service, held to its own books: when each job came, and when it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from storm_rules import asked, rule, unanswered

TASKS: Final = "SELECT dialect || ' ' || account, task_id, prompt, accepted_at, made_at FROM task ORDER BY accepted_at"
OURS: Final = "prompt number"  # how the prompts of the main run begin; the neighbour's are others
LEAST: Final = 1e-3  # s, by which the clocks of two processes may differ


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job at the service; `ended` is None while it is not made."""

    account: str
    id: str
    prompt: str
    at: float
    ended: float | None

    def is_open(self, at: float) -> bool:
        return self.at <= at and (self.ended is None or self.ended > at)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """So many submits in a window of seconds, so many jobs at one time; None where nobody says."""

    rate: tuple[int, float] | None = None
    in_flight: int | None = None

    def keys(self) -> dict[str, object]:
        """Return them as a manifest has them."""
        rate = {} if self.rate is None else {"rate": f"{self.rate[0]}/{self.rate[1]:g}s"}
        return rate | ({} if self.in_flight is None else {"in_flight": self.in_flight})

    def hold(self, jobs: Sequence[Job], judged: Collection[Job], words: str) -> None:
        """Hold those jobs of one account that are judged to the bounds; all that are open take up room."""
        mine = [job for job in jobs if job in judged]
        for number, job in enumerate(mine):
            if self.rate is not None:
                count, window_s = self.rate
                within = [each for each in mine[: number + 1] if each.at > job.at - window_s + LEAST]
                rule(f"{words}: the rate is kept", len(within) <= count, within, self.rate)
            if self.in_flight is not None:
                found = [each for each in jobs if each.is_open(job.at)]
                rule(f"{words}: what is in flight is kept", len(found) <= self.in_flight, found, self.in_flight)


@dataclass
class Account:
    """What the provider's limits are, since when, and what ended otherwise than the service's books say.

    `misled` gives the jobs and the prompts of which somebody was told that they ended, or that they never were.
    """

    folder: Path
    misled: Callable[[], tuple[Collection[str], Collection[str]]]
    bounds: Bounds = field(default_factory=Bounds)
    since: float = 0.0

    def change(self, bounds: Bounds | None = None) -> None:
        """Let other limits hold from now on, or the same ones begin anew, as nobody knows any more what came before."""
        self.bounds, self.since = bounds or self.bounds, time.time()

    def jobs(self) -> list[Job]:
        """Return the jobs by when they came, as those know them who ordered them."""
        ids, prompts = self.misled()
        names = ("account", "id", "prompt", "at", "ended")
        found = [Job(**dict(zip(names, row, strict=True))) for row in asked(self.folder / "service.db", TASKS)]
        return [replace(job, ended=job.at) if job.id in ids or job.prompt in prompts else job for job in found]

    def hold(self) -> None:
        """Hold all runs together to what the provider allows."""
        jobs = self.jobs()
        self._hold(self.bounds, jobs, [job for job in jobs if job.at > self.since], "all runs together")

    def told(self, bounds: Bounds, home: Path) -> Callable[[], None]:
        """Return what holds a run, when it has ended, to the bounds that it was told just now."""
        under_way = unanswered(home)
        since = time.time()

        def hold() -> None:
            jobs = [job for job in self.jobs() if OURS in job.prompt]
            self._hold(bounds, jobs, [job for job in jobs if job.at > since][under_way:], "a run that was told")

        return hold

    def _hold(self, bounds: Bounds, jobs: Sequence[Job], judged: Sequence[Job], words: str) -> None:
        for account in {job.account for job in judged}:
            bounds.hold([job for job in jobs if job.account == account], judged, words)
