"""Whose prefix of a store it is, as it stands there: the first object that a run puts, and never over another.

Putting it a second time proves that the store keeps names from being overwritten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ...edge.disk.digest import digest_of
from ...edge.disk.files import UNFENCED
from ...edge.store.bucket import Bucket, Put
from ...edge.store.patience import Patience, insist
from ...errors import ConfigError, StoreError
from ...model import Backoff, Destination

CLAIM: Final = ".s2v.json"
_RUN: Final = re.compile(r"[0-9a-f]+")
PROBE: Final = Patience(backoff=Backoff(first_s=0.5, most_s=4.0), idle_s=15.0)


def claim(bucket: Bucket, destination: Destination, folder: Path, run_id: str) -> None:
    """Make the prefix that of the run in `folder`, or find that it is.

    Raise ConfigError where it is another's, or no name is safe; Halt where the disk refuses.
    """
    path = folder / f"{CLAIM}.part"  # of the names that a run clears, should this process die
    said = json.dumps({"run": run_id, "about": "what lies below is published by this run of s2v"})
    try:
        UNFENCED.write_whole(path, [said])
        insist(lambda: _claim(bucket, destination, path, run_id), patience=PROBE)
    finally:
        UNFENCED.remove(path)


def _claim(bucket: Bucket, destination: Destination, path: Path, run_id: str) -> None:
    sha256 = digest_of(path)
    made = [bucket.put_new(path, CLAIM, sha256=sha256)]
    if made == [Put.CREATED]:
        made.append(bucket.put_new(path, CLAIM, sha256=sha256))
    if made[-1] is Put.CREATED:
        raise ConfigError(
            f"{destination}: the store overwrites what is to be created only (If-None-Match), so nothing would be safe "
            "there; nothing was bought"
        )
    owner = _owner(bucket) if made[-1] is Put.OTHER else run_id  # a copy of the bucket may have lost the digests
    if owner != run_id:
        raise _of_another(destination, owner)


def look_at_claim(bucket: Bucket, destination: Destination, run_id: str) -> bool:
    """Return whether the prefix is this run's by now, and put nothing; raise ConfigError where it is another's."""
    if not any(found.key == CLAIM for found in bucket.list(CLAIM)):
        return False
    if (owner := _owner(bucket)) != run_id:
        raise _of_another(destination, owner)
    return True


def _of_another(destination: Destination, owner: str) -> ConfigError:
    who = f"another run ({owner[:12]})" if owner else f"somebody else, by what stands in its {CLAIM}"
    return ConfigError(
        f"{destination} belongs to {who}; choose another prefix in output.dir, or go on in the run "
        "folder that it was published from; nothing was bought"
    )


def _owner(bucket: Bucket) -> str:
    """Return the run that the prefix belongs to, empty where it is none."""
    try:
        found = json.loads(bucket.read(CLAIM) or b"")["run"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return found if isinstance(found, str) and _RUN.fullmatch(found) else ""


@contextmanager
def worded() -> Iterator[None]:
    """Turn what a store says at the start into what the user must mend; nothing was bought by then."""
    try:
        yield
    except StoreError as error:
        raise ConfigError(f"{error}; nothing was bought") from error
