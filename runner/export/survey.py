"""Looks once through what is to be exported: counts it, sorts it by sides, and refuses what would leak a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import field
from typing import Final
from unicodedata import normalize

from ..core.life.lifecycle import Outcome
from ..core.sums.tally import Row
from ..errors import UsageError
from ..report.labels import GENERATED, label_of
from ..report.text import counted, first_of
from ..values import dataclass
from .samples import bytes_of, consent, exported, licence, named
from .splits import Split

WHOLE: Final = ""  # the name of the one side of a data set that is not split
_SHOWN: Final = 3  # examples of a mistake
_REMOTE: Final = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorter:
    """Says who is shown and on which side that person stands; `person` is the key of the metadata that names people."""

    split: Split | None = None
    person: str | None = None

    def whom(self, row: Row) -> str:
        """Return who is shown: by the name in the metadata, else by the digest of the portrait.

        Names that look alike are one name, however their letters are composed and however many blanks there are.
        """
        if self.person is None:
            return row.portrait_sha256
        return " ".join(normalize("NFC", named(row, self.person)).split())

    def side(self, row: Row) -> str:
        """Return the side of a video."""
        return self.split.side(self.whom(row)) if self.split else WHOLE

    @property
    def sides(self) -> list[str]:
        """Return all sides, in their order."""
        return [*self.split.sides] if self.split else [WHOLE]


@dataclass(slots=True, kw_only=True)
class Survey:
    """The numbers of a data set; memory grows with the number of portraits and licences alone.

    `left_out` counts what the manifest wants and a data set cannot hold yet; `remote` the portraits that only the
    provider has seen, which are known by their URL; `people` whom the metadata names, where it is asked. `tombstones`
    are the digests of videos that counted and were purged.
    """

    videos: int = 0
    bytes_: int = 0
    millis: int = 0
    placeholders: int = 0
    sides: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    consents: Counter[str] = field(default_factory=Counter)
    makers: Counter[tuple[str, str]] = field(default_factory=Counter)
    left_out: Counter[Outcome] = field(default_factory=Counter)
    tombstones: list[str] = field(default_factory=list)
    portraits: set[bytes] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    remote: set[bytes] = field(default_factory=set)
    first_at: float | None = None
    last_at: float | None = None

    def add(self, row: Row, sorter: Sorter) -> None:
        """Count one video."""
        portrait = bytes.fromhex(row.portrait_sha256)
        self.videos += 1
        self.bytes_ += bytes_of(row)
        self.millis += round((row.seconds or 0.0) * 1000)
        self.placeholders += label_of(row.provider, row.checks) is not GENERATED
        self.sides[sorter.side(row)] += 1
        self.licences[licence(row)] += 1
        self.consents[consent(row)] += 1
        self.makers[row.provider or "", row.model] += 1
        self.portraits.add(portrait)
        if sorter.person is not None:
            self.people.add(sorter.whom(row))
        if row.portrait.startswith(_REMOTE):
            self.remote.add(portrait)
        if row.finished_at is not None:
            self.first_at = min(self.first_at or row.finished_at, row.finished_at)
            self.last_at = max(self.last_at or row.finished_at, row.finished_at)


def survey(rows: Iterable[Row], sorter: Sorter) -> Survey:
    """Return the numbers; raise UsageError when the person of a video is not known or not one."""
    found, people = Survey(), _People(sorter)
    for row in rows:
        if row.state is not Outcome.DONE and row.counts:
            found.left_out[row.state] += 1
        if row.purged and row.sha256 is not None:
            found.tombstones.append(row.sha256)
        for video in exported([row]):
            found.add(video, sorter)
            people.add(video)
    people.require_named()
    found.tombstones.sort()
    return found


class _People:
    """Holds that the metadata names the person of every video, and of every portrait one person."""

    def __init__(self, sorter: Sorter) -> None:
        self._sorter = sorter
        self._shown: dict[bytes, tuple[str, str]] = {}
        self._nameless: list[str] = []
        self._count = 0

    def add(self, row: Row) -> None:
        if self._sorter.person is None:
            return
        whom = self._sorter.whom(row)
        if not whom:
            self._count += 1
            self._nameless = [*self._nameless, row.id][:_SHOWN]
            return
        other, id_ = self._shown.setdefault(bytes.fromhex(row.portrait_sha256), (whom, row.id))
        if other != whom:
            raise UsageError(
                f"one portrait would be two people: by metadata '{self._sorter.person}', '{id_}' shows '{other}' and "
                f"'{row.id}', with the same portrait, '{whom}'; mend the manifest and run it again, which buys nothing"
            )

    def require_named(self) -> None:
        if self._nameless:
            shown = first_of(self._nameless, self._count)
            raise UsageError(
                f"--person {self._sorter.person}: the metadata of {counted(self._count, 'video')} has no such key "
                f"({shown}); add it in the manifest and run it again, which buys nothing"
            )
