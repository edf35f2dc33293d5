"""The same work by s2v and by other ways to do it: CPU, wall time and memory, then what a kill costs each of them.

    python tests/bench/peers.py [--items 1000] [--kills 5]

All of them ask one and the same provider on loopback (`mock_minimax.py`), 64 jobs at a time: submit, query, file
look-up, download. Figures are the kernel's for a process and its children (`wait4`). s2v reads the header of each video
(`checks: {decode: header}`), because the others check nothing; `full check` is what it does by default. `the least` is
what has to be written, synced and opened by whoever keeps the promise, and nothing else (`peer_durable.py`). In the
second table each is killed again and again and started anew as its user would, until all videos are there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mock_minimax import MARK

HERE: Final = Path(__file__).parent
WIDTH: Final = 64
BARE: Final = "asyncio and httpx"
STARTS: Final = 20  # for each kill, before a peer is given up
IN_DOUBT: Final = 6  # the exit code of `s2v run`
sys.path.insert(0, str(HERE.parent / "edge"))
QUICK: Final[Mapping[str, Any]] = {"poll": "50ms", "rate": "100000/1s", "in_flight": WIDTH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A way to do the work: its command in the folder of the items, what it sees, and where its videos come to lie.

    One that `goes_on` can be started anew after a kill.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    videos: str = "out"
    is_ours: bool = False
    goes_on: bool = True


def peers() -> Iterator[Peer]:
    """Give every way that can be gone here."""
    for name, manifest, transport in (
        ("s2v", "header", "httpx"), ("s2v, extra fast", "header", "aiohttp"),
        ("s2v, full check", "full", "httpx"), ("s2v, fast, full check", "full", "aiohttp"),
    ):  # fmt: skip
        yield Peer(
            name=name, command=(sys.executable, "-m", "runner", "run", f"{manifest}.yaml", "--yes", "--quiet"),
            environ={"S2V_TRANSPORT": transport}, videos=f"runs/{manifest}/videos", is_ours=True,
        )  # fmt: skip
    script, one = str(HERE / "peer_asyncio.py"), f"sh {HERE / 'peer_curl.sh'}"
    for by in ("httpx", "aiohttp"):
        yield Peer(name=f"asyncio and {by}", command=(sys.executable, script, by, "items.json", str(WIDTH)))
    for by in ("httpx", "aiohttp"):
        command = sys.executable, str(HERE / "peer_durable.py"), by, "items.json", str(WIDTH)
        yield Peer(name=f"the least, {by}", command=command, goes_on=False)
    if shutil.which("curl"):
        yield Peer(name="curl, xargs -P", command=("sh", "-c", f"xargs -a items.txt -d '\\n' -n 3 -P {WIDTH} {one}"))
    if shutil.which("curl") and shutil.which("parallel"):
        gnu = f"parallel --will-cite -j {WIDTH} -N 3 -a items.txt {one} {{1}} {{2}} {{3}}"
        yield Peer(name="curl, GNU parallel", command=("sh", "-c", gnu))


@contextmanager
def provider(folder: Path, **waits_s: float) -> Iterator[str]:
    """Give the address of a provider of its own, which makes films of a fifth of a second."""
    command = [sys.executable, str(HERE / "mock_minimax.py"), "--video", str(folder / "film.mp4")]
    command += [word for name, wait in waits_s.items() for word in (f"--{name}", str(wait))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def prepare(folder: Path, count: int) -> None:
    """Write one portrait, one film and the items in each peer's form."""
    from made_clips import clip  # noqa: PLC0415 - PyAV, which no peer shall find in this process's memory
    from PIL import Image  # noqa: PLC0415 - the same

    (folder / "film.mp4").write_bytes(clip(frames=5))
    Image.linear_gradient("L").resize((320, 400)).save(folder / "anna.png")
    items = [{"id": f"i{n}", "portrait": "anna.png", "prompt": f"scene {n}"} for n in range(count)]
    (folder / "items.json").write_text(json.dumps(items), encoding="utf-8")
    (folder / "items.txt").write_text(
        "".join(f"{i['id']}\n{i['portrait']}\n{i['prompt']}\n" for i in items), encoding="utf-8"
    )
    for decode in ("header", "full"):
        manifest = {
            "version": 1, "name": decode, "provider": "minimax", "items": items, "checks": {"decode": decode},
            "limits": {"in_flight": WIDTH, "rate": "100000/1s"}, "providers": {"minimax": QUICK},
        }  # fmt: skip
        (folder / f"{decode}.yaml").write_text(json.dumps(manifest), encoding="utf-8")


