"""What an executor is: it does calls of free, repeatable steps, somewhere, at least once, and tells what came of each.

A call is JSON, its result is JSON, and neither holds a secret. A fence is given once for each permission to do a step
and names the only folder that the step may write to, so that a worker that was given up and wakes again harms nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Protocol, TypeAlias

from ..errors import S2VError
from ..values import dataclass

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

Perform: TypeAlias = Callable[[str], str]
"""What a worker runs, `worker.perform`: a sealed call in, its answer out. A function of a module, found by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCall:
    """One permission to do one step: `step` is a name of `table.STEPS`, `item` says for whom, in words of a log.

    `within` is the folder, the same path for driver and worker, in which the fence's own folder lies. `args` are JSON
    values, of whose names none may be that of a secret. `cpus`, `gpus` and `memory_mb` (10^6 bytes) are what the step
    takes of a worker; after `timeout_s` seconds the worker counts as lost.
    """

    step: str
    item: str
    fence: str = ""
    within: str = ""
    args: Mapping[str, Json] = field(default_factory=dict)
    cpus: float = 1.0
    gpus: float = 0.0
    memory_mb: int = 0
    timeout_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorInfo:
    """What was started: `slots` steps are done at one time, at most, as far as is known now.

    `fetches` says that the workers have a network of their own, so that downloads are better done there.
    """

    name: str
    slots: int
    fetches: bool = False


class WorkerLostError(S2VError):
    """Nobody knows how far the step came, and nobody need: it is free, and a new call with a new fence repeats it."""


class WorkerTakenError(WorkerLostError):
    """The machine took the worker away: killed, without memory, never started, out of reach. No step is to blame."""


class StepFailedError(S2VError):
    """The step itself says no, in plain words; the same call would say it again."""


class StepUndoneError(S2VError):
    """The machine kept taking the workers away: nothing is known of the step, and later it may well be done."""


class Executor(Protocol):
    """Does calls, several at a time. `start` comes first, `close` last, and each once."""

    async def start(self) -> ExecutorInfo:
        """Get ready; raise ConfigError, in words that a user can act on, where that cannot be."""

    async def run(self, call: StepCall) -> Mapping[str, Json]:
        """Do one step and return its result; may be called many times at once, and waits for a free worker.

        Raises WorkerLostError, which is WorkerTakenError where no step can have broken the worker, or what the answer
        holds in place of a result (`envelope.opened`): StepFailedError, and Halt or StepBugError where it is not the
        step's input that is wrong. Cancelled, it gives the step up, which may still run to its end.
        """

    async def close(self) -> None:
        """Give up what is running, and leave no process of this executor behind."""
