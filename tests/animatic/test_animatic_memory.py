"""What memory held before must not show in a film: glibc fills what it hands out with a byte that the test names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRAW = """
import sys, pathlib
from runner.animatic.view import Shape
from runner.animatic.render import render
portrait, out, width, height = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
shape = Shape(width=width, height=height, seconds=1.0)
render(portrait.read_bytes(), "[Shake]", seed=1, out=out, shape=shape)
"""
ROOT = Path(__file__).parents[2]


def drawn_over(garbage: int, out: Path, *, size: tuple[int, int]) -> bytes:
    """Return the film that a fresh process draws in memory that was full of one byte; 0 leaves memory as it comes."""
    portrait = ROOT / "manifests" / "portraits" / "astronaut.png"
    subprocess.run(
        [sys.executable, "-c", DRAW, str(portrait), str(out), *map(str, size)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_PERTURB_": str(garbage)}, check=True,
    )  # fmt: skip
    return out.read_bytes()


@pytest.mark.parametrize("size", [(320, 180), (180, 320)], ids=["wide", "tall"])
def test_what_lay_in_memory_before_never_shows_in_the_bytes(size: tuple[int, int], tmp_path: Path) -> None:
    clean, *others = (drawn_over(garbage, tmp_path / f"{garbage}.mp4", size=size) for garbage in (0, 85, 200))

    assert [other == clean for other in others] == [True, True]
