"""One frame of a scene: background, person with head and face moved, light, label; by scene and time alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from .bulges import bells, shift
from .face_paint import Face, painted
from .head import turned
from .picture import Pixels
from .plate import Level, Plate
from .pose import REST, Pose
from .sampling import Grid, chained, grid, laid_over, sampled
from .scene import Scene
from .view import Matrix, Shape, View

CLEARLY: Final = 0.02  # a weight below this cannot be seen, and its level is not sampled
SHUTTER: Final = 0.28  # frames between the two looks that make a quick movement soft; further apart they read as double
ORBIT_YAW: Final = math.radians(9.0)  # the person's turn when the camera has gone all the way round that it goes


def draw(scene: Scene, second: float) -> Pixels:
    """Return the finished frame at a time; the array is new, and the caller's."""
    pose = pose_at(scene, second)
    frame = _exposed(scene, second, pose)
    finished = scene.looks.laid(frame, second)
    scene.label.lay(finished)
    return finished


def pose_at(scene: Scene, second: float) -> Pose:
    """Return what the person does, the turn included that an orbit of the camera shows."""
    if scene.anatomy is None:
        return REST
    pose = scene.actor.pose(second)
    return replace(pose, yaw=pose.yaw - ORBIT_YAW * scene.camera.orbit(second))


def _exposed(scene: Scene, second: float, pose: Pose) -> Pixels:
    """What the shutter sees: two moments of a quick movement, of which the face is painted for one."""
    levels = [(painted(face, pose), share) for face, share in _faces(scene, second)]
    if not levels:
        return _flat(scene.plate, scene.camera.at(second), scene.shape)
    person = _person(scene, second, pose, levels)
    if pose.blurred:
        before = max(0.0, second - SHUTTER / scene.shape.fps)
        person = _mixed(person, _person(scene, before, pose_at(scene, before), levels), 0.5)
    if scene.cutout is None:
        return person
    return laid_over(person, _flat(scene.plate, scene.background_view(second), scene.shape))


def _faces(scene: Scene, second: float) -> list[tuple[Face, float]]:
    """Return the face at the resolution of this moment, or two at a change-over."""
    density = scene.shape.height / scene.camera.at(second).height
    by_level = {id(face.level): face for face in scene.painted}
    if scene.cutout is not None:
        return [(by_level[id(level)], share) for level, share in scene.cutout.near(density)]
    if not scene.painted:
        return []
    return [(by_level[id(level)], share) for level, share in _plate_levels(scene.plate, density)]


def _person(scene: Scene, second: float, pose: Pose, levels: list[tuple[Level, float]]) -> Pixels:
    """Return the layer with the person as the camera sees it at a time, at one resolution or between two."""
    places = _places(scene, scene.camera.at(second), pose)
    looks = [sampled(level, places, endless=scene.cutout is None) for level, _ in levels]
    return looks[0] if len(looks) == 1 else _mixed(looks[0], looks[1], levels[1][1])


def _places(scene: Scene, view: View, pose: Pose) -> Grid:
    """Where each pixel comes from: back through the camera, the body, the head, and the skin."""
    anatomy = scene.anatomy
    assert anatomy is not None
    places = grid(view, _body(scene, view, pose), scene.shape)
    places = places.moved(*turned(anatomy, pose, places.x, places.y))
    moved = bells(anatomy, pose)
    return places.moved(*shift(anatomy, moved, places.x, places.y)) if moved else places


def _body(scene: Scene, view: View, pose: Pose) -> Matrix:
    """Return the matrix back from where the body has moved: it leans about the hips, below the picture."""
    anatomy = scene.anatomy
    assert anatomy is not None
    hips_x, hips_y = anatomy.chin_x, anatomy.chin_y + 2.2 * anatomy.height * anatomy.face.unit
    cos, sin, size = math.cos(-pose.lean), math.sin(-pose.lean), 1.0 / (1.0 + pose.grow)
    turn: Matrix = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]]) * size
    turn[:, 2] = np.array([hips_x, hips_y]) - turn[:, :2] @ np.array([hips_x, hips_y])
    step: Matrix = np.array([[1.0, 0.0, -pose.shift_x * view.height], [0.0, 1.0, -pose.shift_y * view.height]])
    return chained(turn, step)


def _flat(plate: Plate, view: View, shape: Shape) -> Pixels:
    """Return what a view shows of a plate, sampled at about one texel a pixel."""
    levels = _plate_levels(plate, shape.height / view.height)
    looks = [_warped(level, view, shape) for level, _ in levels]
    return looks[0] if len(looks) == 1 else _mixed(looks[0], looks[1], levels[1][1])


def _plate_levels(plate: Plate, density: float) -> list[tuple[Level, float]]:
    coarse, fine, weight = plate.around(density)
    if weight < CLEARLY:
        return [(coarse, 1.0)]
    if weight > 1.0 - CLEARLY:
        return [(fine, 1.0)]
    return [(coarse, 1.0 - weight), (fine, weight)]


def _mixed(one: Pixels, other: Pixels, weight: float) -> Pixels:
    """Return the mean of two pictures, `weight` of it the second."""
    return np.asarray(cv2.addWeighted(one, 1.0 - weight, other, weight, 0.0), np.uint8)


def _warped(level: Level, view: View, shape: Shape) -> Pixels:
    matrix: Matrix = np.diag([level.scale_x, level.scale_y]) @ view.to_world(shape)
    matrix[:, 2] += (level.origin_x, level.origin_y)
    warped = cv2.warpAffine(
        level.texels, matrix, (shape.width, shape.height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(warped, np.uint8)
