"""What a manifest asks of its videos: decoded and judged by workers, so that a file may kill its decoder, never a run.

Where the boxes and the header are all that is asked for, they are read in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Final

from ...core.life.state import State
from ...executors.repeating import done
from ...executors.seam import Executor, Json, StepCall, StepFailedError, StepUndoneError
from ...gates import Gates
from ...inspection import Inspected, Spoilt, Unchecked
from ...model import CheckPolicy, Portrait
from ...values import dataclass
from ..disk.files import halting
from ..folder.finding import the_one
from ..folder.shelf import Inspector
from ..journal.codec import from_json, to_json
from ..unheld import UnbegunError, UnendedError, unheld
from .looking import PORTRAIT, look

Content = Callable[[Portrait], bytes]
"""Gives the bytes of a portrait; empty where they cannot be had any more."""

MEMORY_MB: Final = 600  # of a worker that decodes and looks for faces
AT_ONCE_MOST: Final = 4 << 20  # bytes that are hashed in some milliseconds: to hand less to a thread costs more than it
CHECK_S: Final = 600.0  # after which a check that does not end counts as lost
ADVICE: Final = (
    "free memory, or let a run check one video at a time (--executor local=1) or the header alone (decode: header)"
)


def judge_for(
    policy: CheckPolicy, content: Content, executor: Executor, stage: Path, *, most_s: float = CHECK_S
) -> Inspector:
    """Return what looks into a video as the policy asks, for so long; its steps work in folders in `stage`."""
    if policy.full_decode or policy.gates.need_pixels:
        return _Workers(policy=policy, content=content, executor=executor, stage=stage, most_s=most_s)
    return partial(_look_here, policy.gates, most_s)


async def _look_here(
    gates: Gates, most_s: float, state: State, places: Iterable[Path]
) -> Inspected | Spoilt | Unchecked:
    """Look into a header in this process: at once where that takes some milliseconds, else in a thread, for so long.

    A disk that hangs over a small file holds up all: the journal lies on the same, and each step waits for its commit.
    """

    def opened() -> Inspected | Spoilt:
        path = the_one(places, state.sha256)
        if isinstance(path, Spoilt):
            return path
        with halting(path, "read"):
            return look(path, gates, portrait=None, full=False)

    try:
        is_small = state.artifact is not None and state.artifact.bytes_ <= AT_ONCE_MOST
        return opened() if is_small else await unheld(opened, most_s=most_s)
    except MemoryError as error:
        return Unchecked(reason=f"it could not be checked: {error or 'no memory'}; free memory")
    except UnendedError:
        return Unchecked(reason=f"it could not be read within {most_s:g} s; look at the disk")
    except UnbegunError as error:
        return Unchecked(reason=f"it could not be checked: {error}")


@dataclass(slots=True)
class _Record:
    """Whether workers that break do so over one file, or over all: then this machine cannot decode, and none is spoilt.

    Holds the items over which workers broke, until one was done with a file.
    """

    is_able: bool = False
    broken: set[str] = field(default_factory=set)

    def done(self) -> None:
        """Note that a worker came to an end with a file, whatever it found."""
        self.is_able = True
        self.broken.clear()

    def blames(self, key: str) -> bool:
        """Note an item over which workers broke, and return whether its file is to blame."""
        if not self.is_able:
            self.broken.add(key)
        return self.is_able or len(self.broken) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Workers:
    """Has videos judged by an executor; `record` is how that went in this run."""

    policy: CheckPolicy
    content: Content
    executor: Executor
    stage: Path
    most_s: float
    record: _Record = field(default_factory=_Record)

    async def __call__(self, state: State, places: Iterable[Path]) -> Inspected | Spoilt | Unchecked:
        call = StepCall(
            step="check", item=state.item.id, within=str(self.stage.absolute()), memory_mb=MEMORY_MB,
            timeout_s=self.most_s, args={
                "places": [str(path.absolute()) for path in places], "sha256": state.sha256 or "",
                "full": self.policy.full_decode, "gates": to_json(self.policy.gates),
            },
        )  # fmt: skip
        lay = partial(self._lay, state.item.portrait) if self.policy.gates.identity is not None else None
        try:
            with halting(self.stage):
                async with done(self.executor, call, prepare=lay) as (result, _):
                    self.record.done()
                    return _read(result)
        except StepUndoneError as error:
            return Unchecked(reason=f"it could not be checked: {error}; {ADVICE}")
        except StepFailedError as error:
            if self.record.blames(state.item.key):
                return Spoilt(reason=f"it could not be checked: {error}")
            return Unchecked(reason=f"no video can be checked here: {error}; mend s2v's decoder (PyAV, OpenCV)")

    def _lay(self, portrait: Portrait, folder: Path) -> None:
        """Put the portrait where the worker looks for it, wherever it came from."""
        (folder / PORTRAIT).write_bytes(self.content(portrait))


def _read(result: Mapping[str, Json]) -> Inspected | Spoilt:
    if "spoilt" in result:
        return Spoilt(reason=from_json(str, result["spoilt"]))
    return from_json(Inspected, result["inspected"])
