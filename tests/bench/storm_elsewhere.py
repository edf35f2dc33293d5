"""What changes around a run in a storm: another run at the same accounts, another key, another folder of this user."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from desk import KEY, Done
from storm_limits import OURS, Bounds
from storm_rules import rule
from storm_stage import PROVIDERS, Stage

OTHER_KEY = f"{KEY}-of-another-account"


class Elsewhere(Stage):
    """A stage with surroundings."""

    def neighbour(self) -> Done:
        """Run the neighbour, who buys one more video at the same accounts."""
        number = next(self.numbers)
        self.neighbours.append({"id": f"n{number}", "portrait": "../anna.png", "prompt": f"neighbour {number}"})
        (self.folder / "neighbour").mkdir(exist_ok=True)
        self.desk.manifest(
            self.neighbours, "neighbour/m.yaml", provider=self.route, providers=self.settings(), retry=self.haste,
            limits={"item_deadline": "4s", "no_progress": "2s"}, output={"dir": "runs/try"},
        )  # fmt: skip
        done = self.unjudged("run", "neighbour/m.yaml")
        self.books.hold_code(["run"], done)
        bought = Counter(job.prompt for job in self.account.jobs() if OURS not in job.prompt)
        rule("the neighbour pays once", max(bought.values(), default=0) <= 1, bought, done.err)
        return done

    def beside(self) -> None:
        self.tell("the neighbour runs", self.neighbour())

    def change_account(self) -> None:
        """Go on with another key, or with the first one again."""
        is_other = self.dice.random() < 0.5
        self.around |= {f"{name.upper()}_API_KEY": OTHER_KEY if is_other else KEY for name in PROVIDERS}
        self.told.append(f"the {'other' if is_other else 'first'} key from now on")

    def strays_here(self, doubt: dict[str, Any]) -> list[str]:
        """Return the jobs of a doubt that its provider shows to whoever has the key of now."""
        name = str(doubt["provider"])
        key = self.hosts.get(f"{name.upper()}_API_KEY", "")
        account = f"{name.replace('local', 'minimax')} {hashlib.sha256(key.encode()).hexdigest()[:16] if key else ''}"
        here = {job.id for job in self.account.jobs() if job.account == account}
        return [job for job in self.books.strays(doubt["prompt"]) if job in here]

    def wrong_key(self) -> None:
        """Ask with nobody's key until the jobs count as unknown, and try again with the right one, for nothing."""
        limits, around = self.keys.get("limits", {}), dict(self.around)
        self.new_item()
        self.keys["limits"] = {**limits, "item_deadline": "2s", "no_progress": "20s"}
        self.write()
        self.restart([("query", {"stuck": "Processing"})], always=True)
        self.type("run", "m.yaml")
        self.restart([])
        self.keys["limits"] |= {"item_deadline": "10s"}
        self.write()
        self.around |= {f"{name.upper()}_API_KEY": f"{KEY}-of-nobody" for name in PROVIDERS}
        self.type("fetch", "m.yaml")
        self.around = around
        self.type(*self.dice.choice([("retry", "m.yaml"), ("run", "m.yaml", "--failed")]))
        self.keys["limits"] = limits
        self.write()

    def change_home(self) -> None:
        """Go on with another folder of this user's state; who has copies of a run folder is known there alone."""
        if self.books.is_alone:
            self.has_moved_home = True
            for name in ("S2V_STATE_DIR", "XDG_STATE_HOME"):
                self.around.pop(name, None)
            if self.dice.random() < 0.8:
                name = self.dice.choice(["S2V_STATE_DIR", "XDG_STATE_HOME"])
                self.around[name] = str(self.folder / f"state{next(self.numbers)}")
            self.account.change()
            self.told.append(f"another state folder: {self.around}")

    def change_limits(self) -> None:
        """Let the provider allow less, or as much as anybody wants."""
        tight = [Bounds(rate=(3, 0.5)), Bounds(in_flight=1), Bounds(rate=(2, 0.3), in_flight=2)]
        self.account.change(self.dice.choice([*tight, Bounds()]))
        self.told.append(f"the provider's limits: {self.account.bounds}")
        self.write()
