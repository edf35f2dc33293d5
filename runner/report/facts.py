"""What a report says of the run as a whole, beside its items."""

from __future__ import annotations

from ..model import Money
from ..values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What a run was forecast to take when it began, and what it took, in seconds.

    `items` were left to do, one run of two takes less than `p50_s` and nine of ten less than `p90_s`, and `binding` is
    what held it up. `took_s` is None until a run came to its end, and for ever where it was stopped before.
    """

    at: float
    items: int
    p50_s: float
    p90_s: float
    binding: str
    took_s: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return what it took as a part of what was forecast; None where there is nothing to compare."""
        return self.took_s / self.p50_s if self.took_s is not None and self.p50_s else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The manifest's cap on all that is spent in a folder, and what one video costs at the provider asked first."""

    cap: Money
    price: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Where the numbers come from.

    Nothing here depends on the folder or the day. `manifest` is the word that commands in the report name the manifest
    by: a relative path that can be pasted, never an absolute one. `shard` is `1/4` for a part of the manifest, else
    None; `unmerged` are the shards that lack in a run of which others were merged into it. `in_flight` and `rates` are
    the limits under which the run bought last, as they are shown; none where nobody set one. `forecast` is that of the
    newest run that had something to do; None in a journal without one. `budget` is that of the newest run, None without
    one. `holder` says who is at work while the report is given, and is None in every report that is kept.
    """

    name: str
    run_id: str
    manifest: str
    manifest_digest: str
    plan_digest: str
    runner_version: str
    providers: tuple[str, ...]
    shard: str | None = None
    unmerged: tuple[str, ...] = ()
    in_flight: int | None = None
    rates: tuple[str, ...] = ()
    forecast: Foretold | None = None
    budget: Budget | None = None
    holder: str | None = None
