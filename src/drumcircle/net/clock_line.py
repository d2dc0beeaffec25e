"""Lines through exchanges: a pad's offset and drift, and how sure they are.

With all four stamps an exchange's middle offset is wrong by half of the difference of its two ways, at most by
half of what its round trip exceeds the shortest one, beside a constant.  So short round trips count most.  With
the way there alone, the line lies under all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from operator import attrgetter

from drumcircle.core.events import MS, NS
from drumcircle.net.offset import LEAST_ONE_WAY, NEEDED

STEEPEST = 150e-6
"""Drift that no crystal has; a line is never steeper."""
USUAL = 50e-6
"""Deviation of crystals' drift: exchanges must tell against it."""
WANDER = 1e-6
"""How little is known of a drift however well it was measured: crystals follow the room's warmth."""
SHORTEST_SPAN = 5 * NS
"""Before exchanges span so much, they are taken to say nothing of the drift.  (With 10 s the largest error on good
Wi-Fi is 0.42 ms instead of 0.27; with less nothing is gained, for a doubtful drift is drawn to 0 anyway.)"""
FADING = 1 * MS
"""A round trip this much longer than the shortest counts half; on a quick network already one as long as those
of the shortest eighth."""
FINEST = MS // 20
"""No stamp is better than this."""
NOISE = MS // 5
"""Deviation of middle offsets, before any has been seen."""
HUBER = 1.345
"""In deviations: from here on a point's pull does not grow (95 % efficient on Gaussian noise; Huber 1964)."""
DEVIATION_OF_MEDIAN = 1.4826
"""A Gaussian's deviation over the median of its distances."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """What one exchange says: hub - pad in ns at a pad time, and the round trip if both ways are known."""

    pad_us: int
    offset: int
    trip: int = 0


Points = Sequence[tuple[float, float]]
"""(ns since, ns above) one sample: small enough for floats, however far pad times are from hub times."""


@dataclass(frozen=True, slots=True)
class Line:
    """hub - pad in ns over the pad's time."""

    at_us: int
    offset: int
    slope: float
    bias: int
    """What no number of exchanges can tell: half the shortest round trip."""
    variance: float
    slope_variance: float
    one_way: bool

    def offset_at(self, pad_us: int) -> int:
        """hub - pad then."""
        return self.offset + round(self.slope * (pad_us - self.at_us) * 1000)

    def pad_us(self, hub_ns: int) -> int:
        """Pad time of a moment in the hub's, ns."""
        at = self.at_us * 1000
        return (at + round((hub_ns - self.offset - at) / (1 + self.slope))) // 1000

    def fit_at(self, pad_us: int) -> int:
        """Two standard errors of the line itself then."""
        distance = (pad_us - self.at_us) * 1000
        return round(2 * sqrt(self.variance + self.slope_variance * distance * distance))

    def uncertainty_at(self, pad_us: int) -> int:
        """Half the width of where the offset must lie then."""
        return self.bias + self.fit_at(pad_us)


@dataclass(frozen=True, slots=True)
class _Fit:
    """A weighted line: y = level + slope (x - centre)."""

    centre: float
    level: float
    slope: float
    noise: float
    """Variance of a point of weight 1."""
    counting: float
    """As many equal points would be as sure."""
    spread: float
    """Variance of x."""


