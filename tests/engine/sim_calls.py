"""The lines from the providers of a simulated world back to a run: real paths, reception and box, and bad connections.

What a provider has to say it says at its time, however many lives the run has had in between; in a moment in which
nobody listens it is lost. Strangers call as well: they know what a path looks like, and not the secret.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from sim_market import PaidJob
from sim_rules import Nature, chance
from telephone import RUN_ID, SECRET, URL

from runner.edge.callbacks.mailbox import Mailbox
from runner.edge.callbacks.paths import Paths
from runner.edge.callbacks.reception import Reception

_AGAIN_S: Final = (0.1, 1.0, 20.0, 100.0)
_LATE_S: Final = (3.0, 60.0, 400.0, 4000.0, 20_000.0)
_NO_JSON: Final = (b"{", b"", b"[]", b"\xff")
_EMPTY: Final[tuple[dict[str, str], ...]] = (
    {},
    {"status": "success"},
    {"task_id": "", "status": "success"},
    {"challenge": "x", "task_id": "job-1"},
)
_TAKEN, _UNREADABLE, _UNKNOWN = 200, 400, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One call to come, and the HTTP status that it has to get if somebody listens.

    Who calls in vain calls `again` in so many seconds after the next life begins, or never where it is None.
    """

    at: float
    path: str
    body: bytes
    due: int
    again: float | None = None


@dataclass(slots=True, kw_only=True)
class Switchboard:
    """Connects providers and strangers with whichever life listens. `faults` takes what was answered amiss."""

    tell: Callable[[str], None]
    faults: list[str]
    calm: bool = False
    paths: Paths = field(default_factory=lambda: Paths(URL, RUN_ID, SECRET))
    _told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _rings: dict[int, Ring] = field(default_factory=dict)
    _count: int = 0
    _lines: dict[asyncio.AbstractEventLoop, Reception] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def connect(self) -> Mailbox:
        """Let the running life be heard from now on, and give it its box."""
        loop, mailbox = asyncio.get_running_loop(), Mailbox(self.paths)
        self._lines[loop] = Reception(self.paths, mailbox)
        for number, ring in list(self._rings.items()):
            if ring.at <= loop.time():
                del self._rings[number]
            if ring.at > loop.time():
                loop.call_at(ring.at, self._dial, number)
            elif ring.again is not None:
                self._ring(replace(ring, at=loop.time() + ring.again))
        return mailbox

    def hang_up(self) -> None:
        """Let the running life hear nothing more."""
        self._lines.pop(asyncio.get_running_loop(), None)

    def remind(self, nature: Nature, url: str, now: float) -> None:
        """Plan calls about earlier tries of an item for which an order came in."""
        for path, document in self._told if not self.calm else ():
            dice = chance(nature.seed, nature.name, "remind", url, path)
            if path.rsplit("/", 2)[0] == _path_of(url).rsplit("/", 2)[0] and nature.strikes("call again", dice):
                self._plan(now + dice.choice(_AGAIN_S), path, document)

    def expect(self, nature: Nature, job: PaidJob) -> None:
        """Plan the calls about a job: one when it is made, one when it is over."""
        assert job.url is not None
        dice = chance(nature.seed, nature.name, "call", job.id)
        path = _path_of(job.url)
        word = "failed" if job.end == "job failed" else "success"
        for at, status in ((job.made_at + nature.call_s, "processing"), (job.ends_at, word)):
            document = {"task_id": job.id, "status": status, "file_id": "", "base_resp": {"status_code": 0}}
            self._told.append((path, document))
            for late_s in self._copies(nature, dice):
                again = dice.choice(_AGAIN_S) if nature.strikes("call again", dice) else None
                self._plan(at + late_s, path, document, again=again)
            if not self.calm and nature.strikes("call garbled", dice):
                self._plan(at, path, dice.choice(_EMPTY))
                self._ring(Ring(at=at, path=path, body=dice.choice(_NO_JSON), due=_UNREADABLE))
            if not self.calm and nature.strikes("call forged", dice):
                body = json.dumps({**document, "task_id": dice.choice((job.id, "job-1", "job-2"))}).encode()
                self._ring(Ring(at=at + dice.random(), path=_forged(path, dice), body=body, due=_UNKNOWN))

    def _copies(self, nature: Nature, dice: Random) -> Iterator[float]:
        """Give for each time that a call is made how late it is."""
        is_lost, is_doubled, is_late = (nature.strikes(f"call {what}", dice) for what in ("lost", "doubled", "late"))
        delays = dice.choice(_LATE_S), dice.choice((0.0, *_LATE_S))
        if self.calm or not is_lost:
            yield delays[0] if is_late and not self.calm else 0.0
        if is_doubled and not self.calm:
            yield delays[1]

    def _plan(self, at: float, path: str, document: dict[str, Any], *, again: float | None = None) -> None:
        self._ring(Ring(at=at, path=path, body=json.dumps(document).encode(), due=_TAKEN, again=again))

    def _ring(self, ring: Ring) -> None:
        self._count += 1
        self._rings[self._count] = ring
        if (loop := _loop()) is not None:
            loop.call_at(ring.at, self._dial, self._count)

    def _dial(self, number: int) -> None:
        ring, loop = self._rings.pop(number, None), asyncio.get_running_loop()
        if ring is not None and (reception := self._lines.get(loop)) is not None:
            task = loop.create_task(self._call(reception, ring))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, reception: Reception, ring: Ring) -> None:
        answers = list[int]()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": ring.body}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answers.append(message["status"])

        await reception({"type": "http", "method": "POST", "path": ring.path}, receive, send)
        words = f"a call to {ring.path[:28]}..{ring.path[-70:-63]} that says {ring.body!r} gets {answers}"
        self.tell(words)
        if answers != [ring.due]:
            self.faults.append(f"{words}, and not {ring.due}")


def _path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _forged(path: str, dice: Random) -> str:
    """Return a path that somebody made up who has seen this one's form."""
    front, run_id, key, attempt, signature = path.rsplit("/", 4)
    match dice.choice(("signature", "attempt", "item", "run")):
        case "signature":
            signature = f"{signature[:-1]}{'0' if signature[-1] != '0' else '1'}"
        case "attempt":
            attempt = str(int(attempt) + 1)
        case "item":
            key = key[::-1]
        case _:
            run_id = "another"
    return f"{front}/{run_id}/{key}/{attempt}/{signature}"


def _loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
