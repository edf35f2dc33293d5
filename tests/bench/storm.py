"""Do random sequences of whole commands at the real service, and hold its ledger and the files to the promise.

    python tests/bench/storm.py --rounds 100 --seed 1 [--minutes 10] [--keep FOLDER]

Each round writes a small manifest, starts `s2v serve` with a script of faults, and does what people do in a month, in
any order: runs that are killed, stopped or steered, retries, decisions, papers of the page, copies, shards, purges,
damage, edits, another run at the same account, other keys, limits, clocks and folders of the user's state. In the end
the service has no more faults, and the round must come to rest by what the program itself advises. The rules of
`storm_rules.py` and the limits of `storm_limits.py` hold after every step. When one is broken the round ends; `--keep`
keeps its folder, with the story of the commands that led there.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))

from desk import KEY, ROOT
from storm_limits import Bounds
from storm_papers import Papers
from storm_rules import BrokenRuleError, asked, rule
from storm_strikes import Struck
from warm_start import WarmStart, warm_start

SETTLING: Final = 14  # runs that a round may take to come to rest
DECIDED: Final = "SELECT count(*) FROM event WHERE kind IN ('Intended', 'Settled')"
LOOKS: Final = ("status", "diff", "report", "check", "verify", "verify --journal")


class Storm(Struck, Papers):
    """One round."""

    def __init__(self, folder: Path, seed: int, warm: WarmStart) -> None:
        super().__init__(folder, seed, warm)
        self.copies = list[str]()
        self.steps = 0

    def play(self) -> None:
        steps: list[Callable[[], object]] = [
            *[self.run] * 3, *[self.cut] * 4, *[self.resolve] * 2, *[self.edit] * 3, *[self.damage] * 2,
            *[self.copy] * 2, *[self.run_in_a_copy] * 2, *[self.follow] * 2, self.retry, self.fetch, self.review,
            self.purge, self.merge_a_copy, self.restore, self.move, self.shards, self.export, self.look,
            self.change_keys, self.paper, self.apply, self.beside, self.change_limits, self.change_account,
            self.change_home, self.wrong_key,
        ]  # fmt: skip
        for _ in range(self.dice.randint(8, 25)):
            self.dice.choice(steps)()
            self.steps += 1
        self.settle()

    def run(self) -> None:
        self.type("run", "m.yaml", *self.selection())

    def retry(self) -> None:
        ids = [item["id"] for item in self.books.items("m.yaml") if item["state"] == "failed"]
        self.type("retry", "m.yaml", *self.dice.sample(ids, k=min(len(ids), self.dice.randint(0, 2))))

    def fetch(self) -> None:
        self.type("fetch", "m.yaml")

    def resolve(self) -> None:
        """Settle doubts as somebody does who sees the ledger; with a lie at times, and by giving up another key's."""
        for doubt in self.listed("resolve", "in_doubt"):
            strays, mine = self.books.strays(doubt["prompt"]), self.strays_here(doubt)
            if mine and self.dice.random() < 0.8:
                self.type("resolve", "m.yaml", doubt["id"], "--job", self.dice.choice(mine))
            elif self.dice.random() < 0.3 or (strays and not mine):
                self.type("resolve", "m.yaml", doubt["id"], "--abandon")
            else:
                if strays:
                    self.books.lie(doubt["prompt"])
                self.type("resolve", "m.yaml", doubt["id"], "--resubmit")

    def purge(self) -> None:
        portrait = self.dice.choice(["ben.png", "cleo.png"])
        sets = ["--export", "set"] if (self.folder / "set").exists() else []
        if self.type("purge", "m.yaml", "--portrait", portrait, "--yes", *sets).code not in {0, 5}:
            return
        if self.dice.random() < 0.5:
            self.type("purge", "m.yaml", "--portrait", portrait, "--lift", "--yes")
            return
        self.items = [item for item in self.items if item["portrait"] != portrait]
        self.removed = [item for item in self.removed if item["portrait"] != portrait]
        if not self.items:
            self.new_item()
        self.write()

    def copy(self) -> None:
        if self.home().exists() and len(self.copies) < 3 and not self.has_moved_home:
            name, self.books.is_alone = f"copy{next(self.numbers)}", False
            shutil.copytree(self.home(), self.home(name))
            self.copies.append(name)
            self.told.append(f"copy runs/{self.out} to runs/{name}")

    def run_in_a_copy(self) -> None:
        if self.copies:
            name = self.dice.choice(self.copies)
            self.write(f"{name}.yaml", name)
            self.type("run", f"{name}.yaml", *self.selection())

    def merge_a_copy(self) -> None:
        if self.copies:
            self.type("merge", f"runs/{self.out}", f"runs/{self.dice.choice(self.copies)}")

    def restore(self) -> None:
        """Put a copy in the folder's place, and the folder back unless the copy was as new and bought something."""
        if not self.copies or not self.home().exists():
            return
        name, aside = self.dice.choice(self.copies), self.home(f"aside{next(self.numbers)}")
        self.home().rename(aside)
        shutil.copytree(self.home(name), self.home())
        self.told.append(f"restore runs/{name} as runs/{self.out}")
        decided, said = asked(self.home() / "state.db", DECIDED), self.books.said
        self.books.said = {}  # since the copy was made, and nobody knows of it there
        self.run()
        self.retry()
        self.resolve()
        if asked(self.home() / "state.db", DECIDED) == decided:
            shutil.rmtree(self.home())
            aside.rename(self.home())
            self.books.said = said
            self.told.append(f"{aside.name} put back")

    def move(self) -> None:
        """Move the run folder, and those of its shards beside it."""
        if self.home().exists():
            name = f"moved{next(self.numbers)}"
            for path in (self.folder / "runs").glob(f"{self.out}*"):
                path.rename(self.home(path.name.replace(self.out, name)))
            self.told.append(f"move runs/{self.out} to runs/{name}")
            self.out = name
            self.write()

    def shards(self) -> None:
        self.books.is_alone, order = False, self.dice.sample([1, 2], k=2)
        for index in order:
            self.type("run", "m.yaml", "--shard", f"{index}/2", *self.dice.choice([[], [], ["--limit", "1"]]))
        names = [f"{self.out}.shard-{index}of2" for index in order]
        if found := [f"runs/{name}" for name in names if (self.home(name) / "state.db").exists()]:
            self.type("merge", f"runs/{self.out}", *found)

    def export(self) -> None:
        """Export twice: the same run gives the same bytes."""
        made = []
        for _ in range(2):
            done = self.type("export", "m.yaml", "--to", "videofolder", "--out", "set", "-q")
            made.append({path: path.read_bytes() for path in (self.folder / "set").rglob("*") if path.is_file()})
        rule("an export is the same once more", made[0] == made[1] or done.code, done.err)

    def look(self) -> None:
        plans = [self.unjudged("plan", "m.yaml", "--json").out for _ in range(2)]
        rule("a plan is the same once more", plans[0] == plans[1], plans)
        for line in LOOKS:
            command, *flags = line.split()
            self.type(command, "m.yaml", *flags)

    def damage(self) -> None:
        """Lose or spoil what can be made anew or fetched again."""
        what = self.dice.choice(["videos/*.mp4", "review/*.mp4", "superseded/*.mp4", "*/*.json", "re*.*", ".partial/*"])
        found = [path for path in sorted(self.home().glob(what)) if path.is_file()]
        for path in found[: self.dice.randint(1, 9)]:
            if path.suffix == ".mp4" and self.dice.random() < 0.5:
                path.write_bytes(path.read_bytes()[: self.dice.randint(0, 9000)])
            else:
                path.unlink()
        self.books.is_damaged = True
        self.told.append(f"damage {what}")

    def follow(self) -> None:
        """Do what the last command advised, and what that advises in its turn."""
        for _ in range(3):
            for line in self.advice[:2]:
                words = shlex.split(line)
                done = self.type(*words, *(["--yes"] if words[0] == "purge" else []))
                if words[0] == "merge" and "--keep-both" in done.err:
                    self.type(*words, "--keep-both")

    def settle(self) -> None:
        """Take all faults away, and let the round come to rest."""
        self.told.append("settle")
        self.restart([])
        self.keys = {"limits": {"item_deadline": "10s", "no_progress": "30s"}}  # until a job counts as unknown
        self.around |= {name: KEY for name in self.around if name.endswith("_KEY")}
        self.account.change(Bounds())
        self.write()
        for name in self.copies:
            self.type("merge", f"runs/{self.out}", f"runs/{name}")
        self.fetch()
        for _ in range(SETTLING):
            if self.type("run", "m.yaml").code == 0:
                return self.books.hold_rest(self.home())
            advice = self.advice
            self.resolve()
            self.review(only_waiting=True)
            self.advice = advice
            self.follow()
        raise BrokenRuleError(f"a round comes to rest in {SETTLING} runs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    end = time.monotonic() + 60 * args.minutes
    rounds = steps = jobs = broken = 0
    with warm_start(ROOT) as warm:
        for seed in range(args.seed, args.seed + args.rounds):
            if time.monotonic() > end:
                break
            with tempfile.TemporaryDirectory() as name:
                storm = Storm(Path(name), seed, warm)
                try:
                    storm.play()
                except Exception as error:  # noqa: BLE001 - whatever it is, the story is told and the next round played
                    broken += 1
                    print(f"seed {seed}: {error!r}"[:1000], flush=True)  # noqa: T201
                    if args.keep:
                        shutil.copytree(storm.folder, args.keep / str(seed), ignore=shutil.ignore_patterns("*.sock"))
                        story = "\n".join([*storm.told, *traceback.format_exception(error)])
                        (args.keep / str(seed) / "story.txt").write_text(story)
                rounds, steps, jobs = rounds + 1, steps + storm.steps, jobs + len(storm.ledger())
                storm.close()
    print(f"{rounds} rounds of {steps} steps: {jobs} jobs bought, {broken} rounds broke a rule", flush=True)  # noqa: T201
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
