"""A simulated provider behind the Wire Protocol: it speaks MiniMax's dialect and keeps books of its own.

A request that left arrives, whoever still waits for the answer: what was bought by a run that died is charged all the
same. What goes wrong is scripted for each item, and the item is known by its prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from runner.dialects.seam import Call, Reply
from runner.errors import DriftError, MaybeSent, NotSent
from runner.inspection import Unfetched
from runner.model import Rate

T = TypeVar("T")

WAY_S: Final = 0.25  # from the runner to the studio, and the least time for the answer to come back
_OK: Final = {"status_code": 0, "status_msg": "success"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of one request: what the sender hears after `after_s`, and whether a submit made a job."""

    heard: Reply | Exception | None = None  # None for the truth
    makes_job: bool = False
    after_s: float = WAY_S


TAKEN: Final = Answer(makes_job=True)


def says(
    code: int, *, status: int = 200, makes_job: bool = False, retry_after_s: float | None = None, words: str = "no"
) -> Answer:
    """Answer with one of MiniMax's codes."""
    document = {"base_resp": {"status_code": code, "status_msg": words}}
    heard = Reply(status=status, headers={}, document=document, text="", retry_after_s=retry_after_s)
    return Answer(heard=heard, makes_job=makes_job)


def shows(text: str, *, status: int = 200, makes_job: bool = False, document: Any = None) -> Answer:
    """Answer with something that is not a reply of the API."""
    return Answer(heard=Reply(status=status, headers={}, document=document, text=text), makes_job=makes_job)


def dies(words: str = "ReadTimeout", *, makes_job: bool = False, after_s: float = 60.0) -> Answer:
    """Let the sender wait for an answer that never comes."""
    return Answer(heard=MaybeSent(words), makes_job=makes_job, after_s=after_s)


def unsent(words: str = "ConnectError: connection refused") -> Answer:
    """Let nothing arrive."""
    return Answer(heard=NotSent(words))


def drifts() -> Answer:
    """Let nothing leave, because the portrait is not the one that was planned."""
    return Answer(heard=DriftError("portrait 'a.png' changed"))


