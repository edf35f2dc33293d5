"""What befalls a run of a storm while it goes on: it is killed, stopped, steered, joined by another one."""

from __future__ import annotations

import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from desk import Done
from storm_elsewhere import Elsewhere
from storm_limits import Bounds
from storm_rules import PRICE, asked, rule

INTENDED: Final = "SELECT count(*) FROM event WHERE kind = 'Intended'"
SIGNALS: Final = {"kill": signal.SIGKILL, "int": signal.SIGINT, "stop": signal.SIGSTOP}
MEANWHILE: Final = {
    "stop": ["run m.yaml", "status m.yaml --json", "plan m.yaml --json", "verify m.yaml"],
    "two": ["run m.yaml", "fetch m.yaml", "report m.yaml", "review m.yaml"],
    "kill": [], "int": [],
}  # fmt: skip
STEERED: Final = ("set", "pause", "cancel", "beside")
WINDOW_S: Final = 0.6  # in which so steered a run buys two videos
LIBRARY: Final = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)  # sets the clock of one process

Steer = Callable[[list[str]], Callable[[], None] | None]


class Struck(Elsewhere):
    """Runs that are started cold and struck."""

    def selection(self) -> list[str]:
        some = [["--only", f"{self.some_item()['id']}*"], ["--tag", "x"], ["--limit", "2"], ["--failed"]]
        caps = [[], [], ["--max-cost", f"{PRICE * 2} USD"], ["--yes"]]
        return [*self.dice.choice([[], [], *some, ["--code", "1027"]]), *self.dice.choice(caps)]

    def cut(self, what: str = "") -> None:
        """Start a run and strike it after some of its events; its clock may be a wrong one."""
        what, clock = what or self.dice.choice(["kill", "kill", *MEANWHILE, *STEERED]), self._clock()
        words = ["run", "m.yaml", "--events", "-q", *([] if what in STEERED else self.selection())]
        limits = self.keys.get("limits", {})
        if what in STEERED:  # there is something to buy, and it takes a while
            self.new_item()
            self.new_item()
            self.keys["limits"] = {**limits, "rate": f"2/{WINDOW_S}s"}
            self.write()
        with self.books.judged(words) as judge:
            with self.desk.start(*words, **self.hosts, **clock) as process:
                assert process.stdout is not None
                if what in STEERED:
                    next((line for line in process.stdout if '"intended"' in line), None)
                for _ in islice(process.stdout, self.dice.randint(0, 3 if what in STEERED else 25)):
                    continue
                others, hold = self._strike(process, what)
                out, err = process.communicate(timeout=110)
            done = Done(process.returncode, out, err)
            self.tell(f"{what}: {shlex.join(words)} {clock.get('FAKETIME', '')}; {others}", done)
            hold()
            self.books.hold_code(words, done)
            if what not in {"two", "stop"}:  # or the purchases may be those of two runs
                judge(done)
        self.books.hold_purchases()
        self.keys["limits"] = limits
        self.write()

    def _clock(self) -> dict[str, str]:
        """Return the environment of a process whose clock on the wall is set forward or back; mostly it is right."""
        if LIBRARY is None or self.dice.random() < 0.8:
            return {}
        leap = self.dice.choice(["+2d", "-2d", "+20m", "-20m", "+5s", "-5s"])
        rest = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
        return {"LD_PRELOAD": str(LIBRARY), "FAKETIME": leap, **rest}

    def _strike(self, process: subprocess.Popen[str], what: str) -> tuple[str, Callable[[], None]]:
        """Do it to the process; return what was typed meanwhile, and what is to hold when the process has ended."""
        if what in SIGNALS:
            process.send_signal(SIGNALS[what])
        told = []
        for line in MEANWHILE.get(what, []):
            done = self.unjudged(*line.split())
            self.books.hold_code(line.split(), done)
            told.append(f"{line} -> {done.code}")
        process.send_signal(signal.SIGCONT)
        if what == "beside":
            told.append(f"the neighbour -> {self.neighbour().code}")
        steers: dict[str, Steer] = {"pause": self._pause, "set": self._set, "cancel": self._cancel}
        steer = steers.get(what)
        hold = steer(told) if steer else None
        return ", ".join(told), hold or (lambda: None)

    def _told(self, told: list[str], *words: str) -> Any:
        done = self.unjudged(*words, "--json")
        self.books.hold_code(words, done)
        told.append(f"{shlex.join(words)} -> {done.code}")
        return done.document if done.code == 0 else None

    def _pause(self, told: list[str]) -> None:
        """Pause a run for a while; nothing is bought meanwhile."""
        if self._told(told, "pause", "m.yaml"):
            ((before,),) = asked(self.home() / "state.db", INTENDED)
            end = time.monotonic() + 2 * WINDOW_S
            while time.monotonic() < end:
                self.unjudged("status", "m.yaml", "--json")
            ((now,),) = asked(self.home() / "state.db", INTENDED)
            rule("a paused run begins no purchase", now == before, before, now)
        self._told(told, "continue", "m.yaml")

    def _set(self, told: list[str]) -> Callable[[], None] | None:
        bounds = self.dice.choice([Bounds(in_flight=1), Bounds(rate=(2, 1.2)), Bounds(rate=(1, 0.6), in_flight=2)])
        changes = [f"{name}={value}" for name, value in bounds.keys().items()]
        return self.account.told(bounds, self.home()) if self._told(told, "set", "m.yaml", *changes) else None

    def _cancel(self, told: list[str]) -> Callable[[], None] | None:
        """Leave an item out of a run; it is not bought by it any more."""
        answer = self._told(told, "cancel", "m.yaml", f"{self.some_item()['id']}*")
        if answer is None or not answer["left_out"]:
            return None
        jobs = {item["id"]: item["job_id"] for item in self.books.items("m.yaml")}

        def hold() -> None:
            now = {item["id"]: item["job_id"] for item in self.books.items("m.yaml")}
            for id_ in answer["left_out"]:
                rule("what is left out is not bought", now.get(id_) == jobs.get(id_), id_, jobs, now)

        return hold
