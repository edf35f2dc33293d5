"""What a person says of videos in a storm: by flags, or on the page, which saves it as a paper for another day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from storm_rules import rule
from storm_stage import Stage

WORDS: Final = {"--keep": "keep", "--reject": "reject"}
STANDS: Final = {"keep": "done", "reject": "failed"}


class Papers(Stage):
    """Decisions about videos, each of which is to hold."""

    def review(self, *, only_waiting: bool = False) -> None:
        waiting = self.listed("review", "waiting")
        done = [item for item in self.books.items("m.yaml") if item["state"] == "done"]
        if waiting:
            for video in waiting if only_waiting else [self.dice.choice(waiting)]:
                self.decide(self.dice.choice([*WORDS]), video)
        elif done and not only_waiting:
            item = self.dice.choice(done)
            self.decide("--reject", item)
            if self.dice.random() < 0.3:
                self.decide("--keep", item)

    def decide(self, flag: str, video: dict[str, Any]) -> None:
        if self.type("review", "m.yaml", flag, video["id"]).code == 0:
            self.books.said[video["sha256"]] = WORDS[flag]

    def paper(self) -> None:
        """Look at the page and decide about some of what waits; apply it at once or another day."""
        if not self.listed("review", "waiting"):
            self.keys["checks"] = {"min_seconds": 60}
            self.new_item()
            self.write()
            self.type("run", "m.yaml")
        if not (waiting := self.listed("review", "waiting")):
            return
        some = self.dice.sample(waiting, k=self.dice.randint(1, len(waiting)))
        run = json.loads((self.home() / "report.json").read_text())["run"]["id"]
        decisions = {
            each["id"]: {"decision": self.dice.choice([*STANDS]), "sha256": each["sha256"]} for each in some
        }  # fmt: skip
        path = self.folder / f"paper{next(self.numbers)}.json"
        path.write_text(json.dumps({"version": 1, "run": run, "decisions": decisions}))
        self.told.append(f"{path.name}: {decisions}")
        if self.dice.random() < 0.6:
            self._apply(path)

    def apply(self) -> None:
        """Apply a paper that was saved before, whatever became of the videos since."""
        if papers := sorted(self.folder.glob("paper*.json")):
            self._apply(self.dice.choice(papers))

    def _apply(self, path: Path) -> None:
        before = self._standing()
        done = self.type("review", "m.yaml", "--apply", path.name)
        decisions = json.loads(path.read_text())["decisions"]
        now = self._standing()
        if done.code != 0:
            rule("a paper that is refused decides nothing", now == before, path.name, before, now)
            return
        self.books.said |= {each["sha256"]: each["decision"] for each in decisions.values()}
        for id_, each in decisions.items():
            state, sha256 = now[id_]
            rule("what a paper says stands so", state == STANDS[each["decision"]], id_, each, now)
            is_its = sha256 is None or sha256 == each["sha256"]
            rule("a paper decides about the video that was looked at", is_its, id_, each, now)
        again = self.unjudged("review", "m.yaml", "--apply", path.name)
        rule("a paper says the same once more", (again.code, self._standing()) == (0, now), again.err)

    def _standing(self) -> dict[str, tuple[str, str | None]]:
        return {item["id"]: (item["state"], item["sha256"]) for item in self.books.items("m.yaml")}
