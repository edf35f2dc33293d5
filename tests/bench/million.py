"""A manifest of many rows: how long each command takes and what it holds in memory, beside a bare script's work.

    python tests/bench/million.py [items ...] [--verify-most N] [--keep FOLDER]

Every line is a process of its own. Seconds and peak memory are those that the kernel counted for it (`wait4`); the
ratio is its wall time over that of the baseline that is named, from the same run and the same files. `start` and
`resume` end at the first request that a provider on loopback hears; the process is killed there. The finished run is
written into the journal in its own format, with one tiny real clip under every name.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Final, Self

HERE: Final = Path(__file__).parent
SIZES: Final = (1_000, 100_000)
VERIFY_MOST: Final = 10_000  # every video is decoded, which is the same work at any size
START: Final = "pass"
NOWHERE: Final = "http://127.0.0.1:9"  # of processes that send nothing
READ_TABLE: Final = "import csv, sys\nfor row in csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')): pass"
READ_JOURNAL: Final = (
    "import json, sqlite3, sys\n"
    "for at, kind, body in sqlite3.connect(sys.argv[1]).execute('SELECT at, kind, body FROM event'): json.loads(body)"
)
READ_YAML: Final = (
    "import sys, yaml\nfor event in yaml.parse(open(sys.argv[1], encoding='utf-8'), Loader=yaml.CSafeLoader): pass"
)
INLINE_MOST: Final = 100_000  # items that a manifest holds itself; it may be 64 MiB long
STAT_VIDEOS: Final = "import os, sys\nfor entry in os.scandir(sys.argv[1]): entry.stat()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What one process took: seconds by the clock and of CPU, peak memory in MB (10^6 bytes), its exit code."""

    wall_s: float
    cpu_s: float
    memory: float
    code: int


class Listener:
    """A provider that hears requests and answers nobody; `at` is when the first one came ."""

    def __init__(self) -> None:
        self._heard = Event()
        self._over = Event()
        self.at: float | None = None
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def _hear(self) -> None:
                listener.hear()

            do_GET = do_POST = _hear  # noqa: N815 -- the names are the base class's

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def hear(self) -> None:
        """Take note of a request, and keep it waiting."""
        if self.at is None:
            self.at = time.perf_counter()
        self._heard.set()
        self._over.wait()

    def is_heard(self, within_s: float) -> bool:
        """Return whether a request came, or comes within that time."""
        return self._heard.wait(within_s)


def environ(host: str, machine: Path) -> dict[str, str]:
    """Return the environment of a user of `host`, on a machine of his own: nobody else's claims are waited for.

    His Python keeps what it compiled, as after every installation.
    """
    left_out = "KEY", "HOST", "DONTWRITEBYTECODE"
    kept = {name: value for name, value in os.environ.items() if not any(word in name for word in left_out)}
    return (
        kept
        | {"MINIMAX_API_HOST": host, "MINIMAX_API_KEY": "bench", "PYTHONPATH": str(HERE.parents[1])}
        | {"S2V_STATE_DIR": str(machine)}
    )


