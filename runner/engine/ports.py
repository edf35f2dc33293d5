"""What the engine needs from the world, as Protocols; `edge` implements them, tests bring worlds of their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from ..core.life.state import Entry, State
from ..core.limits.admission import Go, Wait
from ..core.limits.steering import Answer, Instruction
from ..dialects.seam import Call, Reply
from ..events import Stamped
from ..inspection import Inspected, Spoilt, Unchecked, Unfetched
from ..model import Artifact, Download
from ..values import dataclass


class Clock(Protocol):
    """Time for everything: wall-clock seconds that never jump while the process lives."""

    def now(self) -> float:
        """Return seconds since the epoch."""


class Journal(Protocol):
    """The append-only truth. Every method may raise `Halt` when the disk does not take or give what it should."""

    def require_in_place(self) -> None:
        """Raise FolderError when what is written goes where nobody will look for it; it can be written all the same."""

    def write_all(self, entries: Iterable[Entry]) -> None:
        """Append facts about items, in order, and keep their index entries, in one synced commit; nothing half."""

    def history(self, key: str) -> list[Stamped]:
        """Return all facts about one item, oldest first."""

    def histories(self, keys: Collection[str]) -> dict[str, list[Stamped]]:
        """Return all facts about some items, oldest first, in the order of `keys`."""

    def places(self, phases: Collection[str], *, after: int = -1, most: int = 1 << 62) -> list[tuple[int, str]]:
        """Return (position, key) of the plan's items in these phases, in its order, from behind position `after`."""

    def keys_in(self, phases: Collection[str]) -> list[str]:
        """Return the keys of all items in these phases, also of those no longer in the manifest."""

    def bearer(self, provider: str, job_id: str) -> str | None:
        """Return the key of the item that has this job of a provider, or had it before; None where none ever did."""

    def saved_first(self, sha256: str) -> str | None:
        """Return the key of the item for which a file of this digest came home first, None where none did."""

    def newest(self, kinds: Collection[str], *, most: int) -> list[tuple[str, Stamped]]:
        """Return the newest facts of these kinds with their items' keys, oldest first; some far back may lack."""

    def recent(self, since: float) -> Iterator[tuple[str, Stamped]]:
        """Give what happened to items since a moment, newest first; `Planned` and `Retired` are no such facts."""

    def recent_keys(self, kinds: Collection[str], since: float) -> list[str]:
        """Return the keys of the items to which something of these kinds happened since a moment."""

    def paused_until(self, moment: float, *, since: float) -> list[str]:
        """Return the keys of items whose answers since then asked for a pause that lasts beyond a moment."""


class Account(Protocol):
    """One account at a provider, which other runs on this machine may use at the same time.

    `begin` comes first, then a `claim` before every submit, and `settle` before any of those that were claimed in one
    moment leaves. All three may raise FolderError, and nothing is sent then. What follows a submit never raises: it may
    be all that is left of what was paid for, and is told later if not now.
    """

    def begin(self, held: Mapping[str, float], answers: Iterable[float]) -> None:
        """Let the others count what this run's journal knows, in place of what its earlier lives told.

        `held` says of each job for how many seconds more it may hold its slot, `answers` how many seconds ago submits
        were answered.
        """

    def claim(self, key: str, *, now: float) -> Go | Wait:
        """Take a place for one submit from what all runs have together, or say when to ask again.

        Without a `why` the wait is not about others.
        """

    def settle(self) -> None:
        """Let the others count what was claimed; until then they wait."""

    def answered(self, key: str) -> None:
        """Note that the answer came just now, or that none will."""

    def hold(self, key: str, left_s: float) -> None:
        """Note a job that runs at the provider, or may run there unseen for so long."""

    def release(self, key: str) -> None:
        """Note that the job ended, or was never made."""


class Wire(Protocol):
    """One provider's API at the other end of a connection."""

    async def send(self, call: Call) -> Reply:
        """Send one request.

        Raises NotSent or MaybeSent when there is no reply, and DriftError, before anything is sent, when a portrait's
        bytes are not those that were planned.
        """


class Courier(Protocol):
    """Brings files home from wherever one provider's links lead."""

    async def fetch(self, key: str, download: Download) -> Artifact | Unfetched:
        """Bring the file home whole, synced and hashed, under no final name yet. May be called again at any time."""


class Shelf(Protocol):
    """The run folder's videos."""

    async def inspect(self, state: State) -> Inspected | Spoilt | Unchecked:
        """Open the saved file, look at every frame and judge it. May be called again at any time."""

    def together(self) -> AbstractContextManager[None]:
        """Surround `publish` and `describe` of one video, which are certain to survive a power cut when it is left."""

    def publish(self, state: State) -> None:
        """Give the saved, whole file the place of a state that is done or under review, by its final name.

        May be called again after a crash.
        """

    def describe(self, state: State) -> None:
        """Write the sidecar beside the video of such a state; the same state gives the same bytes."""

    def put_aside(self, state: State) -> None:
        """Keep the video of a state that does not count, with its sidecar, where nothing will overwrite it.

        May be called again after a crash.
        """


NAMES_MOST: Final = 4
"""How many jobs that calls name for one submit are kept: it makes one, so that all but one of them are wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What somebody who knows the path of a submit said about it: never a fact, for only a poll says what is true.

    `job_id` is None when none was named; `others` are jobs that were named for the same submit after it. `is_over`
    means that the job may have ended.
    """

    key: str
    attempt: int
    job_id: str | None
    is_over: bool
    others: tuple[str, ...] = ()

    @property
    def job_ids(self) -> tuple[str, ...]:
        """Return every job that was named, in the order in which they were."""
        return self.others if self.job_id is None else (self.job_id, *self.others)


class Hints(Protocol):
    """Where providers call back. Calls may be lost, doubled, late and out of order."""

    def url_for(self, key: str, attempt: int) -> str:
        """Return where the provider may call back about one submit; the same in every run of the folder."""

    def attend(self, ring: Callable[[], None]) -> None:
        """Call `ring` on the running loop whenever there is something to take."""

    def take(self) -> Sequence[Hint]:
        """Return what was said since the last time, at most one hint for each submit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asks of the run that goes on, and where the answer goes; it is given once."""

    instruction: Instruction
    reply: Callable[[Answer], None]


class Control(Protocol):
    """Where a person can ask something of a run while it goes on."""

    def attend(self, ring: Callable[[], None]) -> None:
        """Call `ring` on the running loop whenever there is something to take."""

    def take(self) -> Sequence[Asked]:
        """Return what was asked since the last time, in the order in which it came."""


class Space(Protocol):
    """What the machine has left for this run."""

    def free_bytes(self) -> int:
        """Return how many bytes more the run folder's disk takes."""

    def free_files(self) -> int:
        """Return how many files more this process may open."""


class Observer(Protocol):
    """Somebody who watches: a progress bar, an event stream. Must not raise and must not change anything."""

    def saw(self, state: State, stamped: Stamped) -> None:
        """Take note of a fact that was just committed."""

    def said(self, text: str) -> None:
        """Take note of words for the user."""

    def steered(self, at: float, answer: Answer) -> None:
        """Take note of what a person changed from outside."""
