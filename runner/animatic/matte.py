"""Which share of each pixel is the person: from a blurred guess of a network to the hairs at the edge.

Four steps. The network's guess (256 x 256) is enlarged. A *guided filter* bends its edge onto the edges of the
picture: in every small window it is replaced by the linear function of the colours that fits it best, so alpha changes
where the colours change (He, Sun, Tang, "Guided Image Filtering", PAMI 2013, equations 19 to 21, the colour guide).
Where the guess leaves a gap in the person, what shows colours there that only the person has is theirs: hair beside a
neck. Last, in the band where both are mixed, alpha is read off the colours themselves: with hair colour F and
background colour B nearby known, the share of F that explains the pixel is its projection on the line from B to F.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from .easing import smooth
from .picture import Pixels, Soft

WORK: Final = 720  # pixels of the longer side: alpha is smooth enough to be enlarged from there
EPSILON: Final = 2e-3  # of the guided filter, in squared brightness: below this variance a window counts as flat
RISE: Final = (0.25, 0.85)  # alpha below the first is nothing, above the second all
FEWEST: Final = 0.06  # share of the picture below which the guess is taken for a failure
MOST: Final = 0.93  # and above which there is no background to speak of
HOLE: Final = 0.02  # of the picture: smaller holes in the person are filled
SURE: Final = 0.03  # an alpha this near to 0 or 1 is taken as known
APART: Final = (0.004, 0.04)  # squared distance of F and B at which the projection begins to be trusted, and is
TRUST: Final = 0.75
POCKET: Final = 0.14  # of the longer side: what a disc of this radius does not reach beside the person is a pocket
CLEAR: Final = 0.05  # of the longer side around person and pockets, that is not asked for the background's colours
SHADES: Final = 16  # steps of a colour channel, in which colours are counted
OWN: Final = 12.0  # times as frequent in the person as in the background: such a colour is the person's
COMMON: Final = 0.003  # share of the person, below which a colour says nothing
LEAST: Final = 0.002  # of the picture: less in a pocket is a chance likeness
NEXT: Final = 0.05  # of the longer side around what was found in a pocket: hair that hangs out of it


def matte(picture: Pixels, guess: Soft, *, inside: tuple[float, float]) -> Soft | None:
    """Return alpha in the picture's size, or None where the guess gives no usable person.

    `inside` is a place in pixels that surely belongs to the person: the nose. What does not hang together with it (a
    second person further off, a poster) is left to the background.
    """
    height, width = picture.shape[:2]
    ratio = min(1.0, WORK / max(height, width))
    size = (max(8, round(width * ratio)), max(8, round(height * ratio)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)
    rough = np.asarray(cv2.resize(guess, size, interpolation=cv2.INTER_CUBIC), np.float32).clip(0.0, 1.0)
    alpha = smoothstep(_guided(small, rough, radius=max(2, max(size) // 128)), *RISE)
    whole = _one_piece(alpha, (inside[0] * ratio, inside[1] * ratio))
    if whole is None or not FEWEST <= float(whole.mean()) <= MOST:
        return None
    refined = _hairs(small, _with_pockets(small, whole))
    return np.asarray(cv2.resize(refined, (width, height), interpolation=cv2.INTER_LINEAR), np.float32).clip(0.0, 1.0)


def smoothstep(values: Soft, low: float, high: float) -> Soft:
    """Return 0 below `low`, 1 above `high`, and the smooth cubic between."""
    t = ((values - np.float32(low)) / np.float32(high - low)).clip(0.0, 1.0)
    return np.asarray(smooth(t), np.float32)


def _guided(guide: Soft, values: Soft, *, radius: int) -> Soft:
    """The colour guided filter: q = mean(a) . I + mean(b), with (a, b) the best linear fit in each window."""
    colours = [np.ascontiguousarray(guide[:, :, i]) for i in range(3)]
    means = [_box(colour, radius) for colour in colours]
    mean_values = _box(values, radius)
    cross = [_box(c * values, radius) - m * mean_values for c, m in zip(colours, means, strict=True)]
    pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    covariance = [_box(colours[i] * colours[j], radius) - means[i] * means[j] for i, j in pairs]
    for diagonal in (0, 3, 5):
        covariance[diagonal] += np.float32(EPSILON)
    slopes = _solved(covariance, cross)
    offset = mean_values - sum(slope * mean for slope, mean in zip(slopes, means, strict=True))
    fitted = sum(_box(slope, radius) * colour for slope, colour in zip(slopes, colours, strict=True))
    return np.asarray(fitted + _box(offset, radius), np.float32)


def _box(values: Soft, radius: int) -> Soft:
    return np.asarray(cv2.blur(values, (2 * radius + 1, 2 * radius + 1)), np.float32)


def _solved(matrix: Sequence[Soft], right: Sequence[Soft]) -> list[Soft]:
    """Solve a symmetric system of three at every pixel by Cramer's rule: much quicker than a general solver.

    The matrix is given by its six different entries, row by row.
    """
    a, b, c, d, e, f = matrix
    x, y, z = right
    minors = (d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b)
    determinant = a * minors[0] + b * minors[1] + c * minors[2]
    return [
        (minors[0] * x + minors[1] * y + minors[2] * z) / determinant,
        (minors[1] * x + minors[3] * y + minors[4] * z) / determinant,
        (minors[2] * x + minors[4] * y + minors[5] * z) / determinant,
    ]


def _one_piece(alpha: Soft, place: tuple[float, float]) -> Soft | None:
    """Keep the piece that holds the place, and fill its small holes."""
    _, pieces = cv2.connectedComponents((alpha > 0.5).astype(np.uint8))  # noqa: PLR2004 - more person than not
    x, y = (min(max(0, round(c)), n - 1) for c, n in zip(place, alpha.shape[::-1], strict=True))
    if pieces[y, x] == 0:
        return None
    person = (pieces == pieces[y, x]).astype(np.uint8)
    near = np.asarray(cv2.dilate(person, np.ones((9, 9), np.uint8)), np.float32)
    return np.asarray(np.maximum(alpha * near, _holes(person)), np.float32)


def _holes(person: npt.NDArray[np.uint8]) -> Soft:
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - person)
    filled = np.zeros(person.shape, np.float32)
    rows, columns = person.shape
    for i, (left, top, width, height, area) in enumerate(stats.tolist()):
        touches = left == 0 or top == 0 or left + width == columns or top + height == rows
        if i and not touches and area < HOLE * person.size:
            filled[pieces == i] = 1.0
    return filled


def _with_pockets(picture: Soft, alpha: Soft) -> Soft:
    """Give the person what fills a pocket in their colours: hair between neck and shoulder looks like a gap.

    Colours are counted in the person and in the background away from them; what that has, too, stays in the background.
    """
    size = max(alpha.shape)
    person = alpha > 0.5  # noqa: PLR2004 - more person than not
    closed = _closed(person, POCKET * size)
    far = _away(closed) > CLEAR * size
    if not far.any():
        return alpha
    steps = np.minimum((picture * np.float32(SHADES)).astype(np.int32), SHADES - 1)
    index = (steps[:, :, 0] * SHADES + steps[:, :, 1]) * SHADES + steps[:, :, 2]
    own, strange = (_frequency(index[part]) for part in (person, far))
    alike = cv2.medianBlur(((own > np.maximum(COMMON, OWN * strange))[index]).astype(np.uint8), 5)
    inside = cv2.morphologyEx(alike * (closed & ~person), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(inside)
    found = (inside > 0) & (stats[:, cv2.CC_STAT_AREA] > LEAST * person.size)[pieces]
    soft = np.asarray(cv2.GaussianBlur(alike.astype(np.float32), (0, 0), 1.0), np.float32)
    return np.where(_away(found) < NEXT * size, np.maximum(alpha, soft), alpha)


def _closed(person: npt.NDArray[np.bool_], radius: float) -> npt.NDArray[np.bool_]:
    """Return the person, and every place outside that no disc of the radius covers without touching the person."""
    margin = int(radius) + 2
    room = _away(np.pad(person, margin)) > radius
    return (_away(room) > radius)[margin:-margin, margin:-margin] | person


def _away(part: npt.NDArray[np.bool_]) -> Soft:
    """Return how many pixels each place is away from the part."""
    return np.asarray(cv2.distanceTransform((~part).astype(np.uint8), cv2.DIST_L2, 3), np.float32)


def _frequency(indices: npt.NDArray[np.int32]) -> Soft:
    """Return how often each colour occurs, those next to it counted with it."""
    counted = np.pad(np.bincount(indices, minlength=SHADES**3).reshape(SHADES, SHADES, SHADES), 1)
    for axis in range(3):
        counted = counted + np.roll(counted, 1, axis) + np.roll(counted, -1, axis)
    return np.asarray(counted[1:-1, 1:-1, 1:-1].ravel() / len(indices), np.float32)


def _hairs(picture: Soft, alpha: Soft) -> Soft:
    """Read alpha off the colours in the mixed band, as far as person and background differ there."""
    sigma = max(alpha.shape) / 50
    person = _near(picture, (alpha > 1.0 - SURE).astype(np.float32), sigma)
    behind = _near(picture, (alpha < SURE).astype(np.float32), sigma)
    across = person - behind
    apart = (across * across).sum(axis=2)
    share = (((picture - behind) * across).sum(axis=2) / np.maximum(apart, 1e-4)).clip(0.0, 1.0)
    band = cv2.GaussianBlur(((alpha > SURE) & (alpha < 1.0 - SURE)).astype(np.float32), (0, 0), max(alpha.shape) / 400)
    trust = smoothstep(apart, *APART) * np.minimum(1.0, 1.6 * np.asarray(band, np.float32)) * np.float32(TRUST)
    return np.asarray(alpha + trust * (share - alpha), np.float32)


def _near(picture: Soft, known: Soft, sigma: float) -> Soft:
    """Return for every pixel the mean colour of the known pixels near it."""
    weight = np.asarray(cv2.GaussianBlur(known, (0, 0), sigma), np.float32)
    summed = np.asarray(cv2.GaussianBlur(picture * known[:, :, None], (0, 0), sigma), np.float32)
    return np.asarray(summed / np.maximum(weight, 1e-4)[:, :, None], np.float32)
