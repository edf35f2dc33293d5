"""A manifest as one shard runs it: a run folder of its own, and its part of every limit that the shards share.

The shards are machines that know nothing of each other and buy from one account, so a limit that each of them kept
whole would be exceeded n-fold. Budget, submit rate, jobs in flight and the stop-loss are therefore divided, exactly and
without rounding up; what cannot be divided is refused, never guessed. What is the machine's own stays whole: downloads,
deadlines, `--max-cost`, and the embedded service, of which each machine has one.

The parts are equal, not in proportion to the items: a part that depended on the manifest would change when an item is
inserted, and machines with two versions of it could exceed the whole together. What a shard's part does not reach for
is left open there, and bought from the whole budget once the folders are merged.
A folder remembers of which shard it is, and is never used for another: what it bought would be bought a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ...core.plan.shard import share
from ...edge.journal.header import MANIFEST, SHARD, SHARDS
from ...errors import Problems, UsageError
from ...manifest import parse
from ...model import Destination, Limits, Manifest, Money, ProviderSettings, Rate, Shard
from ...report.text import counted, lasting
from ...values import dataclass
from .offers import LOCAL, Offer, terms_of

_SHARD: Final = re.compile(r"\.shard-[0-9]+of[0-9]+$")
_SHARED: Final = "the shards share one account, and each needs at least one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a shard has of one limit, in words with units: `budget`, `6.25 USD`, `25.00 USD`."""

    limit: str
    part: str
    whole: str


def folder_of_shard(folder: Path, shard: Shard | None) -> Path:
    """Return the run folder of a shard: beside that of the whole, and named after it (`runs/winks.shard-1of4`)."""
    return folder if shard is None else folder.with_name(_named(folder.name, shard))


def folder_of_whole(folder: Path) -> Path:
    """Return the run folder of the whole of which this may be that of a shard; itself where its name is none of one."""
    return folder.with_name(_SHARD.sub("", folder.name))


def destination_of_shard(destination: Destination | None, shard: Shard | None) -> Destination | None:
    """Return where a shard publishes: beside the whole, as its run folder stands beside that of the whole."""
    if destination is None or shard is None:
        return destination
    return replace(destination, prefix=_named(destination.prefix, shard))


def _named(whole: str, shard: Shard) -> str:
    return f"{whole}.shard-{shard.index}of{shard.count}"


def shard_of(header: Mapping[str, Any]) -> Shard | None:
    """Return of which shard a run folder is, by its journal's header; None for a whole run."""
    return _shard(header[SHARD]) if SHARD in header else None


def shards_in(header: Mapping[str, Any]) -> set[Shard]:
    """Return the shards that a run folder holds: its own, or those that were merged into it."""
    return {_shard(text) for text in (header.get(SHARD) or header.get(SHARDS, "")).split()}


def _shard(text: str) -> Shard:
    index, _, count = text.partition("/")
    return Shard(index=int(index), count=int(count))


def require_shard(header: Mapping[str, Any], shard: Shard | None, folder: Path) -> None:
    """Raise UsageError when the folder was run as another shard, or as none: its items would be bought twice."""
    found = shard_of(header)
    if header.keys() & {MANIFEST, SHARD} and found != shard:
        is_now = f"the folder of shard {found}" if found else "the folder of a whole run, not of a shard"
        wanted = f"shard {shard}" if shard else "a whole run"
        raise UsageError(f"{folder} is {is_now}; {wanted} needs a folder of its own")


def sharded(manifest: Manifest, shard: Shard, problems: Problems) -> Manifest:
    """Return the manifest with the shard's folder and its part of every limit; name those that cannot be divided."""
    divider = _Divider(manifest, shard, problems)
    return replace(
        manifest, shard=shard, folder=folder_of_shard(manifest.folder, shard), limits=divider.limits(),
        providers=divider.providers(), destination=destination_of_shard(manifest.destination, shard),
    )  # fmt: skip


def parts(whole: Manifest, mine: Manifest) -> tuple[Part, ...]:
    """Return what a shard has of each limit that was divided."""
    return tuple(
        Part(limit=limit, part=_words(after), whole=_words(before))
        for (limit, before), (_, after) in zip(_shared(whole), _shared(mine), strict=True)
        if before is not None and after is not None and before != after
    )


def judge_part(manifest: Manifest, offers: tuple[Offer, ...], problems: Problems) -> None:
    """Refuse a budget of which a shard's part buys nothing at all."""
    budget, shard = manifest.limits.budget, manifest.shard
    if budget is None or shard is None:
        return
    for each in offers:
        if each.price is not None and _is_over(each.price, budget):
            problems.add(
                parse.place(manifest.path, ("limits", "budget")),
                "limits.budget",
                f"the part of shard {shard} is {budget}, which buys nothing: a video is {each.price} at {each.name}",
                "use fewer shards, or raise the budget",
            )


def _is_over(price: Money, cap: Money) -> bool:
    return price.currency == cap.currency and price.micros > cap.micros


class _Divider:
    """Divides each limit, and names those of which nothing would be left for some shard."""

    def __init__(self, manifest: Manifest, shard: Shard, problems: Problems) -> None:
        self._manifest = manifest
        self._shard = shard
        self._problems = problems

    def limits(self) -> Limits:
        limits, stop = self._manifest.limits, self._manifest.limits.stop_after
        failures = self._count(stop.failures if stop else None, "limits", "stop_after", "failures")
        return replace(
            limits,
            in_flight=self._count(limits.in_flight, "limits", "in_flight"),
            rate=self._rate(limits.rate, "limits", "rate"),
            budget=limits.budget and replace(limits.budget, micros=share(limits.budget.micros, self._shard)),
            stop_after=stop and replace(stop, failures=failures),
        )

    def providers(self) -> dict[str, ProviderSettings]:
        """Return the settings with the traits divided, too: what is not the manifest's own word is the provider's."""
        settings = dict(self._manifest.providers)
        for name in self._manifest.route:
            if name != LOCAL:
                terms = terms_of(name, self._manifest)
                settings[name] = replace(
                    settings.get(name, ProviderSettings()),
                    rate=self._rate(terms.rate, "providers", name, "rate"),
                    in_flight=self._count(terms.in_flight, "providers", name, "in_flight"),
                )
        return settings

    def _rate(self, rate: Rate | None, *path: str) -> Rate | None:
        """Divide the count and not the window: submits once in a longer window may all fall into one of the whole's."""
        return rate and replace(rate, count=self._part(rate.count, _words(rate), path))

    def _count(self, count: int | None, *path: str) -> int | None:
        return None if count is None else self._part(count, str(count), path)

    def _part(self, count: int, words: str, path: tuple[str, ...]) -> int:
        if count < self._shard.count:
            self._problems.add(
                parse.place(self._manifest.path, path),
                ".".join(path),
                f"{words} cannot be divided among {counted(self._shard.count, 'shard')}: {_SHARED}",
                f"use {counted(count, 'shard')} at most, or raise the limit if the account has more",
            )
        return share(count, self._shard)


def _shared(manifest: Manifest) -> Iterator[tuple[str, Money | Rate | int | None]]:
    limits = manifest.limits
    yield "budget", limits.budget
    yield "rate", limits.rate
    yield "in_flight", limits.in_flight
    yield "stop_after.failures", limits.stop_after.failures if limits.stop_after else None
    for name in manifest.route:
        terms = terms_of(name, manifest)
        yield f"rate at {name}", terms.rate
        yield f"in_flight at {name}", terms.in_flight


def _words(value: Money | Rate | int | None) -> str:
    return f"{value.count} in {lasting(value.window_s)}" if isinstance(value, Rate) else str(value)
