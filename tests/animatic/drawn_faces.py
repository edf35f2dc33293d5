"""Heads drawn in code that a real detector takes for faces: for tests, and for looking at more than one person."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Colour = tuple[float, ...]
Canvas = npt.NDArray[np.float32]
SHIFT = 4  # fractional bits of OpenCV's drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a drawn person looks like; colours are blue, green, red."""

    skin: Colour = (150, 180, 225)
    hair: Colour = (40, 60, 90)
    iris: Colour = (90, 110, 70)
    shirt: Colour = (120, 80, 60)
    wall: Colour = (190, 185, 175)
    long_hair: bool = False
    beard: bool = False
    spectacles: bool = False
    open_mouth: bool = False
    narrow: float = 1.0


PEOPLE = {
    "fair": Head(),
    "dark": Head(skin=(60, 85, 130), hair=(25, 22, 22), iris=(30, 40, 60), shirt=(60, 60, 170)),
    "long hair": Head(skin=(140, 165, 215), hair=(50, 110, 170), iris=(150, 120, 60), long_hair=True, narrow=0.93),
    "beard": Head(skin=(120, 150, 200), hair=(45, 45, 50), beard=True, narrow=1.06, wall=(120, 140, 110)),
    "spectacles": Head(skin=(155, 180, 220), hair=(150, 150, 155), spectacles=True, shirt=(70, 110, 60)),
    "laughing": Head(skin=(95, 125, 180), hair=(30, 30, 40), open_mouth=True, wall=(90, 120, 170)),
}


def portrait(head: Head, *, width: int = 480, height: int = 600) -> Image.Image:
    """Return the person from the chest up, the head a third of the picture's height."""
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = head.wall
    canvas *= np.linspace(1.06, 0.86, height, dtype=np.float32)[:, None, None]
    draw(canvas, head, x=width / 2, y=height * 0.42, unit=height * 0.17)
    grain = np.random.default_rng(3).normal(0.0, 2.0, canvas.shape)
    return Image.fromarray((canvas + grain).clip(0, 255).astype(np.uint8)[:, :, ::-1])


def far_off(head: Head, *, size: tuple[int, int], place: tuple[int, int], unit: int) -> npt.NDArray[np.uint8]:
    """Return pixels (blue, green, red) of a small person in a wide, plain picture."""
    whole = np.full((size[1], size[0], 3), (150, 170, 160), np.uint8)
    piece = np.full((8 * unit, 6 * unit, 3), (150, 170, 160), np.float32)
    draw(piece, head, x=3 * unit, y=3 * unit, unit=unit)
    left, top = place[0] - 3 * unit, place[1] - 3 * unit
    part = whole[top : top + 8 * unit, left : left + 6 * unit]
    part[:] = piece[: part.shape[0], : part.shape[1]].clip(0, 255)
    return whole


def draw(canvas: Canvas, head: Head, *, x: float, y: float, unit: float) -> None:
    """Draw a person with the middle of the face at (x, y); `unit` is half of the face's height."""
    wide = 0.76 * unit * head.narrow
    dark = tuple(0.82 * c for c in head.skin)
    if head.long_hair:
        _oval(canvas, (x, y + 0.35 * unit), (1.28 * wide, 1.55 * unit), head.hair)
    _oval(canvas, (x, y + 2.75 * unit), (2.2 * wide, 1.35 * unit), head.shirt)
    _oval(canvas, (x, y + 1.15 * unit), (0.52 * wide, 0.55 * unit), dark)
    _oval(canvas, (x, y - 0.28 * unit), (1.13 * wide, 1.02 * unit), head.hair)
    for side in (-1, 1):
        _oval(canvas, (x + side * 1.02 * wide, y + 0.05 * unit), (0.13 * wide, 0.22 * unit), dark)
    _ball(canvas, (x, y), (wide, unit), head.skin)
    _oval(canvas, (x, y - 0.80 * unit), (0.93 * wide, 0.30 * unit), head.hair, soft=0.05 * unit)
    if head.beard:
        _beard(canvas, head, (x, y), (wide, unit))
    for side in (-1, 1):
        _eye(canvas, head, x + side * 0.40 * wide, y - 0.10 * unit, 0.23 * wide)
        _stroke(
            canvas,
            [(x + side * (0.40 + d) * wide, y - (0.37 - 0.5 * d * d) * unit) for d in (-0.2, 0.0, 0.2)],
            0.055 * unit,
            tuple(0.8 * c for c in head.hair),
        )
    _nose(canvas, head, (x, y), (wide, unit))
    _mouth(canvas, head, x, y + 0.52 * unit, 0.36 * wide)
    if head.spectacles:
        _spectacles(canvas, x, y - 0.08 * unit, wide)


