"""How commands reach a store: a run with patience, and whoever only looks for some ten seconds.

Neither the end of a command nor that of the process waits for a name server that never answers.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

from ...edge.store.bucket import GLANCE_S, Bucket, opened
from ...model import Destination
from ..lookups import LOOK_UP_S, LookUp, UnheldLoop, turning


@contextmanager
def patiently_opened(
    destination: Destination, environ: Mapping[str, str], *, look_up: LookUp = socket.getaddrinfo
) -> Iterator[Bucket]:
    """Give the bucket to whoever must get through; a silent store is waited for, a minute or two each time."""
    loop = UnheldLoop(look_up=look_up)
    Thread(target=loop.run_forever, daemon=True, name="s2v-store").start()  # it turns as long as the process lives
    with opened(destination, environ, loop=loop) as bucket:
        yield bucket


@contextmanager
def briefly_opened(
    destination: Destination, environ: Mapping[str, str], *,
    answer_s: float = GLANCE_S, look_up: LookUp = socket.getaddrinfo, look_up_s: float = LOOK_UP_S,
) -> Iterator[Bucket]:  # fmt: skip
    """Give the bucket to whoever only looks; its name is looked up by `look_up`, and nothing is asked twice."""
    times = {"connect_timeout": answer_s, "read_timeout": answer_s}
    with (
        turning(UnheldLoop(look_up=look_up, most_s=look_up_s)) as loop,
        opened(destination, environ, times=times, tries=1, loop=loop) as bucket,
    ):
        yield bucket
