"""The provider of a simulated world: it speaks MiniMax's dialect, has moods and limits, and keeps books of its own.

Its time is the true one, which no clock of the runner's machine can jump. What becomes of the n-th request of a kind is
drawn by name, so a world's fate does not depend on who asks first. `calm` ends all trouble.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from sim_rules import Rules, chance
from studio import Answer, dies, drifts, says, shows, unsent

from runner.core.state import State
from runner.dialects.seam import Call, Reply
from runner.errors import DriftError, NotSent

JOBS_KEPT_S: Final = 7 * 86400.0
CALM_S: Final = 30.0  # for a job, when nothing goes wrong
STUCK_S: Final = 40 * 86400.0  # longer than any history lasts
_OK: Final = {"status_code": 0, "status_msg": "success"}
_TOO_MANY: Final = Answer(heard=Reply(status=429, headers={}, document=None, text="slow down", retry_after_s=90.0))
_REFUSALS: Final = (
    says(1002), says(1002, retry_after_s=300.0), says(1002, retry_after_s=1e9), says(1039), says(1041), _TOO_MANY,
    says(1008), says(1004), says(1026), says(1026), says(2013), says(2056), says(2049, status=401),
)  # fmt: skip
_FINAL: Final = frozenset({1026, 2013})
_DOUBTS: Final = (
    says(1000), says(1001), says(1024, status=500), says(1033), says(1033, status=500), says(0), says(4242),
    shows("<html>Bad Gateway", status=502), shows("", status=503), shows("{", status=200), shows("", status=200),
    shows("<html>Welcome to the hotel"), shows("[]", document=[]), shows("{}", status=504, document={}),
    dies("ReadError: reset", after_s=0.5), dies("RemoteProtocolError: cut", after_s=1.0), dies(after_s=60.0),
)  # fmt: skip
_LOST: Final = (
    says(1000), says(1002), says(1024), says(1033), shows("<html>", status=502), shows("{"), shows(""),
    dies("ReadError: reset", after_s=0.5), dies(after_s=20.0), unsent(), says(1002, retry_after_s=120.0),
)  # fmt: skip
_WORDS: Final = ("Preparing", "Uploading", "", "Sleeping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One submit as it came in; `life` sent it, and `is_stray` when that had been replaced by another already."""

    at: float
    prompt: str
    key: str | None
    job_id: str | None
    life: int
    is_stray: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidJob:
    """One job as it is charged for, and its end; `lost` says why its video cannot be had, as far as it was told."""

    id: str
    prompt: str
    life: int
    made_at: float
    ends_at: float
    end: str
    lost: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a link leads to: the bytes that come, and the length that is announced, 0 where it is not told."""

    status: int = 200
    content: bytes = b""
    length: int = 0
    etag: str | None = None


@dataclass(slots=True, kw_only=True)
class Market:
    """The provider and its books."""

    rules: Rules
    calm: bool = False
    balance: int | None = None
    jobs: dict[str, PaidJob] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    requests: int = 0
    _asked: dict[tuple[str, str], int] = field(default_factory=dict)
    _refusals: dict[str, Answer] = field(default_factory=dict)
    _bad: dict[str, int] = field(default_factory=dict)

    def receive(self, call: Call, now: float, *, life: int, is_stray: bool) -> Answer:
        """Act on a request in the moment of its arrival, and return what its sender hears."""
        self.requests += 1
        if call.method == "POST":
            return self._submit(call, now, life=life, is_stray=is_stray)
        if call.path == "/v1/query/video_generation":
            return self._poll(call.query["task_id"], now)
        return self._link(call.query["file_id"].removeprefix("file-of-"), now)

    def jobs_of(self, prompt: str) -> list[PaidJob]:
        return [job for job in self.jobs.values() if job.prompt == prompt]

    def found(self, state: State) -> list[PaidJob]:
        """Return the jobs that a person finds who looks for one request: by its key, or else by its prompt."""
        keyed = {one.job_id for one in self.receipts if one.key == state.idempotency_key}
        jobs = self.jobs_of(state.item.prompt or "")
        return [job for job in jobs if state.idempotency_key is None or job.id in keyed]

    def become_calm(self, now: float) -> None:
        """Let nothing go wrong any more, and let what runs come to its end."""
        self.calm, self.balance = True, None
        for job in self.jobs.values():
            if job.ends_at > now:
                end = "made" if job.end == "stuck" else job.end
                self.jobs[job.id] = replace(job, ends_at=min(job.ends_at, now + CALM_S), end=end)

    def never_arrives(self, call: Call) -> Answer | None:
        """Return what the sender of a request hears that never leaves its machine, or None when it leaves."""
        if call.method != "POST" or self.calm:
            return None
        dice = self._dice("leave", _prompt_of(call))
        if self.rules.strikes("drift", dice) and dice.random() < 0.2:
            return drifts()
        return unsent() if self.rules.strikes("unsent", dice) else None

    def file_of(self, job_id: str, made_at: float, now: float) -> Served:
        """Give what a link leads to."""
        self.requests += 1
        job, dice = self.jobs[job_id], self._dice("file", job_id)
        if now >= made_at + self.rules.link_life_s and not self.calm:
            return Served(status=403)
        whole = video_of(job)
        if job.end == "file bad" or (self._is_troubled("file wrong", dice) and dice.random() < 0.7):
            self._spoil(job)
            return Served(content=b"<html>not today</html>", length=22)
        if self._is_troubled("file cut", dice):
            announced = dice.choice((0, len(whole)))  # 0: the length is not told, so only the file itself can tell
            if not announced:
                self._spoil(job)
            status = dice.choice((200, 200, 200, 500))
            return Served(status=status, content=whole[:4], length=announced, etag=f'"{job_id}"')
        return Served(content=whole, length=len(whole), etag=f'"{job_id}"' if dice.random() < 0.8 else None)

    def _submit(self, call: Call, now: float, *, life: int, is_stray: bool) -> Answer:
        prompt, key = _prompt_of(call), call.idempotency_key
        dice = self._dice("submit", prompt)
        known = [one.job_id for one in self.receipts if self.rules.keeps_keys and key and one.key == key]
        job_id = next(filter(None, known), None)
        answer = self._refusals.get(key or "") or self._mood(now, dice, is_known=job_id is not None)
        if job_id is None and answer.makes_job:
            job_id = self._make(prompt, now, life=life, is_lost=answer.heard is not None)
        if _code_of(answer) in _FINAL:
            self.refused.add(prompt)
            if self.rules.keeps_keys and key:  # the same key gets the same answer
                self._refusals[key] = answer
        self.receipts.append(
            Receipt(at=now, prompt=prompt, key=key, job_id=job_id, life=life, is_stray=is_stray)
        )  # fmt: skip
        return answer if answer.heard else _reply({"task_id": job_id, "base_resp": _OK}, after_s=answer.after_s)

    def _mood(self, now: float, dice: Random, *, is_known: bool) -> Answer:
        after_s = 0.25 + (dice.expovariate(0.1) if self._is_troubled("slow", dice) else 0.0)
        if self._is_troubled("doubtful", dice):
            return replace(dice.choice(_DOUBTS), makes_job=dice.random() < 0.5 and not self._is_over(now))
        if self._is_troubled("refused", dice):
            refusal = dice.choice(_REFUSALS)
            if not (is_known and _code_of(refusal) in _FINAL):  # a job that is there was not refused for its content
                return refusal
        if not is_known and self._is_over(now):
            return says(1002)
        if not is_known and self.balance is not None and self.balance <= 0:
            return says(1008)
        return Answer(makes_job=True, after_s=after_s)

    def _is_over(self, now: float) -> bool:
        """Return whether one more job would be more than the provider itself allows."""
        jobs, rate, width = self.jobs.values(), self.rules.own_rate, self.rules.own_in_flight
        if rate is not None and sum(job.made_at > now - rate.window_s for job in jobs) >= rate.count:
            return True
        return width is not None and sum(job.ends_at > now for job in jobs) >= width

    def _make(self, prompt: str, now: float, *, life: int, is_lost: bool) -> str:
        dice = self._dice("job", prompt)
        ends = ("job failed", "job gone", "job stuck", "file bad", "file gone")
        end = next((end for end in ends if self._is_troubled(end, dice) and dice.random() < 0.5), "made")
        life_s = self.rules.job_s * dice.uniform(0.1, 1.0)
        if end == "job stuck" and not is_lost:  # one that nobody knows of must end in the time that its limits suppose
            life_s = STUCK_S
        life_s = CALM_S if self.calm else life_s
        job_id = f"job-{len(self.jobs) + 1}"
        self.jobs[job_id] = PaidJob(
            id=job_id, prompt=prompt, life=life, made_at=now, ends_at=now + life_s,
            end={"job stuck": "stuck"}.get(end, end),
        )  # fmt: skip
        self.balance = None if self.balance is None else self.balance - 1
        return job_id

    def _poll(self, job_id: str, now: float) -> Answer:
        job = self.jobs.get(job_id)
        if job is None:
            return says(2013, words="invalid params, task_id")
        dice = self._dice("poll", job_id)
        if self._is_troubled("poll lost", dice):
            return dice.choice(_LOST)
        if self._is_troubled("shut", dice) and dice.random() < 0.3:
            return says(1004)
        if now > job.made_at + JOBS_KEPT_S or (job.end == "job gone" and now >= job.ends_at):
            self._lose(job, "gone", now)
            return says(2013, words="invalid params, task_id")
        if now < job.ends_at:
            word = "Queueing" if now < (job.made_at + job.ends_at) / 2 else "Processing"
            if self._is_troubled("unknown word", dice):
                word = dice.choice(_WORDS)
            return _reply({"task_id": job_id, "status": word, "file_id": "", "base_resp": _OK})
        if job.end == "job failed":
            self._lose(job, "failed", now)
            base_resp = dice.choice((_OK, {"status_code": 1027, "status_msg": "output new_sensitive"}))
            return _reply({"task_id": job_id, "status": dice.choice(("Fail", "failed")), "base_resp": base_resp})
        file_id = "" if self._is_troubled("no file named", dice) else f"file-of-{job_id}"
        return _reply({"task_id": job_id, "status": "Success", "file_id": file_id, "base_resp": _OK})

    def _link(self, job_id: str, now: float) -> Answer:
        job, dice = self.jobs[job_id], self._dice("link", job_id)
        if self._is_troubled("link lost", dice):
            return dice.choice((*_LOST, _reply({"file": {"download_url": ""}, "base_resp": _OK})))
        if self._is_troubled("shut", dice) and dice.random() < 0.3:
            return says(1004)
        if job.end == "file gone" or now > job.made_at + JOBS_KEPT_S:
            self._lose(job, "file gone", now)
            return says(2013, words="invalid params, file_id")
        url = f"https://cdn.invalid/{job.id}?made={now}"
        return _reply({"file": {"file_id": f"file-of-{job_id}", "bytes": 0, "download_url": url}, "base_resp": _OK})

    def _lose(self, job: PaidJob, why: str, now: float) -> None:
        self.jobs[job.id] = replace(self.jobs[job.id], lost=why, ends_at=min(job.ends_at, now))

    def _spoil(self, job: PaidJob) -> None:
        """Count a file that is no video; after four of them a runner may give the file up for a person to see."""
        self._bad[job.id] = self._bad.get(job.id, 0) + 1
        if self._bad[job.id] >= 4:
            self.jobs[job.id] = replace(self.jobs[job.id], lost=self.jobs[job.id].lost or "bad files")

    def _is_troubled(self, kind: str, dice: Random) -> bool:
        return not self.calm and self.rules.strikes(kind, dice)

    def _dice(self, kind: str, name: str) -> Random:
        count = self._asked[kind, name] = self._asked.get((kind, name), 0) + 1
        return chance(self.rules.seed, kind, name, count)


def video_of(job: PaidJob) -> bytes:
    """Return the bytes of the one right video of a job."""
    return f"video of {job.prompt} by {job.id}".encode()


def _prompt_of(call: Call) -> str:
    assert call.body is not None
    return str(call.body["prompt"])


def _code_of(answer: Answer) -> int | None:
    document: Any = answer.heard.document if isinstance(answer.heard, Reply) else None
    return document.get("base_resp", {}).get("status_code") if isinstance(document, dict) else None


def is_unsent(answer: Answer) -> bool:
    return isinstance(answer.heard, NotSent | DriftError)


def _reply(document: dict[str, Any], *, after_s: float = 0.25) -> Answer:
    return Answer(heard=Reply(status=200, headers={}, document=document, text=""), after_s=after_s)
