"""The keys of the journal's header, whose rows are facts about the whole run. FORMAT.md tells each at length."""

from __future__ import annotations

from typing import Final

FORMAT: Final = "format"  # the number of the form that the file has
EPOCH: Final = "epoch"  # how often the file was opened to be written
RUN_ID: Final = "run_id"  # the folder's name for good, that of its copies too
RUNNER: Final = "runner"  # the version that made the file
RUNNER_VERSION: Final = "runner_version"  # the version that wrote to it last

NAME: Final = "name"  # what the manifest calls the run
MANIFEST: Final = "manifest"  # its path, as reports name it
MANIFEST_FROM_FOLDER: Final = "manifest_from_folder"  # its path, as it is found from the run folder
MANIFEST_DIGEST: Final = "manifest_digest"  # of its bytes
PROVIDERS: Final = "providers"  # JSON: their names, in the order of the manifest
PLAN_DIGEST: Final = "plan_digest"  # of the items that are wanted
BEGUN: Final = "begun"  # the digest of the plan with which a run that may buy was begun last
ENTERED: Final = "entered"  # the digest of the plan that all items stand for, else empty
SEALED: Final = "sealed"  # JSON: digests of all that this plan was made of
LOCKED: Final = "locked"  # the digest of its `plan.lock.json`

SHARD: Final = "shard"  # of which shard the folder is; absent for a whole run
SHARDS: Final = "shards"  # those that were merged into it
TAKEN_IN: Final = "taken_in"  # the number of the newest fact that a merge took in
CALLBACK_SECRET: Final = "callback_secret"  # noqa: S105 - the name of a row; what signs addresses stands in it
CALLBACKS_MERGED: Final = "callbacks_merged"  # JSON: requests of merged runs that may yet be answered by a call

STORE: Final = "store"  # where the run publishes what counts; empty or absent for nowhere
STORES: Final = "stores"  # every place to which it, or a shard of it, ever published

LIMITS: Final = "limits"  # JSON: under which limits it bought last, for the report
BUDGET: Final = "budget"  # JSON: the budget and the price of a video, for the advice
CLOCK: Final = "clock"  # JSON: how the wall clock stood to the machine's uptime
FORECAST: Final = "forecast"  # JSON: that of the newest run that had something to do
ASKED: Final = "asked"  # JSON: how what the newest run was asked for stood at its end; empty where that was everything
REPORTED: Final = "reported"  # from what state of the journal the reports were written
SUMMARY: Final = "summary"  # JSON: the numbers in them

LOOKED: Final = "looked"  # how folder and journal stood when every finished video was in its place
PURGED: Final = "purged"  # JSON: the digests of portraits that are not bought again, and since when
PURGING: Final = "purging"  # JSON: what is left to do of a purge; empty where nothing is
