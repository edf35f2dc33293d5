"""Puts run folders together: one journal that tells what each of them tells, and the videos in one place.

The destination's journal learns everything in one commit, and before it nothing is written: a conflict or a death
leaves it as it was. Files come after the facts, so that a folder never holds a video that nobody knows of; what a death
kept from coming is brought by the next merge, or fetched again for nothing by the next run.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from ... import __version__
from ...core.life.joining import Fork, addition
from ...core.life.lifecycle import fold
from ...core.life.state import OPEN_PHASES, SHELVED, Entry, Phase, State, index_of
from ...core.plan.plan import Plan, digest_of
from ...edge.folder.shelf import Shelf
from ...edge.journal import header as keys
from ...edge.journal.journal import Journal
from ...events import Stamped
from ...model import Shard
from ...values import dataclass
from ..plan.barring import barred, barred_text
from ..plan.offers import LOCAL
from ..plan.sharding import shards_in
from ..run.connecting import SERVICE

_HERE: Final = 0
"""The number of the destination among the folders; the sources follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A run folder, its journal opened to be read and its files; None for a destination that is still to be made."""

    path: Path
    book: Journal | None
    shelf: Shelf | None = None

    @property
    def header(self) -> Mapping[str, Any]:
        """Return what the journal's header says, nothing for a destination that is still to be made."""
        return self.book.header if self.book else {}

    def history(self, key: str) -> list[Stamped]:
        """Return what this folder tells of an item, nothing where it does not know it."""
        return self.book.history(key) if self.book else []

    def items(self) -> Iterator[str]:
        """Give the keys of all items."""
        return (key for key, _ in self.book.index()) if self.book else iter(())

    def places(self) -> list[tuple[int, str]]:
        """Return the items that the folder's manifest wants, each with its place in it."""
        return self.book.places(list(Phase)) if self.book else []

    def video(self, state: State) -> Path | None:
        """Return where the folder has the video of one of its items, or None."""
        return self.shelf.find(state) if self.shelf else None


