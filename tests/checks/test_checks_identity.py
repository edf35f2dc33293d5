from __future__ import annotations

import io
from dataclasses import fields
from importlib.resources import files
from itertools import pairwise

import cv2
import films
import numpy as np
import pytest
from drawn_faces import PEOPLE
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from runner.checks.identity import CLOSER_LOOKS, LikenessMeter, frames_to_look_at, read_portrait
from runner.faces.embedding import POINTS, SIDE, TEMPLATE, chip, distance, embedding
from runner.faces.finding import find_faces
from runner.faces.networks import DIGESTS, Floats, model_bytes
from runner.gates import IdentityGate

ASTRONAUT = films.pixels_of(films.ASTRONAUT)


def of(pixels: films.Pixels) -> Floats:
    return embedding(pixels, find_faces(pixels)[0])


@pytest.mark.parametrize(
    ("change", "at_most"),
    [
        ("as it is", 0.01),
        ("JPEG quality 20", 0.27),
        ("JPEG quality 8", 0.34),
        ("half the size", 0.23),
        ("mirrored", 0.24),
        ("grey", 0.24),
        ("dark", 0.20),
        ("blurred by 2 px", 0.42),
        ("blurred by 4 px", 0.58),
        ("turned by 25 degrees", 0.20),
    ],
)
def test_a_face_stays_near_itself_whatever_happens_to_its_picture(change: str, at_most: float) -> None:
    changed = films.DEGRADED[change](ASTRONAUT)

    assert distance(of(ASTRONAUT), of(changed)) <= at_most


@pytest.mark.parametrize("name", PEOPLE)
def test_a_drawn_face_is_nobody_whom_a_photo_shows(name: str) -> None:
    other = films.pixels_of(films.drawn(name))

    assert distance(of(ASTRONAUT), of(other)) > IdentityGate().fail_distance + 0.1


@pytest.mark.parametrize("degrees", [-30.0, 0.0, 30.0])
@pytest.mark.parametrize("size", [1.0, 4.0])
def test_a_face_lies_on_the_template_however_it_is_turned_and_however_large(degrees: float, size: float) -> None:
    pixels = films.turned(degrees)(ASTRONAUT)
    large = np.asarray(cv2.resize(pixels, None, fx=size, fy=size, interpolation=cv2.INTER_CUBIC), np.uint8)
    laid = chip(large, find_faces(large)[0])
    enlarged = np.asarray(cv2.copyMakeBorder(laid, 150, 150, 150, 150, cv2.BORDER_CONSTANT), np.uint8)
    (face,) = find_faces(enlarged)
    found = (face.points[list(POINTS), :2] - 150.0) / SIDE

    assert laid.shape == (SIDE, SIDE, 3)
    assert np.abs(found - (TEMPLATE + 0.25) / 1.5).max() < 0.06


def test_the_notice_names_every_network_file_with_its_digest() -> None:
    folder = files("runner.faces") / "models"
    notice = (folder / "NOTICE.md").read_text("utf-8")
    carried = {each.name for each in folder.iterdir() if each.name != "NOTICE.md"}

    assert carried == set(DIGESTS)
    for name, digest in DIGESTS.items():
        assert any(name in line and digest in line for line in notice.splitlines()), name
        assert model_bytes(name)


