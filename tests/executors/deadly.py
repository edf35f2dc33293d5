"""An executor that kills its driver at a moment that a test names; else it is one of those under the contract.

`s2v run --executor deadly=before,local,FILE` finds it by an entry point, as it finds the executors of others. The file
lists each step that a worker begins.

`before` kills the driver while a step is under way, `after` before its result is a fact, `publish` while a video gets
its place; `fetches` kills nobody, and lets the workers fetch the files, too.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from makers import MAKERS

from runner.executors import worker
from runner.executors.seam import Executor, ExecutorInfo, Json, StepCall


def deadly(where: str, _folder: Path) -> Executor:
    """Return the executor that `where` names, and let it kill its driver at that moment."""
    moment, name, steps = where.split(",")
    if moment == "publish":
        sys.addaudithook(_die_between_a_video_and_its_fact)
    return Deadly(MAKERS[name](perform, 2), moment, steps)


def perform(text: str) -> str:
    """Do the step as any worker does; before that, list it, and end the driver if that is asked for."""
    call = json.loads(text)
    args = call["args"]
    with Path(args["steps"]).open("a") as steps:
        steps.write(f"{call['step']} {call['item']}\n")
    if "kill" in args:
        os.kill(args["kill"], signal.SIGKILL)
    return worker.perform(text)


@dataclass(frozen=True)
class Deadly:
    inner: Executor
    moment: str
    steps: str

    async def start(self) -> ExecutorInfo:
        return replace(await self.inner.start(), fetches=self.moment == "fetches")

    async def run(self, call: StepCall) -> Mapping[str, Json]:
        more: dict[str, Json] = {"steps": self.steps} | ({"kill": os.getpid()} if self.moment == "before" else {})
        result = await self.inner.run(replace(call, args={**call.args, **more}))
        if self.moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    async def close(self) -> None:
        await self.inner.close()


def _die_between_a_video_and_its_fact(event: str, args: tuple[object, ...]) -> None:
    """Die when the folder is about to be synced into which a video was just moved."""
    if event == "open" and str(args[0]).endswith("/videos") and any(Path(str(args[0])).glob("*.mp4")):
        os.kill(os.getpid(), signal.SIGKILL)
