"""The free steps of a run folder that a worker may do, wherever it is: it sees the folder under the driver's path.

Each writes in its own folder alone; what gets a place in the run folder is moved there by the driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...executors.seam import Json
from ...gates import Gates
from ...inspection import Inspected, Spoilt, Unfetched
from ...model import Artifact, Download
from ..disk.files import halting
from ..folder.finding import the_one
from ..journal.codec import from_json, to_json
from .looking import PORTRAIT, look


def check(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Find the file with the digest, open it and judge it; a portrait to hold it against lies in the step's folder.

    Return an `Inspected` or a `Spoilt` as JSON; raise Halt where the disk cannot be read.
    """
    found = _checked(args, stage)
    return {"spoilt": found.reason} if isinstance(found, Spoilt) else {"inspected": to_json(found)}


def fetch(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Bring a file home into the step's folder; return an `Artifact` or an `Unfetched` as JSON."""
    import asyncio  # noqa: PLC0415 - a seventh of a worker's start, which nobody needs who checks

    brought = asyncio.run(_fetched(args, stage))
    return {"brought" if isinstance(brought, Artifact) else "missed": to_json(brought)}


def _checked(args: Mapping[str, Json], stage: Path) -> Inspected | Spoilt:
    places = from_json(tuple[str, ...], args["places"])
    path = the_one(map(Path, places), from_json(str, args["sha256"]))
    if isinstance(path, Spoilt):
        return path
    gates, portrait = from_json(Gates, args["gates"]), None
    with halting(path, "read"):
        if gates.identity is not None:
            portrait = (stage / PORTRAIT).read_bytes()
        return look(path, gates, portrait=portrait, full=from_json(bool, args["full"]))


async def _fetched(args: Mapping[str, Json], stage: Path) -> Artifact | Unfetched:
    from .. import wire  # noqa: PLC0415 - httpx, which nobody needs who checks
    from .courier import Courier  # noqa: PLC0415 - the same
    from .dispatch import VIDEO  # noqa: PLC0415 - the same

    may_be_private, timeout_s = from_json(bool, args["may_be_private"]), from_json(float, args["timeout_s"])
    async with wire.links(may_be_private=may_be_private, timeout_s=timeout_s) as links:
        return await Courier(links, stage).fetch(VIDEO, from_json(Download, args["download"]))
