"""Uploads beside a run: what was finished before it by a look at the store, what it finishes as soon as it is checked.

Threads of its own do it, a few at a time, so that buying never waits for an upload. What a store cannot take just now
is tried again for as long as the run goes on; a killed process leaves nothing that the next look does not find. A video
goes up by one create-only request after its digest was compared once more, and its sidecar follows it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from ...core.life.state import Phase, State
from ...core.limits.retry import jitter, pause_s
from ...core.plan.publication import Finding, Standing, UnsortedError, Wanted, findings
from ...errors import Halt, S2VError, StoreBusy, StoreRefused
from ...events import Stamped
from ...values import dataclass
from ..disk.digest import digest_of
from ..disk.files import halting
from ..folder.places import SIDECAR, VIDEOS, sidecar_of
from ..journal.chronicle import Chronicle
from ..watch.watcher import OfFacts
from .bucket import Bucket, Put
from .patience import Patience
from .queue import Errand, Queue
from .wanted import VIDEO, video_of, wanted

UPLOADS: Final = 4  # at one time
NAMED: Final = 3  # of each kind of trouble
_LACKING: Final = (Standing.MISSING, Standing.OTHER)
_TICK_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How far the uploads came.

    `conflicts` counts videos whose names belong to other content, `damaged` those that are not what was checked, `left`
    those that are not up for another reason, which is `why`. `strays` counts videos in the store that are none of the
    run's. `named` are the first few keys of the kind that is asked for.
    """

    conflicts: int
    damaged: int
    strays: int
    left: int
    uploaded: int
    why: str
    named: dict[str, list[str]]

    @property
    def is_whole(self) -> bool:
        """Return whether every video that counts is up, and is the one."""
        return not (self.conflicts or self.damaged or self.left or self.why)


