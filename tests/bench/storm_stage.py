"""Where a round of a storm plays: a folder, a service with its script of faults, a manifest, and who types commands."""

from __future__ import annotations

import json
import random
import re
import shlex
import socket
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from desk import KEY, Desk, Done
from storm_limits import OURS, Account
from storm_rules import PRICE, Books
from warm_start import WarmStart

PROVIDERS: Final = ("minimax", "vapi", "ai302", "modellix", "local")
REFUSED: Final = re.compile(
    r"(?:, |was written: |allow it: |buys nothing: )s2v ((?:merge|purge|fetch) [^,\n)]+)"
)  # a refusal's ways out
TERMS: Final[Sequence[list[object]]] = (
    [],
    [],
    [],
    ["--balance", 4],
    ["--rate", "3/1s"],
    ["--in-flight", 2],
)  # that nobody tells
RETAKE: Final = {"min_seconds": 60, "on_fail": "retake", "max_retakes": 1}
FAULTS: Final[Sequence[tuple[str, Any]]] = (
    ("submit", {"lose_reply": True}), ("submit", {"reset": "before"}), ("submit", {"reset": "after"}),
    ("submit", {"http": {"status": 502, "job": True}}), ("submit", {"http": 503}), ("submit", {"garble": "html"}),
    ("submit", {"refuse": "content"}), ("query", {"fail": {"code": 1027, "words": "output"}}), ("query", {"http": 502}),
    ("query", {"stuck": "Processing"}), ("result", {"no_file": True}), ("link", {"link": "expired"}),
    ("link", {"link": "empty"}), ("download", {"truncate": 0.5}), ("download", {"http": 503}),
    ("download", {"garble": "html"}), ("submit", {"refuse": "balance"}), ("submit", {"refuse": "key"}),
    ("submit", {"refuse": "rate"}), ("submit", {"refuse": "crowd"}), ("query", {"refuse": "key"}),
    ("callback", {"callback": "drop"}), ("callback", {"callback": "double"}),
    ("callback", {"callback": {"late": "1s"}}),
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Stage:
    """A folder to work in; `told` is the story of the round, `advice` what the last command said to do next."""

    def __init__(self, folder: Path, seed: int, warm: WarmStart) -> None:
        self.dice = dice = random.Random(seed)
        self.folder, self.numbers, self.began, self.port = folder, count(1), time.monotonic(), 0
        self.desk = Desk(folder, "", folder / "none", warm)
        self.told, self.advice = list[str](), list[str]()
        self.out = "try"
        self.keys: dict[str, Any] = {}
        self.items: list[dict[str, Any]] = []
        self.removed: list[dict[str, Any]] = []
        self.neighbours = list[dict[str, Any]]()
        self.around: dict[str, str] = {}  # what the environment says beside hosts and keys
        self.has_moved_home, self.listens_at = False, free_port()
        self.provider = dice.sample(PROVIDERS, k=dice.choice([1, 1, 2, 3]))
        self.books = Books(folder, self.ledger, self.unjudged)
        self.account = Account(folder / "service", lambda: (self.books.failed(), self.books.lies))
        for name, colour in (("anna", "olive"), ("ben", "navy"), ("cleo", "maroon")):
            self.desk.portrait(f"{name}.png", colour)
        self.serve(dice.sample(FAULTS, k=dice.choice([0, 0, 1, 2, 3, 4])))
        for _ in range(dice.randint(3, 6)):
            self.new_item()
        for key, value, share in (
            ("checks", RETAKE, 0.15), ("checks", {"min_seconds": 60}, 0.2), ("retry", {"in_doubt": "resubmit"}, 0.15),
            ("callback", True, 0.3),
        ):  # fmt: skip
            if dice.random() < share:
                self.keys[key] = value
        if dice.random() < 0.3:
            self.set_budget()
        self.write()

    def serve(self, faults: Sequence[tuple[str, Any]], *, always: bool = False) -> None:
        """Start the service, at the address that it had."""
        rules = [
            {"when": {"operation": name, **({} if always else self.some_of_them())}, "do": do} for name, do in faults
        ]
        script = self.folder / "faults.yaml"
        script.write_text(json.dumps({"version": 1, "seed": self.dice.randint(0, 99), "rules": rules}))
        self.told.append(f"faults {faults}")
        self.service = subprocess.Popen(
            self.desk.command(
                "serve", "--port", self.port, "--render", "tiny", "--folder", self.folder / "service",
                "--link-lifetime", self.dice.choice(["1s", "60s"]), "--workers", 1, "--allow-private",
                *(["--faults", script] if faults else []), *(self.dice.choice(TERMS) if faults and not always else []),
            ),
            env=self.desk.environ(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.service.stdout is not None
        self.desk.url = self.service.stdout.readline().strip()
        self.port = int(self.desk.url.rpartition(":")[2])

    def some_of_them(self) -> dict[str, Any]:
        """Return when a fault strikes: now and then, always at some, at one provider, or until it has struck enough."""
        often: list[dict[str, Any]] = [{"probability": 0.2}, {"probability": 0.5}, {"probability": 0.5, "per": "order"}]
        always = [{"prompt": "[02468]$"}, {"dialect": self.provider[0].replace("local", "minimax")}]
        return self.dice.choice([*often, *always, {"first": 4, "per": "order"}])

    def restart(self, faults: Sequence[tuple[str, Any]], *, always: bool = False) -> None:
        self.close()
        self.serve(faults, always=always)

    def close(self) -> None:
        self.service.terminate()
        self.service.communicate(timeout=20)

    def ledger(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.desk.url}/ledger") as reply:
            found: list[dict[str, Any]] = json.load(reply)["jobs"]
        return [job for job in found if OURS in job["prompt"]]

    def home(self, name: str = "") -> Path:
        return self.folder / "runs" / (name or self.out)

    @property
    def hosts(self) -> dict[str, str]:
        hosts = {f"{name.upper()}_API_HOST": self.desk.url for name in PROVIDERS}
        hosts["S2V_LOCAL_HOST"] = self.desk.url
        return hosts | {f"{name.upper()}_API_KEY": KEY for name in PROVIDERS} | self.around

    def some_item(self) -> dict[str, Any]:
        found: dict[str, Any] = self.dice.choice(self.items)
        return found

    def new_item(self) -> None:
        number, dice = next(self.numbers), self.dice
        item = {
            "id": f"i{number}", "portrait": dice.choice(["anna.png", "anna.png", "ben.png", "cleo.png"]),
            "prompt": f"prompt number {number}", "takes": dice.choice([1, 1, 1, 2, 3]), "tags": [dice.choice("xw")],
        }  # fmt: skip
        self.items.insert(dice.randint(0, len(self.items)), item)

    def edit(self) -> None:
        for _ in range(self.dice.randint(1, 2)):
            item, other = self.some_item(), self.some_item()
            match self.dice.randint(0, 8):
                case 0:
                    item["id"] = f"n{next(self.numbers)}"
                case 1:
                    self.dice.shuffle(self.items)
                case 2:
                    item["prompt"] = f"prompt number {next(self.numbers)}"
                case 3 if len(self.items) > 1:
                    self.items.remove(item)
                    self.removed.append(item)
                case 4 if self.removed:
                    self.items.append(self.removed.pop())
                case 5:
                    item["takes"] = self.dice.randint(1, 3)
                case 6:
                    item["tags"] = [self.dice.choice("xwz")]
                case 7:
                    item["id"], other["id"] = other["id"], item["id"]
                case _:
                    self.new_item()
        names = ("id", "portrait", "prompt", "takes")
        self.told.append(f"edit: {[[item[name] for name in names] for item in self.items]}")
        self.write()

    def set_budget(self) -> None:
        self.keys["limits"] = {"budget": {"amount": PRICE * self.dice.randint(1, 8), "currency": "USD"}}

    def change_keys(self) -> None:
        match self.dice.randint(0, 5):
            case 0:
                self.provider = self.dice.sample(PROVIDERS, k=self.dice.choice([1, 2, 3]))
            case 1:
                self.set_budget()
            case 2:
                self.keys["checks"] = self.dice.choice([RETAKE, {}, {"min_seconds": 60}])
            case 3:
                self.keys.pop("limits", None)
            case 4:
                self.keys["callback"] = True
            case _:
                self.restart(self.dice.sample(FAULTS, k=self.dice.choice([0, 1, 2])))
        self.told.append(f"keys: {self.provider} {self.keys}")
        self.write()

    @property
    def route(self) -> str | list[str]:
        return self.provider[0] if len(self.provider) == 1 else self.provider

    @property
    def haste(self) -> dict[str, Any]:
        return {"attempts": 2, "backoff": "10ms..50ms"}

    def settings(self) -> dict[str, Any]:
        """Return what a manifest says of the providers."""
        quick = {"poll": "50ms", "rate": "1000/1s", "in_flight": 100} | self.account.bounds.keys()
        return {each: {**quick, "price": {"amount": PRICE, "currency": "USD"}} for each in self.provider}

    def write(self, name: str = "m.yaml", out: str = "") -> None:
        """Write the manifest as it is by now, for the main folder or a copy of it."""
        keys = {
            "retry": self.haste | self.keys.get("retry", {}),
            "limits": {"item_deadline": "4s", "no_progress": "2s", **self.keys.get("limits", {})},
            "checks": self.keys.get("checks", {}), "output": {"dir": f"runs/{out or self.out}"},
        }  # fmt: skip
        if "callback" in self.keys and "minimax" in self.provider:
            at = f"127.0.0.1:{self.listens_at}"
            keys["callback"] = {"url": f"http://{at}/s2v", "listen": at}
        self.desk.manifest(self.items, name, **keys, provider=self.route, providers=self.settings())
        self.books.wish(self.items, keys)

    def unjudged(self, *words: object) -> Done:
        return self.desk.s2v(*words, **self.hosts)

    def type(self, *words: str) -> Done:
        """Type a command and judge what comes of it."""
        with self.books.judged([*words]) as judge:
            done = self.unjudged(*words)
            self.tell(shlex.join(words), done)
            judge(done)
        said = (line.removeprefix("next: s2v ") for line in (done.out + done.err).splitlines() if "next: s2v " in line)
        self.advice = [line.partition("   #")[0] for line in said] + REFUSED.findall(done.err)
        return done

    def listed(self, command: str, name: str) -> list[dict[str, Any]]:
        """Return what a command lists; nothing where no run is yet."""
        done = self.unjudged(command, "m.yaml", "--json")
        self.books.hold_code([command], done)
        found: list[dict[str, Any]] = done.document[name] if done.out else []
        return found

    def tell(self, what: str, done: Done) -> None:
        self.account.hold()
        jobs = Counter(job["prompt"].removeprefix("prompt number ") for job in self.ledger())
        self.told.append(
            f"{time.monotonic() - self.began:.1f}: {what} -> {done.code}; bought {dict(sorted(jobs.items()))}"
        )
        self.told += [f"      {line}" for line in done.err.splitlines()[-8:]]
