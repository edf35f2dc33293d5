"""What may travel to a worker and back, and that nobody who imports the package imports an engine."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from made_clips import clip

from runner.edge.journal.codec import to_json
from runner.executors.envelope import StepBugError, is_secret, opened, sealed, unsealed
from runner.executors.seam import Json, StepCall
from runner.executors.table import STEPS
from runner.executors.worker import perform
from runner.gates import Gates

CALL = StepCall(step="check", item="Anna 1", fence="anna-1", within="/runs/try/.partial", args={"places": ["a.mp4"]})


def test_a_call_comes_out_as_it_was_sealed() -> None:
    assert unsealed(sealed(CALL), STEPS) == CALL


@pytest.mark.parametrize(
    "args",
    [
        pytest.param({"api_key": "sk-1"}, id="a key"),
        pytest.param({"Authorization": "Bearer sk-1"}, id="a header"),
        pytest.param({"download": {"headers": [{"X-Token": "1"}]}}, id="deep inside"),
        pytest.param({"AWS_SECRET_ACCESS_KEY": "1"}, id="a variable"),
    ],
)
def test_an_argument_that_is_called_like_a_secret_leaves_no_driver_and_is_heard_by_no_worker(
    args: dict[str, Json],
) -> None:
    call = replace(CALL, args=args)

    with pytest.raises(ValueError, match="is called like a secret, which never travels") as refused:
        sealed(call)
    with pytest.raises(StepBugError, match="is called like a secret"):
        opened(perform(json.dumps({"step": "check", "item": "a", "fence": "a-1", "args": args})))
    assert "sk-1" not in str(refused.value)


@pytest.mark.parametrize("name", ["prompt", "places", "download", "gates", "seed", "monkey", "keyframes"])
def test_a_name_that_only_sounds_like_a_secret_may_travel(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize("fence", ["", "../anna", "a/b", ".hidden", "Anna", "a" * 101])
def test_a_fence_names_one_folder_and_no_other(fence: str) -> None:
    with pytest.raises(ValueError, match="a fence is of small letters"):
        sealed(replace(CALL, fence=fence))


@pytest.mark.parametrize("step", ["submit", "poll", "runner.engine.buying:submit", "os:system"])
def test_no_worker_does_a_step_that_stands_in_no_table(step: str) -> None:
    with pytest.raises(StepBugError, match="is not in the table of steps: check, fetch, render"):
        opened(perform(sealed(replace(CALL, step=step))))


def test_the_steps_of_the_table_are_the_free_ones() -> None:
    assert set(STEPS) == {"check", "fetch", "render"}


@pytest.mark.parametrize("text", ['{"ok": 1}', "[]", '{"fine": {}}'])
def test_an_answer_that_no_worker_gives_is_a_bug(text: str) -> None:
    with pytest.raises(StepBugError, match="an answer that no worker gives"):
        opened(text)


def test_importing_the_package_and_choosing_an_executor_imports_no_engine_and_no_step() -> None:
    strange = {
        "ray",
        "dask",
        "distributed",
        "av",
        "numpy",
        "cv2",
        "torch",
        "runner.edge.video.steps",
        "runner.service.steps",
    }
    code = (
        "import sys, runner.cli.main, runner.executors.choosing as c; c.chosen('local=3');"
        f"print(sorted({strange} & set(sys.modules)))"
    )

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_worker_that_checks_a_video_loads_the_decoder_and_neither_event_loop_nor_engine(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(clip(frames=3))
    args: dict[str, Json] = {
        "places": [str(tmp_path / "film.mp4")], "sha256": sha256((tmp_path / "film.mp4").read_bytes()).hexdigest(),
        "full": True, "gates": to_json(Gates()),
    }  # fmt: skip
    call = StepCall(step="check", item="a", fence="a-1", within=str(tmp_path), args=args)
    heavy = {"av", "asyncio", "ssl", "httpx", "aiohttp", "numpy", "runner.core", "runner.dialects", "runner.engine"}
    code = (
        "import sys, runner.executors.child; from runner.executors.worker import perform; said = perform(sys.argv[1]);"
        f"print('inspected' in said, sorted({heavy} & set(sys.modules)))"
    )

    assert subprocess.check_output([sys.executable, "-c", code, sealed(call)], text=True).strip() == "True ['av']"
