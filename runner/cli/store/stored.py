"""How a run's videos stand in its object store, as the store itself tells: for whoever looks, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ...core.plan.publication import Finding, Standing, Stored, UnsortedError, findings
from ...edge.folder.places import VIDEOS
from ...edge.journal.journal import Journal
from ...edge.store.bucket import GLANCE_S, Bucket
from ...edge.store.patience import insist
from ...edge.store.wanted import VIDEO, videos
from ...errors import ConfigError, StoreError
from ...model import Destination
from ...report.text import counted
from ..bars import told_if_long
from ..books import destination_of
from ..naming import pasted
from ..screen import Screen
from .claiming import PROBE
from .door import require_extra


def show_store(screen: Screen, book: Journal, environ: Mapping[str, str], *, answer_s: float = GLANCE_S) -> None:
    """Say how many videos are up, by name and size, or why nobody knows; nothing for a run without a store.

    Each answer is waited for `answer_s` seconds at most.
    """
    destination = destination_of(book)
    if destination is None:
        return
    from .openings import briefly_opened  # noqa: PLC0415 - an event loop, for a store alone

    try:
        require_extra(destination)
        with briefly_opened(destination, environ, answer_s=answer_s) as bucket:
            stands = [found.standing for found in _found(book, bucket, digests=False) if found.file]
    except (StoreError, ConfigError) as error:
        screen.say(f"  store   not known how much is up: {error}")
        return
    screen.say(f"  store   {destination} ({stands.count(Standing.UP)} of {counted(len(stands), 'video')})")


def stored_badly(screen: Screen, book: Journal, environ: Mapping[str, str]) -> tuple[dict[str, str] | None, str]:
    """Return what is wrong with which object, by its URL; None where that is not known, with the reason in words.

    Without a store there is no reason. A store that is busy for a moment is asked again.
    """
    destination = destination_of(book)
    if destination is None:
        return None, ""
    from .openings import patiently_opened  # noqa: PLC0415 - an event loop, for a store alone

    try:
        require_extra(destination)
        words = f"comparing with {destination}, as fast as it answers"
        with told_if_long(screen, words), patiently_opened(destination, environ) as bucket:
            return insist(lambda: _bad(book, bucket, destination), patience=PROBE), ""
    except (StoreError, ConfigError) as error:
        return None, str(error)


def _bad(book: Journal, bucket: Bucket, destination: Destination) -> dict[str, str]:
    return {
        f"{destination}/{found.key}": _wrong(found)
        for found in _found(book, bucket, digests=True)
        if found.standing in {Standing.MISSING, Standing.OTHER}
    }


def show_badly(screen: Screen, folder: Path, lacking: Mapping[str, str]) -> None:
    """Say what is wrong in the store, and what to do."""
    for url, reason in lacking.items():
        screen.say(f"{url}: {reason}")
    if lacking:
        screen.say(f"{counted(len(lacking), 'video')} in the store not as checked")
        what = "uploads what is missing; what is another video, you must move or delete"
        screen.say(f"next: s2v fetch {pasted(folder)}   # {what}")
    else:
        screen.say("every one is in the store, by its size and checksum there")


def _wrong(found: Finding) -> str:
    if found.stored is None:
        return "it is not there"
    assert found.file is not None
    if found.stored.bytes_ != found.file.bytes_:
        return f"another content: {found.stored.bytes_:,} bytes in place of {found.file.bytes_:,}"
    return f"another content: its sha256 is {found.stored.sha256 or 'not known'} in place of {found.file.sha256}"


def _found(book: Journal, bucket: Bucket, *, digests: bool) -> Iterator[Finding]:
    listed = bucket.list(f"{VIDEOS}/", digests=digests)
    try:
        yield from findings(videos(book, digests=digests), _only_videos(listed))
    except UnsortedError as error:
        raise ConfigError(f"the store lists its objects in no order ({error})") from error


def _only_videos(listed: Iterator[Stored]) -> Iterator[Stored]:
    return (each for each in listed if each.key.endswith(VIDEO))
