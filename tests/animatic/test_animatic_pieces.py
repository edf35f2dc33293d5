"""The pieces that a scene is made of, each held to what it promises."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from drawn_faces import PEOPLE, draw, far_off, portrait
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from sample_pictures import astronaut
from stages import MEDIUM, pixels, staged

from runner.animatic import frame, lids
from runner.animatic.anatomy import EyeShape, curve_at
from runner.animatic.beats import Beat, Kind
from runner.animatic.canvas import Canvas
from runner.animatic.envelope import held
from runner.animatic.filling import fill
from runner.animatic.framing import SCREEN, frame_portrait
from runner.animatic.inside import FULL, Inside, Light, light_on, paint_inside
from runner.animatic.matte import matte
from runner.animatic.picture import Soft
from runner.animatic.portrait import look_into
from runner.animatic.sheet import caption, moments
from runner.animatic.timeline import read
from runner.animatic.view import Shape, seen

SMALL = Shape(width=320, height=180, seconds=1.0)
LAUGH = Beat(kind="laugh", start_s=1.0, end_s=2.0)


def test_filling_leaves_what_is_known_and_invents_nothing_brighter_or_darker() -> None:
    rng = np.random.default_rng(1)
    colour = rng.uniform(50.0, 200.0, (61, 83, 3)).astype(np.float32)
    known = np.ones((61, 83), np.float32)
    known[10:50, 20:70] = 0.0
    filled = fill(np.where(known[:, :, None] > 0, colour, 9999.0).astype(np.float32), known)

    assert filled[known > 0] == pytest.approx(colour[known > 0], abs=1e-3)
    assert filled.min() >= 49.9
    assert filled.max() <= 200.1


def test_the_cut_follows_the_person_to_the_pixel() -> None:
    """The person is drawn before two walls; only the person is the same in both pictures."""
    fair = PEOPLE["fair"]
    canvas, mask = np.full((600, 480, 3), (190, 185, 175), np.float32), np.full((600, 480, 3), -1000.0, np.float32)
    for each in (canvas, mask):
        draw(each, fair, x=240, y=252, unit=102)
    truth = (mask.min(axis=2) > 0).astype(np.float32)
    alpha = look_into(canvas.clip(0, 255).astype(np.uint8)).alpha

    assert alpha is not None
    assert np.abs(alpha - truth).mean() < 0.01
    assert (np.abs(alpha - truth) > 0.5).mean() < 0.006


@pytest.mark.parametrize("wall", [(190, 185, 175), (245, 245, 245), (20, 20, 22), (140, 165, 215)], ids=str)
def test_long_hair_beside_the_neck_is_cut_out_with_the_person(wall: tuple[int, int, int]) -> None:
    long_hair = replace(PEOPLE["long hair"], wall=wall)
    mask = np.full((600, 480, 3), -1000.0, np.float32)
    draw(mask, long_hair, x=240, y=252, unit=102)
    truth = (mask.min(axis=2) > 0).astype(np.float32)
    alpha = look_into(pixels(portrait(long_hair))).alpha

    assert alpha is not None
    assert np.abs(alpha - truth).mean() < 0.01
    assert (np.abs(alpha - truth) > 0.5).mean() < 0.006


@pytest.mark.parametrize(("curtain", "taken"), [(False, 1.0), (True, 0.0)], ids=["hers alone", "the wall's, too"])
def test_a_gap_in_the_person_is_filled_with_colours_that_only_the_person_has(*, curtain: bool, taken: float) -> None:
    picture, guess = np.full((400, 400, 3), (190, 185, 175), np.uint8), np.zeros((400, 400), np.float32)
    picture[120:400, 130:270] = (50, 110, 170)
    guess[120:400, 130:270] = 1.0
    guess[120:280, 175:225] = 0.0
    if curtain:
        picture[:, :40] = (50, 110, 170)
    alpha = matte(picture, guess, inside=(200, 350))

    assert alpha is not None
    assert alpha[140:260, 185:215].mean() == pytest.approx(taken, abs=0.02)
    assert alpha[:100].max() < 0.02
    assert alpha[:, :60].max() < 0.02


@pytest.mark.parametrize(("name", "part"), [("dark", "shirt"), ("long hair", "hair")])
def test_the_background_shows_nothing_of_the_person(name: str, part: str) -> None:
    theirs = np.array(getattr(PEOPLE[name], part), np.float64)
    scene = staged(pixels(portrait(PEOPLE[name])), shape=SMALL)
    (level, *_) = scene.plate.levels

    assert np.abs(level.texels.astype(np.float64) - theirs).sum(axis=2).min() > 100


def test_the_edge_of_an_enlarged_person_shows_no_pixels_of_the_photo() -> None:
    near = Beat(kind="push_in", start_s=0.0, end_s=6.0)
    cutout = staged(pixels(astronaut()), near, shape=Shape(width=1280, height=720)).cutout
    assert cutout is not None
    (level,) = cutout.levels
    enlarged = level.density / 512
    alpha = level.texels[:, :, 3].astype(np.int64)

    assert enlarged > 2.0
    for axis in (0, 1):
        assert np.abs(np.diff(alpha, axis=axis)).max() < 0.8 * 255 / enlarged


def test_behind_a_person_the_photo_ends_without_an_edge() -> None:
    striped = pixels(astronaut())
    striped[:, :150] = np.where(np.arange(512)[:, None, None] // 8 % 2, 210, 90)
    (level, *_) = staged(striped, shape=SMALL).plate.levels
    contrast = level.texels[: level.texels.shape[0] // 3, :, 1].std(axis=0)
    left, right = (round(x * level.scale_x + level.origin_x) for x in (0.0, 0.2))
    seen = contrast[left:right] / contrast[right]

    assert np.count_nonzero((seen > 0.25) & (seen < 0.9)) > 0.05 * level.scale_x


@given(start=st.floats(0.0, 5.0), length=st.floats(0.05, 5.0), second=st.floats(-1.0, 7.0))
@example(start=2.220446049250313e-16, length=2.6214500846362383, second=2.6214500846362383)
def test_a_beat_is_felt_between_nothing_and_whole_and_only_in_its_time(
    start: float, length: float, second: float
) -> None:
    beat = Beat(kind="nod", start_s=start, end_s=start + length)
    much = held(beat, second, rise=0.3, fall=0.4, clip=60.0)

    assert 0.0 <= much <= 1.0
    if not start <= second <= start + length:
        assert much == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("size", [(512, 512), (205, 512), (512, 205), (400, 700)], ids=lambda s: f"{s[0]} x {s[1]}")
def test_the_head_stays_in_the_frame_at_every_distance(size: tuple[int, int]) -> None:
    width, height = size
    picture = pixels(astronaut().crop((256 - 30 - width // 2, 0, 256 - 30 + width // 2, height)))
    found = look_into(picture)
    framing = frame_portrait(picture.shape[1] / picture.shape[0], found.anatomy)
    anatomy = found.anatomy
    assert anatomy is not None

    for depth in np.linspace(0.0, framing.deepest, 5):
        tall = framing.height(float(depth))
        x, y = framing.centre(tall)
        assert y - tall / 2 <= anatomy.face.y - 0.3 * anatomy.face.unit
        assert y + tall / 2 >= anatomy.chin_y
        assert abs(x - anatomy.face.x) < tall * SCREEN / 2 - 0.5 * anatomy.face.unit
        assert y - tall / 2 >= 0.0
        assert y + tall / 2 <= 1.0


@pytest.mark.parametrize("photo", [astronaut(), portrait(PEOPLE["fair"])], ids=["photo", "drawn"])
def test_a_face_that_stands_on_its_head_stays_in_the_frame_at_every_distance(photo: Image.Image) -> None:
    picture = pixels(photo.rotate(180))
    found = look_into(picture).anatomy
    assert found is not None
    framing = frame_portrait(picture.shape[1] / picture.shape[0], found)

    for depth in np.linspace(0.0, framing.deepest, 5):
        tall = framing.height(float(depth))
        _, y = framing.centre(tall)
        assert y - tall / 2 <= found.chin_y < found.face.y
        assert y + tall / 2 >= found.face.y + 0.6 * found.face.unit


def test_of_a_face_larger_than_the_frame_the_eyes_are_seen() -> None:
    found = look_into(pixels(astronaut().crop((185, 75, 270, 185)).resize((850, 1100))))
    assert found.anatomy is not None
    framing = frame_portrait(850 / 1100, found.anatomy)

    for tall in (framing.widest, framing.closest):
        _, y = framing.centre(tall)
        assert y - tall / 2 < found.anatomy.face.y - 0.1 * tall


def test_a_face_that_fills_the_picture_still_acts() -> None:
    picture = pixels(astronaut().crop((170, 60, 280, 190)).resize((440, 520), Image.Resampling.LANCZOS))
    scene = staged(picture, Beat(kind="static", start_s=0.0, end_s=1.0), shape=SMALL)

    assert scene.portrait.actor is not None
    assert frame.draw(scene, 0.5).shape == (180, 320, 3)


def test_a_grey_portrait_stays_grey_even_in_its_mouth() -> None:
    grey = astronaut().convert("L").convert("RGB")
    scene = staged(pixels(grey), LAUGH, shape=Shape(width=640, height=360, seconds=3.0))
    drawn = frame.draw(scene, 1.5).astype(np.int64)

    assert np.ptp(drawn, axis=2).max() <= 1


def test_a_face_too_small_to_act_is_framed_and_the_words_for_it_are_not_promised() -> None:
    picture = far_off(PEOPLE["fair"], size=(1600, 900), place=(1250, 500), unit=22)
    found = look_into(picture)

    assert (found.faces, found.depth) == (1, "camera")
    assert "wink" not in found.able
    assert {"run", "pan_left", "snow"} <= found.able
    scene = staged(picture, Beat(kind="run", start_s=0.0, end_s=1.0), shape=SMALL)
    box = seen(scene.camera.at(0.96), SMALL)
    assert box.left < 1250 / 900 < box.right
    assert box.top < 500 / 900 < box.bottom


def inside(*, has_teeth: bool = False, light: Light = FULL, opening: float = 0.2) -> Soft:
    """Return the colours of a column near the middle of a gap, from the upper lip down."""
    v = np.linspace(0.0, opening, 40, dtype=np.float32)
    flat = np.zeros_like(v)
    return paint_inside(
        Inside(
            u=flat + 0.05, v=v, top=flat, bottom=flat + opening, opening=opening, texel=0.01,
            has_teeth=has_teeth, light=light,
        )
    )  # fmt: skip


def test_a_mouth_that_was_closed_shows_teeth_above_and_a_tongue_below() -> None:
    column = inside()

    assert column[18].min() > 120, "teeth: light, and hardly coloured"
    assert column[28, 2] > 1.5 * column[28, 0], "tongue: red"
    assert column[26].mean() < 0.7 * column[18].mean(), "below the teeth it is darker"


def test_a_mouth_that_shows_teeth_keeps_its_own() -> None:
    assert inside(has_teeth=True)[18].mean() < 0.6 * inside()[18].mean()


def test_it_is_darker_in_a_mouth_on_a_dark_picture() -> None:
    assert inside(light=Light(brightness=0.3, colour=1.0)).mean() < 0.7 * inside().mean()


def test_the_light_of_a_face_is_read_off_its_skin() -> None:
    assert light_on(np.array([120.0, 160.0, 225.0])) == Light(brightness=1.0, colour=1.0)
    assert light_on(np.array([90.0, 90.0, 90.0])) == Light(brightness=0.4, colour=0.0)


def test_lids_change_the_eye_and_nothing_far_from_it() -> None:
    picture = pixels(portrait(PEOPLE["fair"]))
    eye = look_into(picture).anatomy
    assert eye is not None
    texels = picture.copy()
    canvas = Canvas(texels=texels, scale_x=600.0, scale_y=600.0, origin_x=-0.5, origin_y=-0.5)

    lids.close(canvas, eye.left, closure=1.0, wink=0.0, spectacles=False)

    changed = np.argwhere(np.abs(texels.astype(np.int64) - picture).max(axis=2) > 8)
    middle = np.array([eye.left.frame.y, eye.left.frame.x]) * 600
    assert len(changed) > 200
    assert np.abs(changed - middle).max() < 0.9 * eye.left.frame.unit * 600


@pytest.mark.parametrize("down", [-0.9, 0.9], ids=["up", "down"])
@pytest.mark.parametrize("photo", [astronaut(), portrait(PEOPLE["fair"])], ids=["photo", "drawn"])
def test_an_eye_that_looks_up_or_down_is_not_drawn_out_to_streaks(photo: Image.Image, down: float) -> None:
    large = pixels(photo.resize((4 * photo.width, 4 * photo.height), Image.Resampling.BICUBIC))
    eyes, scale = look_into(pixels(photo)).anatomy, float(large.shape[0])
    assert eyes is not None

    for eye in (eyes.left, eyes.right):
        canvas = Canvas(texels=large.copy(), scale_x=scale, scale_y=scale, origin_x=-0.5, origin_y=-0.5)
        lids.look(canvas, eye, across=0.0, down=down)
        assert np.percentile(changes_from_lid_to_lid(canvas, eye), 10) > 0.3


def changes_from_lid_to_lid(canvas: Canvas, eye: EyeShape) -> npt.NDArray[np.float64]:
    """Return how much, in levels of brightness, each of 60 lines across the iris differs from the next one.

    Lines of a streak are all the same.
    """
    u, share = np.meshgrid(np.linspace(-0.2, 0.2, 60, dtype=np.float32), np.linspace(0.15, 0.9, 60, dtype=np.float32))
    upper, lower = curve_at(eye.upper, u), curve_at(eye.lower, u)
    x, y = (canvas.scale_y * c - np.float32(0.5) for c in eye.frame.outside(u, upper + share * (lower - upper)))
    seen = cv2.remap(canvas.texels, x, y, cv2.INTER_LINEAR).astype(np.float64)
    return np.asarray(np.abs(np.diff(seen, axis=0)).mean(axis=(1, 2)))


@pytest.mark.parametrize("degrees", [60, 90, 180, 270])
def test_a_face_is_measured_alike_however_the_portrait_lies(degrees: int) -> None:
    upright = look_into(pixels(astronaut())).actor
    lying = look_into(pixels(astronaut().rotate(degrees))).actor

    assert upright is not None
    assert lying is not None
    assert lying.left.opening == pytest.approx(upright.left.opening, rel=0.25)
    assert lying.mouth.smile > 0.03, "the corners are above the middle, seen along the face"
    assert np.degrees(np.arctan2(lying.left.frame.sin, lying.left.frame.cos)) % 360 == pytest.approx(
        (np.degrees(np.arctan2(upright.left.frame.sin, upright.left.frame.cos)) - degrees) % 360, abs=20
    )


def test_who_is_seen_from_the_side_is_not_said_to_look_back_at_the_camera() -> None:
    frontal = look_into(pixels(astronaut()))
    told = read("She looks up, then back at the camera", 0, 6.0, able=replace(frontal, is_profile=True).able)

    assert "look_back" in frontal.able
    assert told.ignored == ("back at the camera",)


def test_the_sheet_shows_the_middle_of_every_short_beat() -> None:
    beats = (Beat(kind="run", start_s=0.0, end_s=6.0), Beat(kind="wink", start_s=3.1, end_s=3.9), LAUGH)
    times = moments(beats, 6.0, last=5.96)

    assert {1.5, 3.5} <= set(times)
    assert (times[0], times[-1]) == (0.0, 5.96)
    assert list(times) == sorted(times)
    assert caption(beats, 3.5) == "3.50 s  run, wink"


def _colours(*kinds: Kind) -> tuple[float, float, float]:
    beats = [Beat(kind=kind, start_s=0.0, end_s=1.0) for kind in kinds]
    scene = staged(pixels(portrait(PEOPLE["fair"])), *beats, shape=Shape(width=320, height=180, seconds=1.0))
    blue, green, red = frame.draw(scene, 0.0)[:150].mean(axis=(0, 1))
    return float(blue), float(green), float(red)


def test_looks_change_the_light_as_their_names_say() -> None:
    plain, sunset, night, grey = _colours(), _colours("sunset"), _colours("night"), _colours("black_and_white")

    assert sunset[2] / sunset[0] > 1.3 * plain[2] / plain[0]
    assert sum(night) < 0.7 * sum(plain)
    assert max(grey) - min(grey) < 1.0


def test_rain_leaves_a_night_the_light_and_the_blue_that_it_has_and_adds_none() -> None:
    night, rain, both = _colours("night"), _colours("rain"), _colours("night", "rain")

    assert 0.9 * sum(night) < sum(both) <= sum(night)
    assert sum(both) < 0.8 * sum(rain)
    assert both[0] / both[2] > 0.9 * night[0] / night[2]


@pytest.mark.parametrize("kind", ["snow", "rain"])
def test_what_falls_moves_down_and_is_a_function_of_time(kind: str) -> None:
    beat = Beat(kind=kind, start_s=0.0, end_s=MEDIUM.seconds)  # type: ignore[arg-type]  # a plain name
    looks = staged(pixels(portrait(PEOPLE["fair"])), beat).looks
    black = np.zeros((360, 640, 3), np.uint8)
    first, next_, again = (looks.laid(black, t).astype(np.float64).mean(axis=2) for t in (1.0, 1.02, 1.0))

    assert (first == again).all()
    overlap = [float((first[: 360 - d, :] * next_[d:, :]).mean()) for d in range(40)]
    assert int(np.argmax(overlap)) > 0
