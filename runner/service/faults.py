"""Faults by script: rules that say when something goes wrong, and what. Pure: same script, same requests, same faults.

A rule counts the occasions that fit it, all together or for each order by itself, and strikes at the ones it names; its
chance comes from a digest of the script's seed, the rule, the order and the count, so the order of requests plays no
part. The first rule that strikes wins; the later ones count on all the same.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import field
from enum import StrEnum
from typing import ClassVar, Final, Literal

from ..values import dataclass
from .order import Reason, Status


class Operation(StrEnum):
    """What a request, or a callback, is about."""

    SUBMIT = "submit"
    QUERY = "query"
    RESULT = "result"  # a query that says that the job is done
    RETRIEVE = "retrieve"  # the file look-up, where the dialect has one
    LINK = "link"  # a link is handed out, by a look-up or by a query
    DOWNLOAD = "download"
    CALLBACK = "callback"  # a status change is posted


WORDS: Final = "as the fault script says"
Operations = frozenset[Operation]
API: Final = frozenset({Operation.SUBMIT, Operation.QUERY, Operation.RETRIEVE})
REQUESTS: Final = API | {Operation.DOWNLOAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The connection ends without an answer; with `reset` it breaks. `performs`: the job was made all the same."""

    at: ClassVar[Operations] = REQUESTS
    performs: bool = True
    reset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A bare HTTP status, as a gateway gives it."""

    at: ClassVar[Operations] = REQUESTS
    status: int
    performs: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The provider's own error number, in the shape of its dialect."""

    at: ClassVar[Operations] = API
    number: int
    words: str = WORDS
    performs: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A refusal in the dialect's own words; nothing is performed."""

    at: ClassVar[Operations] = API
    reason: Reason
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Garble:
    """Something else in place of the answer, at HTTP 200."""

    at: ClassVar[Operations] = REQUESTS
    what: Literal["malformed", "html", "empty", "list"]
    performs: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The body takes so long to come."""

    at: ClassVar[Operations] = REQUESTS
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The body ends after this share of it, although more was announced."""

    at: ClassVar[Operations] = REQUESTS
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """The job says that it is at this stage."""

    at: ClassVar[Operations] = frozenset({Operation.QUERY})
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """The job says that it has failed."""

    at: ClassVar[Operations] = frozenset({Operation.QUERY})
    code: int
    words: str = WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFile:
    """The job says that it is done, and names no file."""

    at: ClassVar[Operations] = frozenset({Operation.RESULT})


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLink:
    """The link is empty, or expired before it was given."""

    at: ClassVar[Operations] = frozenset({Operation.LINK})
    what: Literal["empty", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A status change is posted this many times, so much later."""

    at: ClassVar[Operations] = frozenset({Operation.CALLBACK})
    times: int = 1
    late_s: float = 0.0


Effect = HangUp | Answer | Code | Say | Garble | Slow | Cut | Stuck | Fail | NoFile | BadLink | Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A moment at which something may go wrong. `digest` names the order, whichever job it became."""

    dialect: str
    operation: Operation
    prompt: str | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Which occasions fit, and which of those are struck; what is None or empty does not choose."""

    dialects: frozenset[str] = frozenset()
    operations: frozenset[Operation] = frozenset()
    prompt: re.Pattern[str] | None = None
    each_order: bool = False
    nth: frozenset[int] = frozenset()
    first: int | None = None
    after: int = 0
    every: int | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When, and what."""

    when: When
    effect: Effect

    def fits(self, occasion: Occasion) -> bool:
        """Return whether the rule is about this kind of occasion."""
        when = self.when
        return (
            occasion.operation in (when.operations & self.effect.at or self.effect.at)
            and (not when.dialects or occasion.dialect in when.dialects)
            and (when.prompt is None or when.prompt.search(occasion.prompt or "") is not None)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The rules, in order, and the seed of their chances."""

    rules: tuple[Rule, ...] = ()
    seed: int = 0
    _counts: Counter[tuple[int, str]] = field(default_factory=Counter)

    def strike(self, occasion: Occasion) -> Effect | None:
        """Count the occasion and return what goes wrong at it, if anything does."""
        struck = [rule.effect for n, rule in enumerate(self.rules) if rule.fits(occasion) and self._hits(n, occasion)]
        return struck[0] if struck else None

    def _hits(self, number: int, occasion: Occasion) -> bool:
        when = self.rules[number].when
        self._counts[number, occasion.digest] += 1
        self._counts[number, ""] += 1
        of_order = self._counts[number, occasion.digest]
        count = of_order if when.each_order else self._counts[number, ""]
        return (
            (not when.nth or count in when.nth)
            and (when.first is None or count <= when.first)
            and count > when.after
            and (when.every is None or count % when.every == 0)
            and (when.probability is None or self._chance(number, occasion, of_order) < when.probability)
        )

    def _chance(self, number: int, occasion: Occasion, count: int) -> float:
        said = f"{self.seed}\n{number}\n{occasion.operation}\n{occasion.digest}\n{count}"
        return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big") / 2**64