def _oval(
    canvas: Canvas, place: tuple[float, float], size: tuple[float, float], colour: Colour, *, soft: float = 1.0
) -> None:
    (x, y), (a, b) = place, size
    rows, columns = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32)
    radius = np.hypot((columns - x) / a, (rows - y) / b)
    cover = ((1.0 - radius) * min(a, b) / soft + 0.5).clip(0.0, 1.0)[:, :, None]
    canvas += cover * (np.array(colour, np.float32) - canvas)


def _ball(canvas: Canvas, place: tuple[float, float], size: tuple[float, float], colour: Colour) -> None:
    """An oval, narrower towards the chin, lit from the upper left."""
    (x, y), (a, b) = place, size
    rows, columns = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32)
    v = (rows - y) / b
    u = (columns - x) / (a * (1.0 - 0.16 * v.clip(0.0, 1.0) ** 2))
    radius = np.hypot(u, v)
    cover = ((1.0 - radius) * a + 0.5).clip(0.0, 1.0)[:, :, None]
    light = 1.08 - 0.24 * (radius.clip(0.0, 1.0) ** 3) - 0.07 * u - 0.05 * v
    for side in (-1, 1):
        light += 0.03 * np.exp(-(((u - side * 0.5) / 0.25) ** 2) - (((v - 0.25) / 0.2) ** 2))
        light -= 0.10 * np.exp(-(((u - side * 0.40) / 0.30) ** 2) - (((v + 0.15) / 0.14) ** 2))
    canvas += cover * (np.array(colour, np.float32) * light[:, :, None] - canvas)


def _stroke(canvas: Canvas, places: list[tuple[float, float]], thickness: float, colour: Colour) -> None:
    mask = np.zeros(canvas.shape[:2], np.uint8)
    t = np.linspace(0.0, 1.0, 24)[:, None]
    one, two, three = (np.array(p) for p in places)
    curve = (1 - t) ** 2 * one + 2 * t * (1 - t) * (2 * two - (one + three) / 2) + t**2 * three
    points = np.round(curve * 2**SHIFT).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(
        mask, [points], isClosed=False, color=255, thickness=max(1, round(thickness)), lineType=cv2.LINE_AA, shift=SHIFT
    )
    cover = cv2.GaussianBlur(mask, (0, 0), max(0.4, thickness / 8)).astype(np.float32)[:, :, None] / 255
    canvas += cover * (np.array(colour, np.float32) - canvas)


def _eye(canvas: Canvas, head: Head, x: float, y: float, half: float) -> None:
    inside = canvas.copy()
    _oval(inside, (x, y), (half * 1.4, half), (228, 232, 235))
    _oval(inside, (x, y - 0.03 * half), (0.44 * half, 0.44 * half), head.iris, soft=1.5)
    _oval(inside, (x, y - 0.03 * half), (0.19 * half, 0.19 * half), (15, 12, 12))
    _oval(inside, (x - 0.14 * half, y - 0.18 * half), (0.09 * half, 0.09 * half), (255, 255, 255))
    rows, columns = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32)
    hump = (1.0 - ((columns - x) / half) ** 2).clip(0.0, 1.0)
    above, below = rows - (y - 0.42 * half * hump), (y + 0.30 * half * hump) - rows
    cover = np.minimum(above + 0.5, below + 0.5).clip(0.0, 1.0)[:, :, None]
    canvas += cover * (inside - canvas)
    _stroke(canvas, [(x - half, y), (x, y - 0.44 * half), (x + half, y)], 0.10 * half, (30, 28, 30))
    _stroke(
        canvas,
        [(x - 0.9 * half, y - 0.32 * half), (x, y - 0.72 * half), (x + 0.9 * half, y - 0.30 * half)],
        0.05 * half,
        tuple(0.68 * c for c in head.skin),
    )


