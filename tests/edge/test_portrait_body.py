from __future__ import annotations

import io
import os
import sys
import tracemalloc
from pathlib import Path

import pytest
from made_pictures import data_url, picture, place, png_of

from runner.edge.portrait.body import encode_picture
from runner.edge.portrait.encoded import KEPT_MOST
from runner.edge.portrait.portraits import PortraitBody, PortraitShelf
from runner.errors import DriftError
from runner.model import Portrait


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def text_of(body: PortraitBody) -> str:
    return b"".join(body.chunks()).decode("ascii")


def test_looking_and_sending_leave_no_file_open(tmp_path: Path) -> None:
    shelf, before = PortraitShelf(), open_files()
    good, bad = place(tmp_path, picture()), place(tmp_path, b"<html>", "bad.png")
    found = shelf.look(good, "anna.png")
    shelf.look(bad, "bad.png")
    assert isinstance(found, Portrait)
    text_of(shelf.open_body(found))
    shelf.open_body(found).close()
    Path(good).write_bytes(picture("JPEG"))
    with pytest.raises(DriftError):
        shelf.open_body(found)
    assert open_files() == before


@pytest.mark.parametrize("extra", [0, 1, 2, 3 * 65_536])
def test_a_body_is_exactly_as_long_as_it_says(tmp_path: Path, extra: int) -> None:
    shelf, content = PortraitShelf(), png_of(200_000 + extra)
    found = shelf.look(place(tmp_path, content), "anna.png")
    assert isinstance(found, Portrait)
    with shelf.open_body(found) as body:
        text = text_of(body)
        assert text == data_url(content)
        assert body.content_length == len(text)


def test_a_portrait_that_changed_is_not_sent(tmp_path: Path) -> None:
    shelf, path = PortraitShelf(), place(tmp_path, picture())
    found = shelf.look(path, "anna.png")
    assert isinstance(found, Portrait)
    place(tmp_path, picture(size=(320, 401)))
    with pytest.raises(DriftError, match=r"portrait 'anna.png' changed since it was planned"):
        shelf.open_body(found)


@pytest.mark.parametrize("change", ["other bytes", "gone"])
def test_a_portrait_that_was_sent_and_then_changed_is_not_sent_again(tmp_path: Path, change: str) -> None:
    shelf, path = PortraitShelf(), Path(place(tmp_path, picture()))
    found = shelf.look(str(path), "anna.png")
    assert isinstance(found, Portrait)
    assert text_of(shelf.open_body(found)) == text_of(shelf.open_body(found)) == data_url(picture())
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(bytes(reversed(path.read_bytes())))  # of the same length
    with pytest.raises(DriftError, match=r"portrait 'anna.png' (changed since|was planned)"):
        shelf.open_body(found)


OPENED: list[str] = []
sys.addaudithook(lambda event, told: OPENED.append(str(told[0])) if event == "open" else None)


def test_a_face_that_is_sent_again_and_again_is_read_and_encoded_once_under_each_of_its_names(tmp_path: Path) -> None:
    shelf = PortraitShelf()
    paths = [place(tmp_path, picture(), name) for name in ("anna.png", "anna-copy.png")]
    found = [shelf.look(path, Path(path).name) for path in paths]
    OPENED.clear()
    for portrait in found * 3:
        assert isinstance(portrait, Portrait)
        assert text_of(shelf.open_body(portrait)) == data_url(picture())
    assert [path for path in OPENED if path in paths] == paths


def test_portraits_that_were_sent_take_no_more_memory_than_their_bound(tmp_path: Path) -> None:
    shelf, faces = PortraitShelf(), 40
    found = [shelf.look(place(tmp_path, png_of(1_000_000 + n), f"{n}.png"), f"{n}.png") for n in range(faces)]
    tracemalloc.start()
    for portrait in found:
        assert isinstance(portrait, Portrait)
        shelf.open_body(portrait).close()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert KEPT_MOST / 2 < kept < KEPT_MOST * 1.2


class Rewritten(io.BytesIO):
    """A file into which somebody writes as soon as it was read once: who reads it anew finds other bytes."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.getbuffer()[-1:] = b"!"
        return super().seek(offset, whence)


def test_what_is_kept_are_the_very_bytes_that_were_held_against_the_plan(tmp_path: Path) -> None:
    found = PortraitShelf().look(place(tmp_path, picture()), "anna.png")
    assert isinstance(found, Portrait)
    text = encode_picture(found, Rewritten(picture()), most=1 << 20)
    assert text.decode("ascii") == data_url(picture())


def test_a_portrait_that_vanished_is_not_sent(tmp_path: Path) -> None:
    shelf, path = PortraitShelf(), place(tmp_path, picture())
    found = shelf.look(path, "anna.png")
    assert isinstance(found, Portrait)
    Path(path).unlink()
    with pytest.raises(DriftError, match=r"was planned, but now not found"):
        shelf.open_body(found)


def test_a_portrait_that_shrinks_while_it_is_sent_stops_the_body(tmp_path: Path) -> None:
    shelf, path = PortraitShelf(), place(tmp_path, png_of(1_500_000))
    found = shelf.look(path, "anna.png")
    assert isinstance(found, Portrait)
    body = shelf.open_body(found)
    os.truncate(path, 1000)
    with pytest.raises(DriftError, match="changed while it was sent"):
        text_of(body)


@pytest.mark.parametrize("at", [0, 800_000, 1_499_000])
def test_a_portrait_that_becomes_another_one_while_it_is_sent_never_leaves_whole(tmp_path: Path, at: int) -> None:
    shelf, path = PortraitShelf(), place(tmp_path, png_of(1_500_000))
    found = shelf.look(path, "anna.png")
    assert isinstance(found, Portrait)
    body, sent = shelf.open_body(found), list[bytes]()
    with Path(path).open("r+b") as file:
        file.seek(at)
        file.write(b"!")
    with pytest.raises(DriftError, match=r"portrait 'anna\.png' changed while it was sent"):
        sent.extend(body.chunks())
    assert sum(map(len, sent)) < body.content_length


def test_a_portrait_that_was_never_looked_at_is_not_sent() -> None:
    with pytest.raises(DriftError, match="not one of this plan"):
        PortraitShelf().open_body(Portrait(ref="anna.png", sha256="0" * 64, mime="image/png"))


def test_sending_a_large_portrait_takes_little_memory(tmp_path: Path) -> None:
    shelf = PortraitShelf()
    found = shelf.look(place(tmp_path, png_of(19_000_000)), "anna.png")
    assert isinstance(found, Portrait)
    tracemalloc.start()
    with shelf.open_body(found) as body:
        sent = sum(len(piece) for piece in body.chunks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent == body.content_length
    assert peak < 2_000_000
