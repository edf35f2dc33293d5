"""A normal curve through values of which nobody knows more than between which two bounds each of them lies.

Expectation and maximisation in turns (Dempster, Laird and Rubin 1977, "Maximum likelihood from incomplete data"): each
value is taken for what it is in expectation, between its bounds and under the curve of the turn before.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, sqrt
from statistics import NormalDist, fmean
from typing import Final, NamedTuple

from ...values import dataclass

_STEPS: Final = 60  # of the fit; so many only where nearly all values lack an upper bound
_STILL: Final = 1e-5  # the fit ends when a step moves it by less
_NOISE: Final = 1e-9  # a chance so small that a quotient of two such is noise
_NORMAL: Final = NormalDist()


class Between(NamedTuple):
    """What is known of so many values: their bounds, equal ones where they are known, `high` infinite for none."""

    low: float
    high: float = inf
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What is believed before: a mean that weighs as much as so many values, and a deviation that weighs so many."""

    mu: float
    sigma: float
    mu_weight: float
    sigma_weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A normal curve, and what is to be expected of a value under it whose bounds are known."""

    mu: float
    sigma: float

    def expected(self, low: float, high: float) -> tuple[float, float]:
        """Return mean and variance of a value between these bounds."""
        if low >= high:
            return low, 0.0
        a, b = (low - self.mu) / self.sigma, (high - self.mu) / self.sigma
        inside = _inside(a, b)
        if inside < _NOISE:
            return min(max(self.mu, low), high), 0.0
        at_a, at_b = _NORMAL.pdf(a) / inside, _NORMAL.pdf(b) / inside
        shift = at_a - at_b
        moment = a * at_a - (b * at_b if isfinite(b) else 0.0)
        return self.mu + self.sigma * shift, self.sigma**2 * max(0.0, 1 + moment - shift**2)

    def drawn(self, low: float, high: float, chance: float) -> float:
        """Return the value between these bounds that has this chance, in (0, 1), to be undercut."""
        if low >= high:
            return low
        a, b = (low - self.mu) / self.sigma, (high - self.mu) / self.sigma
        inside = _inside(a, b)
        if inside < _NOISE:
            return min(max(self.mu, low), high)
        above = _NORMAL.cdf(-b) + inside * (1 - chance)  # of the curve, is above that value
        return min(max(self.mu - self.sigma * _NORMAL.inv_cdf(above), low), high)


def fitted(known: Sequence[Between], before: Belief) -> Normal:
    """Return the most likely curve.

    The mean that was believed before weighs less the more unlikely those values make it that have an upper bound.
    """
    curve = Normal(mu=before.mu, sigma=before.sigma)
    bounded = [curve.expected(each.low, each.high)[0] for each in known if isfinite(each.high)]
    curve = Normal(mu=fmean([before.mu, *bounded]), sigma=before.sigma)
    for _ in range(_STEPS):
        last, curve = curve, _step(curve, known, before, bounded=len(bounded))
        if max(abs(curve.mu - last.mu), abs(curve.sigma - last.sigma)) < _STILL:
            break
    return curve


def _step(curve: Normal, known: Sequence[Between], before: Belief, *, bounded: int) -> Normal:
    values = [(*curve.expected(each.low, each.high), each.weight) for each in known]
    count = sum(each.weight for each in known)
    mean = sum(x * weight for x, _, weight in values) / count
    trust = before.mu_weight / (1 + (mean - before.mu) ** 2 * bounded / (2 * curve.sigma) ** 2)
    mu = (trust * before.mu + count * mean) / (trust + count)
    squares = sum(((x - mu) ** 2 + rest) * weight for x, rest, weight in values)
    sigma = sqrt((before.sigma_weight * before.sigma**2 + squares) / (before.sigma_weight + count))
    return Normal(mu=mu, sigma=sigma)


def _inside(a: float, b: float) -> float:
    """Return the chance of a standard normal value between two; reckoned on the side where they are small."""
    return _NORMAL.cdf(b) - _NORMAL.cdf(a) if a < 0.0 else _NORMAL.cdf(-a) - _NORMAL.cdf(-b)
