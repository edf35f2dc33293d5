"""Bugs to be planted: each a copy of the package with few literal changes, in which the simulation has to find them.

A change must match exactly once, so the table cannot fall behind the code in silence. The copy runs in a process of its
own; the repository's files are never touched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
PACKAGE: Final = HERE.parents[1] / "runner"
_HUNT: Final = """
import json, sys, pathlib, runner
assert pathlib.Path(runner.__file__).is_relative_to(sys.argv[1]), runner.__file__
from sim_promises import simulate
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    if faults := simulate(seed).faults:
        print(json.dumps([seed, faults[0].strip().splitlines()[-1]]), flush=True)
        if sys.argv[4] == "first":
            break
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """What is changed in one file; `changes` are pairs of what stands there and what is to stand there."""

    file: str
    changes: tuple[tuple[str, str], ...]

    def changed(self, text: str) -> str:
        """Return the file's text with the bug in it; raise ValueError where it cannot be planted."""
        for before, after in self.changes:
            if text.count(before) != 1:
                raise ValueError(f"{self.file} holds {text.count(before)} times: {before}")
            text = text.replace(before, after)
        return text


BUGS: Final[Mapping[str, Bug]] = {
    "a request leaves before its intent is written": Bug(
        file="engine/buying.py",
        changes=(("            await self.ledger.settled()\n        except", "            pass\n        except"),),
    ),
    "a request without an answer is sent again": Bug(
        file="engine/buying.py",
        changes=(
            (
                '            self._unsure(state, provider, Verdict(kind=Kind.TRANSIENT, code=str(error), words=""))',
                (
                    '            verdict = Verdict(kind=Kind.TRANSIENT, code=str(error), words="")\n'
                    "            self._refused(state, provider, verdict, is_repeated=is_repeated)"
                ),
            ),
        ),
    ),
    "HTTP 5xx is taken for a refusal": Bug(
        file="dialects/verdicts.py",
        changes=(("Kind.TRANSIENT if reply.status >= _SERVER_ERROR", "Kind.RATE if reply.status >= _SERVER_ERROR"),),
    ),
    "a doubt frees its slot at once": Bug(
        file="engine/buying.py",
        changes=(("provider.hold(key, provider.unseen_job_s, now=now)", "provider.release(key)"),),
    ),
    "a run forgets the runs before it": Bug(
        file="engine/drive.py",
        changes=(("        recall(self.ledger, self.providers, unfinished, now=started, leap_s=self.leap_s)\n", ""),),
    ),
    "the budget is settled when the job is taken": Bug(
        file="engine/buying.py",
        changes=(
            ("        self.till.reserve(key, provider.price)\n", ""),
            (
                "        self.till.spend(key)\n        state = self.ledger.note(key, Accepted",
                "        self.till.reserve(key, provider.price)\n        state = self.ledger.note(key, Accepted",
            ),
        ),
    ),
    "a doubt without a key is repeated": Bug(
        file="core/life/lifecycle.py",
        changes=(("            if state.idempotency_key is not None:\n", "            if state.wanted:\n"),),
    ),
    "a doubt is bought again for ever": Bug(
        file="core/life/state.py",
        changes=(
            ("is_in_doubt and self.wanted and self.resubmits < most", "is_in_doubt and self.wanted and most > 0"),
        ),
    ),
    "a doubt that is bought again is forgotten by the budget": Bug(
        file="core/life/possession.py",
        changes=(('case "resubmit" if settled.by == "policy":', 'case "resubmit" if settled.by == "nobody":'),),
    ),
    "the job of a doubt that is bought again frees its slot": Bug(
        file="engine/provider.py",
        changes=(
            (
                "        if until > now:\n            self.hold(alias",
                "        if until < now:\n            self.hold(alias",
            ),
        ),
    ),
    "a failed download drops the job": Bug(
        file="engine/collecting.py",
        changes=(
            (
                "        self.ledger.stall(key, missed.reason, asked_s=asked_s)",
                (
                    '        verdict = Verdict(kind=Kind.TRANSIENT, code="0", words=missed.reason)\n'
                    "        self.ledger.note(key, Broke(verdict=verdict))"
                ),
            ),
        ),
    ),
    "a retry buys what could be fetched again": Bug(
        file="core/plan/plan.py",
        changes=(
            ("state.output is not None and state.verdict is None", "state.output is None and state.verdict is None"),
        ),
    ),
    "a replaced run may still write": Bug(
        file="edge/journal/journal.py", changes=(("if epoch != self._epoch:", "if epoch is None:"),)
    ),
    "what left the manifest is still bought": Bug(
        file="edge/journal/chronicle.py", changes=(("AND wanted = 1 AND position > ? ", "AND position > ? "),)
    ),
    "a commit is not synced": Bug(
        file="edge/journal/journal.py", changes=(("PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"),)
    ),
    "the lock is not taken": Bug(file="edge/disk/lock.py", changes=(("    _flock(fd, folder, fcntl.LOCK_EX)\n", ""),)),
    "the lock is shared": Bug(
        file="edge/disk/lock.py", changes=(("_flock(fd, folder, fcntl.LOCK_EX)", "_flock(fd, folder, fcntl.LOCK_SH)"),)
    ),
    "a plan is told before it is entered": Bug(
        file="cli/books.py",
        changes=(("header.get(keys.ENTERED) != plan.digest", "header.get(keys.PLAN_DIGEST) != plan.digest"),),
    ),
    "a stop drops the paid requests under way": Bug(
        file="engine/crew.py", changes=(("self._drop(_DROPPED)", "self._drop(Lane)"),)
    ),
    "a plan that was taken back passes for entered": Bug(
        file="cli/books.py", changes=(("    if is_new:\n        told", "    if plan is None:\n        told"),)
    ),
    "a call is adopted without holding the slot": Bug(
        file="engine/buying.py",
        changes=(
            (
                "        provider.hold(key, now=self.ledger.clock.now())\n        provider.gate.resume()",
                "        provider.gate.resume()",
            ),
        ),
    ),
    "a call about an older try is taken": Bug(
        file="engine/hearing.py", changes=(("if hint.attempt != state.attempt:", "if hint.attempt < 0:"),)
    ),
    "a call settles what is settled": Bug(
        file="engine/hearing.py",
        changes=(("not self._may_be_adopted(state, hint)", "False"), ("self._is_free(state, job_id)", "True")),
    ),
    "the answer after a call is a second purchase": Bug(
        file="core/life/lifecycle.py",
        changes=(
            (
                "case Accepted(job_id=job_id) if state.phase is Phase.RUNNING:",
                "case Accepted(job_id=job_id) if state.attempt < 0:",
            ),
        ),
    ),
    "a lost answer after a call lets the slot go": Bug(
        file="engine/buying.py",
        changes=(
            (
                "        if self._is_adopted(key):\n            provider.answered(key, now)\n            return\n",
                "",
            ),
        ),
    ),
    "a path is not checked": Bug(
        file="edge/callbacks/paths.py",
        changes=(
            ("if run_id != self._run_id and theirs is None:", "if not run_id:"),
            ("if is_known else", "if wanted else"),
        ),
    ),
    "what is in doubt may be asked for elsewhere": Bug(
        file="core/life/lifecycle.py",
        changes=(
            (
                "            return replace(state, note=reason, answered_at=at)\n",
                "            return replace(state, phase=Phase.PLANNED, note=reason, answered_at=at)\n",
            ),
        ),
    ),
    "a probe is forgotten": Bug(
        file="core/limits/breaker.py",
        changes=(("            self._probe = key\n", "            self._probe = None\n"),),
    ),
    "a breaker lets everything through after its rest": Bug(
        file="core/limits/breaker.py",
        changes=(
            ('until = self._outage.until if self._probe is None else float("inf")', "until = self._outage.until"),
        ),
    ),
    "a refused account is asked again too soon": Bug(
        file="engine/buying.py", changes=(("ending, now=now, pace=SLOW)", "ending, now=now, pace=QUICK)"),)
    ),
    "the end of one is the end of all": Bug(
        file="engine/route.py", changes=(("if len(outages) == len(self.names) else None", "if outages else None"),)
    ),
    "the purse asks for the first one's price": Bug(
        file="engine/route.py",
        changes=(("self.till.ask(provider.price)", "self.till.ask(self.providers[self.names[0]].price)"),),
    ),
    "a window of one is counted at the other": Bug(
        file="engine/recall.py",
        changes=(("counted[name].append(at + leap_s)", "counted[next(iter(providers))].append(at + leap_s)"),),
    ),
    "the stop-loss counts nothing": Bug(
        file="engine/filing.py",
        changes=(
            ("        self.loss.count(rest.outcome, grade=state.judgement.grade if state.judgement else None)\n", ""),
        ),
    ),
    "retakes are not counted": Bug(
        file="core/life/lifecycle.py", changes=(("retakes=state.retakes + 1, artifact=None", "artifact=None"),)
    ),
    "what is taken again is not kept": Bug(
        file="engine/collecting.py",
        changes=(
            (
                "self.shelf.put_aside(replace(state, clip=clip, judgement=judgement, note=become.reason))\n",
                "pass\n",
            ),
        ),
    ),
    "what a person was to look at is bought again": Bug(
        file="core/life/fate.py", changes=((' or judgement.grade == "review" or judgement.is_duplicate:', ":"),)
    ),
    "a retry fetches what a person rejected": Bug(
        file="core/plan/plan.py",
        changes=(("state.verdict is None and state.judgement is None", "state.verdict is None"),),
    ),
    "a rejected video keeps its place": Bug(
        file="cli/review/reviewing.py", changes=(("            shelf.put_aside(before)\n", "            pass\n"),)
    ),
    "a stop-loss passes over what waits": Bug(
        file="core/limits/stop_loss.py", changes=((' or (outcome is Outcome.REVIEW and grade == "fail")', ""),)
    ),
    "a submit leaves its window early": Bug(
        file="core/limits/admission.py", changes=(("self._answered.append(now)", "self._answered.append(now - 5.0)"),)
    ),
}


def plant(bug: Bug, folder: Path) -> None:
    """Lay a copy of the package with the bug in it into `folder`."""
    shutil.copytree(PACKAGE, folder / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "runner" / bug.file
    path.write_text(bug.changed(path.read_text(encoding="utf-8")), encoding="utf-8")


def hunt(folder: Path, seeds: range, *, only_first: bool) -> list[tuple[int, str]]:
    """Return the seeds that find a promise broken by the copy in `folder`, with the first word of each finding."""
    told = subprocess.run(
        [sys.executable, "-c", _HUNT, str(folder), str(seeds.start), str(seeds.stop), "first" if only_first else "all"],
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{HERE}", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [(seed, fault) for seed, fault in map(json.loads, told.stdout.splitlines())]
