"""Which executor a user means by `local=4`, `ray=auto` or `NAME=WHERE`; others come from entry points.

An entry point of the group `s2v.executors` names a function that takes what stands behind the `=`, empty if nothing
does, and the folder that the steps will work in, and returns an executor that is not yet started.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from ..errors import UsageError
from .seam import Executor

GROUP: Final = "s2v.executors"
LOCAL: Final = "local"
RAY: Final = "ray"
_WORKERS_MOST: Final = 1024
_ADDRESS: Final = re.compile(r"[^\s/]+:([0-9]{1,5})")
_PORT_MOST: Final = 65_535
RAY_LOG: Final = "ray.log"  # in the folder that the steps work in: what Ray says, away from bar and results

Maker: TypeAlias = Callable[[Path], Executor]
"""Makes a fresh executor for work in a folder, each time it is called; nothing is started yet."""


def chosen(text: str) -> Maker:
    """Return what makes the executor that is meant; raise UsageError when there is none of that name."""
    name, _, where = text.partition("=")
    if name in OURS:
        return OURS[name](where)
    from importlib.metadata import entry_points  # noqa: PLC0415 - for those alone who name an executor of somebody else

    theirs = {point.name: point for point in entry_points(group=GROUP)}
    if name not in theirs:
        known = ", ".join(sorted({*OURS, *theirs}))
        raise UsageError(f"found '{text}', expected an executor that is installed: {known}")
    try:
        return partial(theirs[name].load(), where)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the executor '{name}' is installed and cannot be loaded: {error}") from error


def _local(where: str) -> Maker:
    from .local import LocalExecutor, usual_workers  # noqa: PLC0415 - for those alone who have steps to do

    if where and not (where.isascii() and where.isdecimal() and 0 < int(where) <= _WORKERS_MOST):
        raise UsageError(f"found 'local={where}', expected a number of processes from 1 to {_WORKERS_MOST}: local=4")
    workers = int(where) if where else usual_workers()
    return lambda _folder: LocalExecutor(workers)


def _ray(where: str) -> Maker:
    from .on_ray import THERE, RayExecutor  # noqa: PLC0415 - for those alone who have a cluster
    from .ray_line import OWN  # noqa: PLC0415 - the same
    from .ray_words import PROXIED, PROXY  # noqa: PLC0415 - the same

    if PROXY in where:
        raise UsageError(f"ray={where} {PROXIED}")
    if where not in {"", OWN, THERE} and not _is_address(where):
        raise UsageError(f"found 'ray={where}', expected ray, ray=auto or ray=HOST:PORT, mostly port 6379")
    return lambda folder: RayExecutor(where or OWN, folder=folder, log=folder / RAY_LOG)


def _is_address(where: str) -> bool:
    match = _ADDRESS.fullmatch(where)
    return match is not None and 0 < int(match[1]) <= _PORT_MOST


OURS: Final[Mapping[str, Callable[[str], Maker]]] = {LOCAL: _local, RAY: _ray}
"""Each reads what stands behind its `=`, and raises UsageError where that makes no sense."""