def line_through(samples: Iterable[Sample], before: Line | None) -> Line:
    """Through the half with the shortest round trips, by weight and Huber's rule; ``before`` gives the drift until
    they span enough to tell it.  There is at least one."""
    ordered = sorted(samples, key=attrgetter("trip"))
    best = ordered[: max(NEEDED, (len(ordered) + 1) // 2)]
    first, shortest = best[0], best[0].trip
    points = _beside(first, best)
    fading = min(FADING, max(FINEST, ordered[len(ordered) // 8].trip - shortest))
    weights = [1 / (1 + ((sample.trip - shortest) / fading) ** 2) for sample in best]
    told = _span(points) >= SHORTEST_SPAN
    known = before if before is not None and not before.one_way else None
    fit = _huber(points, weights, None if told else known.slope if known else 0.0)
    variance = fit.noise / fit.counting
    doubt = variance / (fit.spread + variance / USUAL**2) + WANDER**2
    return Line(
        at_us=first.pad_us + round(fit.centre / 1000),
        offset=first.offset + round(fit.level),
        slope=fit.slope,
        bias=shortest // 2,
        variance=variance,
        slope_variance=doubt if told else known.slope_variance if known else (STEEPEST / 2) ** 2,
        one_way=False,
    )


def line_under(samples: Sequence[Sample]) -> Line:
    """Under all ways there, as near to them as can be (the edge of their lower hull below their mean time: Moon,
    Skelly and Towsley 1999).  In order of pad time; there is at least one."""
    first = samples[0]
    points = _beside(first, samples)
    centre = sum(x for x, _ in points) / len(points)
    told = _span(points) >= SHORTEST_SPAN
    slope = _clipped(_slope_below(points, centre)) if told else 0.0
    heights = sorted(y - slope * (x - centre) for x, y in points)
    return Line(
        at_us=first.pad_us + round(centre / 1000),
        offset=first.offset + round(heights[0]),
        slope=slope,
        bias=max(round(heights[len(heights) // 2] - heights[0]), LEAST_ONE_WAY),
        variance=0.0,
        slope_variance=WANDER**2 if told else (STEEPEST / 2) ** 2,
        one_way=True,
    )


def _huber(points: Points, weights: Sequence[float], slope: float | None) -> _Fit:
    """The slope is found unless given; distant points pull no more than near ones."""
    pulls, noise = weights, float(NOISE) ** 2
    for _ in range(ROUNDS):
        fit, distances = _weighted(points, pulls, slope, noise)
        noise = fit.noise
        near = HUBER * max(DEVIATION_OF_MEDIAN * sorted(distances)[len(distances) // 2], FINEST)
        pulls = [w if d <= near else w * near / d for w, d in zip(weights, distances, strict=True)]
    return fit


def _weighted(
    points: Points, weights: Sequence[float], slope: float | None, noise: float
) -> tuple[_Fit, list[float]]:
    """Least squares, its slope drawn towards 0 as far as ``noise`` leaves it in doubt; all points' distances."""
    w_, wx, wy, wxx, wxy, ww = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for w, (x, y) in zip(weights, points, strict=True):
        w_ += w
        ww += w * w
        wx += w * x
        wy += w * y
        wxx += w * x * x
        wxy += w * x * y
    centre, level = wx / w_, wy / w_
    spread = wxx / w_ - centre * centre
    if slope is None:
        slope = _clipped((wxy / w_ - centre * level) / (spread + noise / w_ / USUAL**2))
    at_0 = level - slope * centre
    distances = [abs(y - at_0 - slope * x) for x, y in points]
    left = sum([w * d * d for w, d in zip(weights, distances, strict=True)]) / w_
    return _Fit(centre, level, slope, max(left, float(FINEST) ** 2), w_ * w_ / ww, spread), distances


def _slope_below(points: Points, centre: float) -> float:
    """Of the lower hull's edge at ``centre``."""
    hull: list[tuple[float, float]] = []
    for point in points:
        while len(hull) > 1 and _turns_down(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    (x0, y0), (x1, y1) = next(edge for edge in pairwise(hull) if edge[1][0] >= centre)
    return (y1 - y0) / (x1 - x0)


def _turns_down(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[1] - a[1]) * (c[0] - b[0]) >= (c[1] - b[1]) * (b[0] - a[0])


def _beside(first: Sample, samples: Iterable[Sample]) -> Points:
    return [((one.pad_us - first.pad_us) * 1e3, float(one.offset - first.offset)) for one in samples]


def _span(points: Points) -> float:
    return max(x for x, _ in points) - min(x for x, _ in points)


def _clipped(slope: float) -> float:
    return max(-STEEPEST, min(STEEPEST, slope))
