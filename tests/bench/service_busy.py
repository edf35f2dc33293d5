"""How the service answers while its pool draws: time of a query, seconds a clip, memory of a worker. Run by hand.

python tests/bench/service_busy.py [clips]

Orders clips at a real `s2v serve` (one worker for each core), asks after them without a pause until all are made, and
prints what a query took in the meantime. Memory is the most that a worker's resident set was, as the kernel counts it.
"""

from __future__ import annotations

import base64
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx

PORTRAIT: Final = Path(__file__).parents[2] / "manifests" / "portraits" / "astronaut.png"
PROMPTS: Final = (
    "She runs toward the camera and winks with a smile.",
    "She walks toward the camera in the snow at sunset and turns her head to the left.",
)
PAUSE_S: Final = 0.01  # between two queries: a client that asks after many jobs
ENDED: Final = frozenset({"Success", "Fail"})


def main() -> int:
    """Print three lines; return 1 when a clip failed."""
    clips = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "runner", "serve", "--port", "0", "--folder", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            assert server.stdout is not None
            try:
                return measure(server.pid, server.stdout.readline().strip(), clips)
            finally:
                server.terminate()


def measure(pid: int, base: str, clips: int) -> int:
    """Order, ask until all is made, and print."""
    image = "data:image/png;base64," + base64.b64encode(PORTRAIT.read_bytes()).decode()
    with httpx.Client(base_url=base, trust_env=False) as http:
        start = time.perf_counter()
        waiting = [ordered(http, image, PROMPTS[n % len(PROMPTS)], n) for n in range(clips)]
        took: list[float] = []
        words: list[str] = []
        while waiting:
            before = time.perf_counter()
            status = http.get("/v1/query/video_generation", params={"task_id": waiting[0]}).json()["status"]
            took.append(time.perf_counter() - before)
            if status in ENDED:
                words.append(status)
                del waiting[0]
            time.sleep(PAUSE_S)  # a bench of a real service asks at the pace of a real client
        wall = time.perf_counter() - start
    cuts = statistics.quantiles(took, n=100)
    mib = ", ".join(f"{peak_mib(child):.0f}" for child in children(pid))
    sys.stdout.write(
        f"{clips} clips in {wall:.1f} s, {wall / clips:.1f} s a clip\n"
        f"{len(took)} queries: median {cuts[49] * 1000:.1f} ms, 95% {cuts[94] * 1000:.1f} ms, "
        f"slowest {max(took) * 1000:.1f} ms\n"
        f"workers at most {mib} MiB, the server {peak_mib(pid):.0f} MiB\n"
    )
    return int("Fail" in words)


def ordered(http: httpx.Client, image: str, prompt: str, seed: int) -> str:
    """Order one clip and return its task."""
    subject = [{"type": "character", "image": [image]}]
    body = {"model": "S2V-01", "subject_reference": subject, "prompt": prompt, "seed": seed}
    return str(http.post("/v1/video_generation", json=body).json()["task_id"])


def children(pid: int) -> list[int]:
    """Return the processes that draw."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return [int(child) for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def peak_mib(pid: int) -> float:
    """Return the most memory that a process had, as Linux counts it."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    match = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(match[1]) / 1024 if match else 0.0


if __name__ == "__main__":
    sys.exit(main())
