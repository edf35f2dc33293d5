"""The line from the simulated provider back to the run: the real paths, the real reception, and a bad connection.

What the provider has to say it says at its time, however many lives the run has had in between; in a moment in which
nobody listens it is lost.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from studio import PaidJob, Studio

from runner.edge.callbacks.mailbox import Mailbox
from runner.edge.callbacks.paths import Paths
from runner.edge.callbacks.reception import Reception
from runner.edge.secret import Secret

URL: Final = "https://example.org/s2v"
SECRET: Final = Secret("5" * 64)
RUN_ID: Final = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One call to come."""

    at: float
    url: str
    document: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Telephone:
    """Calls back for a studio. `dropped` and `doubled` are shares; `late_s` spreads calls, so that they change places.

    Each job is told of `first_s` after it was made and, with `tells_end`, when it is over. `answers` are the HTTP codes
    that were heard.
    """

    dropped: float = 0.0
    doubled: float = 0.0
    late_s: float = 0.0
    tells_end: bool = True
    first_s: float = 0.1
    chance: Random = field(default_factory=lambda: Random(7))
    rings: list[Ring] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    _reception: Reception | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    def of(cls, studio: Studio, **options: Any) -> Telephone:
        """Return a telephone on which the studio calls."""
        telephone = cls(**options)
        studio.calls = telephone.expect
        return telephone

    def connect(self) -> Mailbox:
        """Begin a life of the run: give it a box, with the folder's own secret."""
        paths = Paths(URL, RUN_ID, SECRET)
        mailbox = Mailbox(paths)
        self._reception = Reception(paths, mailbox)
        return mailbox

    def plug_in(self) -> None:
        """Set a timer on the running loop for every call that is still to come."""
        now = asyncio.get_running_loop().time()
        self.rings = [ring for ring in self.rings if ring.at > now]
        for ring in self.rings:
            self._set_timer(ring)

    def expect(self, url: str, job: PaidJob, status: str) -> None:
        """Plan the calls about a job: one when it is made, one when it is over."""
        self.urls.append(url)
        base_resp = {"status_code": 0, "status_msg": "success"}
        word = "success" if status == "Success" else "failed"
        news = ((job.made_at + self.first_s, "processing"), (job.ends_at, word))
        for at, told in news if self.tells_end else news[:1]:
            for _ in range(0 if self._strikes(self.dropped) else 2 if self._strikes(self.doubled) else 1):
                document = {"task_id": job.id, "status": told, "file_id": "", "base_resp": base_resp}
                self.say(url, document, at=at + self.chance.random() * self.late_s)

    def say(self, url: str, document: dict[str, Any], *, at: float) -> None:
        """Plan one call, also a stranger's."""
        ring = Ring(at=at, url=url, document=document)
        self.rings.append(ring)
        self._set_timer(ring)

    def _strikes(self, share: float) -> bool:
        return self.chance.random() < share

    def _set_timer(self, ring: Ring) -> None:
        asyncio.get_running_loop().call_at(ring.at, self._dial, ring)

    def _dial(self, ring: Ring) -> None:
        task = asyncio.get_running_loop().create_task(self._call(ring))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, ring: Ring) -> None:
        assert self._reception is not None
        body = json.dumps(ring.document).encode()
        path = "/" + ring.url.split("/", 3)[3]

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.answers.append(message["status"])

        await self._reception({"type": "http", "method": "POST", "path": path}, receive, send)
