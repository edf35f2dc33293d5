from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from ledgers import ledger
from service_client import body, client, picture
from tiny_films import die_always, die_once, draw_half_and_hang, draw_tiny, renderer_of

from runner.service.order import Status
from runner.service.server import listening
from runner.service.service import House, open_service

CRASHING = """
import asyncio, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from service_client import client
from tiny_films import draw_half_and_hang, renderer_of

async def main():
    renderer = renderer_of(draw_half_and_hang)
    async with client(Path(sys.argv[1]), renderer=renderer) as c:
        taken = await c.submit(key="item-1")
        print("taken", taken["task_id"], flush=True)
        await c.service.drain()

if __name__ == "__main__":
    asyncio.run(main())
"""
FULL = """
import asyncio, os, resource, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from runner.errors import Halt
from service_client import body, client, picture
from PIL import Image
import io

def noise():
    out = io.BytesIO()
    Image.frombytes("RGB", (600, 600), os.urandom(600 * 600 * 3)).save(out, "PNG")
    return out.getvalue()

async def main():
    async with client(Path(sys.argv[1])) as c:
        made = await c.made(key="first")
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))
        try:
            await c.submit(body(noise()), key="second")
        except Halt as error:
            print(made["status"], error, flush=True)

if __name__ == "__main__":
    asyncio.run(main())
"""
SERVING = """
import sys
from functools import partial
from pathlib import Path
from runner.service.server import serve
from runner.service.service import House
if __name__ == "__main__":
    house, announce = House(keys=frozenset({"k"}), workers=1), partial(print, flush=True)
    asked_by = serve(Path(sys.argv[1]), house, host="127.0.0.1", port=0, announce=announce)
    print("asked by", asked_by.name, flush=True)
"""


def submitted(folder: Path, *keys: str | None, **fields: Any) -> list[dict[str, Any]]:
    async def main() -> list[dict[str, Any]]:
        async with client(folder) as c:
            return [await c.submit(body(**fields), key=key) for key in keys]

    return asyncio.run(main())


def test_the_same_key_and_request_give_the_same_task(tmp_path: Path) -> None:
    first, second = submitted(tmp_path, "item-1", "item-1")

    assert first == second
    assert len(ledger(tmp_path)) == 1


def test_a_key_is_remembered_after_a_restart_and_after_the_film_is_made(tmp_path: Path) -> None:
    async def main() -> tuple[str, str, str]:
        async with client(tmp_path) as c:
            made = await c.made(key="item-1")
        async with client(tmp_path) as c:
            again = await c.submit(key="item-1")
            return made["task_id"], again["task_id"], (await c.query(again["task_id"]))["status"]

    made, again, status = asyncio.run(main())
    assert made == again
    assert status == "Success"
    assert [line.idempotency_key for line in ledger(tmp_path)] == ["item-1"]


@pytest.mark.parametrize(
    "change", [{"prompt": "She laughs."}, {"seed": 2}, {"prompt_optimizer": False}, {"portrait": picture(colour="red")}]
)
def test_the_same_key_for_another_request_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    submitted(tmp_path, "item-1")
    (refused,) = submitted(tmp_path, "item-1", **change)

    assert refused["base_resp"]["status_code"] == 2013
    assert "Idempotency-Key was used for another request" in refused["base_resp"]["status_msg"]
    assert len(ledger(tmp_path)) == 1


def test_without_a_key_every_request_is_a_purchase(tmp_path: Path) -> None:
    first, second = submitted(tmp_path, None, None)

    assert first["task_id"] != second["task_id"]
    assert len(ledger(tmp_path)) == 2


def test_twenty_at_once_under_one_key_are_one_purchase(tmp_path: Path) -> None:
    async def main() -> set[str]:
        async with client(tmp_path) as c, asyncio.TaskGroup() as group:
            tasks = [group.create_task(c.submit(key="item-1")) for _ in range(20)]
        return {task.result()["task_id"] for task in tasks}

    assert len(asyncio.run(main())) == 1
    assert len(ledger(tmp_path)) == 1


def test_a_portrait_is_forgotten_when_no_task_needs_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with client(tmp_path) as c:
            await c.made()

    asyncio.run(main())
    with sqlite3.connect(tmp_path / "service.db") as db:
        assert db.execute("SELECT count(*) FROM portrait").fetchone() == (0,)
    db.close()


