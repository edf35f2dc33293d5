"""What can be ordered: one film of one portrait, whatever the dialect it was asked in; and why an order is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from ..errors import S2VError


class RefusedOrderError(S2VError):
    """The order is not acceptable, and will not be; the message says what was found and what was expected."""


class Status(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RENDERING = "rendering"
    MADE = "made"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One film, asked for. `seed` None lets the task id choose."""

    portrait: bytes
    prompt: str | None
    prompt_optimizer: bool
    seed: int | None

    @property
    def portrait_sha256(self) -> str:
        """Return the digest that names the portrait."""
        return hashlib.sha256(self.portrait).hexdigest()

    @property
    def digest(self) -> str:
        """Return the digest of all that was asked for: two requests with the same one ask for the same film."""
        asked = [self.portrait_sha256, self.prompt, self.prompt_optimizer, self.seed]
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
    """One accepted order: a job of this service. `film` once it is made, `reason` once it has failed."""

    task_id: str
    status: Status
    portrait_sha256: str
    prompt: str | None
    seed: int
    film: Film | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A line of the ledger: one accepted order, for people and for tests that count purchases."""

    task_id: str
    idempotency_key: str | None
    accepted_at: float
    digest: str
    status: Status