Remedy = Literal["keep both", "one manifest", "one word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Folders that cannot be put together as they are: of which item, why, and what each of them tells of it.

    `remedy` is what may help: to keep both purchases, to bring the folders up to one manifest, or to let the word of
    the destination stand; None where none does.
    """

    id: str
    why: str
    told: tuple[tuple[Path, State], ...]
    remedy: Remedy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """What the destination is to learn. `alone` are the items that one source alone knows, by its number.

    `added` are the facts to be added to what several know, where there are any. `places` are the items that are wanted,
    in the order of the manifest, each with its place in it; `rest` are the others.
    """

    folders: Sequence[Folder]
    alone: Mapping[str, int]
    added: Mapping[str, Sequence[Stamped]]
    places: Mapping[str, int]
    rest: Sequence[str]

    @property
    def is_news(self) -> bool:
        """Return whether the destination learns anything."""
        return bool(self.alone or self.added)

    def history(self, key: str) -> list[Stamped]:
        """Return what the destination will tell of an item."""
        if (number := self.alone.get(key)) is not None:
            return self.folders[number].history(key)
        return [*self.folders[_HERE].history(key), *self.added.get(key, ())]

    def plan(self) -> Plan:
        """Return the plan that the folders come to together."""
        items = tuple(fold(self.history(key)).item for key in self.places)
        return Plan(items=items, digest=digest_of(items))


def join(folders: Sequence[Folder], *, both: bool) -> Joint | list[Conflict]:
    """Return what the first folder is to learn of the others, or every reason why they cannot be put together."""
    alone, added, conflicts = dict[str, int](), dict[str, Sequence[Stamped]](), list[Conflict]()
    for key, numbers in _holders(folders).items():
        if len(numbers) == 1:
            if numbers != [_HERE]:
                alone[key] = numbers[0]
            continue
        histories = {number: folders[number].history(key) for number in numbers}
        known = histories.pop(_HERE, [])
        match addition(known, histories.values(), both=both):
            case Fork(why=why, is_one=is_one, is_word=is_word):
                remedy: Remedy | None = "one word" if is_word else None if is_one else "keep both"
                told = {_HERE: known, **histories} if known else histories
                states = tuple((folders[number].path, fold(history)) for number, history in told.items())
                conflicts.append(Conflict(id=states[0][1].label, why=why, told=states, remedy=remedy))
            case [*news] if news:
                added[key] = news
    return conflicts or _ordered(Joint(folders=folders, alone=alone, added=added, places={}, rest=()))


def _holders(folders: Sequence[Folder]) -> dict[str, list[int]]:
    """Return the numbers of the folders that know each item."""
    holders: dict[str, list[int]] = {}
    for number, folder in enumerate(folders):
        for key in folder.items():
            holders.setdefault(key, []).append(number)
    return holders


def _ordered(joint: Joint) -> Joint | list[Conflict]:
    """Return the joint with the items in the manifest's order; refuse two that want one name, or have one job."""
    known: dict[str, tuple[int, int]] = {}
    for number, folder in enumerate(joint.folders):
        for place, key in folder.places():
            known.setdefault(key, (place, number))
    claims, wanted, rest, conflicts = dict[str, str](), list[str](), list[str](), list[Conflict]()
    for key in _holders(joint.folders):
        state = fold(joint.history(key))
        if state.wanted and key in known:
            wanted.append(key)
        else:
            rest.append(key)
        for claim, why, remedy in _claims(state):
            if (other := claims.setdefault(claim, key)) != key:
                states = [(each, fold(joint.history(each))) for each in (other, key)]
                told = tuple((_holder(joint, *each), each[1]) for each in states)
                conflicts.append(Conflict(id=state.item.id, why=why, told=told, remedy=remedy))
    wanted.sort(key=lambda key: known[key])
    return conflicts or replace(joint, places=_apart((key, known[key][0]) for key in wanted), rest=sorted(rest))


def _claims(state: State) -> Iterator[tuple[str, str, Remedy | None]]:
    """Give what no two items may have, what is wrong if they do, and what helps.

    Embedded services number jobs each by itself.
    """
    if state.wanted:
        yield f"name {state.item.name.casefold()}", "it names two different videos", "one manifest"
    if state.job_id is not None and state.provider != LOCAL:
        yield f"job {state.provider} {state.job_id}", "its job is that of another item, too, and makes one video", None


def _apart(placed: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the items with places that no two share; folders of one manifest keep those that they have."""
    result: dict[str, int] = {}
    last = -1
    for key, place in placed:
        last = result[key] = max(place, last + 1)
    return result


def _holder(joint: Joint, key: str, state: State) -> Path:
    """Return which folder calls an item as all of them would; others may be up to a later manifest by now."""
    told = ((folder.path, folder.history(key)) for folder in joint.folders)
    return next(path for path, history in told if history and fold(history).item.name == state.item.name)


def unpurged(folders: Sequence[Folder]) -> Iterator[tuple[str, Path, Path]]:
    """Give each portrait that was purged from one folder, that folder, and another one that still has items of it."""
    for folder in folders:
        for portrait in barred(folder.header):
            for other in folders:
                if other.book and portrait not in barred(other.header) and other.book.showing(portrait):
                    yield portrait, folder.path, other.path


def barred_in(folders: Sequence[Folder]) -> str:
    """Return what the header is to say of the portraits that were purged from any of these folders."""
    return barred_text({portrait: at for folder in folders for portrait, at in barred(folder.header).items()})


def stranded(joint: Joint) -> Iterator[tuple[Path, State]]:
    """Give the items that only the embedded service of their own folder can still finish, for it has their jobs."""
    for key in (*joint.alone, *joint.added):
        state = fold(joint.history(key))
        if state.provider != LOCAL or state.phase not in OPEN_PHASES | SHELVED:
            continue
        homes = [folder for folder in joint.folders[1:] if (folder.path / SERVICE).is_dir() and folder.history(key)]
        if homes and (state.phase not in SHELVED or not any(folder.video(state) for folder in homes)):
            yield homes[0].path, state


def write(joint: Joint, book: Journal, header: Mapping[str, str]) -> None:
    """Let the destination learn it all in one commit; the next run brings it up to its manifest, whatever it knew."""
    news = {**header, keys.PLAN_DIGEST: joint.plan().digest, keys.RUNNER_VERSION: __version__}
    book.take_in(_facts(joint), _entries(joint), {**news, keys.ENTERED: "", keys.SEALED: ""})


def _facts(joint: Joint) -> Iterator[tuple[str, Stamped]]:
    """Give the new facts of all items in the order of time; those of one item stay in their own."""
    added = sorted(
        (timed for key, news in joint.added.items() for timed in _timed((key, fact) for fact in news)),
        key=lambda timed: timed[0],
    )
    streams = [_timed(_of(joint, number)) for number in range(1, len(joint.folders))]
    for _, key, stamped in heapq.merge(added, *streams, key=lambda timed: timed[0]):
        yield key, stamped


def _of(joint: Joint, number: int) -> Iterator[tuple[str, Stamped]]:
    book = joint.folders[number].book
    assert book is not None
    return ((key, stamped) for _, key, stamped in book.events() if joint.alone.get(key) == number)


def _timed(facts: Iterable[tuple[str, Stamped]]) -> Iterator[tuple[float, str, Stamped]]:
    """Give facts with times that never go back, though the clock by which they were written did."""
    latest = 0.0
    for key, stamped in facts:
        latest = max(latest, stamped.at)
        yield latest, key, stamped


def _entries(joint: Joint) -> Iterator[Entry]:
    for key in (*joint.places, *joint.rest):
        index = index_of(fold(joint.history(key)))
        yield Entry(key=key, stamped=(), index=index, position=joint.places.get(key))


def header_of(sources: Sequence[Folder], folder: Path) -> dict[str, str]:
    """Return what a new destination says that it is made from: what the first source says, as seen from there."""
    first = sources[0]
    told = first.header
    manifest = first.path / told[keys.MANIFEST_FROM_FOLDER]
    if manifest.is_file():
        told = {
            **told,
            keys.MANIFEST: os.path.relpath(manifest),
            keys.MANIFEST_FROM_FOLDER: os.path.relpath(manifest.absolute(), folder.absolute()),
        }
    names = (keys.NAME, keys.MANIFEST, keys.MANIFEST_FROM_FOLDER, keys.MANIFEST_DIGEST, keys.PROVIDERS)
    return {name: str(told[name]) for name in names}


def shards_of(folders: Iterable[Folder]) -> tuple[Shard, ...]:
    """Return the shards that come together, those that the destination has from earlier merges among them."""
    told = {shard for folder in folders for shard in shards_in(folder.header)}
    return tuple(sorted(told, key=lambda shard: (shard.count, shard.index)))
