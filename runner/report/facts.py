"""What a report says of the run as a whole, beside its items."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Where the numbers come from.

    Nothing here depends on the folder or the day. `manifest` is the word that commands in the report name the manifest
    by: a relative path that can be pasted, never an absolute one. `shard` is `1/4` for a part of the manifest,
    else None. `in_flight` and `rates` are the limits under which the run
    bought last, as they are shown; none where nobody set one.
    """

    name: str
    run_id: str
    manifest: str
    manifest_digest: str
    plan_digest: str
    runner_version: str
    providers: tuple[str, ...]
    shard: str | None = None
    in_flight: int | None = None
    rates: tuple[str, ...] = ()
