"""What came of bringing a file home and of looking into it: what a worker answers, so little else is loaded for it."""

from __future__ import annotations

from .judgement import Judgement
from .model import Clip
from .values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfetched:
    """A download that did not come home; trying again, with a fresh link, is free.

    `throttled` says that the host has too much to do, whoever asks, and `retry_after_s` for how long.
    """

    reason: str
    throttled: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """A file that is not a whole video, in plain words."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked:
    """A file into which nobody could look just now, for no reason of its own; it stays where it is."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A whole video: what the file holds, and what it was judged to be; None where nothing was asked of it."""

    clip: Clip
    judgement: Judgement | None = None
