"""One player beside another who leads: how far behind, and who follows whom; plain Python.

The same definitions as :func:`drumcircle.measures.mutual_nearest`, :func:`~drumcircle.measures.pair_asynchrony` and
:func:`~drumcircle.measures.coupling` (without its surrogates, which a circle has no time for); the tests hold them to
each other.  Times are whole ns and rise.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

from drumcircle.measures.live import mean, sample_sd

ORDER = 3
FEWEST = 20
"""Intervals under which there is no correlation."""
NS_PER_MS = 1_000_000
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Beside:
    """One player's hits beside a leader's; ``None`` where there are too few."""

    n: int
    """Hits that are each other's nearest."""
    mean_asynchrony_ms: float | None
    """Player minus leader: above 0 is behind."""
    sd_asynchrony_ms: float | None
    mean_abs_asynchrony_ms: float | None
    lag_plus1: float | None
    """How far the player's next interval goes as the leader's does: the player follows."""
    lag_minus1: float | None
    """The other way round: the leader follows the player."""


def beside(leader_ns: Sequence[int], player_ns: Sequence[int]) -> Beside:
    """The player's asynchrony to the leader, and the correlations one interval apart.

    >>> found = beside([0, 500_000_000, 1_000_000_000], [20_000_000, 530_000_000, 1_010_000_000])
    >>> found.n, found.mean_asynchrony_ms
    (3, 20.0)
    """
    pairs = mutual_nearest(leader_ns, player_ns)
    off = [(player_ns[j] - leader_ns[i]) / NS_PER_MS for i, j in pairs]
    leads = [leader_ns[i] for i, _ in pairs]
    plus, minus = lags(leads, [player_ns[j] for _, j in pairs], numbered(leads))
    return Beside(len(off), mean(off), sample_sd(off), mean([abs(o) for o in off]), plus, minus)


def numbered(times: Sequence[int]) -> list[int]:
    """Hits as numbers on the player's own beat, the median interval, so that one left out leaves its place empty."""
    if len(times) < 2:
        return [0] * len(times)
    beat = max(1.0, median(b - a for a, b in pairwise(times)))
    return list(accumulate((max(1, round((b - a) / beat)) for a, b in pairwise(times)), initial=0))


def mutual_nearest(first: Sequence[int], second: Sequence[int]) -> list[tuple[int, int]]:
    """Positions of hits that are each other's nearest, within half the shorter of the two median intervals."""
    if len(first) < 2 or len(second) < 2:
        return []
    reach = min(median(b - a for a, b in pairwise(times)) for times in (first, second)) / 2
    to_second = [_nearest(time, second) for time in first]
    to_first = [_nearest(time, first) for time in second]
    return [
        (i, j) for i, j in enumerate(to_second) if to_first[j] == i and abs(first[i] - second[j]) <= reach
    ]


def lags(
    first: Sequence[int], second: Sequence[int], points: Sequence[int]
) -> tuple[float | None, float | None]:
    """(lag +1, lag -1) of two rows of times at shared, numbered points; above 0 at +1: the second follows the first."""
    if len(first) <= FEWEST:
        return None, None
    steps = [b - a for a, b in pairwise(points)]
    rows = [
        [(b - a) / step for (a, b), step in zip(pairwise(times), steps, strict=True)]
        for times in (first, second)
    ]
    x, y = (_whitened(row) for row in rows)
    if x is None or y is None:
        return None, None
    return _correlation(x[:-1], y[1:]), _correlation(x[1:], y[:-1])


def _nearest(time: int, times: Sequence[int]) -> int:
    at = bisect_left(times, time)
    if at == 0:
        return 0
    if at == len(times) or time - times[at - 1] <= times[at] - time:
        return at - 1
    return at


def _whitened(intervals: Sequence[float]) -> list[float] | None:
    """What an AR(3) fit cannot foretell of a row; None where it does not vary."""
    centre = math.fsum(intervals) / len(intervals)
    d = [interval - centre for interval in intervals]
    before = [[d[n - k - 1] for k in range(ORDER)] for n in range(ORDER, len(d))]
    after = d[ORDER:]
    normal = [[math.fsum(row[i] * row[j] for row in before) for j in range(ORDER)] for i in range(ORDER)]
    right = [
        math.fsum(row[i] * value for row, value in zip(before, after, strict=True)) for i in range(ORDER)
    ]
    fit = _solved(normal, right)
    if fit is None:
        return None
    rest = [
        value - math.fsum(c * b for c, b in zip(fit, row, strict=True))
        for row, value in zip(before, after, strict=True)
    ]
    most = max(abs(interval) for interval in intervals)
    return rest if (sample_sd(rest) or 0.0) > ROUNDING * max(most, 1e-300) else None


def _solved(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """Gauss with the largest pivot; None where the matrix has no inverse."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    least = ROUNDING**2 * max(abs(value) for row in matrix for value in row)
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        if not abs(rows[at][at]) > least:
            return None
        for below in range(at + 1, size):
            share = rows[below][at] / rows[at][at]
            rows[below] = [b - share * a for a, b in zip(rows[at], rows[below], strict=True)]
    found = [0.0] * size
    for at in reversed(range(size)):
        known = math.fsum(rows[at][k] * found[k] for k in range(at + 1, size))
        found[at] = (rows[at][size] - known) / rows[at][at]
    return found


def _correlation(x: Sequence[float], y: Sequence[float]) -> float | None:
    a, b = math.fsum(x) / len(x), math.fsum(y) / len(y)
    xx, yy = math.fsum((v - a) ** 2 for v in x), math.fsum((v - b) ** 2 for v in y)
    xy = math.fsum((v - a) * (w - b) for v, w in zip(x, y, strict=True))
    return xy / math.sqrt(xx * yy) if xx > 0 and yy > 0 else None
