"""The wiring of a publication: the store proven before anything is bought, uploads beside the run, the reports last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from ...core.life.state import Phase
from ...core.sums.ending import CUT_SHORT, Conclusion
from ...edge.disk.digest import digest_of
from ...edge.journal.journal import Journal
from ...edge.store.bucket import Bucket
from ...edge.store.patience import insist
from ...edge.store.publisher import Outcome, Publisher
from ...edge.watch.displays import Bar, Display, PlainLines
from ...errors import Exit, StoreError
from ...model import Destination
from ...report.text import counted, first_of
from ...values import dataclass
from .. import reporting
from ..bars import told_if_long
from ..interruption import exit_of
from ..naming import pasted
from ..run.order import Order
from .claiming import PROBE, claim, worded
from .openings import patiently_opened
from .papers_online import LAST, MANIFEST, TELLING, publish_papers
from .unpublished import Unpublished

MOMENT_S: Final = 0.3
"""After which whoever stops a run is told what is waited for."""
GRACE_S: Final = 10.0
"""For uploads under way when a run is stopped; what is cut off then is found by the next run, or put again."""


@dataclass(slots=True, kw_only=True)
class Publication(Unpublished):
    """What one run publishes, from the first look at the store to the last report."""

    order: Order
    book: Journal
    bucket: Bucket
    publisher: Publisher
    published: Mapping[str, str]

    def __post_init__(self) -> None:
        self.watchers = (self.publisher,)

    def begin(self) -> None:
        """Begin to upload what is missing, once the journal is brought up to the plan.

        Where the results up there are those of this folder, and it tells of nothing since, all was up then, and its
        names and sizes are looked at alone; a fetch looks at digests, too.
        """
        up = self.published[LAST]
        is_same = bool(up) and up == _digest(self.order.folder / LAST)
        is_current = is_same and reporting.are_reports_current(self.book, self.order.folder)
        self.publisher.begin(partial(Journal.read, self.order.folder), digests=not is_current or not self.order.buys)

    def conclude(self, conclusion: Conclusion, code: int) -> int:
        """Wait for the uploads, publish the reports when all is up, say how it stands, and return the exit code."""
        if conclusion.ending in CUT_SHORT:
            self._tell_left(self._stopped())
            return code
        try:
            with _waiting(self.order, self._count()) as tell:
                self.publisher.wait(tell)
            outcome = self.publisher.stop()
        except KeyboardInterrupt as interrupt:
            self._tell_left(self._stopped())
            return exit_of(interrupt)
        return _worst(code, self._published(outcome))

    def _stopped(self) -> Outcome:
        """End the uploads before all is up; a store that answers nothing holds nobody."""
        if not self.publisher.ends(within_s=MOMENT_S):
            self.order.screen.tell(
                f"stopping: uploads under way are finished first, and the store is waited for {GRACE_S:g} s at most; "
                "once more to leave at once"
            )
            if not self.publisher.ends(within_s=GRACE_S):
                self.publisher.cut_off()
        return self.publisher.stop()

    def _source(self, name: str) -> Path:
        return self.order.prepared.manifest.path if name == MANIFEST else self.order.folder / name

    def _published(self, outcome: Outcome) -> Exit:
        screen, at = self.order.screen, self.order.prepared.manifest.destination
        self._tell_troubles(outcome)
        if outcome.is_whole:
            try:
                if any(digest != _digest(self._source(name)) for name, digest in self.published.items()):
                    words = (
                        f"putting the reports into {at}, as fast as it answers; Ctrl-C leaves them to the same command"
                    )
                    with told_if_long(screen, words):
                        publish_papers(self.order, self.book, self.bucket)
            except StoreError as error:
                screen.warn(f"the videos are up and the reports are not: {error}; the same command goes on")
                return Exit.STOPPED
        count = self._count()
        up = count - outcome.conflicts - outcome.damaged - outcome.left
        told = f"{up} of {counted(count, 'video')}" if not outcome.why else outcome.why
        say = screen.tell if self.order.args.json or self.order.args.events else screen.say
        say(f"  store   {at} ({told}{_new(outcome)})")
        if outcome.conflicts or outcome.damaged:
            return Exit.IN_DOUBT
        return Exit.OK if outcome.is_whole else Exit.STOPPED

    def _tell_troubles(self, outcome: Outcome) -> None:
        screen, at = self.order.screen, self.order.prepared.manifest.destination
        if outcome.conflicts:
            screen.warn(
                f"conflict: {counted(outcome.conflicts, 'video')} not published, because an object of another content "
                f"has the name, and is never overwritten: {_keys(at, outcome, 'conflict', outcome.conflicts)}; "
                "move or delete what is there, or choose another output.dir, then run the same command again"
            )
        if outcome.damaged:
            screen.warn(
                f"{counted(outcome.damaged, 'video')} not published, because the file is not the one that was checked: "
                f"{_keys(None, outcome, 'damaged', outcome.damaged)}; s2v fetch {pasted(self.order.folder)} mends it"
            )
        if outcome.strays:
            screen.tell(
                f"{counted(outcome.strays, 'video')} in the store that the run no longer has under that name, and that "
                f"stay there: {_keys(at, outcome, 'stray', outcome.strays)}"
            )
        if not outcome.is_whole:
            self._tell_left(outcome)

    def _tell_left(self, outcome: Outcome) -> None:
        why = f": {outcome.why}" if outcome.why else ""
        left = f"{counted(outcome.left, 'video')} not yet up" if outcome.left else "the publication is not complete"
        mends = outcome.damaged and not outcome.left
        command = f"s2v fetch {pasted(self.order.folder)}" if mends else "the same command"
        self.order.screen.tell(f"{left}{why}; nothing is lost, and {command} goes on")

    def _count(self) -> int:
        return self.book.counts().get(Phase.DONE, 0)


def proven(order: Order, book: Journal, destination: Destination, stack: ExitStack) -> Publication:
    """Return the publication whose prefix is claimed and can be listed, as long as the stack is open."""
    with worded():
        bucket = stack.enter_context(patiently_opened(destination, order.environ))
        words = f"waiting for {destination} to answer, for a few minutes at most; Ctrl-C leaves at once"
        with told_if_long(order.screen, words):
            claim(bucket, destination, order.folder, book.run_id)
            published = insist(partial(_published, bucket), patience=PROBE)
    publisher = Publisher(bucket, order.folder)
    stack.callback(publisher.abandon)
    return Publication(order=order, book=book, bucket=bucket, publisher=publisher, published=published)


def _published(bucket: Bucket) -> dict[str, str]:
    """Return the digests of those documents by which it is seen whether all are up to date, empty where one lacks."""
    found = (each for name in TELLING for each in bucket.list(name, digests=True))
    return {**dict.fromkeys(TELLING, ""), **{each.key: each.sha256 or "" for each in found if each.key in TELLING}}


@contextmanager
def _waiting(order: Order, total: int) -> Iterator[Callable[[int], None]]:
    """Give what shows how many uploads are left, where that takes longer than a moment."""
    if order.args.quiet:
        yield lambda _left: None
        return
    display: Display | None = None
    began = shown = time.monotonic()

    def tell(left: int) -> None:
        nonlocal display, shown
        now = time.monotonic()
        if display is None and now - began > 1.0:
            display = _display(order, total)
            shown = -display.every_s
        if display is not None and now - shown >= display.every_s:
            shown, up = now, max(0, total - left)
            display.show(up, up, "uploaded")

    try:
        yield tell
    finally:
        if display is not None:
            display.close()


def _display(order: Order, total: int) -> Display:
    screen = order.screen
    if screen.interactive:
        return Bar(total, 0, stream=screen.stderr, colour=screen.colour)
    return PlainLines(total, stream=screen.stderr)


def _new(outcome: Outcome) -> str:
    return f", {outcome.uploaded} new" if outcome.uploaded else ""


def _keys(at: Destination | None, outcome: Outcome, kind: str, count: int) -> str:
    named = [f"{at}/{key}" if at else key for key in outcome.named.get(kind, ())]
    return first_of(named, count)


def _worst(code: int, published: Exit) -> int:
    """Return what the process tells: what stopped the run, then a decision that is needed, then what is left."""
    if published is Exit.IN_DOUBT and code in {Exit.OK, Exit.FAILED}:
        return published
    return code or published


def _digest(path: Path) -> str:
    return digest_of(path) if path.is_file() else ""
