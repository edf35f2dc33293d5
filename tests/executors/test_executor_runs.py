"""The real program over each executor, killed and not: what was paid for comes home once, whoever does the steps."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from counter import Counter
from desk import ROOT, Desk

PROMPTS = ["one", "two", "three"]
JOB = re.compile(r"job-[0-9]{4}-x")


@pytest.fixture
def path(installed: Callable[[str], None], shop: Desk) -> str:
    """Give a module path on which `deadly` is an executor that somebody installed."""
    installed("deadly = deadly:deadly")
    return os.pathsep.join(map(str, (ROOT, shop.folder, Path(__file__).parent)))


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("before", id="while a step is under way"),
        pytest.param("after", id="before its result is a fact"),
        pytest.param("publish", id="while a video gets its place"),
    ],
)
def test_a_driver_that_is_killed_around_a_step_buys_nothing_twice_and_loses_nothing(
    moment: str, name: str, path: str, shop: Desk, counter: Counter
) -> None:
    manifest, steps = shop.manifest(PROMPTS), shop.folder / "steps"
    flags = ["--quiet", "--yes", "--executor"]
    struck = shop.start("run", manifest, *flags, f"deadly={moment},{name},{steps}", PYTHONPATH=path)
    struck.communicate(timeout=60)

    resumed = shop.start("run", manifest, *flags, f"deadly=never,{name},{steps}", PYTHONPATH=path)
    _, err = resumed.communicate(timeout=60)

    assert (struck.returncode, resumed.returncode) == (-signal.SIGKILL, 0), err
    assert sorted(counter.submits()) == sorted(PROMPTS)
    assert counter.charges() == len(PROMPTS)
    run = shop.folder / "runs/try"
    assert {path.name: path.read_bytes() for path in (run / "videos").glob("*.mp4")} == {
        f"{letter}.mp4": counter.film_of(prompt) for letter, prompt in zip("abc", PROMPTS, strict=True)
    }
    assert list((run / ".partial").iterdir()) == []
    begun = steps.read_text().splitlines()
    assert set(begun) == {"check a", "check b", "check c"}
    assert len(begun) - 3 in {1, 2}  # what was under way, and nothing else, is done again
    assert shop.s2v("verify", manifest, "--journal").code == 0
    with closing(sqlite3.connect(run / "state.db")) as journal:
        kinds = [kind for (kind,) in journal.execute("SELECT kind FROM event WHERE kind IN ('Checked', 'Spoiled')")]
    assert kinds == ["Checked"] * 3


def test_a_run_whose_workers_fetch_leaves_the_same_journal(name: str, path: str, shop: Desk, counter: Counter) -> None:
    def told() -> list[tuple[str, str, str]]:
        """Return every fact but its time and the job's name, in the order of the items."""
        with closing(sqlite3.connect(shop.folder / "runs/try/state.db")) as journal:
            rows = list(journal.execute("SELECT item, kind, body FROM event ORDER BY item, seq"))
        shutil.rmtree(shop.folder / "runs")
        return [(item, kind, JOB.sub("job", body)) for item, kind, body in rows]

    manifest, steps = shop.manifest(PROMPTS), shop.folder / "steps"
    here = shop.s2v("run", manifest, "--executor", "local=1")
    by_driver = told()
    with shop.start("run", manifest, "--executor", f"deadly=fetches,{name},{steps}", PYTHONPATH=path) as process:
        _, err = process.communicate(timeout=60)

    assert (here.code, process.returncode) == (0, 0), err
    assert told() == by_driver
    assert sorted(line.split()[0] for line in steps.read_text().splitlines()) == ["check"] * 3 + ["fetch"] * 3


def test_an_address_that_is_none_is_told_before_anything_is_made_or_bought(shop: Desk, counter: Counter) -> None:
    done = shop.s2v("run", shop.manifest(PROMPTS), "--executor", "ray=bad:port")

    assert done.code == 2
    assert "--executor: found 'ray=bad:port', expected ray, ray=auto or ray=HOST:PORT" in done.err
    assert counter.asked == []
    assert not (shop.folder / "runs").exists()


TELLER = """
import os
from pathlib import Path
from runner.executors.local import LocalExecutor

def teller(where, folder):
    Path(where).write_text(" ".join(os.environ))
    return LocalExecutor(1)
"""


def test_an_executor_finds_what_ray_is_reached_by_and_no_other_secret(
    installed: Callable[[str], None], shop: Desk
) -> None:
    installed("teller = teller:teller")
    (shop.folder / "teller.py").write_text(TELLER)
    path, told = os.pathsep.join(map(str, (ROOT, shop.folder))), shop.folder / "told"
    rays = dict.fromkeys(("RAY_USE_TLS", "RAY_TLS_SERVER_KEY", "RAY_AUTH_TOKEN", "RAY_REDIS_PASSWORD"), "any")

    process = shop.start(
        "run", shop.manifest(["one"]), "--executor", f"teller={told}", PYTHONPATH=path, HF_TOKEN="any", **rays
    )
    _, err = process.communicate(timeout=60)

    assert process.returncode == 0, err
    names = {name for name in told.read_text().split() if name.startswith(("RAY_", "HF_", "MINIMAX_"))}
    assert names == {*rays, "MINIMAX_API_HOST"}


def test_a_run_whose_decoder_cannot_be_loaded_stops_and_goes_on_once_it_can(shop: Desk, counter: Counter) -> None:
    (shop.folder / "broken").mkdir()
    (shop.folder / "broken/av.py").write_text("raise ImportError('libavcodec.so.62: no such file')")
    manifest = shop.manifest(PROMPTS)

    struck = shop.in_shell("s2v", "run", manifest, "--quiet", PYTHONPATH=f"{shop.folder / 'broken'}:{ROOT}")
    resumed = shop.s2v("run", manifest)

    assert (struck.code, resumed.code) == (9, 0)
    assert "a package that s2v needs cannot be loaded: libavcodec.so.62: no such file" in struck.err
    assert "bug" not in struck.err
    assert counter.charges() == len(counter.submits()) == len(PROMPTS)
