"""The run folder's books: what the journal's header says of the run, and the doors to the folder's files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .. import __version__
from ..core.plan.plan import Plan
from ..core.plan.shard import missing
from ..edge.account.accounts import state_home
from ..edge.disk.files import Files
from ..edge.folder.shelf import Inspector, Shelf
from ..edge.folder.whereabouts import OlderCopy, refuse_older
from ..edge.journal import header as keys
from ..edge.journal.codec import from_json, to_json
from ..edge.journal.journal import Journal
from ..errors import FolderError, Halt
from ..model import Destination, Manifest, Money, Rate, Shard
from ..report.facts import Budget, Foretold, RunFacts
from ..report.sidecar import sidecar_text
from ..values import replace
from .naming import tidy
from .plan.sharding import shard_of, shards_in
from .plan.target import is_run_in


def facts(book: Journal) -> RunFacts:
    """Return what the journal's header says of the run."""
    header = book.header
    limits = json.loads(header.get(keys.LIMITS, "{}"))
    return RunFacts(
        name=header[keys.NAME],
        run_id=header[keys.RUN_ID],
        manifest=header[keys.MANIFEST],
        manifest_digest=header[keys.MANIFEST_DIGEST],
        plan_digest=header[keys.PLAN_DIGEST],
        runner_version=header[keys.RUNNER_VERSION],
        providers=tuple(json.loads(header[keys.PROVIDERS])),
        shard=header.get(keys.SHARD),
        unmerged=unmerged(header),
        in_flight=limits.get("in_flight"),
        rates=tuple(limits.get("rates", ())),
        forecast=from_json(Foretold, json.loads(header[keys.FORECAST])) if header.get(keys.FORECAST) else None,
        budget=from_json(Budget, json.loads(header[keys.BUDGET])) if header.get(keys.BUDGET) else None,
    )


def unmerged(header: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the shards that lack in the folder of a whole run, into which others were merged."""
    return () if keys.SHARD in header else tuple(map(str, missing(shards_in(header))))


def older_words(folder: Path, book: Journal, environ: Mapping[str, str]) -> str:
    """Return what is amiss with a folder that is known for an older copy, empty where it is not known for one."""
    try:
        refuse_older(state_home(environ), folder, book)
    except OlderCopy as older:
        return str(older)
    except (FolderError, Halt):  # nobody knows without a home, or where another folder cannot be read
        return ""
    return ""


def facts_here(book: Journal, folder: Path, *, is_own: bool) -> RunFacts:
    """Return the same for a terminal, which names the manifest of this very folder as it is found from here.

    The word of the reports may be another run's manifest by now, when the folder is a copy, and advice would buy there.
    So it would where the manifest has another folder from here: then this one is named, unless `is_own` says that it
    has this one.
    """
    manifest = folder / book.header[keys.MANIFEST_FROM_FOLDER]
    is_meant = manifest.is_file() if is_own else is_run_in(manifest, shard_of(book.header), folder)
    return replace(facts(book), manifest=str(tidy(manifest) if is_meant else folder))


def note(book: Journal, name: str, told: str) -> None:
    """Write a word into the header unless it stands there, where none is as an empty one."""
    if book.header.get(name, "") != told:
        book.set_header(**{name: told})


def note_forecast(book: Journal, forecast: Foretold) -> None:
    """Remember what a run is forecast to take, or what it took."""
    book.set_header(**{keys.FORECAST: json.dumps(to_json(forecast))})


def note_limits(book: Journal, in_flight: int | None, rates: Iterable[Rate]) -> None:
    """Write into the header under which limits this run buys, for the report to draw."""
    note(book, keys.LIMITS, json.dumps({"in_flight": in_flight, "rates": [str(rate) for rate in rates]}))


def note_budget(book: Journal, cap: Money | None, price: Money | None) -> None:
    """Write into the header under which budget this run buys, for the advice after it."""
    note(book, keys.BUDGET, json.dumps(to_json(Budget(cap=cap, price=price))) if cap is not None else "")


def files_of(book: Journal) -> Files:
    """Return the door to the files of a run folder, which is open as long as the folder is this run's."""
    return Files(book.holding)


def shelf_of(folder: Path, book: Journal, *, judge: Inspector | None = None) -> Shelf:
    """Return the shelf of a run folder; its sidecars say what the journal's header says."""
    run = facts(book)
    return Shelf(folder, sidecar=lambda state: sidecar_text(state, run), files=files_of(book), judge=judge)


def told_of(shard: Shard | None) -> dict[str, str]:
    """Return what a header says of which shard the folder is; runs of the others ask for it."""
    return {} if shard is None else {keys.SHARD: str(shard)}


def note_shard(book: Journal, shard: Shard | None) -> None:
    """Tell a header that was not born with it of which shard the folder is, before anything takes long."""
    if shard is not None and keys.SHARD not in book.header:
        book.set_header(**told_of(shard))


def note_manifest(book: Journal, folder: Path, manifest: Manifest, plan: Plan) -> bool:
    """Write into the header what this run is made from; return whether the plan is still to be entered.

    The word by which reports name the manifest is that of the folder in which it was first run from there, as long as
    it does not lead to another manifest; when it is another one, the reports are to be written anew.
    """
    header = book.header
    is_new = header.get(keys.ENTERED) != plan.digest
    told = {
        keys.NAME: manifest.name,
        keys.MANIFEST_FROM_FOLDER: os.path.relpath(manifest.path.absolute(), folder.absolute()),
        keys.MANIFEST_DIGEST: manifest.digest,
        keys.PLAN_DIGEST: plan.digest,
        keys.RUNNER_VERSION: __version__,
        keys.PROVIDERS: json.dumps(manifest.route),
    }
    if manifest.destination is not None or keys.STORE in header:
        told[keys.STORE] = str(manifest.destination or "")
        told[keys.STORES] = stores_in([header], str(manifest.destination or ""))
    if is_new:
        told[keys.ENTERED] = ""  # a death on the way may leave half of this plan, and the next may be the former one
    known = Path(header.get(keys.MANIFEST, ""))
    is_another = known.is_file() and not known.samefile(manifest.path)
    if told[keys.MANIFEST_FROM_FOLDER] != header.get(keys.MANIFEST_FROM_FOLDER) or is_another:
        told[keys.MANIFEST], told[keys.REPORTED] = os.path.relpath(manifest.path), ""
    news = {name: value for name, value in told.items() if header.get(name) != value}
    if news:
        book.set_header(**news)
    return is_new


def destination_of(book: Journal) -> Destination | None:
    """Return where the run publishes what counts, by its journal's header; None for nowhere."""
    return _destination(str(book.header.get(keys.STORE, "")))


def destinations_of(book: Journal) -> list[Destination]:
    """Return every place in a store to which the run, or a shard of it, may ever have published something."""
    return [each for text in stores_in([book.header]).split() if (each := _destination(text)) is not None]


def stores_in(headers: Iterable[Mapping[str, str | int]], *more: str) -> str:
    """Return all places in stores that these headers know of, and these `more`, with blanks in between."""
    known = (str(header.get(name, "")) for header in headers for name in (keys.STORES, keys.STORE))
    return " ".join(sorted({each for text in (*known, *more) for each in text.split()}))


def _destination(text: str) -> Destination | None:
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    return Destination(bucket=bucket, prefix=prefix) if prefix else None
