"""What `million.py` measures on: a manifest with a table, and the journal and the videos of a run that is done.

python million_files.py table ITEMS | inline ITEMS | fill RUN FIRST END | touch      in the folder of the manifest
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from made_clips import clip
from PIL import Image

PORTRAITS: Final = 8
AT_PROVIDER: Final = 100  # jobs at one time; providers take fewer
LINKS: Final = 60_000  # names for one file; ext4 takes 65,000
_MANIFEST: Final = """\
version: 1
name: million
provider: minimax
include: [rows.csv]
"""
_MOVES: Final = ("walks toward the camera", "turns to the window", "lifts a lantern", "laughs and looks away")
MILLIS: Final = 80  # of the clip's time
_CLIP: Final = {
    "seconds": MILLIS / 1000, "width": 96, "height": 64, "fps": 25.0, "frames": 2, "codec": "h264", "has_audio": False,
    "decoded": True,
}  # fmt: skip


def table(items: int) -> None:
    """Write the manifest, few portraits and a row for each item."""
    for number in range(PORTRAITS):
        Image.linear_gradient("L").rotate(40 * number).resize((512, 640)).save(f"p{number}.png")
    Path("m.yaml").write_text(_MANIFEST, encoding="utf-8")
    with Path("rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "portrait", "prompt", "tags", "metadata.source"])
        for n in range(items):
            prompt = f"In scene {n} she {_MOVES[n % 4]} while the light of evening number {n % 977} fades."
            writer.writerow([f"scene-{n:07d}", f"p{n % PORTRAITS}.png", prompt, f"batch-{n % 10}", "bench"])


def inline(items: int) -> None:
    """Write a manifest that holds its items itself."""
    with Path("inline.yaml").open("w", encoding="utf-8") as file:
        file.write("version: 1\nname: inline\nprovider: minimax\nitems:\n")
        for n in range(items):
            prompt = f"In scene {n} she {_MOVES[n % 4]} while the light of evening number {n % 977} fades."
            file.write(f"  - id: scene-{n:07d}\n    portrait: p{n % PORTRAITS}.png\n    prompt: {prompt}\n")


def touch() -> None:
    """Change the last row."""
    text = Path("rows.csv").read_bytes()
    Path("rows.csv").write_bytes(text.removesuffix(b"\r\n").removesuffix(b"bench") + b"changed\r\n")


def fill(run: Path, first: int, end: int) -> None:
    """Let the items from `first` to `end` of the plan be done, and a few behind them be at the provider."""
    video = clip(frames=2)
    sql = sqlite3.connect(run / "state.db", isolation_level=None)
    sql.execute("BEGIN IMMEDIATE")
    found = sql.execute("SELECT position, key, name, phase FROM item WHERE wanted ORDER BY position").fetchall()
    for number, (position, key, name, phase) in enumerate(found):
        if not first <= position < end + AT_PROVIDER:
            continue
        is_done = position < end
        facts = list(_facts(position, video, is_bought=phase == "running", is_done=is_done))
        told = ((1.7e9 + position + n, key, kind, json.dumps(body)) for n, (kind, body) in enumerate(facts))
        sql.executemany("INSERT INTO event (at, item, kind, body) VALUES (?, ?, ?, ?)", told)
        sql.execute(
            "UPDATE item SET phase = ?, provider = 'minimax', job = ?, bought = 1, spent = ?, bytes = ?, millis = ?, "
            "first_at = ?, last_at = ?, reserved = '{}', code = NULL, reason = NULL WHERE key = ?",
            (
                "done" if is_done else "running", str(position), '{"USD": 650000}', len(video) * is_done,
                MILLIS * is_done, 1.7e9 + position, 1.7e9 + position + max(len(facts) - 1, is_done * 2), key,
            ),
        )  # fmt: skip
        if is_done:
            _link(run / "videos", number - number % LINKS, name, video)
    sql.execute("COMMIT")
    sql.close()


def _facts(position: int, video: bytes, *, is_bought: bool, is_done: bool) -> Iterator[tuple[str, object]]:
    price = {"micros": 650_000, "currency": "USD"}
    if not is_bought:
        yield "Intended", {"attempt": 1, "provider": "minimax", "price": price}
        yield "Accepted", {"job_id": str(position)}
    if is_done:
        yield "Finished", {"output": {"file_id": str(position)}}
        yield "Saved", {"artifact": {"bytes_": len(video), "sha256": hashlib.sha256(video).hexdigest()}}
        yield "Checked", {"clip": _CLIP}


def _link(videos: Path, group: int, name: str, video: bytes) -> None:
    """Put the clip and a sidecar under the name of an item; many names lead to one file."""
    for suffix, content in ((".mp4", video), (".json", b"{}")):
        first = videos.parent / f".bench-{group}{suffix}"
        if not first.exists():
            first.write_bytes(content)
        os.link(first, videos / f"{name.removesuffix('.mp4')}{suffix}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["table", items]:
            table(int(items))
        case ["inline", items]:
            inline(int(items))
        case ["fill", run, first, end]:
            fill(Path(run), int(first), int(end))
        case ["touch"]:
            touch()
        case _:
            sys.exit(__doc__)
