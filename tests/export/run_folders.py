"""Run folders with finished videos, and exports of them, without a run: rows as the journal's facts give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import made_clips

from runner.core.life.lifecycle import fold
from runner.core.sums.tally import Row, row
from runner.edge.disk.files import DISK, Disk
from runner.events import Accepted, Broke, Checked, Event, Finished, Intended, Planned, Saved, Stamped
from runner.export.making import Recipe, look, make
from runner.export.splits import split_of
from runner.export.survey import Sorter
from runner.model import Artifact, Clip, Item, Kind, Money, Output, Portrait, Verdict
from runner.report.facts import RunFacts

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
PRICE = Money(micros=650_000, currency="USD")
CLIP = Clip(seconds=0.8, width=96, height=64, fps=25.0, frames=20, codec="h264", has_audio=False, decoded=True)
FACTS = RunFacts(
    name="winks", run_id="7f3a", manifest="winks.yaml", manifest_digest="d" * 64, plan_digest="e" * 64,
    runner_version="0.1.0", providers=("minimax",),
)  # fmt: skip


@cache
def real_clip(frames: int = 20) -> bytes:
    return made_clips.clip(frames=frames)


def portrait_of(name: str) -> Portrait:
    return Portrait(
        ref=f"{name}.png", sha256=sha256(name.encode()).hexdigest(), mime="image/png", bytes_=9, width=9, height=9
    )


@dataclass
class RunFolder:
    """A run folder in the making."""

    folder: Path
    rows: list[Row] = field(default_factory=list)

    def film(self, id_: str, content: bytes | None = None, *, who: str = "anna", **changes: Any) -> Row:
        """Add a finished video; `changes` are the item's own fields."""
        content = f"film {id_}".encode() if content is None else content
        (self.folder / "videos").mkdir(parents=True, exist_ok=True)
        (self.folder / "videos" / f"{id_}.mp4").write_bytes(content)
        return self.row(id_, content, who=who, **changes)

    def row(self, id_: str, content: bytes = b"film", *, who: str = "anna", **changes: Any) -> Row:
        """Add what the journal tells of a finished video, and no video."""
        artifact = Artifact(bytes_=len(content), sha256=sha256(content).hexdigest())
        return self._add(
            id_, Accepted(job_id=f"job-{id_}"), Finished(output=Output()), Saved(artifact=artifact), Checked(clip=CLIP),
            who=who, **changes,
        )  # fmt: skip

    def failure(self, id_: str) -> Row:
        verdict = Verdict(kind=Kind.CONTENT, code="1027", words="output new_sensitive")
        return self._add(id_, Accepted(job_id=f"job-{id_}"), Broke(verdict=verdict), who="anna")

    def _add(self, id_: str, *events: Event, who: str, provider: str = "minimax", **changes: Any) -> Row:
        fields: dict[str, Any] = {
            "key": sha256(id_.encode()).hexdigest(), "id": id_, "name": f"{id_}.mp4", "portrait": portrait_of(who),
            "prompt": f"She does {id_}.", "prompt_optimizer": True,
        }  # fmt: skip
        intended = Intended(attempt=1, provider=provider, price=PRICE, idempotency_key=None)
        history: Sequence[Event] = (Planned(item=Item(**(fields | changes))), intended, *events)
        told = row(fold([Stamped(at=START + n, event=event) for n, event in enumerate(history)]))
        self.rows.append(told)
        return told

    def recipe(
        self, out: Path, form: str = "videofolder", *, split: str | None = None, person: str | None = None,
        links: bool = True, shard_bytes: int = 10**9,
    ) -> Recipe:  # fmt: skip
        sorter = Sorter(split=split_of(split) if split else None, person=person)
        return Recipe(
            source=self.folder, out=out, form=form, run=FACTS, sorter=sorter, links=links, shard_bytes=shard_bytes
        )

    def export(
        self, out: Path, form: str = "videofolder", *, stop_at: int = 0, disk: Disk = DISK, **flags: Any
    ) -> Path:
        """Export what there is; as if the process died when `stop_at` videos are in their places."""
        recipe = self.recipe(out, form, **flags)
        make(recipe, self.rows, look(recipe, self.rows), _Death(stop_at).watch, disk=disk)
        return out


class Killed(BaseException):
    """The process died here."""


@dataclass
class _Death:
    at: int

    def watch(self, count: int) -> None:
        if count == self.at:
            raise Killed


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
