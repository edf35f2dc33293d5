"""A run as the front desk wires it, at a shop that keeps books, over a disk that may lose what was not synced."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from jumping_clock import LoopClock, jump
from made_clips import clip

from runner.cli import books, reporting
from runner.cli.plan import plan_lock
from runner.cli.run import entering, mending
from runner.core.life.state import State
from runner.core.limits.admission import Gate
from runner.core.limits.purse import Till
from runner.core.plan.plan import Plan, digest_of
from runner.dialects import minimax
from runner.dialects.seam import Call, PollPace, Reply
from runner.edge.disk.files import DISK, Disk, Files
from runner.edge.disk.lock import held
from runner.edge.disk.space import Space
from runner.edge.folder.shelf import Shelf
from runner.edge.journal.journal import Journal
from runner.edge.video.checking import judge_for
from runner.edge.video.courier import Courier
from runner.edge.wire import Incoming, LinkWire
from runner.engine.buying import Buying
from runner.engine.collecting import Collecting
from runner.engine.drive import Drive
from runner.engine.ledger import Ledger
from runner.engine.provider import Provider
from runner.executors.local import LocalExecutor
from runner.gates import Gates
from runner.inspection import Inspected, Spoilt, Unchecked
from runner.judgement import Finding, Judgement
from runner.model import CheckPolicy, Item, Limits, Manifest, Portrait, RetryPolicy
from runner.report.sidecar import sidecar_text

NO_MOUNTS: Final = Path(os.devnull)
PACE: Final = PollPace(first_s=20.0, every_s=10.0)
AGAIN: Final = ", once more"
FLAWED: Final = "flawed"  # a prompt with this word brings films that do not pass where anything is asked of them
ODD: Final = 60.0  # seconds into a life at which its clock shows that it is another one


@cache
def film_of(prompt: str) -> bytes:
    """Return the one right film of a prompt."""
    words = prompt.encode()
    return clip(frames=2) + struct.pack(">I4s", 8 + len(words), b"free") + words


def item(id_: str, prompt: str) -> Item:
    portrait = Portrait(ref="a.png", sha256="a" * 64, mime="image/png", bytes_=9, width=512, height=512)
    key = sha256(prompt.encode()).hexdigest()
    return Item(key=key, id=id_, name=f"{id_}.mp4", portrait=portrait, prompt=prompt, prompt_optimizer=True)


def plan_of(**prompts: str) -> Plan:
    items = tuple(item(id_, prompt) for id_, prompt in prompts.items())
    return Plan(items=items, digest=digest_of(items))


@dataclass(slots=True)
class Shop(LinkWire):
    """A provider of MiniMax's kind, and where its links lead. `jobs` are what was bought there: job to prompt."""

    jobs: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    async def send(self, call: Call) -> Reply:
        self.asked += 1
        if call.method == "POST":
            assert call.body is not None
            job = f"job-{len(self.jobs) + 1}"
            self.jobs[job] = str(call.body["prompt"])
            return _says(task_id=job)
        if job := call.query.get("task_id", ""):
            return _says(status="Success", file_id=job)
        return _says(file={"download_url": f"https://cdn.invalid/{call.query['file_id']}"})

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Incoming]:
        assert not headers
        self.asked += 1
        film = self._film(url.rpartition("/")[2])
        yield Incoming(status=200, headers={"content-length": str(len(film))}, chunks=_chunks(film))

    def _film(self, job: str) -> bytes:
        """Return the film of a job: of the second one of a prompt another than of the first."""
        prompt = self.jobs[job]
        number = [each for each, words in self.jobs.items() if words == prompt].index(job)
        return film_of(prompt + number * AGAIN)


def _says(**fields: object) -> Reply:
    document = {"base_resp": {"status_code": 0, "status_msg": "success"}, **fields}
    return Reply(status=200, headers={}, document=document, text="")


async def _chunks(film: bytes) -> AsyncIterator[bytes]:
    yield film[:1000]
    await asyncio.sleep(1)
    yield film[1000:]


async def _judge(state: State, places: Iterable[Path]) -> Inspected | Spoilt | Unchecked:
    """Look into a file at once: a thread would not keep step with a clock that jumps."""
    found = await _LOOK(state, places)
    if not isinstance(found, Inspected) or FLAWED not in (state.item.prompt or ""):
        return found
    flaw = Finding(check="frozen", grade="fail", words="nothing moves")
    return Inspected(clip=found.clip, judgement=Judgement(gates=Gates(), findings=(flaw,)))


_LOOK: Final = judge_for(CheckPolicy(full_decode=False), lambda _: b"", LocalExecutor(1), Path())


def live(
    run: Path, plan: Plan, shop: Shop, *, disk: Disk = DISK, began_s: float = 0.0, checks: CheckPolicy | None = None
) -> None:
    """Bring a plan to its end in a run folder, as `s2v run` does."""
    Files(disk=disk).make_folder(run)
    with held(run, mounts=NO_MOUNTS), Journal.create_or_open(run, run_id="run") as book:
        jump(_live(book, run, plan, shop, disk=disk, checks=checks or CheckPolicy()), elapsed_s=began_s)


async def _live(book: Journal, run: Path, plan: Plan, shop: Shop, *, disk: Disk, checks: CheckPolicy) -> None:
    clock, files = LoopClock(), Files(book.holding, disk)
    is_new = books.note_manifest(book, run, _manifest(run, plan), plan)
    facts = books.facts(book)
    shelf = Shelf(run, sidecar=lambda state: sidecar_text(state, facts), files=files, judge=_judge)
    shelf.prepare()
    if is_new:
        entering.enter(book, shelf, plan, clock.now())
    mending.mend(book, shelf, clock.now())
    plan_lock.write_lock(run, plan, files)
    ledger = Ledger(book, clock, [])
    buying = Buying(ledger=ledger, till=Till(purses=()), retry=RetryPolicy(), run_id="run")
    provider = Provider(
        name="minimax", dialect=minimax.speak(minimax.TRAITS), price=None, poll=PACE, wire=shop, gate=Gate(1, ()),
        courier=Courier(shop, shelf.partial, files=files), unseen_job_s=900.0, idempotent=False,
    )  # fmt: skip
    drive = Drive(
        ledger=ledger, space=Space(run), buying=buying,
        collecting=Collecting(ledger=ledger, shelf=shelf, checks=checks, waits_s=3600.0),
        providers={"minimax": provider}, route=("minimax",), limits=Limits(),
    )  # fmt: skip
    await drive.run()
    if not reporting.are_reports_current(book, run):
        reporting.write_reports(book, run, files)


def _manifest(run: Path, plan: Plan) -> Manifest:
    return Manifest(
        path=run / "m.yaml", digest=plan.digest, name="try", route=("minimax",), folder=run, name_pattern="{id}.mp4",
        limits=Limits(), retry=RetryPolicy(), checks=CheckPolicy(), providers={}, wishes=lambda: iter(()),
    )  # fmt: skip
