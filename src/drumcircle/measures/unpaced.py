"""Playing without a pulse: interval, variability, drift, clock and hand.  Plain Python, for the circle itself.

The definitions are those of :mod:`.interval`, which does whole arrays; only the intervals of confidence are left out.
A player's *own unit* is the median interval: intervals within ``UNIT`` of it are pooled, the others are counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from drumcircle.measures.live import mean, sample_sd

UNIT = (0.6, 1.6)
"""Of the median: between them an interval is one of the player's own unit."""
EXACT_SLOPES = 600
"""Rows up to which every pair of points gives a slope."""
FEWEST_WK = 6
ENOUGH_WK = 100
"""Intervals from which on the two variances are shown."""
_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Unpaced:
    """One player's unpaced intervals; None where a figure cannot be had, with the reason in ``why_not``."""

    iti_n: int
    iti_left_out: int
    """Intervals that are not of the player's own unit."""
    iti_mean_ms: float | None = None
    iti_sd_ms: float | None = None
    iti_cv: float | None = None
    tempo_bpm: float | None = None
    tempo_drift_percent_per_min: float | None = None
    lag1_autocorrelation: float | None = None
    motor_variance_ms2: float | None = None
    clock_variance_ms2: float | None = None
    why_not: dict[str, str] = field(default_factory=dict)


class Variances(NamedTuple):
    """Wing & Kristofferson 1973; ``why_not``: why there are none."""

    lag1: float | None
    motor: float | None
    clock: float | None
    why_not: str = ""


def unpaced(times_ns: Sequence[int]) -> Unpaced:
    """Figures of one player's hits (ns, ascending)."""
    gaps = [(b - a) / _NS_PER_MS for a, b in pairwise(times_ns)]
    if len(gaps) < 2:
        return Unpaced(len(gaps), 0, why_not={"iti_sd_ms": "needs three hits"})
    middle = median(gaps)
    own = [UNIT[0] * middle <= gap < UNIT[1] * middle for gap in gaps]
    pooled = [gap for gap, one in zip(gaps, own, strict=True) if one]
    at = [(b - times_ns[0]) / _NS_PER_MS for b, one in zip(times_ns[1:], own, strict=True) if one]
    average, spread = mean(pooled), sample_sd(pooled)
    split = variances(_longest_run(gaps, own))
    return Unpaced(
        iti_n=len(pooled),
        iti_left_out=len(gaps) - len(pooled),
        iti_mean_ms=average,
        iti_sd_ms=spread,
        iti_cv=spread / average if spread is not None and average else None,
        tempo_bpm=60_000 / middle if middle > 0 else None,
        tempo_drift_percent_per_min=_drift(at, pooled, middle),
        lag1_autocorrelation=split.lag1,
        motor_variance_ms2=split.motor,
        clock_variance_ms2=split.clock,
        why_not={"motor_variance_ms2": split.why_not} if split.why_not else {},
    )


def _drift(at: Sequence[float], gaps: Sequence[float], middle: float) -> float | None:
    """Percent of the tempo a minute; above 0: getting faster."""
    if len(gaps) < 3 or not middle > 0:
        return None
    slope = theil_sen(at, gaps)
    return None if slope is None else -slope / middle * 60_000 * 100


def _longest_run(gaps: Sequence[float], own: Sequence[bool]) -> list[float]:
    """The longest row of intervals of the player's own unit, one after the other; the first of equals."""
    first, last, start = 0, 0, 0
    for index, one in enumerate(own):
        if not one:
            start = index + 1
        elif index + 1 - start > last - first:
            first, last = start, index + 1
    return list(gaps[first:last])


def theil_sen(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """The median slope between all pairs of points, ``xs`` rising; None where there is no pair.

    Beyond 600 points equal runs of neighbours are first replaced by their medians.  Source: Sen 1968, *Journal of the
    American Statistical Association* 63.
    """
    if len(xs) > EXACT_SLOPES:
        xs, ys = _in_runs(xs), _in_runs(ys)
    slopes = [
        (ys[j] - ys[i]) / (xs[j] - xs[i])
        for j in range(len(xs))
        for i in range(j)
        if xs[j] != xs[i]
    ]  # fmt: skip
    return median(slopes) if slopes else None


def _in_runs(values: Sequence[float]) -> list[float]:
    length = -(-len(values) // EXACT_SLOPES)
    whole = len(values) // length * length
    return [median(values[at : at + length]) for at in range(0, whole, length)]


def variances(gaps: Sequence[float]) -> Variances:
    """Clock and motor variance (ms²) of consecutive unpaced intervals after a linear trend is removed.

    What removing the trend takes from variance and covariance is given back exactly; see :mod:`.interval`.
    """
    n = len(gaps)
    if n < ENOUGH_WK:
        return Variances(None, None, None, f"needs {ENOUGH_WK} intervals in a row; there are {n}")
    slanted = _slanted(n)
    rest = _without(gaps, slanted)
    if not math.fsum(r * r for r in rest) > (1e-9 * max(map(abs, gaps))) ** 2 * n:
        return Variances(None, None, None, "the intervals do not vary")
    own = math.fsum(r * r for r in rest)
    beside = math.fsum(a * b for a, b in pairwise(rest))
    variance, covariance = _moments(own, beside, slanted)
    lag1 = beside / own
    for found in (lag1, covariance / variance):
        if found > 0:
            return Variances(
                lag1,
                None,
                None,
                f"autocorrelation {found:.2f} is above 0: tempo wandered or a pulse was followed",
            )
        if found < -0.5:
            return Variances(
                lag1, None, None, f"autocorrelation {found:.2f} is below -.5: not a clock with a motor delay"
            )
    return Variances(lag1, -covariance, variance + 2 * covariance)


def _slanted(n: int) -> list[float]:
    """A straight line through 0 of length 1; with the constant row it spans all straight lines."""
    centred = [i - (n - 1) / 2 for i in range(n)]
    length = math.sqrt(math.fsum(c * c for c in centred))
    return [c / length for c in centred]


def _without(gaps: Sequence[float], slanted: Sequence[float]) -> list[float]:
    centre = math.fsum(gaps) / len(gaps)
    tilt = math.fsum(g * s for g, s in zip(gaps, slanted, strict=True))
    return [g - centre - tilt * s for g, s in zip(gaps, slanted, strict=True)]


def _moments(own: float, beside: float, slanted: Sequence[float]) -> tuple[float, float]:
    """Variance and lag-1 autocovariance from what removing a trend left of their sums."""
    n = len(slanted)
    basis = ([1 / math.sqrt(n)] * n, slanted)
    neighbours = [_neighbours(row) for row in basis]
    once = [
        [math.fsum(a * b for a, b in zip(row, near, strict=True)) for near in neighbours] for row in basis
    ]
    twice = math.fsum(x * x for row in neighbours for x in row)
    squared = math.fsum(once[i][j] * once[j][i] for i in range(2) for j in range(2))
    lost = -(once[0][0] + once[1][1])
    pairs = 2.0 * (n - 1) - 2 * twice + squared
    first, second, third, fourth = n - 2.0, lost, lost / 2, pairs / 2
    determinant = first * fourth - second * third
    return (own * fourth - second * beside) / determinant, (first * beside - third * own) / determinant


def _neighbours(row: Sequence[float]) -> list[float]:
    """Each item's two neighbours added."""
    n = len(row)
    return [(row[i - 1] if i else 0.0) + (row[i + 1] if i + 1 < n else 0.0) for i in range(n)]