def test_a_portrait_is_read_upright_and_not_larger_than_needed() -> None:
    large = np.asarray(cv2.resize(ASTRONAUT, (4000, 4000)), np.uint8)
    lying = films.pixels_of(films.ASTRONAUT)[:, ::-1].transpose(1, 0, 2)
    content = bytes(cv2.imencode(".jpg", np.ascontiguousarray(lying))[1])
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    tagged = content[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + content[2:]

    shrunk, upright = read_portrait(films.png(large)), read_portrait(tagged)

    assert shrunk is not None
    assert shrunk.shape == (1600, 1600, 3)
    assert upright is not None
    assert find_faces(upright)
    assert not find_faces(films.pixels_of(content))[:1] or distance(of(upright), of(ASTRONAUT)) < 0.3


@pytest.mark.parametrize("content", [b"", b"no picture", films.ASTRONAUT[:100]], ids=["empty", "text", "cut"])
def test_bytes_that_are_no_picture_are_no_portrait(content: bytes) -> None:
    assert read_portrait(content) is None


def test_a_portrait_is_read_as_it_lies_whatever_its_depth_and_kind() -> None:
    deep = ASTRONAUT.astype(np.uint16) * 256 + 128
    grey = np.asarray(cv2.cvtColor(deep, cv2.COLOR_BGR2GRAY), np.uint16)
    clear = np.dstack([ASTRONAUT, np.full(ASTRONAUT.shape[:2], 9, np.uint8)])

    read = [read_portrait(bytes(cv2.imencode(".png", each)[1])) for each in (deep, grey, clear)]

    assert read[0] is not None
    assert read[1] is not None
    assert read[2] is not None
    assert np.array_equal(read[0], ASTRONAUT)
    assert np.array_equal(read[1], np.dstack([(grey >> 8).astype(np.uint8)] * 3))
    assert np.array_equal(read[2], ASTRONAUT)


def test_what_a_decoder_thinks_of_a_portrait_is_not_told_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    file = io.BytesIO()
    Image.fromarray(ASTRONAUT[:, :, ::-1]).save(file, "PNG", icc_profile=bytes(200))

    assert read_portrait(file.getvalue()) is not None

    assert capfd.readouterr() == ("", "")


@given(frames=st.integers(1, 20_000), at_most=st.integers(1, 64))
def test_frames_to_look_at_are_spread_evenly_over_the_video(frames: int, at_most: int) -> None:
    looked_at = frames_to_look_at(frames, at_most=at_most)

    assert len(set(looked_at)) == min(frames, at_most)
    assert 0 <= looked_at[0] <= looked_at[-1] < frames
    steps = [after - before for before, after in pairwise(looked_at)]
    assert not steps or max(steps) - min(steps) <= 1


def test_each_frame_gives_a_distance_and_no_frame_gives_more() -> None:
    meter = LikenessMeter(ASTRONAUT)
    for pixels in (ASTRONAUT, films.mirrored(ASTRONAUT), np.full((200, 300, 3), 90, np.uint8)):
        meter.see(pixels)
    likeness = meter.measured()

    assert likeness.distances is not None
    assert [each is None for each in likeness.distances] == [False, False, True]
    assert {type(each) for each in likeness.distances} == {float, type(None)}
    assert [field.name for field in fields(likeness)] == ["distances"]


def test_of_several_faces_the_closest_counts() -> None:
    stranger = films.pixels_of(films.drawn("beard"))
    stranger = np.asarray(cv2.resize(stranger, (410, 512)), np.uint8)
    meter = LikenessMeter(ASTRONAUT)
    meter.see(np.hstack([stranger, ASTRONAUT]))
    meter.see(np.hstack([ASTRONAUT, stranger]))

    assert max(meter.measured().seen) < 0.3


def test_a_small_face_in_a_wide_frame_is_searched_for_a_few_times() -> None:
    wide = np.full((1080, 1920, 3), 110, np.uint8)
    wide[500:700, 1500:1700] = cv2.resize(ASTRONAUT, (200, 200), interpolation=cv2.INTER_AREA)
    meter = LikenessMeter(ASTRONAUT)
    for _ in range(CLOSER_LOOKS):
        meter.see(wide)

    assert len(meter.measured().seen) == CLOSER_LOOKS


@pytest.mark.parametrize(
    "portrait", [None, np.full((400, 400, 3), 128, np.uint8)], ids=["unreadable", "without a face"]
)
def test_a_portrait_without_a_face_measures_nothing(portrait: films.Pixels | None) -> None:
    meter = LikenessMeter(portrait)
    meter.see(ASTRONAUT)

    assert meter.measured().distances is None
