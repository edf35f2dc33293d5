"""What a run leaves behind where nothing is published: the folder alone. `publishing.Publication` is the other way."""

from __future__ import annotations

from ...core.sums.ending import CUT_SHORT, Conclusion
from ...edge.watch.watcher import Watcher
from ...errors import Exit


class Unpublished:
    """A run whose folder is all that it leaves behind."""

    watchers: tuple[Watcher, ...] = ()
    may_buy = True

    def begin(self) -> None:
        """Upload nothing."""

    def conclude(self, conclusion: Conclusion, code: int) -> int:  # noqa: ARG002 - the same as of a publication
        """Return the exit code as it is."""
        return code


class Barred(Unpublished):
    """A run whose store cannot be used: it buys nothing, and what is paid for comes home all the same."""

    may_buy = False

    def conclude(self, conclusion: Conclusion, code: int) -> int:
        """Return how the run ended, or that the store is to be mended."""
        return code if conclusion.ending in CUT_SHORT else code or Exit.PROVIDER