def test_a_kill_in_mid_render_leaves_no_process_and_the_job_is_done_once_after_a_restart(tmp_path: Path) -> None:
    drawing = drawing_in(tmp_path)
    command = [sys.executable, "-c", CRASHING, str(tmp_path), *sys.path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as crashing:
        assert crashing.stdout is not None
        taken = crashing.stdout.readline().split()
        assert int(drawing.read_text()) != crashing.pid
        crashing.kill()
        rest = crashing.stdout.read()  # ends only when the last process that holds the pipe has gone
    drawing.unlink()
    assert (taken[0], rest) == ("taken", "")
    assert [line.status for line in ledger(tmp_path)] == [Status.RENDERING]
    (stage,) = (tmp_path / "videos").iterdir()
    assert sorted(path.name for path in stage.iterdir()) == ["film.mp4", "portrait"]

    async def main() -> tuple[dict[str, Any], dict[str, Any]]:
        async with client(tmp_path) as c:
            again = await c.submit(key="item-1")
            await c.service.drain()
            return again, await c.query(again["task_id"])

    again, done = asyncio.run(main())
    assert again["task_id"] == taken[1]
    assert done["status"] == "Success"
    assert len(ledger(tmp_path)) == 1
    assert [path.name for path in (tmp_path / "videos").iterdir()] == [f"{taken[1]}.mp4"]


def test_an_order_that_cannot_be_put_on_disk_halts_and_was_never_taken(tmp_path: Path) -> None:
    said = subprocess.check_output([sys.executable, "-c", FULL, str(tmp_path), *sys.path], text=True)

    assert said.startswith("Success the service's store cannot be written")
    assert [line.idempotency_key for line in ledger(tmp_path)] == ["first"]
    assert submitted(tmp_path, "second")[0]["base_resp"]["status_code"] == 0


def drawing_in(folder: Path) -> Path:
    """Return a fifo that tells who draws, and is silent until somebody does."""
    (folder / "videos").mkdir()
    os.mkfifo(folder / "videos" / "drawing")
    return folder / "videos" / "drawing"


def test_leaving_abandons_a_render_and_the_next_start_takes_it_up(tmp_path: Path) -> None:
    drawing = drawing_in(tmp_path)

    async def leave() -> int:
        async with client(tmp_path, renderer=renderer_of(draw_half_and_hang)) as c:
            await c.submit(key="item-1")
            return int(await asyncio.to_thread(drawing.read_text))

    drawer = asyncio.run(leave())  # the drawing never ends by itself
    with pytest.raises(ProcessLookupError):
        os.kill(drawer, 0)
    assert [line.status for line in ledger(tmp_path)] == [Status.RENDERING]


@pytest.mark.parametrize(("draw", "status"), [(draw_tiny, "Success"), (die_once, "Success"), (die_always, "Fail")])
def test_a_job_survives_the_death_of_its_process_a_few_times(draw: Any, status: str, tmp_path: Path) -> None:
    async def main() -> dict[str, Any]:
        async with client(tmp_path, renderer=renderer_of(draw)) as c:
            return await c.made()

    done = asyncio.run(main())
    assert done["status"] == status
    if status == "Fail":
        assert "3 workers were lost over it" in done["base_resp"]["status_msg"]
        assert (tmp_path / "videos" / "tries").read_text() == "xxx"


def test_the_default_renderer_draws_the_real_clip(tmp_path: Path) -> None:
    async def main() -> tuple[dict[str, Any], int]:
        async with open_service(tmp_path, House(workers=1)) as service:
            transport = httpx.ASGITransport(service.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://local") as http:
                order = body(prompt="[Push in] she smiles", seed=1)
                task = (await http.post("/v1/video_generation", json=order)).json()["task_id"]
                await service.drain()
                done = (await http.get("/v1/query/video_generation", params={"task_id": task})).json()
                return done, (tmp_path / "videos" / f"{task}.mp4").stat().st_size

    done, size = asyncio.run(main())
    assert (done["status"], done["video_width"], done["video_height"]) == ("Success", 1280, 720)
    assert (done["animatic"]["kind"], done["animatic"]["generative"]) == ("animatic", False)
    assert (done["animatic"]["honoured"], done["animatic"]["ignored"]) == (["Push in"], ["smiles"])  # there is no face
    assert done["animatic"]["advice"] == ["no face was found: only the camera moves"]
    assert size > 10_000


def test_the_embedded_service_loads_no_pixel_library_no_client_and_no_callbacks() -> None:
    heavy = {"cv2", "numpy", "av", "httpx", "yaml", "torch", "runner.service.outgoing", "runner.service.callbacks"}
    code = f"import sys, runner.service.service; print(sorted({heavy} & set(sys.modules)))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_no_answer_waits_until_the_client_has_acknowledged_its_head() -> None:
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()

    with connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_served_on_a_port_it_says_where_and_stops_cleanly_when_asked(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVING, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        base = server.stdout.readline().strip()
        order = {"json": body(), "headers": {"Authorization": "Bearer k", "Idempotency-Key": "1"}}
        with httpx.Client(base_url=base, trust_env=False) as http:
            taken = http.post("/v1/video_generation", **order).json()  # type: ignore[arg-type]  # a table of arguments
        os.kill(server.pid, number)
        said, complaints = server.stdout.read(), server.stderr.read()

    assert taken["base_resp"]["status_code"] == 0
    assert server.returncode == 0
    assert (said, complaints) == (f"asked by {number.name}\n", "")
    assert len(ledger(tmp_path)) == 1