def environ(peer: Peer, host: str, folder: Path) -> dict[str, str]:
    """Return the environment of a user with a machine of his own: nobody else's claims are waited for."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return kept | {
        "MINIMAX_API_HOST": host,
        "MINIMAX_API_KEY": "bench-key",
        "PYTHONPATH": str(HERE.parents[1]),
        "S2V_STATE_DIR": str(folder / "machine"),
        **peer.environ,
    }


def start(peer: Peer, folder: Path, host: str) -> subprocess.Popen[bytes]:
    with (folder / "said.txt").open("ab") as said:
        return subprocess.Popen(
            peer.command, cwd=folder, env=environ(peer, host, folder), stdout=said, stderr=said, start_new_session=True
        )


def measure(peer: Peer, folder: Path, count: int) -> tuple[float, str]:
    """Return the CPU for each item in milliseconds, and the rest in words."""
    with provider(folder) as host:
        began = time.perf_counter()
        child = start(peer, folder, host)
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        jobs = charged(host)
    cpu_ms, home = (used.ru_utime + used.ru_stime) * 1000 / count, brought(peer, folder)
    is_well = (child.returncode, home, sum(map(len, jobs.values()))) == (0, count, count)
    odd = "" if is_well else f"  EXIT {child.returncode}, {home} home"
    return cpu_ms, f"{count / wall_s:8.0f} {used.ru_maxrss * 1024 / 1e6:8.0f}{odd}"


def brought(peer: Peer, folder: Path) -> int:
    """Return how many videos are there and whole."""
    size = (folder / "film.mp4").stat().st_size + MARK
    return sum(path.stat().st_size == size for path in (folder / peer.videos).glob("*.mp4"))


def charged(host: str) -> dict[str, list[str]]:
    """Return the provider's jobs for each prompt."""
    with urllib.request.urlopen(f"{host}/ledger") as reply:
        found: dict[str, list[str]] = json.load(reply)
        return found


def kill(peer: Peer, folder: Path, count: int, kills: int, dice: random.Random) -> str:
    """Kill a peer at random moments, let it end, and return what that cost."""
    asked = hits = 0
    with provider(folder, think=0.1, job=0.5) as host:
        for _ in range(STARTS * kills):
            child = start(peer, folder, host)
            if hits < kills:
                hits += strike(child, host, dice.randint(1, max(1, count // kills)), dice)
            code = child.wait()
            if code == IN_DOUBT and peer.is_ours:
                asked += settle(peer, folder, host)
            elif code == 0:
                break
        jobs = charged(host)
    twice = sum(len(each) - 1 for each in jobs.values())
    broken = f"  EXIT {code}" if code else ""
    return f"{hits:6} {twice:14} {count - brought(peer, folder):16} {asked:18}{broken}"


def strike(child: subprocess.Popen[bytes], host: str, more: int, dice: random.Random) -> bool:
    """Kill a peer and its children some moment after it has bought `more`; return False when it ended before."""
    aim = sum(map(len, charged(host).values())) + more
    while sum(map(len, charged(host).values())) < aim:
        if ended(child, within_s=0.005):
            return False
    if ended(child, within_s=dice.uniform(0, 0.1)):
        return False
    os.killpg(child.pid, signal.SIGKILL)
    return True


def ended(child: subprocess.Popen[bytes], *, within_s: float) -> bool:
    """Return whether a process is over, or comes to its end within that time."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(within_s)
    return child.returncode is not None


def settle(peer: Peer, folder: Path, host: str) -> int:
    """Settle what is in doubt as a person does, by the provider's list of jobs; return how many items that were."""
    jobs, env, manifest = charged(host), environ(peer, host, folder), peer.command[4]

    def ask(*words: str) -> str:
        command = [*peer.command[:3], *words]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, check=True, text=True).stdout

    doubts = [each for each in json.loads(ask("status", manifest, "--json"))["items"] if each["state"] == "in_doubt"]
    for each in doubts:
        made = jobs.get(each["prompt"])
        ask("resolve", manifest, each["id"], *(["--job", made[-1]] if made else ["--resubmit"]))
    return len(doubts)


def in_own_folder(place: Path, count: int) -> Path:
    """Return a folder with the files, made by a process of its own: a child's peak memory begins with its parent's."""
    folder = Path(tempfile.mkdtemp(dir=place))
    subprocess.run([sys.executable, __file__, "--prepare", str(folder), "--items", str(count)], check=True)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--kill-items", type=int, default=200)
    parser.add_argument("--only", default="", help="the peers whose names hold this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.prepare:
        prepare(args.prepare, args.items)
        return
    chosen = [peer for peer in peers() if args.only in peer.name]
    with tempfile.TemporaryDirectory() as place:
        bare = None
        print(f"load {os.getloadavg()[0]:.1f}; {args.items} items, {WIDTH} jobs at a time")  # noqa: T201
        print(f"{'':<24}{'CPU ms/item':>12} {'items/s':>8} {'peak MB':>8} {'x bare httpx':>13}")  # noqa: T201
        for peer in sorted(chosen, key=lambda each: each.name != BARE):
            cpu_ms, rest = measure(peer, in_own_folder(Path(place), args.items), args.items)
            bare = cpu_ms if peer.name == BARE else bare
            print(f"{peer.name:<24}{cpu_ms:12.2f} {rest} {cpu_ms / bare if bare else 0:13.2f}", flush=True)  # noqa: T201
        if not args.kills:
            return
        print(f"{'':<24}{'kills':>6} {'charged twice':>14} {'videos not home':>16} {'asked a person for':>18}")  # noqa: T201
        for peer in filter(lambda each: each.goes_on, chosen):
            folder = in_own_folder(Path(place), args.kill_items)
            told = kill(peer, folder, args.kill_items, args.kills, random.Random(args.seed))
            print(f"{peer.name:<24}{told}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
