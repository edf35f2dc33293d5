from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clips import boxes, clip

from runner.animatic.label import TEXT as ANIMATIC
from runner.edge.disk.regular import NotRegular
from runner.edge.video.media import inspect
from runner.inspection import Spoilt
from runner.model import Clip
from runner.service.wan import TITLE as WAN

GOOD = clip(movflags="+faststart")
INDEX_LAST = clip()
MOVING_WEBM = clip(container="webm", codec="libvpx", frames=5)


def look(folder: Path, content: bytes, *, full: bool = True) -> Clip | Spoilt:
    path = folder / "clip.mp4"
    path.write_bytes(content)
    return inspect(path, full=full)


def reason(folder: Path, content: bytes, *, full: bool = True) -> str:
    found = look(folder, content, full=full)
    assert isinstance(found, Spoilt), found
    return found.reason


@pytest.mark.parametrize("full", [True, False], ids=["full", "header"])
@pytest.mark.parametrize("content", [GOOD, INDEX_LAST], ids=["index first", "index last"])
def test_a_whole_clip_gives_its_measures(tmp_path: Path, content: bytes, *, full: bool) -> None:
    assert look(tmp_path, content, full=full) == Clip(
        seconds=0.8, width=96, height=64, fps=25.0, frames=20, codec="h264", has_audio=False,
        decoded=full,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("title", "maker"),
    [
        ("", None), ("Holiday", None), (f"my {WAN}", None), (WAN, "wan-vace"), (ANIMATIC, "animatic"),
    ],
)  # fmt: skip
def test_a_clip_is_known_by_the_title_that_its_maker_gives_it(tmp_path: Path, title: str, maker: str | None) -> None:
    found = look(tmp_path, clip(frames=2, title=title), full=False)
    assert isinstance(found, Clip)
    assert found.maker == maker


def test_sound_is_reported_and_allowed(tmp_path: Path) -> None:
    found = look(tmp_path, clip(audio=True))
    assert isinstance(found, Clip)
    assert found.has_audio


def test_a_single_frame_is_a_clip(tmp_path: Path) -> None:
    found = look(tmp_path, clip(frames=1))
    assert isinstance(found, Clip)
    assert (found.frames, found.seconds) == (1, 0.04)


def test_a_fragmented_clip_is_decoded_even_when_only_the_header_is_asked_for(tmp_path: Path) -> None:
    found = look(tmp_path, clip(movflags="frag_keyframe+empty_moov"), full=False)
    assert isinstance(found, Clip)
    assert (found.frames, found.decoded) == (20, True)


@pytest.mark.parametrize("full", [True, False], ids=["full", "header"])
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty file instead of a video"),
        (b"<!doctype html><title>403</title>", "an HTML page instead of a video"),
        (b'{"base_resp": {"status_code": 1004}}', "a JSON document instead of a video"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an XML document instead of a video"),
        (bytes(5000), "nothing but zero bytes instead of a video"),
        (MOVING_WEBM, "a WebM or Matroska video instead of an MP4 video"),
    ],
    ids=["empty", "html", "json", "xml", "zeros", "webm"],
)
def test_what_is_no_mp4_is_called_what_it_is(tmp_path: Path, content: bytes, what: str, *, full: bool) -> None:
    assert reason(tmp_path, content, full=full) == what


