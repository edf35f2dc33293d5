"""Whether a manifest is, to the byte, what the journal was brought up to last: then its plan is the journal's own.

A seal stands in the journal's header: one digest over the manifest, its tables, what its patterns matched, the shard
and the version of this program, and the digest of every portrait. Each start hashes all of these files anew; what a
seal saves is to judge a million rows that were judged before. Limits are judged at each start, sealed or not. Where
anything differs, or cannot be told, everything is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ... import __version__
from ...core.plan.plan import Plan
from ...edge.disk.digest import digest_of
from ...edge.journal.header import ENTERED, LOCKED, PLAN_DIGEST, SEALED
from ...edge.journal.journal import Journal
from ...edge.journal.state_file import is_run_folder
from ...edge.portrait.portraits import PortraitShelf
from ...errors import FolderError
from ...model import Item, Manifest, Portrait, Shard
from ...values import dataclass
from .plan_lock import LOCK

PORTRAITS_MOST: Final = 10_000  # of a plan that is sealed; to look at more takes longer than to read the rows

Source = tuple[str, str, str]
"""Where a portrait is read from, what the user wrote, and the SHA-256 of what was found there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The items of the plan that the journal of a folder was brought up to, read from it as often as one likes."""

    folder: Path
    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Item]:
        with Journal.read(self.folder) as book:
            for told in book.tellings(book.wanted()):
                assert told is not None
                yield told.item


def digest_of_inputs(manifest: Manifest, shard: Shard | None) -> str | None:
    """Return one digest over all that a shard's plan is made from but portraits; None when a table cannot be read."""
    try:
        tables = [[str(table), digest_of(table)] for table in manifest.tables]
    except OSError:
        return None
    parts = [__version__, manifest.digest, str(manifest.path.absolute()), tables, list(manifest.matched), str(shard)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def seal(inputs: str, plan: Plan, portraits: list[Source]) -> str | None:
    """Return the text of a seal; None for a plan that is not sealed: of too many portraits, or of any within a URL."""
    if len(portraits) > PORTRAITS_MOST or any(source.startswith("data:") for source, _, _ in portraits):
        return None
    return json.dumps({"inputs": inputs, "plan": plan.digest, "portraits": portraits}, separators=(",", ":"))


def recalled(inputs: str | None, folder: Path, portraits: PortraitShelf, *, may_lack: bool) -> tuple[Plan, str] | None:
    """Return the plan that the journal of a folder holds and its seal, if it was made of these inputs; else None.

    Every portrait is looked at, for checks hold videos against them; with `may_lack` some may be gone or others by now.
    """
    if inputs is None or not is_run_folder(folder):
        return None
    try:
        with Journal.read(folder) as book:
            header, count = book.header, sum(book.counts().values())
    except FolderError:
        return None
    sealed = _read(header)
    if sealed is None or sealed["inputs"] != inputs or sealed["plan"] != header.get(PLAN_DIGEST):
        return None
    if not _is_locked(header, folder / LOCK):
        return None
    same = [_is_same(portraits, *source) for source in sealed["portraits"]]
    if not (may_lack or all(same)):
        return None
    return Plan(items=Entered(folder=folder, count=count), digest=sealed["plan"]), header[SEALED]


def is_entered(header: Mapping[str, Any], plan: Plan) -> bool:
    """Return whether the journal was brought up to this plan last, to its end."""
    return header.get(ENTERED) == plan.digest


def is_still_entered(header: Mapping[str, Any], plan: Plan, seal: str | None) -> bool:
    """Return whether a plan that was recalled is the journal's by now, too, which another run or a merge may change."""
    return header.get(SEALED) == seal and is_entered(header, plan)


def _is_locked(header: Mapping[str, Any], lock: Path) -> bool:
    """Return whether the plan's lock is the file that was written last."""
    return lock.is_file() and header.get(LOCKED) == digest_of(lock)


def _read(header: Mapping[str, Any]) -> dict[str, Any] | None:
    if not header.get(SEALED) or header.get(ENTERED) != header.get(PLAN_DIGEST):
        return None
    sealed: dict[str, Any] = json.loads(header[SEALED])
    return sealed


def _is_same(portraits: PortraitShelf, source: str, shown: str, sha256: str) -> bool:
    found = portraits.look(source, shown)
    return isinstance(found, Portrait) and found.sha256 == sha256
