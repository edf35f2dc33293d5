"""What can be ordered, by whom, whatever the dialect it was asked in; and why the service says no."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum

from ..errors import S2VError
from ..model import Money
from ..values import dataclass


class Reason(StrEnum):
    """Why the service says no; each dialect has its own words for it."""

    KEY = "key"  # no key was shown, or a wrong one
    INPUT = "input"  # the request is wrong, and will be wrong again
    CONTENT = "content"  # the prompt or the picture is refused for what it shows
    BALANCE = "balance"  # the account cannot pay for another job
    RATE = "rate"  # too many submits in this window
    CROWD = "crowd"  # too many unfinished jobs
    NO_JOB = "no job"  # there is none of this id, or it is somebody else's
    NO_FILE = "no file"  # the same, of a file


class Refusal(S2VError):
    """The service says no; the message says what was found and what was expected."""

    def __init__(self, words: str, reason: Reason = Reason.INPUT, *, retry_after_s: float | None = None) -> None:
        """Carry the words; `retry_after_s` says when the same request may do better."""
        super().__init__(words)
        self.reason = reason
        self.retry_after_s = retry_after_s


class Status(StrEnum):
    """How far a job is."""

    PREPARING = "preparing"  # its callback is being verified
    QUEUED = "queued"
    RENDERING = "rendering"
    MADE = "made"
    FAILED = "failed"


UNFINISHED = (Status.PREPARING, Status.QUEUED, Status.RENDERING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who orders: the provider whose dialect is spoken, and the digest of the key, empty when none was shown."""

    dialect: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A picture that is still at an http(s) URL."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a request asks for, its fields read, its pictures not yet looked at. `seed` None lets the job choose."""

    pictures: tuple[bytes | Link, ...]
    prompt: str | None
    prompt_optimizer: bool
    seed: int | None
    callback_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One film, asked for, its pictures in hand and judged. `more` are the digests of pictures beyond the first."""

    portrait: bytes
    portrait_sha256: str
    prompt: str | None
    prompt_optimizer: bool
    seed: int | None
    more: tuple[str, ...] = ()
    callback_url: str | None = None

    @property
    def digest(self) -> str:
        """Return the digest of all that was asked for: two requests with the same one ask for the same film."""
        asked = [self.portrait_sha256, *self.more, self.prompt, self.prompt_optimizer, self.seed]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """A finished video: its public number, measures, digest, and what its maker says of it."""

    file_id: str
    width: int
    height: int
    bytes_: int
    sha256: str
    made_at: float
    notes: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One accepted order: a job of this service. `film` once it is made, `reason` once it has failed.

    `code` is a provider's own code for the failure, when a script asks for one.
    """

    task_id: str
    dialect: str
    status: Status
    accepted_at: float
    digest: str
    portrait_sha256: str
    prompt: str | None
    seed: int
    price: Money
    film: Film | None
    reason: str | None
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A line of the ledger: one accepted order, for people and for tests that count purchases."""

    task_id: str
    dialect: str
    key_digest: str
    idempotency_key: str | None
    prompt: str | None
    accepted_at: float
    digest: str
    price: Money
    status: Status
    reason: str | None
