"""How long the animatic takes, how much memory, and whether the same clip has the same bytes. Run by hand.

python tests/bench/animatic_speed.py [portrait.png]

Each clip is the standard one (6 s, 1280 x 720, 25 frames a second), drawn in a process of its own, as the service does.
CPU seconds are the better number on a busy machine; fewer wall seconds show that drawing and encoding overlap.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PORTRAIT: Final = Path(__file__).parents[2] / "manifests" / "portraits" / "astronaut.png"
PROMPTS: Final = {
    "still": "The camera stays still.",
    "face": "She winks with her left eye, then laughs, then looks surprised.",
    "run": "She runs toward the camera and winks with a smile.",
    "snow": "She walks toward the camera in the snow at sunset and turns her head to the left.",
}
MIB: Final = 1024  # KiB; Linux counts the largest resident set in KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one clip took: seconds of the clock and of the CPU, those of preparing, the most memory, its bytes."""

    wall_s: float
    cpu_s: float
    prepare_s: float
    draw_ms: float
    most_mib: float
    bytes_: int
    sha256: str


def cost(prompt: str, portrait: Path) -> Cost:
    """Draw one clip and return what it took; the first import is not counted."""
    from runner.animatic.frame import draw  # noqa: PLC0415 - in the new process
    from runner.animatic.render import render, stage  # noqa: PLC0415

    content = portrait.read_bytes()
    before = time.process_time()
    scene = stage(content, prompt, seed=1)
    prepared = time.process_time()
    for n in range(0, 150, 6):
        draw(scene, n / 25)
    drawn = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        render(content, prompt, seed=1, out=Path(folder) / "a.mp4")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        made = (Path(folder) / "a.mp4").read_bytes()
    return Cost(
        wall_s=wall, cpu_s=cpu, prepare_s=prepared - before, draw_ms=(drawn - prepared) / 25 * 1000,
        most_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB, bytes_=len(made),
        sha256=hashlib.sha256(made).hexdigest(),
    )  # fmt: skip


def main() -> int:
    """Print one line a clip; return 1 when two runs of one clip differ."""
    portrait = Path(sys.argv[1]) if len(sys.argv) > 1 else PORTRAIT
    context = multiprocessing.get_context("spawn")
    differ = False
    for name, prompt in PROMPTS.items():
        with context.Pool(1, maxtasksperchild=1) as pool:
            one, two = (pool.apply(cost, (prompt, portrait)) for _ in range(2))
        same = one.sha256 == two.sha256
        differ |= not same
        sys.stdout.write(
            f"{name:6} wall {one.wall_s:5.1f} s, CPU {one.cpu_s:5.1f} s (prepare {one.prepare_s:.2f} s, "
            f"a frame {one.draw_ms:.0f} ms), at most {one.most_mib:.0f} MiB, {one.bytes_ / 1e6:.1f} MB, "
            f"{'the same bytes twice' if same else 'NOT the same bytes twice'}\n"
        )
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
