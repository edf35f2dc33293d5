"""The executor on Ray: a Ray of our own on this machine, or a cluster that is there. Needs the extra `ray`.

All that speaks with Ray is a child process, the envoy. When it ends, because the cluster is gone or for any other
reason, what it was doing counts as lost and the next step starts another one; this process goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from ..errors import ConfigError, Halt
from ..extras import require_packages
from .envelope import opened, sealed
from .fingerprint import fingerprint
from .ray_line import OWN, RayLine
from .ray_words import PROXIED, PROXY
from .seam import ExecutorInfo, Json, Perform, StepCall, WorkerTakenError
from .worker import perform as free_steps

NAME: Final = "ray"
PAUSES_S: Final = (5.0, 15.0, 30.0)  # before a lost cluster is looked for again: its head may be starting anew
THERE: Final = "auto"  # the address of the cluster that this machine is part of


class RayExecutor:
    """Does steps on Ray's workers. `folder` must be seen by them under the same path; None asks nothing of them.

    `log` is the file for what Ray says, which is written anew at each start; `cpus` bounds a Ray of our own; `pauses_s`
    are the seconds between tries to find a lost cluster again.
    """

    def __init__(
        self, address: str = OWN, *, folder: Path | None = None, log: Path | None = None, cpus: int | None = None,
        perform: Perform = free_steps, pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:  # fmt: skip
        self._address = address
        self._folder = folder
        self._log = log
        self._cpus = cpus
        self._perform = f"{perform.__module__}:{perform.__qualname__}"
        self._pauses_s = pauses_s
        self._line: RayLine | None = None
        self._starting = asyncio.Lock()
        self._closing = asyncio.Event()

    async def start(self) -> ExecutorInfo:
        """Start or find Ray, and look at one worker: the same program there, the same folder."""
        _refuse_proxy(self._address, os.environ)
        require_packages(["ray"], extra="ray", who="--executor ray")
        async with self._starting:
            self._line = await self._begun()
        return ExecutorInfo(name=NAME, slots=self._line.slots, fetches=True)

    async def run(self, call: StepCall) -> Mapping[str, Json]:
        """Have a worker do the step; raises Halt where the cluster cannot do steps any more."""
        text = sealed(call)
        line = await self._connected()
        order = {
            "name": f"{call.step} {call.item}", "text": text, "cpus": call.cpus, "gpus": call.gpus,
            "memory_mb": call.memory_mb, "timeout_s": call.timeout_s,
        }  # fmt: skip
        return opened(await line.follow(order))

    async def close(self) -> None:
        """End the envoy, and with it what it does and a Ray of our own; a cluster that was there stays."""
        self._closing.set()
        async with self._starting:
            if self._line is not None:
                await self._line.close()
                self._line = None

    async def _connected(self) -> RayLine:
        """Return the line to a living envoy, starting another one where it is gone."""
        async with self._starting:
            pauses_s = iter(self._pauses_s)
            while self._line is None or self._line.is_over:
                if self._closing.is_set():
                    raise WorkerTakenError("the connection with Ray is closed")
                try:
                    self._line = await self._begun()
                except ConfigError as error:
                    pause_s = next(pauses_s, None)
                    if pause_s is None:
                        raise Halt(f"Ray is gone: {error}") from error
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._closing.wait(), pause_s)
            return self._line

    async def _begun(self) -> RayLine:
        if self._line is not None:
            await self._line.close()
        with _probe(self._folder) as (probe, nonce):
            start = {
                "address": self._address, "cpus": self._cpus, "perform": self._perform, "probe": probe, "nonce": nonce,
                "fingerprint": dict(fingerprint()),
            }  # fmt: skip
            return await RayLine.begun(start, log=self._log)


def _refuse_proxy(address: str, environ: Mapping[str, str]) -> None:
    """Raise ConfigError where the environment leads to Ray in a way that does not hold."""
    named = environ.get("RAY_ADDRESS", "") if address == THERE else ""
    if PROXY in named:
        raise ConfigError(f"RAY_ADDRESS={named} {PROXIED}")


@contextlib.contextmanager
def _probe(folder: Path | None) -> Iterator[tuple[str, str]]:
    """Give a file in this folder and the words in it, for a worker to read; nothing of both where there is no folder.

    What a crash leaves of it is cleared at the next start, as the parts of all files are.
    """
    if folder is None:
        yield "", ""
        return
    nonce = secrets.token_hex(16)
    path = folder.resolve() / f".probe-{nonce}.part"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(nonce)
    except OSError as error:
        raise ConfigError(f"cannot write in {folder}: {error.strerror}; choose another folder") from error
    try:
        yield str(path), nonce
    finally:
        path.unlink(missing_ok=True)
