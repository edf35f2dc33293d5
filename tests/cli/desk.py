"""A folder to work in and the real command in a process of its own, with an environment that holds nothing of ours.

`s2v` runs a command to its end in a process that begins with the imports done (`warm_start`), and holds what it tells
programs against the schemas; `start` starts one cold, to be watched and struck.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from PIL import Image
from told_schemas import hold
from warm_start import WarmStart

ROOT = Path(__file__).parents[2]
KEY = "sk-canary-9f8e7d6c5b4a"


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass
class Desk:
    """Writes manifests into `folder` and runs commands there; `url` is the provider that minimax stands for."""

    folder: Path
    url: str
    ledger: Path
    warm: WarmStart

    @property
    def submits(self) -> list[str]:
        """Return the prompts of this folder's submits that reached the provider, its own mark cut off."""
        lines = self.ledger.read_text().splitlines() if self.ledger.exists() else []
        return [line.removesuffix(self.mark) for line in lines if line.endswith(self.mark)]

    @property
    def mark(self) -> str:
        return f" @{self.folder.name}"

    def environ(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "PYTHONPATH": str(ROOT),
            "MINIMAX_API_HOST": self.url, "MINIMAX_API_KEY": KEY, **more,
        }  # fmt: skip

    def portrait(self, name: str = "anna.png", colour: str = "olive") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (320, 320), colour).save(path)
        return path

    def manifest(self, items: list[Any], name: str = "m.yaml", **keys: Any) -> Path:
        """Write a manifest; an item may be a prompt alone, and then it is called a, b, c, ..."""
        if not (self.folder / "anna.png").exists():
            self.portrait()
        whole = [
            {"id": chr(ord("a") + n), "portrait": "anna.png", "prompt": item + self.mark}
            if isinstance(item, str)
            else item
            for n, item in enumerate(items)
        ]
        quick = {"minimax": {"poll": "20ms", "rate": "1000/1s"}}
        text = {"version": 1, "name": "try", "provider": "minimax", "providers": quick, "items": whole, **keys}
        path = self.folder / name
        path.write_text(yaml.safe_dump(text, sort_keys=False))
        return path

    def s2v(self, *args: object, stdin: str = "", **environ: str) -> Done:
        done = self.warm.run([*map(str, args)], cwd=self.folder, env=self.environ(**environ), stdin=stdin)
        assert KEY not in done.stdout + done.stderr
        hold([*map(str, args)], done.stdout)
        return Done(done.returncode, done.stdout, done.stderr)

    def s2v_at_a_terminal(self, *args: object, typed: str, **environ: str) -> Done:
        """Run a command whose stdin and stderr are a terminal on which somebody typed ahead."""
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "r+b", buffering=0) as end:
            process = subprocess.Popen(
                self.command(*args), cwd=self.folder, env=self.environ(**environ), text=True, stdin=end,
                stdout=subprocess.PIPE, stderr=end,
            )  # fmt: skip
        os.write(ours, typed.encode())
        out, _ = process.communicate(timeout=120)
        return Done(process.returncode, out, read_out(ours))

    def in_shell(self, line: str, *args: object, **environ: str) -> Done:
        """Run a line of bash in which `s2v` stands for the program, started cold, with these arguments."""
        text = line.replace("s2v", '"$@"')
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", text, "bash", *self.command(*args)], cwd=self.folder,
            env=self.environ(**environ), capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *args: object, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*args), cwd=self.folder, env=self.environ(**environ), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def stop_after(self, event: str, *args: object) -> Done:
        """Run a command until it tells of this event, and stop it then as Ctrl-C does."""
        with self.start(*args, "--events") as process:
            assert process.stdout is not None
            told = []
            for line in process.stdout:
                told.append(line)
                if json.loads(line)["event"] == event:
                    break
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        hold([*map(str, args), "--events"], "".join([*told, out]))
        return Done(process.returncode, "".join([*told, out]), err)

    def command(self, *args: object) -> list[str]:
        return [sys.executable, "-m", "runner", *map(str, args)]

    def videos(self, name: str = "try") -> list[str]:
        return sorted(path.name for path in (self.folder / "runs" / name / "videos").glob("*.mp4"))

    def results(self, name: str = "try") -> dict[str, dict[str, Any]]:
        lines = (self.folder / "runs" / name / "results.jsonl").read_text().splitlines()
        return {row["id"]: row for row in map(json.loads, lines)}

    def events(self, name: str = "try") -> list[tuple[str, str]]:
        with closing(sqlite3.connect(self.folder / "runs" / name / "state.db")) as sql:
            return list(sql.execute("SELECT item, kind FROM event ORDER BY seq"))


@contextmanager
def slow_run(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """Give a run that has bought a job that never ends."""
    with desk.start("run", desk.manifest(["slow [slow]"]), "--events", "--quiet") as process:
        assert process.stdout is not None
        next(line for line in process.stdout if '"accepted"' in line)
        yield process
        process.kill()


def read_out(terminal: int) -> str:
    """Return what was written to a terminal whose other end is closed by now, and close it."""
    with os.fdopen(terminal, "rb", buffering=0) as file:
        shown = b""
        try:
            while chunk := file.read(65_536):
                shown += chunk
        except OSError:  # how Linux says that nobody is at the other end; elsewhere the file ends
            pass
    return shown.decode()
