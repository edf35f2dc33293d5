"""Has files brought home by workers that have a network of their own; the driver gives them their place."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...executors.repeating import done
from ...executors.seam import Executor, StepCall, StepFailedError, StepUndoneError
from ...inspection import Unfetched
from ...model import Artifact, Download
from ...values import dataclass
from ..disk.files import UNFENCED, Files, halting
from ..journal.codec import from_json, to_json

VIDEO: Final = "video"
"""The name, without its suffix, under which a worker leaves what it brought."""
CPUS: Final = 0.25  # that a download takes: it waits for the network
FETCH_S: Final = 3600.0  # after which a download that does not end counts as lost; one that drips is given up before


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A courier for one provider's links; `stage` is the folder for downloads under way."""

    executor: Executor
    stage: Path
    may_be_private: bool
    timeout_s: float
    files: Files = UNFENCED

    async def fetch(self, key: str, download: Download) -> Artifact | Unfetched:
        """Bring the file home. May be called again at any time; raises Halt when the disk refuses."""
        call = StepCall(
            step="fetch", item=key, within=str(self.stage.absolute()), cpus=CPUS, timeout_s=FETCH_S,
            args={
                "download": to_json(download), "may_be_private": self.may_be_private, "timeout_s": self.timeout_s,
            },
        )  # fmt: skip
        try:
            with halting(self.stage):
                async with done(self.executor, call) as (result, folder):
                    if "missed" in result:
                        return from_json(Unfetched, result["missed"])
                    self.files.move(folder / f"{VIDEO}.mp4", self.stage / f"{key}.mp4")
                    return from_json(Artifact, result["brought"])
        except (StepFailedError, StepUndoneError) as error:
            return Unfetched(reason=f"the download failed: {error}")
