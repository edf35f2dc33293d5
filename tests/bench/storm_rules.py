"""What holds after every step of a storm, told by the service's ledger, the exit codes and the files alone."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from desk import Done

PRICE: Final = 0.5  # USD, of a video
CODES: Final = {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 129, 130, 143, -2}  # the last: interrupted before the program began
KILLED: Final = -9
PAYING: Final = {"run", "retry"}
JOBS: Final = "SELECT json_extract(body, '$.job_id') FROM event WHERE kind IN ('Accepted', 'Settled')"
FATES: Final = """
    SELECT item, kind, json_extract(body, '$.job_id') FROM event
    WHERE kind IN ('Accepted', 'Settled') OR kind = 'Broke' AND body LIKE '%1027%'
    ORDER BY seq
"""
UNANSWERED: Final = """
    SELECT count(*) FROM (
      SELECT kind, json_extract(body, '$.provider') AS provider, max(seq) FROM event
      WHERE kind IN ('Intended', 'Accepted', 'Refused', 'Doubted', 'Settled') GROUP BY item
    ) WHERE kind = 'Intended' AND provider LIKE ?
"""

Typed = Callable[..., Done]


class BrokenRuleError(Exception):
    """A rule does not hold."""


def rule(words: str, holds: object, *seen: object) -> None:
    if not holds:
        raise BrokenRuleError(f"{words}: {seen}")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Books:
    """What the steps of a round allow to be bought, and what was bought; `s2v` types a command unjudged."""

    folder: Path
    ledger: Callable[[], list[dict[str, Any]]]
    s2v: Typed
    wanted: dict[str, int] = field(default_factory=dict)  # the most takes of each prompt that were ever asked for
    extra: Counter[str] = field(default_factory=Counter)  # of each prompt, by what a step allowed on purpose
    policies: set[str] = field(default_factory=set)  # by each of which an item may be bought once more
    portraits: dict[str, str] = field(default_factory=dict)  # of each prompt
    purged: set[str] = field(default_factory=set)
    lies: Counter[str] = field(default_factory=Counter)
    given_up: set[str] = field(default_factory=set)  # bought anew by name although the first video may yet come
    said: dict[str, str] = field(default_factory=dict)  # of the videos of these digests: keep or reject
    is_alone: bool = True  # one folder knows it all: no copies, no shards
    is_damaged: bool = False  # and not fetched since
    budget: float | None = None

    def wish(self, items: Sequence[Mapping[str, Any]], keys: Mapping[str, Any]) -> None:
        """Take down what a manifest asks for."""
        for item in items:
            self.wanted[item["prompt"]] = max(self.wanted.get(item["prompt"], 0), item["takes"])
            self.portraits[item["prompt"]] = item["portrait"]
        self.budget = keys["limits"].get("budget", {}).get("amount")
        self.policies |= {keys["checks"].get("on_fail"), keys["retry"].get("in_doubt")} & {"retake", "resubmit"}

    def lie(self, prompt: str) -> None:
        """Let a prompt be bought once more whose job is said not to exist, and does."""
        self.extra[prompt] += 1
        self.lies[prompt] += 1

    def bought(self) -> Counter[str]:
        return Counter(job["prompt"] for job in self.ledger())

    def items(self, manifest: str) -> list[dict[str, Any]]:
        done = self.s2v("status", manifest, "--json")
        found: list[dict[str, Any]] = done.document["items"] if done.code == 0 else []
        return found

    @contextmanager
    def judged(self, words: list[str]) -> Iterator[Callable[[Done], None]]:
        """Look before a command is typed, and give what is to be told of its end."""
        before, plan, repeats = self.bought(), None, 0
        if words[0] in PAYING:
            dry = [*(word for word in words if word not in {"--events", "-q"}), "--dry-run", "--json"]
            foretold = self.s2v(*dry)
            self.hold_code(dry, foretold)
            plan = foretold.document if foretold.code == 0 else None
            repeats = unanswered(self.home(words[1]), "local")
            self._allow(words)

        def judge(done: Done) -> None:
            self.hold_code(words, done)
            now = self.bought()
            self._hold_plan(words, done, plan, (now - before).total(), repeats)
            if words[0] == "purge" and done.code in {0, 5}:
                self._hold_purge(words, done)
            self.hold_purchases()
            if now != before and self.is_alone and self.budget is not None:
                most = self.budget + PRICE * self.lies.total()
                rule("a budget is kept", now.total() * PRICE <= most, words, now.total(), self.budget)
            self.is_damaged &= not (words[0] == "fetch" and done.code == 0)
            self._hold_folder(words, done)

        yield judge

    def hold_code(self, words: Sequence[str], done: Done) -> None:
        is_killed = "--events" in words and done.code == KILLED
        rule("a command ends with a code of the README", done.code in CODES or is_killed, words, done.code, done.err)
        rule("nobody sees a traceback", "Traceback" not in done.err, words, done.err)

    def hold_purchases(self) -> None:
        for prompt, count in self.bought().items():
            most = self.wanted[prompt] * (1 + len(self.policies)) + self.extra[prompt]
            rule("nothing is bought more often than asked for", count <= most, prompt, count, most)

    def _allow(self, words: list[str]) -> None:
        """Allow one more purchase of each failed item that a command asks for again.

        Without its id, only of one that the provider failed or a person rejected: all else is paid for already.
        """
        if words[0] != "retry" and not {"--failed", "--code"} & {*words}:
            return
        ids = [word for word in words[2:] if not word.startswith("-")] if words[0] == "retry" else []
        made = {job["job_id"] for job in self.ledger() if job["status"] == "made"}
        for item in self.items(words[1]):
            is_lost = item["code"] is not None or item["reason"].startswith("rejected") or item["job_id"] not in made
            if item["state"] == "failed" and (item["id"] in ids if ids else is_lost):
                self.extra[item["prompt"]] += 1 + len(self.policies)  # which begin anew with it
                if not is_lost:
                    self.given_up.add(item["prompt"])

    def _hold_plan(
        self, words: Sequence[str], done: Done, plan: Mapping[str, Any] | None, bought: int, repeats: int
    ) -> None:
        """Hold what was bought to the plan; the embedded service's requests repeat what was bought, or buy it now."""
        if words[0] not in PAYING:
            rule("only run and retry buy", not bought, words, bought)
        elif plan is None:
            rule("what a dry run refuses buys nothing", not bought, words, bought, done.err)
        else:
            foretold, more = plan["counts"]["buy"], plan["retakes_at_most"] + plan["resubmits_at_most"]
            most = foretold + more + repeats
            rule("a run buys no more than its plan", bought <= most, words, bought, plan["counts"], repeats)
            if done.code == 0 and not more + repeats:
                rule("a run that ends well buys its plan", bought == foretold, words, bought, plan["counts"])
            caps = [plan["cost_at_most"]["amount"]] if plan["cost_at_most"] else []
            caps += [words[words.index("--max-cost") + 1].split()[0]] if "--max-cost" in words else []
            paid = (bought - repeats) * PRICE
            rule("a run keeps to plan and cap", all(paid <= float(cap) for cap in caps), words, bought, caps, repeats)

    def _hold_purge(self, words: Sequence[str], done: Done) -> None:
        """Hold that a purge leaves nothing of a person; allow one who is let in again to be bought again."""
        name = words[words.index("--portrait") + 1]
        prompts = {each for each, path in self.portraits.items() if name in {path, digest(self.folder / path)}}
        self.purged |= prompts
        if "--lift" in words:
            self.extra.update({prompt: self.wanted[prompt] for prompt in prompts})
        elif done.code == 0 and prompts:
            said = re.compile("|".join(rf"{prompt}\b" for prompt in sorted(prompts)).encode())
            sets = [self.folder / words[n + 1] for n, word in enumerate(words) if word == "--export"]
            files = [path for place in [self.home(words[1]), *sets] for path in place.rglob("*") if path.is_file()]
            rule("a purge leaves no word of a person", not [each for each in files if said.search(each.read_bytes())])
            left = {digest(path) for path in files if path.suffix == ".mp4"}
            films = {digest(film) for job, film in self.films() if job["prompt"] in prompts}
            rule("a purge leaves no video of a person", not left & films, words)

    def _hold_folder(self, words: Sequence[str], done: Done) -> None:
        if words[0] not in {*PAYING, "fetch"} or "--shard" in words or done.code not in {0, 5, 6, 7, 10}:
            return
        if [*words] == ["run", words[1]] and done.code == 0 and not self.is_damaged:
            verified = self.s2v("verify", words[1])
            rule("verify holds after a run that ended well", verified.code == 0, words, verified.out + verified.err)
        home, status = self.home(words[1]), self.s2v("status", words[1], "--json").document
        report = json.loads((home / "report.json").read_text())
        rows = [json.loads(line) for line in (home / "results.jsonl").read_text().splitlines()]
        rule("status, report and results say the same", status["items"] == report["items"] == rows, words)
        rule("status and report have the same sums", status["summary"] == report["summary"], words)
        if self.is_alone:
            known, jobs = self.known(), {job["job_id"]: job["prompt"] for job in self.ledger()}
            sums = (status["summary"][name] for name in ("spent", "reserved"))
            spent, held = (sum(float(each["amount"]) for each in money) for money in sums)
            rule("what is spent are the jobs that are known", spent == PRICE * len(known & {*jobs}), words, spent)
            lost = [job for job, prompt in jobs.items() if job not in known and prompt not in self.lies]
            rule("what nobody knows is held back", held >= PRICE * len(lost), words, held, lost)
        said = self.said if words[1] == "m.yaml" else {}  # and not in a copy, where nobody may have said it
        for word, places in (("keep", ("review", "rejected")), ("reject", ("videos",))):
            found = [path for place in places for path in (home / place).glob("*.mp4")]
            wrong = [path for path in found if said.get(digest(path)) == word]
            rule(f"what a person said holds: {word}", not wrong, words, wrong)

    def home(self, target: str) -> Path:
        """Return the run folder of a manifest, or the one that is named."""
        is_folder = target.startswith("runs/")
        return self.folder / (
            target if is_folder else yaml.safe_load((self.folder / target).read_text())["output"]["dir"]
        )

    def films(self) -> Iterator[tuple[dict[str, Any], Path]]:
        """Give the jobs that were made, with what the service made."""
        for job in self.ledger():
            if job["status"] == "made":
                yield job, self.folder / "service" / "videos" / f"{job['job_id']}.mp4"

    def known(self) -> set[str]:
        """Return the jobs that a journal below the folder knows."""
        return {job for path in self._journals() for (job,) in asked(path, JOBS)}

    def failed(self) -> set[str]:
        """Return the jobs of which the provider said that they failed, whatever the ledger says."""
        found: set[str] = set()
        for path in self._journals():
            jobs: dict[str, str] = {}
            for item, kind, job in asked(path, FATES):
                if kind == "Broke":
                    found.add(jobs[item])
                else:
                    jobs[item] = job
        return found

    def strays(self, prompt: str) -> list[str]:
        """Return the jobs of a prompt that no journal knows."""
        known = self.known()
        return [job["job_id"] for job in self.ledger() if job["prompt"] == prompt and job["job_id"] not in known]

    def _journals(self) -> Iterator[Path]:
        return (self.folder / "runs").glob("*/state.db")

    def hold_rest(self, home: Path) -> None:
        """Hold that a finished round has nothing left to do, and that all that was paid for is home or was given up."""
        before = self.bought()
        again, plan = self.s2v("run", "m.yaml"), self.s2v("plan", "m.yaml", "--json").document["counts"]
        rule("a finished run buys nothing", (again.code, self.bought()) == (0, before), again.code, again.err)
        rule("a finished plan has nothing to do", not plan["buy"] + plan["collect"], plan)
        here, failed, known = {digest(path) for path in home.rglob("*.mp4")}, self.failed(), self.known()
        may_lack = self.purged | {*self.lies} | self.given_up
        for job, film in self.films():
            if job["job_id"] in known - failed and job["prompt"] not in may_lack:
                rule("what was paid for is home", digest(film) in here, job)
        if not asked(home / "state.db", "SELECT 1 FROM event WHERE kind = 'Settled'") and not self.policies:
            lost = {prompt for prompt in before if self.strays(prompt)} - may_lack
            rule("nobody loses a job whose doubt was never settled", not lost, lost)


def asked(path: Path, question: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what a journal answers."""
    with closing(sqlite3.connect(path)) as sql:
        return [*sql.execute(question, values)]


def unanswered(home: Path, provider: str = "%") -> int:
    """Return how many requests left, or may have, of which nothing was heard."""
    if not (home / "state.db").exists():
        return 0
    ((count,),) = asked(home / "state.db", UNANSWERED, provider)
    return int(count)