def measure(argv: Sequence[str], *, folder: Path, env: Mapping[str, str], until: Listener | None = None) -> Measure:
    """Run a process to its end, or until `until` hears of it, and return what it took."""
    began = time.perf_counter()
    with (folder / "said.txt").open("ab") as said:
        child = subprocess.Popen([sys.executable, *argv], cwd=folder, env=env, stdout=said, stderr=said)
    ended_s = None
    if until is not None:
        while not until.is_heard(0.01) and os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            pass
        ended_s = until.at - began if until.at is not None else None
        child.send_signal(signal.SIGKILL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Measure(
        wall_s=time.perf_counter() - began if ended_s is None else ended_s,
        cpu_s=used.ru_utime + used.ru_stime,
        memory=used.ru_maxrss * 1024 / 1e6,
        code=child.returncode,
    )


class Bench:
    """One size, in one folder; prints a line for each process."""

    def __init__(self, folder: Path, items: int) -> None:
        self._folder = folder
        self._items = items
        self._env = environ(NOWHERE, folder / "machine")
        self._walls: dict[str, float] = {}

    def bare(self, name: str, source: str, *argv: str) -> None:
        """Measure a script that does nothing but the necessary."""
        self._show(name, measure(["-c", source, *argv], folder=self._folder, env=self._env), "")

    def s2v(self, name: str, argv: Sequence[str], *, against: str) -> None:
        """Measure one command to its end."""
        self._show(name, measure(["-m", "runner", *argv], folder=self._folder, env=self._env), against)

    def first_request(self, name: str, *, against: str) -> None:
        """Measure a run up to its first request."""
        argv = ["-m", "runner", "run", "m.yaml", "--quiet"]
        with Listener() as provider, tempfile.TemporaryDirectory(dir=self._folder) as machine:
            found = measure(argv, folder=self._folder, env=environ(provider.host, Path(machine)), until=provider)
        self._show(name, found, against)

    def _show(self, name: str, found: Measure, against: str) -> None:
        self._walls[name] = found.wall_s
        ratio = f"{found.wall_s / self._walls[against]:8.1f} x {against}" if against else ""
        exits = "" if found.code in {0, -signal.SIGKILL} else f"  EXIT {found.code}"
        line = f"{self._items:>9,}  {name:<22} {found.wall_s:8.2f} {found.cpu_s:8.2f} {found.memory:8.0f}  {ratio}"
        print(f"{line}{exits}", flush=True)  # noqa: T201


def bench(folder: Path, items: int, verify_most: int) -> None:
    one, run = Bench(folder, items), folder / "runs" / "million"
    prepare(folder, "table", str(items))
    one.bare("python", START)
    one.bare("csv.DictReader", READ_TABLE, "rows.csv")
    one.s2v("check", ["check", "m.yaml"], against="csv.DictReader")
    one.s2v("plan", ["plan", "m.yaml"], against="csv.DictReader")
    one.first_request("start", against="csv.DictReader")
    prepare(folder, "fill", str(run), "0", str(items - items // 100))
    one.first_request("resume, 1 % open", against="python")
    prepare(folder, "fill", str(run), str(items - items // 100), str(items))
    one.bare("json of every event", READ_JOURNAL, str(run / "state.db"))
    one.bare("stat every file", STAT_VIDEOS, str(run / "videos"))
    one.s2v("status, no reports yet", ["status", "m.yaml"], against="json of every event")
    one.s2v("run, writes reports", ["run", "m.yaml"], against="json of every event")
    one.s2v("no-op run", ["run", "m.yaml"], against="stat every file")
    one.s2v("no-op run, again", ["run", "m.yaml"], against="stat every file")
    one.s2v("status", ["status", "m.yaml"], against="python")
    one.s2v("plan of a finished run", ["plan", "m.yaml"], against="csv.DictReader")
    one.s2v("report", ["report", "m.yaml"], against="json of every event")
    prepare(folder, "touch")
    one.s2v("run, one row changed", ["run", "m.yaml"], against="csv.DictReader")
    one.s2v("diff, one row changed", ["diff", "m.yaml"], against="csv.DictReader")
    if items <= INLINE_MOST:
        prepare(folder, "inline", str(items))
        one.bare("events of the YAML", READ_YAML, "inline.yaml")
        one.s2v("check, items inline", ["check", "inline.yaml"], against="events of the YAML")
    if items <= verify_most:
        one.s2v("verify --journal", ["verify", "m.yaml", "--journal"], against="json of every event")


def prepare(folder: Path, *argv: str) -> None:
    """Do what is not measured in a process of its own: a child's peak memory begins with that of its parent."""
    env = dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(HERE.parent / "edge")])}
    subprocess.run([sys.executable, str(HERE / "million_files.py"), *argv], cwd=folder, env=env, check=True)


def main() -> None:
    """Measure each size that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", nargs="*", type=int, default=SIZES)
    parser.add_argument("--verify-most", type=int, default=VERIFY_MOST)
    parser.add_argument("--keep", type=Path, help="an empty folder for the files, which are then not removed")
    args = parser.parse_args()
    print(f"{'items':>9}  {'process':<22} {'seconds':>8} {'CPU s':>8} {'peak MB':>8}  {'ratio':>8}")  # noqa: T201
    for items in args.items:
        folder = Path(tempfile.mkdtemp(dir=args.keep))
        try:
            bench(folder, items, args.verify_most)
        finally:
            if args.keep is None:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
