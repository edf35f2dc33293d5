"""Kill the real program at random moments against the real service, in every dialect, and hold its ledger to account.

    python tests/bench/kill_runs.py --kills 500 [--seed 1]

Each round makes a manifest of its own, starts `s2v run` again and again until it ends in peace, and kills it after a
random number of its events; what is in doubt is settled by looking into the service's ledger, as a person would. In the
end no prompt may have two jobs, and every job a video. A kill that came after the run's own end is not counted as one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[2]
PROVIDERS = ("minimax", "vapi", "ai302", "modellix")
ITEMS = 6  # of one round
EVENTS = 12  # that a run tells at most before it is killed


class Bench:
    """One service and a folder to work in."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.dice = random.Random(seed)
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
        self.service = subprocess.Popen(
            self._command("serve", "--port", "0", "--render", "tiny", "--folder", str(folder / "service")),
            env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.service.stdout is not None
        self.url = self.service.stdout.readline().strip()
        for name in PROVIDERS:
            self.environ |= {f"{name.upper()}_API_HOST": self.url, f"{name.upper()}_API_KEY": "sk-bench"}
        Image.new("RGB", (320, 320), "olive").save(folder / "anna.png")

    def round(self, number: int, provider: str) -> tuple[int, int]:
        """Run one manifest through its kills to its end; return how many hits there were and how many doubts."""
        manifest = self.folder / f"m{number}.yaml"
        items = [{"id": f"i{n}", "portrait": "anna.png", "prompt": f"round {number}, item {n}"} for n in range(ITEMS)]
        quick = {provider: {"poll": "50ms", "rate": "1/100ms", "in_flight": 100}}
        manifest.write_text(
            json.dumps({"version": 1, "name": f"r{number}", "provider": provider, "providers": quick, "items": items})
        )
        hits = doubts = 0
        while code := self._cut(manifest):
            unsure = self._settle(manifest, provider) if code == 6 else 0  # items in doubt
            if code != -signal.SIGKILL and not unsure:
                raise SystemExit(f"round {number} at {provider} ended with {code}")
            hits, doubts = hits + (not unsure), doubts + unsure
        if code := self._run("verify", manifest):
            raise SystemExit(f"round {number} at {provider} left what verify ends with {code} for")
        return hits, doubts

    def _cut(self, manifest: Path) -> int:
        """Kill a run after some of its events; return the code that it ended with."""
        with subprocess.Popen(
            self._command("run", manifest, "--events", "-q"), cwd=self.folder, env=self.environ,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for _ in islice(process.stdout, self.dice.randint(1, EVENTS)):
                continue
            process.kill()
        return process.returncode

    def _settle(self, manifest: Path, provider: str) -> int:
        """Adopt the jobs that the ledger knows, and let the others be bought."""
        made = {job["prompt"]: job["job_id"] for job in self.jobs() if job["dialect"] == provider}
        report = json.loads(self._output("status", manifest, "--json"))
        doubts = [item for item in report["items"] if item["state"] == "in_doubt"]
        for item in doubts:
            job = made.get(item["prompt"])
            self._run("resolve", manifest, item["id"], *(["--job", job] if job else ["--resubmit"]))
        return len(doubts)

    def jobs(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url}/ledger") as reply:
            found: list[dict[str, Any]] = json.load(reply)["jobs"]
        return found

    def _command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "runner", *map(str, words)]

    def _run(self, *words: object) -> int:
        return subprocess.run(
            self._command(*words), cwd=self.folder, env=self.environ, capture_output=True, check=False
        ).returncode

    def _output(self, *words: object) -> str:
        return subprocess.run(
            self._command(*words), cwd=self.folder, env=self.environ, capture_output=True, check=True, text=True
        ).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench, started = Bench(Path(folder), args.seed), time.monotonic()
        hits = doubts = rounds = 0
        while hits < args.kills:
            more, unsure = bench.round(rounds, PROVIDERS[rounds % len(PROVIDERS)])
            hits, doubts, rounds = hits + more, doubts + unsure, rounds + 1
        jobs = Counter((job["dialect"], job["prompt"]) for job in bench.jobs())
        bench.service.terminate()
        bench.service.wait()
    doubles = [prompt for prompt, count in jobs.items() if count > 1]
    took = time.monotonic() - started
    print(f"{hits} kills in {rounds} rounds, {took:.0f} s: {sum(jobs.values())} jobs for {rounds * ITEMS} items")  # noqa: T201
    print(f"{len(doubles)} bought twice, {doubts} in doubt and settled by the ledger")  # noqa: T201
    sys.exit(1 if doubles or sum(jobs.values()) != rounds * ITEMS else 0)


if __name__ == "__main__":
    main()
