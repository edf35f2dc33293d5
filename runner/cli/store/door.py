"""What commands ask of this shelf whether there is a store or not; nothing that reaches one is loaded for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ...edge.journal.journal import Journal
from ...errors import ConfigError
from ...extras import require_packages
from ...model import Destination, Manifest
from ..run.order import Order
from .unpublished import Barred, Unpublished


def require_store(manifest: Manifest) -> None:
    """Raise ConfigError when a run is to publish, and what it takes is not installed."""
    if manifest.destination is not None:
        require_extra(manifest.destination)


def require_extra(destination: Destination) -> None:
    """Raise ConfigError when what it takes to reach an object store is not installed."""
    require_packages(["s3fs"], extra="remote", who=str(destination), otherwise="let output.dir name a folder")


@contextmanager
def publishing(order: Order, book: Journal, *, is_under_way: bool) -> Iterator[Unpublished]:
    """Give the publication of a run, whose store is proven by now; raise ConfigError where it cannot be used.

    What was bought before is brought home also then: nobody knows how long its links hold.
    """
    destination = order.prepared.manifest.destination
    if destination is None:
        yield Unpublished()
        return
    from .publishing import proven  # noqa: PLC0415 - all that reaches a store, for those alone who have one

    with ExitStack() as stack:
        try:
            require_extra(destination)
            publication: Unpublished = proven(order, book, destination, stack)
        except ConfigError as error:
            if order.buys and not is_under_way:
                raise
            order.screen.warn(f"{error}; this run buys nothing, and brings home what is paid for before that is mended")
            publication = Barred()
        yield publication
