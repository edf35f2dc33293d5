"""A provider of a simulated world: it speaks MiniMax's dialect, has moods and limits, and keeps books of its own.

Its time is the true one, which no clock of the runner's machine can jump. What becomes of the n-th request of a kind is
drawn by name, so a world's fate does not depend on who asks first. `calm` ends all trouble.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Final, Protocol

from sim_moods import BROKEN, BROKEN_TOTALLY, CLEAR, DOUBTS, FINAL, LOST, OK, REFUSALS, WORDS, code_of, replies
from sim_rules import Nature, chance
from studio import Answer, drifts, says, unsent

from runner.core.life.state import State
from runner.dialects.seam import Call
from runner.errors import DriftError, NotSent
from runner.model import Money

JOBS_KEPT_S: Final = 7 * 86400.0
CALM_S: Final = 30.0  # for a job, when nothing goes wrong
STUCK_S: Final = 40 * 86400.0  # longer than any history lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One submit as it came in; `life` sent it, and `is_stray` when that had been replaced by another already.

    It left at `left_at`, and its sender hears `code` at `heard_at`, None where it hears of a job or nothing to be read.
    """

    left_at: float
    at: float
    heard_at: float
    code: int | None
    prompt: str
    key: str | None
    job_id: str | None
    life: int
    is_stray: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidJob:
    """One job as it is charged for, and its end; `lost` says why its video cannot be had, as far as it was told.

    `url` is where its order asks to be called.
    """

    at: str
    id: str
    prompt: str
    price: Money
    url: str | None
    life: int
    made_at: float
    ends_at: float
    end: str
    lost: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """Return what tells it from all other jobs: two providers may give out the same ids."""
        return self.at, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a link leads to: the bytes that come, and the length that is announced, 0 where it is not told."""

    status: int = 200
    content: bytes = b""
    length: int = 0
    etag: str | None = None


class Line(Protocol):
    """The line by which a provider calls back."""

    def remind(self, nature: Nature, url: str, now: float) -> None:
        """Take note of an order that asks to be called."""

    def expect(self, nature: Nature, job: PaidJob) -> None:
        """Take note of a job about which somebody asked to be called."""


@dataclass(slots=True, kw_only=True)
class Market:
    """One provider and its books.

    `troubled` are the lives that met anything but a job taken, and `unsure` those of them that met more than a clear
    no.
    """

    nature: Nature
    line: Line
    calm: bool = False
    balance: int | None = None
    jobs: dict[str, PaidJob] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    requests: int = 0
    troubled: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    _asked: dict[tuple[str, str], int] = field(default_factory=dict)
    _refusals: dict[str, Answer] = field(default_factory=dict)
    _bad: dict[str, int] = field(default_factory=dict)

    def receive(self, call: Call, now: float, *, life: int, is_stray: bool) -> Answer:
        """Act on a request in the moment of its arrival, and return what its sender hears."""
        self.requests += 1
        if call.method == "POST":
            return self._submit(call, now, life=life, is_stray=is_stray)
        spell = None if self.calm else self.nature.spell(now)
        if spell is not None and spell.total and spell.outage in BROKEN_TOTALLY:
            self.troubled.add(life)
            return BROKEN[spell.outage]
        if call.path == "/v1/query/video_generation":
            return self._poll(call.query["task_id"], now, life=life)
        return self._link(call.query["file_id"].removeprefix("file-of-"), now, life=life)

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

    def never_arrives(self, call: Call, now: float, *, life: int) -> Answer | None:
        """Return what the sender of a request hears that never leaves its machine, or None when it leaves."""
        if self.calm:
            return None
        spell = self.nature.spell(now)
        if spell is not None and spell.outage == "out of reach" and (spell.total or call.method == "POST"):
            self._puzzle(life)
            return unsent()
        if call.method != "POST":
            return None
        dice = self._dice("leave", _prompt_of(call))
        if self.nature.strikes("drift", dice) and dice.random() < 0.2:
            return drifts()
        if not self.nature.strikes("unsent", dice):
            return None
        self._puzzle(life)
        return unsent()

    def become_known(self, job_id: str, now: float) -> None:
        """Let a job whose order was in doubt, and is no more, take all the time that it wants to."""
        job = self.jobs.get(job_id)
        if job is not None and job.ends_at > now and self._dice("known", job_id).random() < 0.5 and not self.calm:
            longer_s = STUCK_S if job.end == "stuck" else 3 * self.nature.unseen_job_s
            self.jobs[job.id] = replace(job, ends_at=job.made_at + longer_s)

    def file_of(self, job_id: str, made_at: float, now: float) -> Served:
        """Give what a link leads to."""
        self.requests += 1
        job, dice = self.jobs[job_id], self._dice("file", job_id)
        if now >= made_at + self.nature.link_life_s and not self.calm:
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
        known = [one.job_id for one in self.receipts if self.nature.keeps_keys and key and one.key == key]
        job_id = next(filter(None, known), None)
        answer = self._refusals.get(key or "") or self._mood(now, dice, is_known=job_id is not None)
        url = call.body.get("callback_url") if call.body else None
        if url is not None:
            self.line.remind(self.nature, url, now)
        if job_id is None and answer.makes_job:
            job_id = self._make(prompt, now, url, life=life, is_lost=answer.heard is not None)
        code = code_of(answer)
        if answer.heard is not None:
            (self.troubled.add if code in CLEAR else self._puzzle)(life)
        if code in FINAL:
            self.refused.add(prompt)
            if self.nature.keeps_keys and key:  # the same key gets the same answer
                self._refusals[key] = answer
        self.receipts.append(
            Receipt(
                left_at=now - self.nature.way_s, at=now, heard_at=now + answer.after_s, code=code, prompt=prompt,
                key=key, job_id=job_id, life=life, is_stray=is_stray,
            )
        )  # fmt: skip
        return answer if answer.heard else replies({"task_id": job_id, "base_resp": OK}, after_s=answer.after_s)

    def _mood(self, now: float, dice: Random, *, is_known: bool) -> Answer:
        after_s = 0.25 + (dice.expovariate(0.1) if self._is_troubled("slow", dice) else 0.0)
        spell = None if self.calm else self.nature.spell(now)
        if spell is not None and spell.outage in BROKEN:
            broken = BROKEN[spell.outage]
            is_hidden = spell.outage in {"down", "silent"} and dice.random() < 0.5 and not self._is_over(now)
            return replace(broken, makes_job=is_hidden)
        if self._is_troubled("doubtful", dice):
            return replace(dice.choice(DOUBTS), makes_job=dice.random() < 0.5 and not self._is_over(now))
        if self._is_troubled("refused", dice):
            refusal = dice.choice(REFUSALS)
            if not (is_known and code_of(refusal) in FINAL):  # a job that is there was not refused for its content
                return refusal
        if not is_known and self._is_over(now):
            return says(1002)
        if not is_known and self.balance is not None and self.balance <= 0:
            return says(1008)
        return Answer(makes_job=True, after_s=after_s)

    def _is_over(self, now: float) -> bool:
        """Return whether one more job would be more than the provider itself allows."""
        jobs, rate, width = self.jobs.values(), self.nature.own_rate, self.nature.own_in_flight
        if rate is not None and sum(job.made_at > now - rate.window_s for job in jobs) >= rate.count:
            return True
        return width is not None and sum(job.ends_at > now for job in jobs) >= width

    def _make(self, prompt: str, now: float, url: str | None, *, life: int, is_lost: bool) -> str:
        dice = self._dice("job", prompt)
        ends = ("job failed", "job gone", "job stuck", "file bad", "file gone")
        end = next((end for end in ends if self._is_troubled(end, dice) and dice.random() < 0.5), "made")
        life_s = self.nature.job_s * dice.uniform(0.1, 1.0)
        if end == "job stuck" and not is_lost:  # one that nobody knows of must end in the time that its limits suppose
            life_s = STUCK_S
        life_s = CALM_S if self.calm else life_s
        job_id = f"job-{len(self.jobs) + 1}"
        job = self.jobs[job_id] = PaidJob(
            at=self.nature.name, id=job_id, prompt=prompt, price=self.nature.price, url=url, life=life, made_at=now,
            ends_at=now + life_s, end={"job stuck": "stuck"}.get(end, end),
        )  # fmt: skip
        if url is not None:
            self.line.expect(self.nature, job)
        self.balance = None if self.balance is None else self.balance - 1
        return job_id

    def _poll(self, job_id: str, now: float, *, life: int) -> Answer:
        job = self.jobs.get(job_id)
        if job is None:
            return says(2013, words="invalid params, task_id")
        dice = self._dice("poll", job_id)
        if self._is_troubled("poll lost", dice):
            return dice.choice(LOST)
        if self._is_troubled("shut", dice) and dice.random() < 0.3:
            self.troubled.add(life)
            return says(1004)
        if now > job.made_at + JOBS_KEPT_S or (job.end == "job gone" and now >= job.ends_at):
            self._lose(job, "gone", now)
            return says(2013, words="invalid params, task_id")
        if now < job.ends_at:
            word = "Queueing" if now < (job.made_at + job.ends_at) / 2 else "Processing"
            if self._is_troubled("unknown word", dice):
                word = dice.choice(WORDS)
            return replies({"task_id": job_id, "status": word, "file_id": "", "base_resp": OK})
        if job.end == "job failed":
            self._lose(job, "failed", now)
            base_resp = dice.choice((OK, {"status_code": 1027, "status_msg": "output new_sensitive"}))
            return replies({"task_id": job_id, "status": dice.choice(("Fail", "failed")), "base_resp": base_resp})
        file_id = "" if self._is_troubled("no file named", dice) else f"file-of-{job_id}"
        return replies({"task_id": job_id, "status": "Success", "file_id": file_id, "base_resp": OK})

    def _link(self, job_id: str, now: float, *, life: int) -> Answer:
        job, dice = self.jobs[job_id], self._dice("link", job_id)
        if self._is_troubled("link lost", dice):
            return dice.choice((*LOST, replies({"file": {"download_url": ""}, "base_resp": OK})))
        if self._is_troubled("shut", dice) and dice.random() < 0.3:
            self.troubled.add(life)
            return says(1004)
        if job.end == "file gone" or now > job.made_at + JOBS_KEPT_S:
            self._lose(job, "file gone", now)
            return says(2013, words="invalid params, file_id")
        url = f"https://cdn.invalid/{job.id}?made={now}"
        return replies({"file": {"file_id": f"file-of-{job_id}", "bytes": 0, "download_url": url}, "base_resp": OK})

    def _puzzle(self, life: int) -> None:
        self.troubled.add(life)
        self.unsure.add(life)

    def _lose(self, job: PaidJob, why: str, now: float) -> None:
        self.jobs[job.id] = replace(self.jobs[job.id], lost=why, ends_at=min(job.ends_at, now))

    def _spoil(self, job: PaidJob) -> None:
        """Count a file that is no video; after four of them a runner may give the file up for a person to see."""
        self._bad[job.id] = self._bad.get(job.id, 0) + 1
        if self._bad[job.id] >= 4:
            self.jobs[job.id] = replace(self.jobs[job.id], lost=self.jobs[job.id].lost or "bad files")

    def _is_troubled(self, kind: str, dice: Random) -> bool:
        return not self.calm and self.nature.strikes(kind, dice)

    def _dice(self, kind: str, name: str) -> Random:
        count = self._asked[kind, name] = self._asked.get((kind, name), 0) + 1
        return chance(self.nature.seed, self.nature.name, kind, name, count)


def video_of(job: PaidJob) -> bytes:
    """Return the bytes of the one right video of a job."""
    return f"video of {job.prompt} by {job.id}".encode()


def _prompt_of(call: Call) -> str:
    assert call.body is not None
    return str(call.body["prompt"])


def is_unsent(answer: Answer) -> bool:
    return isinstance(answer.heard, NotSent | DriftError)
