from __future__ import annotations

import hashlib
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_faces import PEOPLE, draw, far_off, portrait
from PIL import Image
from sample_pictures import astronaut, grain
from stages import pixels

from runner.animatic.picture import Pixels
from runner.faces.eyes import Eye
from runner.faces.finding import Face, find_faces
from runner.faces.networks import DIGESTS, model_bytes
from runner.faces.person import person

MODELS = Path(__file__).parents[2] / "runner" / "faces" / "models"


def crowd() -> Pixels:
    canvas = np.full((600, 1000, 3), (190, 185, 175), np.float32)
    draw(canvas, PEOPLE["fair"], x=300, y=260, unit=100)
    draw(canvas, PEOPLE["dark"], x=700, y=280, unit=70)
    return canvas.astype(np.uint8)


def place_of(eye: Eye) -> tuple[float, float]:
    """Return the middle between both lids."""
    x, y = np.vstack([eye.upper, eye.lower]).mean(axis=0)
    return float(x), float(y)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_drawn_person_has_one_face(name: str) -> None:
    (face,) = find_faces(pixels(portrait(PEOPLE[name])))

    assert face.score > 0.9
    assert 120 < face.width < 180
    assert not face.is_profile


def test_the_points_of_a_photograph_lie_where_a_person_would_put_them() -> None:
    (face,) = find_faces(pixels(astronaut()))

    for point, place in ((4, (226, 122)), (13, (222, 142)), (152, (224, 180))):
        assert face.points[point, :2] == pytest.approx(place, abs=6)
    assert place_of(face.right) == pytest.approx((203, 100), abs=3)
    assert place_of(face.left) == pytest.approx((248, 103), abs=3)


@pytest.mark.parametrize("degrees", [-40, -20, 20, 40])
def test_a_leaning_face_is_found_with_its_lean(degrees: int) -> None:
    upright = find_faces(pixels(astronaut()))[0]
    leaning = find_faces(pixels(astronaut().rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor="gray")))[0]

    assert np.degrees(leaning.roll - upright.roll) == pytest.approx(-degrees, abs=4)


@pytest.mark.parametrize("who", ["astronaut", *PEOPLE])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_face_that_lies_or_stands_on_its_head_is_found_the_way_it_lies(who: str, degrees: int) -> None:
    photo = astronaut() if who == "astronaut" else portrait(PEOPLE[who])
    upright = find_faces(pixels(photo))[0]
    (turned,) = find_faces(pixels(photo.rotate(degrees, expand=True)))

    assert math.remainder(np.degrees(turned.roll - upright.roll) + degrees, 360) == pytest.approx(0, abs=4)
    assert turned.width == pytest.approx(upright.width, rel=0.05)


def test_several_faces_are_found_once_each_the_largest_first() -> None:
    faces = find_faces(crowd())

    assert [round(float(face.points[4, 0]), -2) for face in faces] == [300, 700]
    assert faces[0].width > faces[1].width


def test_a_small_face_far_off_is_found_by_looking_closer() -> None:
    picture = far_off(PEOPLE["long hair"], size=(1600, 900), place=(1250, 500), unit=34)
    (face,) = find_faces(picture)

    assert face.points[4, :2] == pytest.approx((1250, 500), abs=12)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(pixels(grain(640, 480)), id="noise"),
        pytest.param(np.full((300, 300, 3), 128, np.uint8), id="nothing"),
        pytest.param(pixels(astronaut().crop((330, 0, 512, 300))), id="a rocket"),
        pytest.param(np.zeros((1, 1, 3), np.uint8), id="one pixel"),
        pytest.param(np.zeros((3000, 8, 3), np.uint8), id="a line"),
    ],
)
def test_where_nobody_is_no_face_is_found(picture: Pixels) -> None:
    assert find_faces(picture) == ()


def test_faces_are_the_same_every_time() -> None:
    one, two = (find_faces(pixels(astronaut()))[0] for _ in range(2))

    assert (one.points == two.points).all()
    assert (one.left.upper == two.left.upper).all()


def test_a_mirrored_face_has_its_eyes_exchanged() -> None:
    one = find_faces(pixels(astronaut()))[0]
    other = find_faces(np.ascontiguousarray(pixels(astronaut())[:, ::-1]))[0]

    assert 511 - place_of(other.left)[0] == pytest.approx(place_of(one.right)[0], abs=2.5)
    assert other.turned == pytest.approx(-one.turned, abs=0.08)


def test_a_face_that_is_squeezed_to_one_side_counts_as_a_profile() -> None:
    face = find_faces(pixels(astronaut()))[0]
    middle = face.points[4, 0]
    points = face.points.copy()
    points[:, 0] = np.where(points[:, 0] > middle, middle + 0.2 * (points[:, 0] - middle), points[:, 0])

    squeezed = Face(points=points, left=face.left, right=face.right, score=face.score)
    assert squeezed.turned > 0.55
    assert squeezed.is_profile


def test_the_person_is_told_from_the_background() -> None:
    sure = cv2.resize(person(pixels(portrait(PEOPLE["fair"]))), (480, 600))

    assert sure[240:270, 230:250].min() > 0.9
    assert sure[40:80, 20:60].max() < 0.1


@pytest.mark.parametrize("name", DIGESTS)
def test_a_model_is_the_file_that_was_published_and_the_notice_says_so(name: str) -> None:
    assert hashlib.sha256(model_bytes(name)).hexdigest() == DIGESTS[name]
    assert f"| {name} |" in (MODELS / "NOTICE.md").read_text("utf-8")
    assert DIGESTS[name] in (MODELS / "NOTICE.md").read_text("utf-8")
