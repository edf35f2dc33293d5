"""Portraits that a table holds themselves, as data URLs."""

from __future__ import annotations

import base64
import io
import json
import random
import tracemalloc
from pathlib import Path

from PIL import Image

from runner.cli.plan.judging import Judge
from runner.edge.portrait.portraits import PortraitShelf
from runner.errors import Problems
from runner.manifest.parse import read

SIDE = 320  # pixels


def picture(number: int) -> bytes:
    content = io.BytesIO()
    noise = random.Random(number).randbytes(SIDE * SIDE * 3)
    Image.frombytes("RGB", (SIDE, SIDE), noise).save(content, "PNG")
    return content.getvalue()


def test_a_portrait_that_a_table_holds_is_kept_once_and_its_text_is_not(tmp_path: Path) -> None:
    pictures = [picture(number) for number in range(20)]
    rows = [
        {"portrait": f"data:image/png;base64,{base64.b64encode(content).decode()}", "prompt": "She smiles."}
        for content in pictures
    ]
    (tmp_path / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "m.yaml").write_text("version: 1\nname: t\ninclude: [t.jsonl]\n")
    del rows

    problems = Problems()
    manifest = read(tmp_path / "m.yaml", problems)
    assert manifest is not None

    tracemalloc.start()
    judge = Judge(manifest, PortraitShelf(), problems, {})
    for wish in manifest.wishes():
        judge.take(wish)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (len(judge.draft.plan().items), problems.count) == (len(pictures), 0)
    assert kept < 1.25 * sum(map(len, pictures))
