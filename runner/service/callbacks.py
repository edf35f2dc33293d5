"""Callbacks as MiniMax documents them: a challenge before the first, then a post at every change of status.

A job with a callback is `Preparing` until the challenge is over. When the other side does not echo it within 3 s, the
job is made all the same, and nothing is posted (what MiniMax does then is not documented). A post waits in the store,
so it outlives a restart; one that is not answered with a 2xx is tried again a few times. So a post may come twice, or
late; the order of two posts is not promised.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import field, replace
from typing import Final

from ..values import dataclass
from .errands import Challenge, Delivery, Errand, Errands
from .faults import Occasion, Operation, Post, Script
from .minimax import BROKEN
from .order import Status
from .outside import Patience, Poster

_log = logging.getLogger(__name__)
AT_ONCE: Final = 16  # errands under way at one time
WORDS: Final = {Status.RENDERING: "processing", Status.MADE: "success", Status.FAILED: "failed"}


@dataclass(slots=True, kw_only=True)
class Messenger:
    """Runs the errands that wait in the store. `bell` is set whenever there may be one; `ring` wakes the shop."""

    errands: Errands
    poster: Poster
    script: Script
    bell: asyncio.Event
    ring: Callable[[], None]
    clock: Callable[[], float]
    patience: Patience
    _under_way: dict[str, Errand] = field(default_factory=dict)
    _fates: dict[int, Post] = field(default_factory=dict)

    async def run(self) -> None:
        """Work until cancelled; what is cancelled in mid-way is done again at the next start."""
        slots = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while True:
                await slots.acquire()
                errand = await self._next()
                self._under_way[errand.mark] = errand
                group.create_task(self._run(errand)).add_done_callback(lambda _: slots.release())

    async def _next(self) -> Errand:
        """Return the next errand, as soon as one is due."""
        while True:
            self.bell.clear()
            errand = self.errands.first(self._under_way.values(), now=self.clock())
            wait_s = errand.due_at - self.clock() if isinstance(errand, Delivery) else 0.0
            if errand is not None and wait_s <= 0.0:
                return errand
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if errand is None else wait_s):
                    await self.bell.wait()

    async def _run(self, errand: Errand) -> None:
        try:
            match errand:
                case Challenge():
                    await self._challenge(errand)
                case Delivery():
                    await self._deliver(errand)
        finally:
            self._under_way.pop(errand.mark, None)
            self.bell.set()

    async def _challenge(self, errand: Challenge) -> None:
        said = secrets.token_hex(16)
        reply = await self.poster.post(errand.url, {"challenge": said}, within_s=self.patience.handshake_s)
        self.errands.verified(errand, is_good=isinstance(reply, dict) and reply.get("challenge") == said)
        self.ring()

    async def _deliver(self, errand: Delivery) -> None:
        fate = self._fates.pop(errand.number, None) or self._fate(errand)
        if fate.late_s:
            self._fates[errand.number] = replace(fate, late_s=0.0)
            self.errands.put_off(errand, until=self.clock() + fate.late_s, tries=errand.tries)
            return
        if all([await self._post(errand) for _ in range(fate.times)]):
            self.errands.done(errand)
        elif errand.tries < len(self.patience.pauses_s):
            until = self.clock() + self.patience.pauses_s[errand.tries]
            self.errands.put_off(errand, until=until, tries=errand.tries + 1)
        else:
            self.errands.done(errand)
            _log.warning("a callback of job %s was not answered and is given up", errand.task_id)

    async def _post(self, errand: Delivery) -> bool:
        """Post what a query would have said at the change, with the page's own words for the status."""
        code, words = (BROKEN, f"unknown error, {errand.reason}") if errand.status == Status.FAILED else (0, "success")
        document = {
            "task_id": errand.task_id,
            "status": WORDS[errand.status],
            "file_id": errand.file_id if errand.status == Status.MADE else "",
            "base_resp": {"status_code": code, "status_msg": words},
        }
        return await self.poster.post(errand.url, document, within_s=self.patience.answer_s) is not None

    def _fate(self, errand: Delivery) -> Post:
        """Ask the fault script, once for each post."""
        occasion = Occasion(
            dialect=errand.dialect, operation=Operation.CALLBACK, prompt=errand.prompt, digest=errand.digest
        )
        effect = self.script.strike(occasion) if errand.tries == 0 else None
        return effect if isinstance(effect, Post) else Post()
