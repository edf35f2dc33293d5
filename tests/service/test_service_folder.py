"""The service's folder: one service at a time, never started over, and in plain words when it cannot be used."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from file_limit import files_of_at_most
from ledgers import ledger
from service_client import client

from runner.errors import FolderError, Halt
from runner.service.order import Status
from runner.service.renderer import PORTRAIT, Footage, Ticket
from runner.service.service import open_service
from runner.service.steps import drawn

FULL = """
import asyncio, resource, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from runner.errors import FolderError
from service_client import client

async def main():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        async with client(Path(sys.argv[1])):
            pass
    except FolderError as error:
        print(error, flush=True)

if __name__ == "__main__":
    asyncio.run(main())
"""


def opened(folder: Path, *, orders: int = 0) -> None:
    async def main() -> None:
        async with client(folder) as c:
            for _ in range(orders):
                await c.made()

    asyncio.run(main())


def test_a_second_service_is_kept_out_of_the_folder(tmp_path: Path) -> None:
    async def main() -> None:
        async with client(tmp_path):
            with pytest.raises(FolderError, match="another service works in this folder"):
                await open_service(tmp_path).__aenter__()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("statement", "words"), [("PRAGMA user_version = 99", "newer version"), (None, "damaged")], ids=["newer", "damaged"]
)
def test_a_store_that_cannot_be_trusted_is_never_started_over(
    statement: str | None, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "service.db"
    if statement is None:
        path.write_bytes(b"not a database, but somebody's only copy" * 100)
    else:
        with sqlite3.connect(path) as db:
            db.execute(statement)
        db.close()
    before = path.read_bytes()

    with pytest.raises(FolderError, match=words):
        opened(tmp_path)
    assert path.read_bytes() == before


def test_a_disk_that_is_full_is_never_called_damage(tmp_path: Path) -> None:
    opened(tmp_path, orders=1)
    said = subprocess.check_output([sys.executable, "-c", FULL, str(tmp_path), *sys.path], text=True)

    assert "cannot be used" in said
    assert "make room on its disk" in said
    assert "damaged" not in said
    opened(tmp_path)
    assert len(ledger(tmp_path)) == 1


@pytest.mark.parametrize("name", ["file", "file/below", "taken"])
def test_a_folder_that_cannot_be_used_is_said_by_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "service.db").mkdir(parents=True)

    with pytest.raises(FolderError, match=f"{name}.*cannot be used"):
        opened(tmp_path / name)


def test_a_film_for_which_there_is_no_room_is_made_when_there_is(tmp_path: Path) -> None:
    def full(ticket: Ticket) -> Footage:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(ticket.out))

    async def order() -> str:
        async with client(tmp_path, draw=full) as c:
            task_id = str((await c.submit())["task_id"])
            await c.service.drain()
            return task_id

    with pytest.raises(Halt, match="films cannot be written: no space left on device; make room on the disk"):
        asyncio.run(order())
    (job,) = ledger(tmp_path)
    opened(tmp_path, orders=1)

    assert job.status is Status.RENDERING
    assert [job.status for job in ledger(tmp_path)] == [Status.MADE, Status.MADE]


def test_a_worker_without_room_for_a_film_stops_the_service_and_fails_no_job(tmp_path: Path) -> None:
    (tmp_path / PORTRAIT).write_bytes(b"anna")

    def draw(ticket: Ticket) -> Footage:
        with files_of_at_most(10):
            ticket.out.write_bytes(b"x" * 100)
        raise AssertionError("there was room")

    with pytest.raises(Halt, match="films cannot be written: file too large"):
        drawn(draw, {"prompt": "She smiles.", "seed": 1}, tmp_path)
