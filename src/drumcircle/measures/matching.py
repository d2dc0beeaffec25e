"""Which hit belongs to which point of a steady grid.

A hit belongs to its nearest grid point, to the earlier of two equally near.  Of several hits on one point
the nearest is matched, the earlier of two equally near, and the others are *extra*.  Times are in any one
unit; whole numbers are matched exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Matching:
    """What came of matching a row of hits."""

    matched: tuple[tuple[int, int], ...]
    """(index of the hit, number of its grid point), in order of the grid."""
    extra: tuple[int, ...]
    """Indices of hits without a point of their own."""


def nearest_point(time: float, start: float, spacing: float) -> int:
    """Number of the grid point nearest to ``time``; point 0 lies at ``start``, points ``spacing`` apart."""
    point = math.floor((time - start) / spacing)
    below = time - (start + point * spacing)
    return point if below <= spacing - below else point + 1


def match(times: Sequence[float], start: float, spacing: float) -> Matching:
    """Match hits (any order; indices refer to it) to the points ``start + k * spacing``.

    Raises:
        ValueError: ``spacing`` is not positive.
    """
    if not spacing > 0:
        raise ValueError(f"a grid needs a spacing above 0, not {spacing!r}")
    best: dict[int, tuple[float, float, int]] = {}
    extra: list[int] = []
    for index, time in enumerate(times):
        point = nearest_point(time, start, spacing)
        rank = (abs(time - start - point * spacing), time, index)
        held = best.get(point)
        if held is None or rank < held:
            best[point] = rank
        if held is not None:
            extra.append(max(rank, held)[2])
    matched = tuple((best[point][2], point) for point in sorted(best))
    return Matching(matched, tuple(sorted(extra)))
