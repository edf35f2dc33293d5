"""What eight portraits of 19 MB in flight at one time cost in memory, beside eight small ones.

python tests/bench/uploads.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from peers import HERE, QUICK, Peer, environ, provider

COUNT: Final = 8
MAKE: Final = """
import os, sys
from PIL import Image
from made_clips import clip
side = {"small": 320, "large": 2500}[sys.argv[1]]
for n in range(8):
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(f"p{n}.png", compress_level=0)
open("film.mp4", "wb").write(clip(frames=5))
"""
"""Noise, so that a picture of 2,500 px is a file of 19 MB."""


def peak(size: str, transport: str) -> float:
    """Return the peak memory of a run in MB (10^6 bytes)."""
    peer = Peer(
        name=size,
        command=(sys.executable, "-m", "runner", "run", "m.yaml", "--yes", "--quiet"),
        environ={"S2V_TRANSPORT": transport},
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run(
            [sys.executable, "-c", MAKE, size], cwd=folder, check=True,
            env=dict(os.environ) | {"PYTHONPATH": str(HERE.parent / "edge")},
        )  # fmt: skip
        items = [{"portrait": f"p{n}.png", "prompt": f"scene {n}"} for n in range(COUNT)]
        manifest = {"version": 1, "name": "m", "provider": "minimax", "items": items, "providers": {"minimax": QUICK}}
        (folder / "m.yaml").write_text(json.dumps(manifest), encoding="utf-8")
        with provider(folder, think=0.3) as host, (folder / "said.txt").open("wb") as said:
            child = subprocess.Popen(
                peer.command, cwd=folder, env=environ(peer, host, folder), stdout=said, stderr=said
            )
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit((folder / "said.txt").read_text(encoding="utf-8"))
    return used.ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    for way in ("httpx", "aiohttp"):
        small, large = peak("small", way), peak("large", way)
        print(f"{way:<8} small {small:.0f} MB, large {large:.0f} MB: {large - small:+.0f} MB")  # noqa: T201
