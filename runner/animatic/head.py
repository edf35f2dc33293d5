"""Turning a flat head: every place is given a depth, and moves sideways in proportion to it.

A head is taken for an ellipsoid with a nose: depth Z(u, v) = 0.46 exp(-1.15 r^2) + 0.13 exp(-(nose distance)^2 / ...),
in face widths, with r the distance from the head's middle in radii. A turn by an angle a about the vertical axis moves
what lies at (u, Z) to u cos a + Z sin a; so du = sin(a) Z + (cos(a) - 1) u. A nod is the same along v; a lean
turns the head about the neck. All of it fades out over one face height below the chin: the shoulders rest.

Good up to 20 degrees of turn and 11 of nod: beyond, the picture would have to show what the portrait does not.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from .anatomy import Anatomy
from .easing import smooth
from .picture import Soft
from .pose import Pose

DEPTH: Final = 0.46  # face widths that the middle of the face stands before its sides
ROUNDNESS: Final = 1.15
NOSE: Final = (0.13, 0.13)  # face widths: how far the nose stands out, and how wide it is
WHOLE: Final = (0.10, 0.06)  # face widths by which a turn and a nod move the head as a whole
RADII: Final = (0.62, 0.85)  # of the head, in face widths
NECK: Final = 0.35  # face heights below the chin: the pivot of a lean
SIDES: Final = (0.95, 1.7)  # face widths from the middle, between which the movement fades out sideways
FURTHER: Final = 0.6  # a portrait turned this far is not turned further that way


def turned(anatomy: Anatomy, pose: Pose, x: Soft, y: Soft) -> tuple[Soft, Soft]:
    """Return how far (world units, right and down in the picture) what is seen at (x, y) has come."""
    u, v = anatomy.face.inside(x, y)
    chin = anatomy.height * 0.62
    weight = (1.0 - _smooth((v - chin) / np.float32(anatomy.height))) * (
        1.0 - _smooth((np.abs(u) - SIDES[0]) / np.float32(SIDES[1] - SIDES[0]))
    )
    yaw, pitch = _allowed_yaw(anatomy, pose.yaw), pose.pitch
    depth = _depth(anatomy, u, v) * weight
    right = math.sin(yaw) * (depth + WHOLE[0] * weight) + (math.cos(yaw) - 1.0) * u * weight
    down = math.sin(pitch) * (depth + WHOLE[1] * weight) + (math.cos(pitch) - 1.0) * (v - 0.15) * weight
    pivot = chin + NECK * anatomy.height
    cos, sin = math.cos(pose.roll), math.sin(pose.roll)
    right += weight * ((cos - 1.0) * u - sin * (v - pivot))
    down += weight * (sin * u + (cos - 1.0) * (v - pivot))
    return _in_world(anatomy, np.asarray(right, np.float32), np.asarray(down, np.float32))


def _depth(anatomy: Anatomy, u: Soft, v: Soft) -> Soft:
    nose_u, nose_v = anatomy.face.inside(np.array([anatomy.nose_x], np.float32), np.array([anatomy.nose_y], np.float32))
    radius = (u / np.float32(RADII[0])) ** 2 + ((v - np.float32(0.10)) / np.float32(RADII[1])) ** 2
    nose = ((u - nose_u) ** 2 + (v - nose_v) ** 2) / np.float32(2.0 * NOSE[1] ** 2)
    return np.asarray(np.float32(DEPTH) * np.exp(-np.float32(ROUNDNESS) * radius) + NOSE[0] * np.exp(-nose), np.float32)


def _allowed_yaw(anatomy: Anatomy, yaw: float) -> float:
    """A face that looks aside already can turn back freely, but hardly any further."""
    if yaw * anatomy.turned <= 0.0:
        return yaw
    return yaw * max(0.15, 1.0 - abs(anatomy.turned) / FURTHER)


def _smooth(t: Soft) -> Soft:
    return np.asarray(smooth(t.clip(0.0, 1.0)), np.float32)


def _in_world(anatomy: Anatomy, right: Soft, down: Soft) -> tuple[Soft, Soft]:
    face = anatomy.face
    cos, sin, unit = np.float32(face.cos), np.float32(face.sin), np.float32(face.unit)
    return unit * (right * cos - down * sin), unit * (right * sin + down * cos)
