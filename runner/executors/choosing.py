"""Which executor a user means by `local`, `local=4` or `NAME=WHERE`; the names of others come from their entry points.

An entry point of the group `s2v.executors` names a function that takes what stands behind the `=`, empty if nothing
does, and returns an executor that is not yet started; for what makes no sense it raises UsageError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import entry_points
from typing import Final, TypeAlias

from ..errors import UsageError
from .local import LocalExecutor, usual_workers
from .seam import Executor

GROUP: Final = "s2v.executors"
LOCAL: Final = "local"
_WORKERS_MOST: Final = 1024

Maker: TypeAlias = Callable[[], Executor]
"""Makes a fresh executor, each time it is called."""


def chosen(text: str) -> Maker:
    """Return what makes the executor that is meant; raise UsageError when there is none of that name."""
    name, _, where = text.partition("=")
    if name in OURS:
        return OURS[name](where)
    theirs = {point.name: point for point in entry_points(group=GROUP)}
    if name not in theirs:
        known = ", ".join(sorted({*OURS, *theirs}))
        raise UsageError(f"found '{text}', expected an executor that is installed: {known}")
    return partial(theirs[name].load(), where)


def _local(where: str) -> Maker:
    if where and not (where.isascii() and where.isdecimal() and 0 < int(where) <= _WORKERS_MOST):
        raise UsageError(f"found 'local={where}', expected a number of processes from 1 to {_WORKERS_MOST}: local=4")
    return partial(LocalExecutor, int(where) if where else usual_workers())


OURS: Final[Mapping[str, Callable[[str], Maker]]] = {LOCAL: _local}