def _nose(canvas: Canvas, head: Head, place: tuple[float, float], size: tuple[float, float]) -> None:
    (x, y), (wide, unit) = place, size
    shade, light = tuple(0.72 * c for c in head.skin), tuple(min(255.0, 1.1 * c) for c in head.skin)
    _stroke(canvas, [(x, y - 0.15 * unit), (x, y + 0.05 * unit), (x, y + 0.22 * unit)], 0.08 * wide, light)
    for side in (-1, 1):
        _oval(
            canvas,
            (x + side * 0.10 * wide, y + 0.28 * unit),
            (0.055 * wide, 0.03 * unit),
            tuple(0.35 * c for c in head.skin),
            soft=2.0,
        )
        _stroke(
            canvas,
            [
                (x + side * 0.17 * wide, y + 0.20 * unit),
                (x + side * 0.21 * wide, y + 0.26 * unit),
                (x + side * 0.14 * wide, y + 0.31 * unit),
            ],
            0.03 * wide,
            shade,
        )


def _mouth(canvas: Canvas, head: Head, x: float, y: float, half: float) -> None:
    lip = (0.62 * head.skin[0], 0.58 * head.skin[1], 0.86 * head.skin[2])
    _oval(
        canvas, (x, y + 0.05 * half), (0.98 * half, 0.30 * half if not head.open_mouth else 0.50 * half), lip, soft=2.0
    )
    if head.open_mouth:
        _oval(canvas, (x, y + 0.06 * half), (0.80 * half, 0.32 * half), (30, 24, 60), soft=1.5)
        _oval(canvas, (x, y - 0.04 * half), (0.68 * half, 0.18 * half), (215, 225, 232), soft=1.5)
        return
    _stroke(
        canvas,
        [(x - half, y - 0.02 * half), (x, y + 0.06 * half), (x + half, y - 0.02 * half)],
        0.07 * half,
        tuple(0.35 * c for c in head.skin),
    )


def _beard(canvas: Canvas, head: Head, place: tuple[float, float], size: tuple[float, float]) -> None:
    (x, y), (wide, unit) = place, size
    before = canvas.copy()
    _oval(canvas, (x, y + 0.62 * unit), (0.80 * wide, 0.44 * unit), head.hair, soft=0.12 * unit)
    rows, columns = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32)
    inside = (np.hypot((columns - x) / wide, (rows - y) / unit) < 1.0)[:, :, None]
    canvas[:] = np.where(inside, 0.75 * canvas + 0.25 * before, before)


def _spectacles(canvas: Canvas, x: float, y: float, wide: float) -> None:
    mask = np.zeros(canvas.shape[:2], np.uint8)

    def at(u: float, v: float) -> tuple[int, int]:
        return round((x + u * wide) * 2**SHIFT), round((y + v * wide) * 2**SHIFT)

    thickness = max(2, round(0.05 * wide))
    for side in (-1, 1):
        axes = (round(0.31 * wide * 2**SHIFT), round(0.25 * wide * 2**SHIFT))
        cv2.ellipse(mask, at(0.41 * side, 0.02), axes, 0, 0, 360, 255, thickness, cv2.LINE_AA, SHIFT)
        cv2.line(mask, at(0.72 * side, -0.02), at(1.0 * side, -0.06), 255, thickness, cv2.LINE_AA, SHIFT)
    cv2.line(mask, at(-0.11, -0.03), at(0.11, -0.03), 255, thickness, cv2.LINE_AA, SHIFT)
    cover = mask.astype(np.float32)[:, :, None] / 255
    canvas += cover * (np.array((35, 30, 30), np.float32) - canvas)
