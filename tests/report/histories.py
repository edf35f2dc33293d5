"""Items with a past, told by their events and folded as the program folds them."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from runner.core.life.lifecycle import fold
from runner.core.life.state import State
from runner.core.sums.sums import summarise
from runner.core.sums.tally import row
from runner.events import (
    Accepted,
    Broke,
    Checked,
    Doubted,
    Event,
    Finished,
    Intended,
    Judged,
    Planned,
    Refused,
    Retired,
    Reviewed,
    Saved,
    Spoiled,
    Stalled,
    Stamped,
)
from runner.gates import Gates, IdentityGate
from runner.judgement import Finding, Judgement, Likeness, Motion
from runner.model import Artifact, Clip, Item, Kind, Money, Output, Portrait, Verdict
from runner.report.facts import Foretold, RunFacts
from runner.report.papers import PAPERS, pieces

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
PRICE = Money(micros=650_000, currency="USD")
NASTY = (
    '=HYPERLINK("http://evil.example/?q=1")|`rm -rf`\n<script>alert(1)</script> \x00\x0b\x1b[31m'
    " \u202eevil\u2066 \U0001f469\u200d\U0001f680 她笑 \ud800 *b* [l](u) & \\ " + "x" * 2000
)
CLIP = Clip(
    seconds=5.64, width=1280, height=720, fps=25.0, frames=141, codec="h264", has_audio=False, decoded=True
)  # fmt: skip
FACTS = RunFacts(
    name="winks",
    run_id="20260101-7f3a",
    manifest="winks.yaml",
    manifest_digest=sha256(b"manifest").hexdigest(),
    plan_digest=sha256(b"plan").hexdigest(),
    runner_version="0.1.0",
    providers=("vapi", "minimax"),
    forecast=Foretold(at=START, items=14, p50_s=240.0, p90_s=300.0, binding="rate 5/1m", took_s=252.0),
)


def item(id_: str, **changes: object) -> Item:
    """Return an item with a plain prompt."""
    plain: dict[str, object] = {
        "key": sha256(id_.encode()).hexdigest(),
        "id": id_,
        "name": f"{id_}.mp4",
        "portrait": Portrait(
            ref="portraits/astronaut.png", sha256="a" * 64, mime="image/png", bytes_=9_000, width=512, height=512
        ),
        "prompt": "She smiles.",
        "prompt_optimizer": True,
    }
    return Item(**(plain | changes))  # type: ignore[arg-type]  # keys are the item's own fields


def told(subject: Item, *events: Event, start: float = START) -> State:
    """Return the state of an item to which these events happened, ten seconds apart."""
    history: list[Event] = [Planned(item=subject), *events]
    return fold([Stamped(at=start + 10 * n, event=event) for n, event in enumerate(history)])


def intent(attempt: int = 1, *, provider: str = "vapi", price: Money | None = PRICE) -> Intended:
    return Intended(attempt=attempt, provider=provider, price=price, idempotency_key=None)


def until_saved(id_: str) -> tuple[Event, ...]:
    artifact = Artifact(bytes_=1_500_000, sha256=sha256(f"video {id_}".encode()).hexdigest())
    return (
        intent(),
        Accepted(job_id=f"job-{id_}"),
        Finished(output=Output(url="https://cdn.example/v.mp4?X-Amz-Signature=canary")),
        Saved(artifact=artifact),
    )


def until_done(id_: str) -> tuple[Event, ...]:
    return (*until_saved(id_), Checked(clip=CLIP))


def no(code: str, words: str, kind: Kind = Kind.CONTENT) -> Verdict:
    return Verdict(kind=kind, code=code, words=words)


def refused(code: str = "1026", words: str = "input new_sensitive", *, final: bool = True) -> Refused:
    return Refused(verdict=no(code, words), final=final, retry_at=START)


STRANGE = Judgement(
    gates=Gates(identity=IdentityGate()),
    findings=(Finding(check="distance", grade="fail", words="its face is 0.81 from the portrait's"),),
    motion=Motion(frozen=0.25, black=0.0, cuts=1, brightness=96.5, difference=2.25),
    likeness=Likeness(distances=(0.8, None, 0.8125)),
)


def judged(decision: Literal["review", "retake"]) -> Judged:
    return Judged(clip=CLIP, judgement=STRANGE, decision=decision, reason=STRANGE.words)


def mixed_run() -> list[State]:
    """Return one item of every fate, in plan order."""
    link = "link expired: https://cdn.example/v.mp4?X-Amz-Signature=canary&Expires=1"
    return [
        told(item("wink"), *until_done("wink")),
        told(
            item("nasty", prompt=NASTY, tags=("a", "b"), metadata={"licence": "CC0", "consent": True, "age": 31}),
            *until_done("nasty"),
        ),
        told(item("sensitive", prompt="-1 to her hat"), intent(), refused()),
        told(item("sensitive-2"), intent(), refused()),
        told(item("broke"), intent(), Accepted(job_id="j5"), Broke(verdict=no("1027", "output new_sensitive"))),
        told(item("spoiled"), *until_saved("spoiled"), Spoiled(reason="an HTML page in place of a video", final=True)),
        told(item("doubt"), intent(), Doubted(reason="read time-out after 60 s")),
        told(item("crashed"), intent(2, provider="minimax", price=Money(micros=3_000_000, currency="CNY"))),
        told(item("waiting"), intent(), refused("1002", "rate limit", final=False)),
        told(item("running"), intent(price=None), Accepted(job_id="j9")),
        told(item("ready"), *until_saved("ready")[:3], Stalled(reason=link, retry_at=START + 99)),
        told(item("planned", prompt=None)),
        told(item("retired"), Retired()),
        told(item("stranger"), *until_saved("stranger"), judged("review")),
        told(item("again"), *until_saved("again"), judged("retake")),
        told(item("accepted"), *until_saved("accepted"), Checked(clip=CLIP, judgement=STRANGE)),
        told(item("rejected"), *until_saved("rejected"), judged("review"), Reviewed(decision="reject")),
        told(
            item("remote", portrait=Portrait(ref="https://me:pw@x.example/p.jpg?sig=canary", sha256="b" * 64)),
            *until_done("remote"),
        ),
    ]


def written(name: str, states: list[State]) -> str:
    """Return one file of the report, from beginning to end."""
    rows = [row(state) for state in states]
    return "".join(pieces(PAPERS[name], FACTS, summarise(rows), rows))
