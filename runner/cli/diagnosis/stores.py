"""Whether an object store answers, and whose the place in it is; nothing is put there."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from ...errors import ConfigError, StoreError
from ...model import Destination
from ..lookups import LOOK_UP_S, LookUp
from ..store.claiming import look_at_claim
from ..store.door import require_extra
from ..store.openings import briefly_opened
from .findings import Finding, unknown


def claimed(
    destination: Destination, run_id: str, environ: Mapping[str, str], *,
    is_offline: bool, look_up: LookUp = socket.getaddrinfo, look_up_s: float = LOOK_UP_S,
) -> Finding | str:  # fmt: skip
    """Return how a store stands to the run of this id; its name is looked up by `look_up`, for so long at most.

    Raise ConfigError for one that cannot be used, and for a place that is another run's.
    """
    require_extra(destination)
    if is_offline:
        return unknown("store", f"{destination} was not asked, as --offline says")
    try:
        with briefly_opened(destination, environ, look_up=look_up, look_up_s=look_up_s) as bucket:
            is_ours = look_at_claim(bucket, destination, run_id)
    except StoreError as error:
        raise ConfigError(str(error)) from error
    whose = "is this run's" if is_ours else "belongs to no run yet"
    return f"{destination} answers and {whose}; whether it lets s2v write is tried by a run alone"
