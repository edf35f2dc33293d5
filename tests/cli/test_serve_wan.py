"""`s2v serve --render wan-vace` with a pipeline of random weights on the CPU: all is as on a GPU, but the pictures."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest
from desk import ROOT, Desk
from test_serve import serving

from runner.service.wan import LIBRARIES, TITLE

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in LIBRARIES), reason="the extra `gpu` is not installed"
)
NAMES = ("one", "two")
SMALL = ("--device", "cpu", "--size", "64x48", "--frames", "5", "--steps", "2")
ALONE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    subprocess.run([sys.executable, ROOT / "tests/service/tiny_model.py", folder], check=True, capture_output=True)
    return folder


def told_by(video: Path) -> dict[str, str]:
    with av.open(str(video)) as container:
        return dict(container.metadata)


def test_a_model_makes_the_videos_by_their_seeds_and_the_files_say_so(model: Path, desk: Desk, tmp_path: Path) -> None:
    takes = [{"id": "anna", "portrait": "anna.png", "prompt": "she smiles", "takes": 2}]
    with serving(tmp_path, "--render", "wan-vace", "--model", model, *SMALL) as service:
        for name in NAMES:
            manifest = desk.manifest(takes, provider="local", output={"dir": f"runs/{name}"})
            done = desk.s2v("run", manifest, "--quiet", S2V_LOCAL_HOST=service.base)
            assert done.code == 0, done.err

    first, again = ([desk.folder / "runs" / name / "videos" / video for video in desk.videos(name)] for name in NAMES)
    about = told_by(first[desk.videos(NAMES[0]).index("anna-take2.mp4")])
    notes = json.loads(about["description"])
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[0].read_bytes() != first[1].read_bytes()
    assert about["title"] == TITLE
    assert {json.loads(path.with_suffix(".json").read_text())["kind"] for path in first} == {"generated"}
    assert (notes["kind"], notes["generative"], notes["model"], notes["seed"]) == ("wan-vace", True, "tiny", 2)
    assert (notes["frames"], notes["steps"], notes["revision"], notes["device"]) == (5, 2, None, "cpu")
    assert notes["libraries"].keys() == set(LIBRARIES)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        pytest.param((), "--render wan-vace needs a GPU, and torch ", id="no GPU"),
        pytest.param((*SMALL, "--model", "nobody/nothing"), "--model nobody/nothing cannot be had: ", id="no model"),
        pytest.param((*SMALL, "--model", "folder"), "--model folder is a Flux, expected a WanVACEPipeline", id="other"),
    ],
)
def test_what_a_model_needs_is_looked_for_before_an_order_is_taken(
    flags: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "model_index.json").write_text(json.dumps({"_class_name": "Flux"}))
    command = [sys.executable, "-m", "runner", "serve", "--port", "0", "--render", "wan-vace", *flags]

    done = subprocess.run(command, cwd=tmp_path, env=ALONE, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 8
    assert words in done.stderr
    assert not (tmp_path / "s2v-service").exists()
