from __future__ import annotations

import os
import shutil
from pathlib import Path

import av
import pytest
from desk import ROOT, Desk
from PIL import Image

PROMPT = "She winks with her left eye, then laughs. She wears a hat."


@pytest.fixture
def portrait(desk: Desk) -> Path:
    return Path(shutil.copy(ROOT / "manifests" / "portraits" / "astronaut.png", desk.folder / "anna.png"))


def test_one_command_draws_a_clip_and_a_sheet_and_says_what_was_understood(desk: Desk, portrait: Path) -> None:
    done = desk.s2v("animatic", portrait.name, PROMPT, "--out", "clip.mp4", "--sheet", "sheet.png")

    assert (done.code, done.out) == (0, "clip.mp4\n")
    told = done.err.splitlines()
    assert told[0].endswith("s: winks, the person's own left eye")
    assert told[1].endswith("s: laughs")
    assert told[2:] == [
        "ignored: 'wears a hat': not drawn, and seen only if the photo shows it",
        "the face is 92 pixels wide: from 200 on it looks sharp",
    ]
    with av.open(str(desk.folder / "clip.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 150
    with Image.open(desk.folder / "sheet.png") as sheet:
        assert (sheet.format, sheet.width) == ("PNG", 1440)
    assert sorted(path.name for path in desk.folder.glob(".*.part")) == []


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("none.png", "smile", "--out", "a.mp4"), 3, "the portrait cannot be read: No such file"),
        (
            ("notes.txt", "smile", "--out", "a.mp4"), 3,
            "notes.txt:1: the portrait cannot be drawn: its content is no picture (name a JPEG, PNG or WebP file)\n",
        ),
        (("anna.png", "smile", "--out", "far/away/a.mp4"), 2, "the folder far/away does not exist; make it first"),
        (("anna.png", "smile"), 2, "--out"),
        (("anna.png", "smile", "--out", "./anna.png"), 2, "--out: anna.png is the portrait as well; name another file"),
        (("anna.png", "smile", "--out", "link.mp4"), 2, "--out: link.mp4 is the portrait as well; name another file"),
        (("anna.png", "smile", "--out", "x.mp4", "--sheet", "x.mp4"), 2, "--sheet: x.mp4 is --out as well; name"),
        (("anna.png", "smile", "--out", "x.avi"), 2, "--out: found 'x.avi', expected a name that ends in .mp4"),
        (("anna.png", "smile", "--out", "x.mp4", "--sheet", "x.jpg"), 2, "--sheet: found 'x.jpg', expected a name"),
        (("anna.png", "smile", "--out", "pipe.mp4"), 2, "--out: pipe.mp4 is no regular file"),
    ],
    ids=[
        "no portrait", "no picture", "no folder", "no name", "the portrait", "a link to it", "one for both", "no MP4",
        "no PNG", "a FIFO",
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named_and_leaves_nothing(
    desk: Desk, portrait: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    (desk.folder / "notes.txt").write_text("not a picture")
    (desk.folder / "link.mp4").symlink_to("anna.png")
    os.mkfifo(desk.folder / "pipe.mp4")
    before, picture = set(desk.folder.rglob("*")), portrait.read_bytes()

    done = desk.s2v("animatic", *words)

    assert done.code == code
    assert told in done.err
    assert set(desk.folder.rglob("*")) == before
    assert portrait.read_bytes() == picture


@pytest.mark.parametrize(
    "locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}], ids=["UTF-8", "ASCII"]
)
def test_a_prompt_in_chinese_is_understood_in_any_locale(desk: Desk, portrait: Path, locale: dict[str, str]) -> None:
    done = desk.in_shell("s2v", "animatic", portrait.name, "\u5979\u5fae\u7b11", "--out", "clip.mp4", **locale)

    assert (done.code, done.out) == (0, "clip.mp4\n")
    assert "smiles" in done.err


def test_a_prompt_that_is_no_text_is_refused(desk: Desk, portrait: Path) -> None:
    done = desk.in_shell(r"s2v $'she \xff smiles'", "animatic", "--out", "clip.mp4", portrait.name)

    assert done.code == 2
    assert "PROMPT: found bytes that are no text, expected UTF-8" in done.err
