"""One frame of a scene: background, person with head and face moved, light, label; by scene and time alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from .bulges import bells, shift
from .face_paint import Face, painted
from .head import turned
from .picture import Pixels
from .plate import Level
from .pose import REST, Pose
from .sampling import Grid, between, chained, grid, laid_over, mixed, sampled, warped
from .scene import Scene
from .view import Matrix, View

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
    if scene.portrait.actor is None:
        return REST
    pose = scene.actor.pose(second)
    return replace(pose, yaw=pose.yaw - ORBIT_YAW * scene.camera.orbit(second))


def _exposed(scene: Scene, second: float, pose: Pose) -> Pixels:
    """What the shutter sees: two moments of a quick movement, of which the face is painted for one."""
    levels = [(painted(face, pose), share) for face, share in _faces(scene, second)]
    if not levels:
        return warped(scene.plate, scene.camera.at(second), scene.shape)
    person = _person(scene, second, pose, levels)
    if pose.blurred:
        before = max(0.0, second - SHUTTER / scene.shape.fps)
        person = mixed(person, _person(scene, before, pose_at(scene, before), levels), 0.5)
    if scene.cutout is None:
        return person
    return laid_over(person, warped(scene.plate, scene.background_view(second), scene.shape))


def _faces(scene: Scene, second: float) -> list[tuple[Face, float]]:
    """Return the face at the resolution of this moment, or two at a change-over."""
    density = scene.shape.height / scene.camera.at(second).height
    by_level = {id(face.level): face for face in scene.painted}
    if scene.cutout is not None:
        return [(by_level[id(level)], share) for level, share in scene.cutout.near(density)]
    if not scene.painted:
        return []
    return [(by_level[id(level)], share) for level, share in between(scene.plate, density)]


def _person(scene: Scene, second: float, pose: Pose, levels: list[tuple[Level, float]]) -> Pixels:
    """Return the layer with the person as the camera sees it at a time, at one resolution or between two."""
    places = _places(scene, scene.camera.at(second), pose)
    looks = [sampled(level, places, endless=scene.cutout is None) for level, _ in levels]
    return looks[0] if len(looks) == 1 else mixed(looks[0], looks[1], levels[1][1])


def _places(scene: Scene, view: View, pose: Pose) -> Grid:
    """Where each pixel comes from: back through the camera, the body, the head, and the skin."""
    anatomy = scene.portrait.actor
    assert anatomy is not None
    places = grid(view, _body(scene, view, pose), scene.shape)
    places = places.moved(*turned(anatomy, pose, places.x, places.y))
    moved = bells(anatomy, pose)
    return places.moved(*shift(anatomy, moved, places.x, places.y)) if moved else places


def _body(scene: Scene, view: View, pose: Pose) -> Matrix:
    """Return the matrix back from where the body has moved: it leans about the hips, below the picture."""
    anatomy = scene.portrait.actor
    assert anatomy is not None
    hips_x, hips_y = anatomy.chin_x, anatomy.chin_y + 2.2 * anatomy.height * anatomy.face.unit
    cos, sin, size = math.cos(-pose.lean), math.sin(-pose.lean), 1.0 / (1.0 + pose.grow)
    turn: Matrix = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]]) * size
    turn[:, 2] = np.array([hips_x, hips_y]) - turn[:, :2] @ np.array([hips_x, hips_y])
    step: Matrix = np.array([[1.0, 0.0, -pose.shift_x * view.height], [0.0, 1.0, -pose.shift_y * view.height]])
    return chained(turn, step)