@pytest.mark.parametrize("full", [True, False], ids=["full", "header"])
@pytest.mark.parametrize("content", [GOOD, INDEX_LAST], ids=["index first", "index last"])
@settings(deadline=None, max_examples=60)
@given(share=st.floats(0, 1, exclude_max=True))
def test_no_beginning_of_a_clip_is_a_clip(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, share: float, *, full: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert isinstance(look(folder, content[: int(share * len(content))], full=full), Spoilt)


@pytest.mark.parametrize("missing", [1, 8, 100, 1000])
def test_a_cut_clip_says_how_much_came(tmp_path: Path, missing: int) -> None:
    size = len(GOOD)
    assert reason(tmp_path, GOOD[:-missing]) == f"cut off after {size - missing:,} of at least {size:,} bytes"


@pytest.mark.parametrize(
    ("kind", "what"), [(b"moov", "its index (moov) missing"), (b"mdat", "its pictures (mdat) missing")]
)
def test_a_clip_that_lacks_a_box_is_spoilt(tmp_path: Path, kind: bytes, what: str) -> None:
    assert what in reason(tmp_path, b"".join(body for name, body in boxes(GOOD) if name != kind))


@pytest.mark.parametrize("tail", [b"\0" * 3, b"\0" * 40, b"<html></html>"], ids=["3 zeros", "40 zeros", "html"])
def test_bytes_behind_the_last_box_are_spoilt(tmp_path: Path, tail: bytes) -> None:
    assert reason(tmp_path, GOOD + tail)


def test_a_film_of_nothing_but_boxes_is_not_walked_to_its_end(tmp_path: Path) -> None:
    assert reason(tmp_path, GOOD + 300_000 * b"\0\0\0\x08free") == "more than 300,000 boxes, expected a dozen"


def test_a_cut_behind_an_open_ended_box_is_seen_by_the_decoder(tmp_path: Path) -> None:
    open_ended = b"".join(bytes(4) + body[4:] if kind == b"mdat" else body for kind, body in boxes(GOOD))
    assert isinstance(look(tmp_path, open_ended), Clip)
    assert reason(tmp_path, open_ended[:-200])


@pytest.mark.parametrize("filler", [b"\0", b"\xff", b"\x55"], ids=["zeros", "ones", "pattern"])
def test_an_overwritten_block_is_spoilt(tmp_path: Path, filler: bytes) -> None:
    middle = len(GOOD) - 1500
    assert reason(tmp_path, GOOD[:middle] + filler * 400 + GOOD[middle + 400 :])


def test_damage_of_20_bytes_is_seen_in_three_places_out_of_four(tmp_path: Path) -> None:
    content = clip(size=(320, 240))
    first = content.index(b"\0", content.index(b"x264 - core"))  # before it stands the encoder's own note, no picture
    places = range(first, content.index(b"moov") - 24, 128)
    damaged = (content[:at] + bytes(b ^ 0xA5 for b in content[at : at + 20]) + content[at + 20 :] for at in places)
    assert sum(isinstance(look(tmp_path, one), Spoilt) for one in damaged) >= 0.75 * len(places)


@settings(deadline=None, max_examples=150)
@given(flips=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_damage_is_never_more_than_a_value(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    content = bytearray(GOOD)
    for at, mask in flips:
        content[at] ^= mask
    assert isinstance(look(tmp_path_factory.getbasetemp(), bytes(content)), Clip | Spoilt)


def test_two_video_streams_are_spoilt(tmp_path: Path) -> None:
    assert reason(tmp_path, clip(videos=2)) == "it has 2 video streams, expected one"


def test_a_clip_without_frames_is_spoilt(tmp_path: Path) -> None:
    assert reason(tmp_path, clip(frames=0))


def test_a_codec_that_nobody_knows_is_spoilt(tmp_path: Path) -> None:
    assert "codec" in reason(tmp_path, GOOD.replace(b"avc1", b"zzzz"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (clip(size=(14, 96), frames=2), "its frames are 14 x 96 px, expected 16 to 8,192 px a side"),
        (clip(fps=1000, frames=5), "frames a second, expected at most 240"),
    ],
    ids=["too narrow", "too fast"],
)
def test_measures_that_no_clip_has_are_spoilt(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in reason(tmp_path, content)


def test_foreign_letters_in_the_metadata_spoil_nothing(tmp_path: Path) -> None:
    assert isinstance(look(tmp_path, GOOD.replace(b"Lavf", b"\xe9\xff\xfe\x80")), Clip)


@pytest.mark.parametrize("name", ["a b#c?.mp4", "caf\u00e9.mp4", "\udcff.mp4", "concat:x|y.mp4", "%03d.mp4"])
def test_any_file_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(GOOD)
    assert isinstance(inspect(tmp_path / name, full=True), Clip)


def test_a_missing_file_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "clip.mp4", full=True)


def test_a_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.mp4")
    with pytest.raises(NotRegular):
        inspect(tmp_path / "clip.mp4", full=True)


def test_no_look_leaves_a_file_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for content in (GOOD, GOOD[:-10], b"<html>", clip(videos=2), GOOD[:-1500] + bytes(1500)):
        look(tmp_path, content)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_damage_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for start in range(len(GOOD) - 2000, len(GOOD) - 400, 400):
        look(tmp_path, GOOD[:start] + bytes(400) + GOOD[start + 400 :])
    assert capfd.readouterr() == ("", "")


def test_clips_may_be_looked_at_in_many_threads(tmp_path: Path) -> None:
    (tmp_path / "good.mp4").write_bytes(GOOD)
    (tmp_path / "bad.mp4").write_bytes(GOOD[:-1500] + bytes(1500))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: inspect(tmp_path / name, full=True), ["good.mp4", "bad.mp4"] * 20))
    assert [type(one) for one in found] == [Clip, Spoilt] * 20
