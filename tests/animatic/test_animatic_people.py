"""What a viewer sees of a person: frames are drawn, and a network that knows faces is asked what it sees in them."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from drawn_faces import PEOPLE, portrait
from PIL import Image
from sample_pictures import astronaut
from stages import LENGTH_S, MEDIUM, everything, looked_at, middle, pixels, staged

from runner.animatic.beats import Beat, Kind, Side
from runner.animatic.frame import draw, pose_at
from runner.animatic.picture import Pixels
from runner.animatic.portrait import look_into
from runner.animatic.scene import Scene, prepare_scene
from runner.animatic.timeline import read
from runner.animatic.view import Shape
from runner.faces.embedding import distance, embedding
from runner.faces.finding import find_faces
from runner.faces.networks import Floats
from runner.gates import IdentityGate

REST_S = 0.1
BOTH = pytest.mark.parametrize("who", ["astronaut_scene", "drawn_scene"])


@pytest.fixture(scope="session")
def astronaut_scene() -> Scene:
    return everything(pixels(astronaut()))


@pytest.fixture(scope="session")
def drawn_scene() -> Scene:
    return everything(pixels(portrait(PEOPLE["fair"])))


@pytest.fixture(scope="session")
def spectacles_scene() -> Scene:
    return everything(pixels(portrait(PEOPLE["spectacles"])))


@pytest.fixture
def scene(who: str, request: pytest.FixtureRequest) -> Scene:
    found: Scene = request.getfixturevalue(who)
    return found


@BOTH
@pytest.mark.parametrize(("side", "shut", "other"), [("left", "left", "right"), ("right", "right", "left")])
def test_a_wink_closes_the_eye_of_that_name_and_no_other(scene: Scene, side: Side, shut: str, other: str) -> None:
    rest, wink = (looked_at(draw(scene, t)) for t in (REST_S, middle("wink", side)))

    assert getattr(wink, shut) < 0.8 * getattr(rest, shut)
    assert getattr(wink, other) > 0.9 * getattr(rest, other)


@BOTH
def test_closed_eyes_are_both_closed(scene: Scene) -> None:
    rest, closed = (looked_at(draw(scene, t)) for t in (REST_S, middle("close_eyes")))

    assert closed.left < 0.8 * rest.left
    assert closed.right < 0.8 * rest.right


CORNERS_AND_LIDS = {"right": (33, 133, 159, 145), "left": (263, 362, 386, 374)}
"""Mesh points of an eye: its outer and inner corner, its upper and lower lid."""


@pytest.fixture(scope="session")
def close_up() -> tuple[Pixels, Pixels]:
    """Two frames of the photograph from nearby: as it is, and with both eyes shut."""
    shape, near = Shape(width=1280, height=720), Beat(kind="push_in", start_s=0.0, end_s=6.0)
    shut = Beat(kind="close_eyes", start_s=4.2, end_s=5.8)
    rest, closed = (draw(staged(pixels(astronaut()), near, *b, shape=shape), 5.0) for b in ((), (shut,)))
    return rest, closed


def around(frame: Pixels, side: str, wider: float) -> tuple[slice, slice]:
    """Return the rows and columns of an eye, and so many of its widths to both sides."""
    x, y = find_faces(frame)[0].points[list(CORNERS_AND_LIDS[side]), :2].T
    width = wider * float(np.ptp(x))
    return slice(int(y.min()), int(y.max())), slice(int(x.min() - width), int(x.max() + width))


def whites(part: Pixels) -> int:
    """Return how many pixels are as bright and as colourless as the white of an eye."""
    most, least = part.max(axis=2).astype(int), part.min(axis=2).astype(int)
    return int(((most - least < 0.22 * most) & (most > 130)).sum())


@pytest.mark.parametrize("side", CORNERS_AND_LIDS)
def test_nothing_of_the_white_shows_in_an_eye_that_is_shut(close_up: tuple[Pixels, Pixels], side: str) -> None:
    rest, closed = close_up
    place = around(rest, side, 0.15)

    assert whites(rest[place]) > 100
    assert whites(closed[place]) < 0.05 * whites(rest[place])


@pytest.mark.parametrize("side", CORNERS_AND_LIDS)
def test_a_shut_lid_has_no_streaks(close_up: tuple[Pixels, Pixels], side: str) -> None:
    rest, closed = close_up
    rows, columns = around(rest, side, -0.28)
    lid = closed[rows.start + 3 : rows.stop - 6, columns].mean(axis=2)

    assert np.abs(lid - cv2.GaussianBlur(lid, (0, 0), 3.5, sigmaY=0.01)).mean() < 2.5


@pytest.mark.parametrize("side", CORNERS_AND_LIDS)
@pytest.mark.parametrize("name", ["fair", "dark"])
def test_a_shut_lid_under_a_low_brow_is_skin(name: str, side: str) -> None:
    picture = pixels(portrait(PEOPLE[name], width=960, height=1200))
    for x in (418, 542):
        cv2.ellipse(picture, (x, 458), (52, 20), 0, 0, 360, (15, 15, 20), -1)
    shape, near = Shape(width=1280, height=720), Beat(kind="close_up", start_s=0.0, end_s=6.0)
    shut = Beat(kind="close_eyes", start_s=4.2, end_s=5.8)
    rest, closed = (draw(staged(picture, near, *b, shape=shape), 5.0) for b in ((), (shut,)))
    rows, columns = around(rest, side, -0.28)
    height = rows.stop - rows.start
    lid = closed[rows.stop - height // 3 : rows.stop, columns]
    skin = rest[rows.stop + height : rows.stop + 2 * height, columns]

    assert np.median(lid) > 0.6 * np.median(skin)


@BOTH
@pytest.mark.parametrize("kind", ["laugh", "surprise"])
def test_a_mouth_opens_where_it_should(scene: Scene, kind: Kind) -> None:
    rest, opened = (looked_at(draw(scene, t)) for t in (REST_S, middle(kind)))

    assert opened.mouth > rest.mouth + 0.02


CANDLE = (0.38, 0.58, 0.75)
"""What is left of blue, green and red by candlelight."""


@pytest.mark.parametrize("name", ["fair", "dark", "long hair"])
def test_painted_teeth_are_in_the_light_that_the_face_is_in(name: str) -> None:
    shape, near = Shape(width=640, height=360, seconds=3.0), Beat(kind="close_up", start_s=0.0, end_s=3.0)
    surprise = Beat(kind="surprise", start_s=0.5, end_s=2.5)
    picture = pixels(portrait(PEOPLE[name]))
    by_candle = (picture * np.array(CANDLE)).astype(np.uint8)
    day, candle = (draw(staged(each, near, surprise, shape=shape), 1.5) for each in (picture, by_candle))
    lips = find_faces(day)[0].points[[61, 291, 13, 14], :2]
    (left, top), (right, bottom) = lips.min(axis=0).astype(int), lips.max(axis=0).astype(int)
    mouth = slice(top - 4, bottom + 5), slice(left, right)
    bright, dull = day[mouth].max(axis=2).astype(int), day[mouth].min(axis=2).astype(int)
    teeth = (bright > 90) & (bright - dull < 0.25 * bright)
    blue, _, red = candle[mouth][teeth].mean(axis=0) / day[mouth][teeth].mean(axis=0)

    assert teeth.sum() > 40
    assert blue / red == pytest.approx(CANDLE[0] / CANDLE[2], rel=0.25)


def test_a_smile_lifts_the_corners_of_a_mouth_that_does_not_smile(drawn_scene: Scene) -> None:
    rest, smile = (looked_at(draw(drawn_scene, t)) for t in (REST_S, middle("smile")))

    assert smile.smile > rest.smile + 0.02


@BOTH
def test_surprise_widens_the_eyes(scene: Scene) -> None:
    rest, surprise = (looked_at(draw(scene, t)) for t in (REST_S, middle("surprise")))

    assert surprise.left + surprise.right > 1.08 * (rest.left + rest.right)


@BOTH
def test_a_turn_goes_to_the_side_that_the_viewer_calls_so(scene: Scene) -> None:
    left, right = (looked_at(draw(scene, middle("turn", side))) for side in ("left", "right"))

    assert left.turned < -0.1
    assert right.turned > 0.05


@BOTH
def test_a_tilted_head_leans_to_the_side_that_the_viewer_calls_so(scene: Scene) -> None:
    rest, left, right = (
        looked_at(draw(scene, t)) for t in (REST_S, middle("tilt_head", "left"), middle("tilt_head", "right"))
    )

    assert left.leaned < rest.leaned - 0.05
    assert right.leaned > rest.leaned + 0.05


@BOTH
def test_looking_down_lowers_the_nose_and_looking_up_lifts_it(scene: Scene) -> None:
    up, down = (looked_at(draw(scene, middle(kind))) for kind in ("look_up", "look_down"))

    assert down.nodded > up.nodded + 0.01


def test_spectacles_are_noticed_and_their_rims_stay_where_they_are(spectacles_scene: Scene) -> None:
    assert spectacles_scene.portrait.actor is not None
    assert spectacles_scene.portrait.actor.spectacles
    rest, shut = (rims(spectacles_scene, t) for t in (REST_S, middle("close_eyes")))

    assert shut == pytest.approx(rest, rel=0.12)


def rims(scene: Scene, second: float) -> float:
    """Return how many dark pixels there are around the eyes."""
    anatomy = scene.portrait.actor
    assert anatomy is not None
    frame, view = draw(scene, second), scene.camera.at(second)
    scale = scene.shape.height / view.height
    x, y = ((p - q) * scale + n / 2 for p, q, n in (
        (anatomy.face.x, view.x, scene.shape.width), (anatomy.face.y, view.y, scene.shape.height)))  # fmt: skip
    half = 0.55 * anatomy.face.unit * scale
    part = frame[int(y - half / 2) : int(y + half / 2), int(x - half) : int(x + half)]
    return float((part.max(axis=2) < 90).sum())


@pytest.mark.parametrize("name", [name for name in PEOPLE if name != "spectacles"])
def test_nobody_else_is_thought_to_wear_spectacles(name: str) -> None:
    scene = staged(pixels(portrait(PEOPLE[name])), shape=Shape(width=320, height=180, seconds=1.0))

    assert scene.portrait.depth == "layers"
    assert scene.portrait.actor is not None
    assert not scene.portrait.actor.spectacles


def test_a_frame_is_the_same_alone_and_in_a_row(drawn_scene: Scene) -> None:
    moment = middle("laugh")
    alone = draw(drawn_scene, moment)
    for second in (0.0, moment - 0.04, middle("wink", "left"), moment + 0.04):
        draw(drawn_scene, second)

    assert (draw(drawn_scene, moment) == alone).all()


def test_a_frame_belongs_to_its_caller(drawn_scene: Scene) -> None:
    first = draw(drawn_scene, REST_S)
    kept = first.copy()
    first[:] = 0

    assert (draw(drawn_scene, REST_S) == kept).all()


def test_a_person_lives_between_the_beats(drawn_scene: Scene) -> None:
    poses = [pose_at(drawn_scene, t) for t in np.arange(0.0, MEDIUM.seconds, 0.5)]

    assert len({pose.yaw for pose in poses}) == len(poses)


def test_coming_nearer_enlarges_the_person_more_than_what_lies_behind() -> None:
    shape = Shape(width=320, height=180, seconds=4.0)
    scene = staged(pixels(portrait(PEOPLE["fair"])), Beat(kind="walk", start_s=0.0, end_s=4.0), shape=shape)
    near, far = ([view(t).height for t in (0.0, 3.9)] for view in (scene.camera.at, scene.background_view))

    assert near[0] / near[1] > 1.4
    assert 0.0 < math.log(far[0] / far[1]) < 0.5 * math.log(near[0] / near[1])


def test_a_dolly_zoom_draws_the_background_back_and_leaves_the_person_as_large() -> None:
    picture = pixels(portrait(PEOPLE["fair"]))
    picture[240:260, 60:80] = (0, 0, 255)
    shape = Shape(width=640, height=360, seconds=4.0)
    scene = prepare_scene(look_into(picture), read("Dolly zoom on her face", 1, 4.0), entropy=1, shape=shape)
    first, last = (draw(scene, second) for second in (0.0, 3.9))
    faces = [find_faces(frame)[0].width for frame in (first, last)]
    marks = [int(((frame[:, :, 2] > 120) & (frame[:, :, 1] < 60)).sum()) for frame in (first, last)]

    assert faces[1] == pytest.approx(faces[0], rel=0.03)
    assert 1.8 < marks[0] / marks[1] < 3.2


@pytest.mark.parametrize("times", [2, 12])
def test_of_several_dolly_zooms_each_goes_a_part_of_the_way(times: int) -> None:
    each = 6.0 / times
    zooms = [Beat(kind="dolly_zoom", start_s=i * each, end_s=(i + 1) * each) for i in range(times)]
    scene = staged(pixels(portrait(PEOPLE["fair"])), *zooms, shape=Shape(width=320, height=180))
    far = [scene.background_view(i * each).height for i in range(times + 1)]

    assert far == sorted(far)
    assert 1.4 < far[-1] / far[0] < 1.7


def test_before_a_background_that_is_no_layer_a_dolly_zoom_is_a_zoom_and_the_film_says_so() -> None:
    shape = Shape(width=320, height=180)
    line = read("Dolly zoom", 1, shape.seconds, able=look_into(np.full((300, 400, 3), 128, np.uint8)).able)

    assert [beat.kind for beat in line.beats] == ["zoom_in"]
    assert line.ignored == ("Dolly zoom",)


def test_a_film_too_small_to_see_a_face_in_zooms_where_a_large_one_would_dolly_zoom() -> None:
    shape = Shape(width=320, height=180)
    plain = look_into(pixels(portrait(PEOPLE["fair"])), plain=True)
    line = read("Dolly zoom", 1, shape.seconds, able=plain.able)
    camera = prepare_scene(plain, line, entropy=1, shape=shape).camera

    assert [beat.kind for beat in line.beats] == ["dolly_zoom"]
    assert camera.at(0.0).height > 1.4 * camera.at(5.9).height


def test_a_close_up_shows_the_face_larger_than_a_film_that_names_no_distance() -> None:
    shape = Shape(width=640, height=360)
    plain, close = (
        prepare_scene(look_into(pixels(astronaut())), read(prompt, 0, shape.seconds), entropy=1, shape=shape)
        for prompt in ("She smiles", "Close-up of her face, she smiles")
    )
    for second, larger in ((0.0, 1.15), (5.9, 1.15)):
        one, other = (find_faces(draw(scene, second))[0].width for scene in (plain, close))
        assert other > larger * one


def test_a_wink_of_some_length_is_over_at_its_end(drawn_scene: Scene) -> None:
    end = middle("wink", "left") + LENGTH_S / 2
    rest, after = (looked_at(draw(drawn_scene, t)) for t in (REST_S, end + 0.2))

    assert after.left > 0.85 * rest.left


@pytest.mark.parametrize("photo", [astronaut, lambda: portrait(PEOPLE["fair"])], ids=["smiling", "drawn"])
def test_a_smile_that_fades_leaves_less_of_it_than_the_portrait_has(photo: Callable[[], Image.Image]) -> None:
    shape = Shape(width=640, height=360, seconds=6.0)
    found = look_into(pixels(photo()))
    scene = prepare_scene(found, read("Static shot. Her smile fades", 1, shape.seconds), entropy=1, shape=shape)
    rest, smiling, faded = (looked_at(draw(scene, t)).smile for t in (REST_S, 2.2, 5.0))

    assert faded < rest < smiling
    assert faded < smiling - 0.012


@pytest.mark.parametrize("kind", ["sad", "frown", "stop_smiling"])
def test_who_bares_the_teeth_in_a_smile_shuts_the_mouth_when_sad_angry_or_serious(kind: Kind) -> None:
    shape, near = Shape(width=640, height=360, seconds=6.0), Beat(kind="close_up", start_s=0.0, end_s=6.0)
    scene = staged(pixels(astronaut()), near, Beat(kind=kind, start_s=1.0, end_s=6.0), shape=shape)
    rest, then = (looked_at(draw(scene, second)) for second in (0.3, 4.0))

    assert then.mouth < 0.5 * rest.mouth
    assert then.smile < 0.7 * rest.smile


@pytest.mark.parametrize("prompt", ["Close-up, she cries", "Close-up, she is angry", "Close-up, her smile fades"])
def test_who_loses_a_smile_is_still_that_person(prompt: str) -> None:
    photo = pixels(astronaut())
    shape = Shape(width=1280, height=720)
    scene = prepare_scene(look_into(photo), read(prompt, 1, shape.seconds), entropy=1, shape=shape)
    frames = [draw(scene, second) for second in (3.0, 4.0, 5.0)]
    portrait_of, *seen = (embedding(each, find_faces(each)[0]) for each in (photo, *frames))

    assert np.median([distance(portrait_of, one) for one in seen]) <= IdentityGate().max_distance


@pytest.mark.parametrize("kind", ["sad", "frown", "stop_smiling"])
def test_who_smiles_in_the_photo_has_a_narrower_mouth_when_sad_angry_or_serious(kind: Kind) -> None:
    shape, near = Shape(width=640, height=360, seconds=6.0), Beat(kind="close_up", start_s=0.0, end_s=6.0)
    scene = staged(pixels(astronaut()), near, Beat(kind=kind, start_s=1.0, end_s=6.0), shape=shape)
    rest, then = (find_faces(draw(scene, second))[0].points[:, :2] for second in (0.3, 4.0))

    def wide(points: Floats) -> float:
        mouth, eyes = points[61] - points[291], points[33] - points[263]
        return float(np.hypot(*mouth) / np.hypot(*eyes))

    assert wide(then) < 0.96 * wide(rest)