class Publisher(OfFacts):
    """The uploads of one run. It is a watcher of that run: `saw` hears what is finished.

    `begin` comes first and `stop` last; `wait` in between, when nothing more will be finished.
    """

    def __init__(self, bucket: Bucket, folder: Path, *, patience: Patience | None = None) -> None:
        """Publish what stands in `folder`; `bucket` stays the caller's to close, behind `stop`."""
        self._bucket = bucket
        self._folder = folder
        self._patience = patience or Patience()
        self._queue = Queue(folder)
        self._lock = threading.Lock()
        self._noted: dict[str, dict[str, None]] = {"conflict": {}, "damaged": {}, "stray": {}}
        self._uploaded = 0
        self._fresh: set[str] = set()
        self._is_looked = False
        self._refusal = self._trouble = ""
        self._bug: BaseException | None = None
        self._moved_at = time.monotonic()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self, journal: Callable[[], AbstractContextManager[Chronicle]], *, digests: bool) -> None:
        """Begin to look for what is missing, and to upload it; `digests` compares what is up by more than its size.

        `journal` opens the run's journal to be read, in a thread of ours.
        """
        self._start(lambda: self._look(journal, digests=digests))
        for _ in range(UPLOADS):
            self._start(self._work)

    def wait(self, tell: Callable[[int], None]) -> None:
        """Return when all is up, or nothing more can be; `tell` hears now and then how many uploads are left."""
        self._moved()
        while not self._stopped.is_set() and not self._is_at_end():
            tell(self._queue.left)
            self._stopped.wait(_TICK_S)

    def ends(self, *, within_s: float) -> bool:
        """Begin nothing more, wait so long at most for what is under way, and return whether all of it has ended."""
        self.abandon()
        until = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def cut_off(self) -> None:
        """Begin nothing more, and wait for no answer of the store: the next run finds what it took."""
        self.abandon()
        self._bucket.let_go()

    def stop(self) -> Outcome:
        """Begin nothing more, wait for what is under way, and say how far it came."""
        self.abandon()
        for thread in self._threads:
            thread.join()
        if self._bug is not None:
            raise self._bug
        left, noted = self._queue.left, self._noted
        is_open = left or not self._is_looked
        why = self._refusal or ((self._trouble or "stopped before all was looked through") if is_open else "")
        return Outcome(
            conflicts=len(noted["conflict"]), damaged=len(noted["damaged"]), strays=len(noted["stray"]), left=left,
            uploaded=self._uploaded, why=why, named={kind: [*islice(keys, NAMED)] for kind, keys in noted.items()},
        )  # fmt: skip

    def abandon(self) -> None:
        """Let go of everything, whatever is under way: something else has failed already, or all is over."""
        self._stopped.set()
        self._queue.close()

    def saw(self, state: State, stamped: Stamped) -> None:  # noqa: ARG002 -- the state says it all
        """Upload a video that was just finished."""
        if state.phase is not Phase.DONE or not state.wanted or state.artifact is None:
            return
        artifact, key = state.artifact, f"{VIDEOS}/{state.item.name}"
        with self._lock:
            if not self._is_looked:
                self._fresh.add(key)
            self._noted["stray"].pop(key, None)
        try:
            self._queue.add(Errand(video=Wanted(key=key, bytes_=artifact.bytes_, sha256=artifact.sha256)))
        except Halt as error:  # the run goes on, and what is not queued is found by the next one
            self._refuse(error)

    def close(self) -> None:
        """Nothing is shown."""

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._guarded, args=(target,), daemon=True, name="s2v-upload")
        self._threads.append(thread)
        thread.start()

    def _guarded(self, target: Callable[[], None]) -> None:
        """Keep what ends a thread: a refusal ends the uploads, a bug is raised by `stop`."""
        try:
            target()
        except S2VError as error:
            self._refuse(error)
        except BaseException as error:  # noqa: BLE001 - the boundary of a thread
            self._bug = self._bug or error
            self._stopped.set()

    def _refuse(self, error: S2VError) -> None:
        self._refusal = self._refusal or str(error)
        self._stopped.set()

    def _is_at_end(self) -> bool:
        is_stuck = time.monotonic() - self._moved_at > self._patience.idle_s
        return is_stuck or (self._is_looked and not self._queue.left)

    def _moved(self) -> None:
        self._moved_at = time.monotonic()

    def _persist(self, key: str, step: Callable[[], None]) -> bool:
        """Do a step, again and again while the store is busy; return whether it was done, False when told to stop."""
        tries = 0
        while not self._stopped.is_set():
            try:
                step()
            except StoreBusy as error:
                tries += 1
                self._trouble = str(error)
                self._stopped.wait(pause_s(self._patience.backoff, tries, jitter=jitter(key, tries)))
            else:
                self._moved()
                return True
        return False

    def _look(self, journal: Callable[[], AbstractContextManager[Chronicle]], *, digests: bool) -> None:
        def once() -> None:
            with journal() as book:
                try:
                    self._compare(book, digests=digests)
                except UnsortedError as error:
                    raise StoreRefused(f"the store lists its objects in no order ({error})") from error

        if self._persist("", self._bucket.clear_unfinished) and self._persist("", once):
            with self._lock:
                self._is_looked = True
                self._fresh.clear()

    def _compare(self, book: Chronicle, *, digests: bool) -> None:
        """Queue what is missing; what is queued twice, because a store was busy half-way, is found to be there."""
        with self._lock:
            self._noted["stray"].clear()
        notes: Finding | None = None
        ours = wanted(book, self._folder, digests=digests)
        for found in findings(ours, self._bucket.list(f"{VIDEOS}/", digests=digests)):
            if self._stopped.is_set():
                return
            self._moved()
            if found.key.endswith(SIDECAR):
                notes = found
            else:
                is_pair = notes is not None and notes.key == f"{found.key.rpartition('.')[0]}{SIDECAR}"
                self._sort(book, found, notes if is_pair else None)

    def _sort(self, book: Chronicle, found: Finding, notes: Finding | None) -> None:
        """Queue what one video lacks. An object that seems to be another is put as well: only that tells for sure."""
        if found.file is None:
            if found.key.endswith(VIDEO):  # whatever else lies there is nobody's business
                self._note_stray(found.key)
        elif found.standing is not Standing.UP:
            video = video_of(book, found.file.item)
            if video is not None:
                self._queue.add(Errand(video=video))
        elif notes is not None and notes.standing in _LACKING:
            self._queue.add(Errand(video=found.file, is_video=False))

    def _note_stray(self, key: str) -> None:
        with self._lock:
            is_news = key in self._fresh  # finished and uploaded while the store was looked through
        if not is_news:
            self._note("stray", key)

    def _note(self, kind: str, key: str) -> None:
        """Note what is wrong with one video; what is queued twice is noted once."""
        with self._lock:
            self._noted[kind][key] = None

    def _work(self) -> None:
        while (errand := self._queue.take()) is not None:
            if not self._persist(errand.video.key, partial(self._upload, errand)):
                return
            self._queue.done()

    def _upload(self, errand: Errand) -> None:
        video = errand.video
        path = self._folder / video.key
        if errand.is_video:
            if not _is_the_one(path, video):
                self._note("damaged", video.key)
                return
            match self._bucket.put_new(path, video.key, sha256=video.sha256):
                case Put.OTHER:
                    self._note("conflict", video.key)
                    return
                case Put.CREATED:
                    with self._lock:
                        self._uploaded += 1
        notes = sidecar_of(path)
        if not notes.is_file():  # it is written right behind the fact that brought us here
            raise StoreBusy(f"{notes} is not there yet")
        with halting(notes, "read"):
            sha256 = digest_of(notes)
        self._bucket.put(notes, f"{VIDEOS}/{notes.name}", sha256=sha256)


def _is_the_one(path: Path, video: Wanted) -> bool:
    with halting(path, "read"):
        return path.is_file() and digest_of(path) == video.sha256
