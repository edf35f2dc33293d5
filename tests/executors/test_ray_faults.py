"""Ray as it is when things go wrong: nodes die, clusters are not there or not ours, the line to them is cut."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from desk import Desk
from makers import Floor, word_of
from misbehaving import perform
from ray_cluster import ROOT, Nodes, in_session, nodes

from runner.errors import ConfigError, Halt
from runner.executors.on_ray import RayExecutor
from runner.executors.repeating import done
from runner.executors.seam import WorkerTakenError

pytest.importorskip("ray", reason="Ray is an extra")
TOKEN: Final = "a" * 40
HAS_NO_TOKENS: Final = tuple(map(int, version("ray").split(".")[:2])) < (2, 52)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with nodes(2) as made:
        yield made


def envoys() -> set[int]:
    """Return the processes of ours that speak with Ray."""
    found = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in found.splitlines())
    return {int(pid) for pid, ppid, args in rows if ppid == str(os.getpid()) and "runner.executors.envoy" in args}


def test_a_cluster_that_was_there_stays_when_its_executor_is_closed(cluster: Nodes, floor: Floor) -> None:
    async def main() -> list[object]:
        words = []
        for n in range(2):
            executor = RayExecutor(cluster.address, folder=floor.folder, perform=perform)
            info = await executor.start()
            words += [info.slots, await word_of(executor, floor.call("say", word=n))]
            await executor.close()
        return words

    assert asyncio.run(main()) == [2, 0, 2, 1]
    assert envoys() == set()
    assert [path.name for path in floor.folder.iterdir()] == ["pipe"]  # the probe is gone


def test_another_program_on_the_workers_is_found_before_the_first_step(cluster: Nodes, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "runner", tmp_path / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "runner/errors.py").open("a") as file:
        file.write("# edited\n")
    text = (
        "import asyncio, sys; from runner.executors.on_ray import RayExecutor\n"
        "asyncio.run(RayExecutor(sys.argv[1]).start())"
    )

    tried = subprocess.run(
        [sys.executable, "-P", "-c", text, cluster.address], env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip

    assert "ConfigError" in tried.stderr
    assert "there is another s2v on" in tried.stderr
    assert "s2v's files" in tried.stderr


def test_a_node_that_does_not_see_the_folder_stops_the_run_and_spoils_nothing(cluster: Nodes, floor: Floor) -> None:
    async def main() -> None:
        executor = RayExecutor(cluster.address, perform=perform)
        await executor.start()
        try:
            with pytest.raises(Halt, match="does not see"):
                await executor.run(replace(floor.call("say", word="one"), fence="a-1"))
        finally:
            await executor.close()

    asyncio.run(main())


def test_an_envoy_that_is_killed_costs_one_repeat_and_the_run_goes_on(cluster: Nodes, floor: Floor) -> None:
    async def main() -> object:
        executor = RayExecutor(cluster.address, perform=perform)
        await executor.start()
        lost = asyncio.create_task(executor.run(floor.permitted("hang")))
        await asyncio.to_thread(floor.told)
        (envoy,) = envoys()
        os.kill(envoy, signal.SIGKILL)
        with pytest.raises(WorkerTakenError, match="the connection with Ray ended"):
            await lost
        word = await word_of(executor, floor.call("say", word="next"))
        await executor.close()
        return word

    assert asyncio.run(main()) == "next"


def test_a_whole_node_that_is_killed_costs_one_repeat(cluster: Nodes, floor: Floor) -> None:
    film, once = floor.folder / "a.mp4", str(floor.folder / "once")

    async def main() -> None:
        executor = RayExecutor(cluster.address, perform=perform)
        await executor.start()

        async def brought() -> None:
            async with done(executor, floor.call("hang_once", word="film", once=once)) as (_, folder):
                (folder / "film").rename(film)

        bringing = asyncio.create_task(brought())
        await asyncio.to_thread(cluster.kill_node_of, await asyncio.to_thread(floor.told))
        await bringing
        await executor.close()

    asyncio.run(main())

    assert film.read_text() == "film"


def test_a_cluster_that_is_gone_for_good_stops_the_run(floor: Floor) -> None:
    async def main(stack: ExitStack) -> None:
        executor = RayExecutor(stack.enter_context(nodes(1)).address, perform=perform, pauses_s=[0.0])
        await executor.start()
        hanging = asyncio.create_task(executor.run(floor.permitted("hang")))
        await asyncio.to_thread(floor.told)
        await asyncio.to_thread(stack.close)
        try:
            with pytest.raises(WorkerTakenError):
                await hanging
            with pytest.raises(Halt, match="Ray is gone: Ray at"):
                await word_of(executor, floor.call("say", word="next"))
        finally:
            await executor.close()

    with ExitStack() as stack:
        asyncio.run(main(stack))


def test_a_ray_of_our_own_is_gone_with_everything_even_when_its_envoy_is_killed(floor: Floor) -> None:
    async def main() -> int:
        executor = RayExecutor(cpus=1, perform=perform)
        await executor.start()
        (envoy,) = envoys()
        await word_of(executor, floor.call("say", word="one"))
        os.kill(envoy, signal.SIGKILL)
        await executor.close()
        return envoy

    assert in_session(asyncio.run(main())) == {}


def test_no_key_is_known_to_a_ray_of_our_own(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    canary, place = "sk-canary-5f4e3d2c1b0a", Path(f"/tmp/s2v-test-{os.getpid()}")
    monkeypatch.setenv("MINIMAX_API_KEY", canary)
    monkeypatch.setenv("RAY_TMPDIR", str(place))

    def holders() -> list[Path]:
        (envoy,) = envoys()
        pids = in_session(envoy)
        assert len(pids) > 3
        asked = [Path(f"/proc/{pid}/environ") for pid in pids] + [path for path in place.rglob("*") if path.is_file()]
        return [path for path in asked if canary.encode() in path.read_bytes()]

    async def main() -> list[Path]:
        executor = RayExecutor(cpus=1, perform=perform)
        await executor.start()
        await word_of(executor, floor.call("say", word="one"))
        found = await asyncio.to_thread(holders)
        await executor.close()
        return found

    place.mkdir()
    try:
        assert asyncio.run(main()) == []
        assert list(place.iterdir()) == []
    finally:
        shutil.rmtree(place)


def test_rays_log_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "ray.log").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match=r"ray\.log cannot be written"):
        asyncio.run(RayExecutor(log=tmp_path / "ray.log").start())

    assert not (tmp_path / "elsewhere").exists()


def test_an_address_where_nobody_answers_is_told_in_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        executor = RayExecutor(f"127.0.0.1:{free.getsockname()[1]}")

        with pytest.raises(ConfigError, match="nothing answers there as Ray does"):
            asyncio.run(executor.start())

    assert envoys() == set()


@pytest.mark.skipif(HAS_NO_TOKENS, reason="Ray has tokens since 2.52")
@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({"RAY_AUTH_MODE": "disabled"}, id="no token"),
        pytest.param({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "b" * 40}, id="another token"),
    ],
)
def test_a_cluster_with_a_token_says_what_it_needs(
    environ: dict[str, str], guarded: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match="the cluster asks for a token"):
        asyncio.run(RayExecutor(guarded.address).start())


@pytest.mark.skipif(HAS_NO_TOKENS, reason="Ray has tokens since 2.52")
@pytest.mark.parametrize("is_filed", [False, True], ids=["token", "path of a token"])
def test_the_command_is_let_in_by_the_token_of_its_environment(guarded: Nodes, shop: Desk, *, is_filed: bool) -> None:
    path = shop.folder / "token"
    path.write_text(TOKEN)
    token = {"RAY_AUTH_TOKEN_PATH": str(path)} if is_filed else {"RAY_AUTH_TOKEN": TOKEN}

    done = shop.s2v(
        "run", shop.manifest(["one"]), "--executor", f"ray={guarded.address}", RAY_AUTH_MODE="token", **token
    )

    assert done.code == 0, done.err
    assert TOKEN not in done.out + done.err
    assert shop.videos() == ["a.mp4"]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Nodes]:
    with nodes(1, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=TOKEN) as made:
        yield made