def bugs() -> Answer:
    """Strike the runner with a bug of its own."""
    return Answer(heard=RuntimeError("a bug"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one item meets: answers to its first requests of each kind, after which all goes well, and its job's end.

    `files` are what its first downloads bring; `films` are what its first jobs made, however often they are fetched.
    """

    submits: Sequence[Answer] = ()
    polls: Sequence[Answer] = ()
    links: Sequence[Answer] = ()
    files: Sequence[bytes | Unfetched] = ()
    films: Sequence[bytes] = ()
    life_s: float = 60.0
    status: str = "Success"
    code: int = 0
    file_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What every submit meets between two moments, before the item's own script."""

    answer: Answer
    since_s: float = 0.0
    until_s: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One submit as it came in."""

    at: float
    prompt: str
    key: str | None
    job_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidJob:
    """One job as it is charged for."""

    id: str
    prompt: str
    made_at: float
    ends_at: float


@dataclass(slots=True, kw_only=True)
class Studio:
    """The provider: its scripts, and its books as it would send them with the bill.

    `enforces` and `slots` are its own limits, of submits and of jobs at one time, and `too_much` is what it then says.
    `calls` is told of each job that was made with a callback URL, and of how it will end.
    """

    scripts: Mapping[str, Script] = field(default_factory=dict)
    outages: Sequence[Outage] = ()
    link_life_s: float = 3600.0
    keeps_keys: bool = False
    enforces: Rate | None = None
    slots: int | None = None
    too_much: Answer = field(default_factory=lambda: says(1002, words="rate limit"))
    calls: Callable[[str, PaidJob, str], None] | None = None
    submits: list[Receipt] = field(default_factory=list)
    jobs: dict[str, PaidJob] = field(default_factory=dict)
    polls: list[tuple[float, str]] = field(default_factory=list)
    links: list[tuple[float, str]] = field(default_factory=list)
    downloads: list[tuple[float, str]] = field(default_factory=list)
    _heard: dict[tuple[str, str], int] = field(default_factory=dict)

    def receive(self, call: Call) -> Answer:
        """Act on a request in the moment of its arrival, and return what its sender hears."""
        if call.method == "POST":
            return self._submit(call)
        if call.path == "/v1/query/video_generation":
            return self._poll(call.query["task_id"])
        return self._link(call.query["file_id"])

    def jobs_of(self, prompt: str) -> list[PaidJob]:
        return [job for job in self.jobs.values() if job.prompt == prompt]

    def submits_of(self, prompt: str) -> list[float]:
        return [receipt.at for receipt in self.submits if receipt.prompt == prompt]

    def most_submits_in(self, window_s: float) -> int:
        """Return how many submits came in within the worst window."""
        times = [receipt.at for receipt in self.submits]
        return max((sum(1 for at in times if end - window_s < at <= end) for end in times), default=0)

    @property
    def refused(self) -> list[float]:
        """Return when it made no job of what came in."""
        return [receipt.at for receipt in self.submits if receipt.job_id is None]

    def most_in_flight(self) -> int:
        """Return how many jobs ran at one time at most."""
        jobs = self.jobs.values()
        return max((sum(1 for job in jobs if job.made_at <= one.made_at < job.ends_at) for one in jobs), default=0)

    def download(self, url: str) -> bytes | Unfetched:
        """Give what a link leads to, as long as it lives."""
        job_id, made_at = url.removeprefix("https://cdn.invalid/").split("?made=")
        self.downloads.append((_now(), job_id))
        job = self.jobs[job_id]
        if _now() >= float(made_at) + self.link_life_s:
            return Unfetched(reason="HTTP 403: the link is expired or refused")
        scripted = self._next("file", job.prompt, self._script(job.prompt).files)
        return self._made(job) if scripted is None else scripted

    def _made(self, job: PaidJob) -> bytes:
        films, number = self._script(job.prompt).films, self.jobs_of(job.prompt).index(job)
        return films[number] if number < len(films) else video_of(job.prompt, number)

    def _submit(self, call: Call) -> Answer:
        assert call.body is not None
        prompt, key = str(call.body["prompt"]), call.idempotency_key
        script = self._script(prompt)
        answer = self._outage() or self._next("submit", prompt, script.submits) or TAKEN
        if isinstance(answer.heard, NotSent | DriftError):
            return answer
        if self._is_too_much():
            answer = self.too_much
        known = [receipt.job_id for receipt in self.submits if self.keeps_keys and key and receipt.key == key]
        job_id = next(filter(None, known), None)
        if job_id is None and answer.makes_job:
            job_id = f"job-{len(self.jobs) + 1}"
            job = PaidJob(id=job_id, prompt=prompt, made_at=_now(), ends_at=_now() + script.life_s)
            self.jobs[job_id] = job
            if self.calls is not None and "callback_url" in call.body:
                self.calls(str(call.body["callback_url"]), job, script.status)
        self.submits.append(Receipt(at=_now(), prompt=prompt, key=key, job_id=job_id))
        return answer if answer.heard else _reply({"task_id": job_id, "base_resp": _OK}, after_s=answer.after_s)

    def _outage(self) -> Answer | None:
        return next((each.answer for each in self.outages if each.since_s <= _now() < each.until_s), None)

    def _is_too_much(self) -> bool:
        jobs = self.jobs.values()
        if self.slots is not None and sum(1 for job in jobs if job.ends_at > _now()) >= self.slots:
            return True
        if self.enforces is None:
            return False
        return sum(1 for job in jobs if job.made_at > _now() - self.enforces.window_s) >= self.enforces.count

    def _poll(self, job_id: str) -> Answer:
        self.polls.append((_now(), job_id))
        if (job := self.jobs.get(job_id)) is None:
            return says(2013, words="invalid params, task_id")
        script = self._script(job.prompt)
        scripted = self._next("poll", job.prompt, script.polls)
        if scripted is not None and scripted.heard is not None:
            return scripted
        after_s = scripted.after_s if scripted else WAY_S
        if _now() < job.ends_at:
            status = "Queueing" if _now() < job.made_at + script.life_s / 2 else "Processing"
            return _reply({"task_id": job_id, "status": status, "file_id": "", "base_resp": _OK}, after_s=after_s)
        file_id = script.file_id if script.file_id is not None else f"file-of-{job_id}"
        base_resp = {"status_code": script.code, "status_msg": "output new_sensitive"} if script.code else _OK
        return _reply(
            {"task_id": job_id, "status": script.status, "file_id": file_id, "base_resp": base_resp}, after_s=after_s
        )

    def _link(self, file_id: str) -> Answer:
        job = self.jobs[file_id.removeprefix("file-of-")]
        self.links.append((_now(), job.id))
        if scripted := self._next("link", job.prompt, self._script(job.prompt).links):
            return scripted
        url = f"https://cdn.invalid/{job.id}?made={_now()}"
        return _reply({"file": {"file_id": file_id, "bytes": 0, "download_url": url}, "base_resp": _OK})

    def _script(self, prompt: str) -> Script:
        return self.scripts.get(prompt, Script())

    def _next(self, kind: str, prompt: str, scripted: Sequence[T]) -> T | None:
        count = self._heard.get((kind, prompt), 0)
        self._heard[kind, prompt] = count + 1
        return scripted[count] if count < len(scripted) else None


def video_of(prompt: str, number: int = 0) -> bytes:
    """Return the bytes of the right video of a prompt's first job, or of a later one: no two jobs make the same."""
    return f"video of {prompt}{f', job {number + 1}' if number else ''}".encode()


@dataclass(slots=True, kw_only=True)
class StudioWire:
    """The way to the studio. `passes` is told of every point at which a run may die."""

    studio: Studio
    passes: Callable[[str], None]

    async def send(self, call: Call) -> Reply:
        """Bring the request there and the answer back."""
        self.passes("a request is about to leave")
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[Answer] = loop.create_future()
        loop.call_later(WAY_S, self._arrive, call, arrived)
        answer = await arrived
        self.passes("a request has arrived")
        await asyncio.sleep(answer.after_s)
        self.passes("an answer has come")
        if isinstance(answer.heard, Reply):
            return answer.heard
        assert answer.heard is not None
        raise answer.heard

    def _arrive(self, call: Call, arrived: asyncio.Future[Answer]) -> None:
        answer = self.studio.receive(call)
        if not arrived.done():
            arrived.set_result(answer)


def _reply(document: Mapping[str, Any], *, after_s: float = WAY_S) -> Answer:
    heard = Reply(status=200, headers={"trace-id": "trace"}, document=document, text="")
    return Answer(heard=heard, after_s=after_s)


def _now() -> float:
    """Return the studio's own time, in seconds since the virtual day began."""
    return asyncio.get_running_loop().time()
