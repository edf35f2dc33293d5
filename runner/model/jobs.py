"""What a provider answers: a no, a job, and where its video is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from ..values import dataclass


class Kind(StrEnum):
    """Why a provider said no, sorted by what follows from it."""

    RATE = "rate"  # too much at once: refused, back off, try again
    TRANSIENT = "transient"  # its own trouble: a paid call may still have been taken
    CONTENT = "content"  # the prompt, the picture or the video was refused for what it shows
    INPUT = "input"  # the request is wrong, and will be wrong again
    AUTH = "auth"  # the key, the account or the plan does not allow it
    QUOTA = "quota"  # no balance
    UNKNOWN = "unknown"  # nothing we know: the safe side is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A provider's no: its kind, its own code and words, and how long it asks us to wait."""

    kind: Kind
    code: str
    words: str
    retry_after_s: float | None = None

    def __str__(self) -> str:
        """Give the code and the provider's own words."""
        return f"{self.code}: {self.words}" if self.words else self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A paid job at a provider: what it takes to ask about it again, in this run or the next."""

    provider: str
    id: str
    file_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What the embedded service says of a film that it drew: which words of the prompt are shown, and by what code."""

    honoured: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a finished job says about its video; a provider gives a file id, or a link that lives until `expires_at`.

    `notes` come from the embedded service alone.
    """

    file_id: str | None = None
    url: str | None = None
    expires_at: float | None = None
    width: int | None = None
    height: int | None = None
    notes: Notes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Where the video can be fetched right now; links expire, so this is never stored."""

    url: str
    backup_url: str | None = None
