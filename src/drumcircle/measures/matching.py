"""Which hit belongs to which judged point.

A hit belongs to its nearest grid point, to the earlier of two equally near.  Of several hits on one point the
nearest is matched, the earlier of two equally near, and the others are *extra*.  A point between the first and
the last matched one that has no hit is *missed*.  A hit more than half an interval beyond either end of the grid
is *outside* and belongs to nothing.  Where onsets come with a beat number, that assignment stands as it is.

Sorting apart, the work is linear: a million hits take a fraction of a second.  Times are ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drumcircle.measures.grids import Grid
from drumcircle.measures.rows import Floats, Ints, floats, numbers


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """One player's hits on the judged grid.

    The first six rows have shape (n,) and run beside each other in the order of the grid.
    """

    hits: Ints
    """Which of the times given."""
    points: Ints
    """Which point of the grid."""
    times_ms: Floats
    asynchronies_ms: Floats
    """Hit minus grid point: negative is early."""
    spacings_ms: Floats
    periods_ms: Floats
    extra: Ints
    """Which of the times given have no point of their own."""
    outside: Ints
    """Which of the times given lie beyond the grid."""
    missed: int
    """Points without a hit from the first matched one to the last."""


def in_stretch(times_ms: ArrayLike, from_ms: float = -math.inf, to_ms: float = math.inf) -> NDArray[np.bool_]:
    """Which times lie in the half-open stretch from ``from_ms`` up to, not with, ``to_ms``; shape (n,).

    >>> in_stretch([0, 500, 1000], 0, 1000).tolist()
    [True, True, False]
    """
    times = floats(times_ms, "times_ms")
    return (times >= from_ms) & (times < to_ms)


def match(times_ms: ArrayLike, grid: Grid, beats: ArrayLike | None = None) -> Matched:
    """Match hits, (n,) in any order, to the points of a grid.

    ``beats`` (n,): the beat each hit was assigned to by whoever made the recording (a row of the beats the grid
    was made from); then nothing is outside, and nearness only settles two hits on one beat.

    >>> from drumcircle.measures.grids import steady_grid
    >>> found = match([-40, 470, 510, 1960], steady_grid(120, 0, 2000))
    >>> found.asynchronies_ms.tolist(), found.extra.tolist(), found.missed
    ([-40.0, 10.0, -40.0], [1], 2)

    Raises:
        ValueError: a time that is not finite, beats of another length or not on the grid.
    """
    times = floats(times_ms, "times_ms")
    points = _nearest(times, grid) if beats is None else _on_beats(times.size, beats, grid)
    outside = _outside(times, grid) if beats is None else np.zeros(times.size, dtype=bool)
    hits = np.flatnonzero(~outside)
    distance = np.abs(times[hits] - grid.points_ms[points[hits]])
    kept = _one_a_point(points[hits], distance, times[hits])
    chosen = hits[kept]
    lone = np.ones(times.size, dtype=bool)
    lone[chosen] = lone[outside] = False
    matched = points[chosen]
    return Matched(
        hits=chosen,
        points=matched,
        times_ms=times[chosen],
        asynchronies_ms=times[chosen] - grid.points_ms[matched],
        spacings_ms=grid.spacings_ms[matched],
        periods_ms=grid.periods_ms[matched],
        extra=np.flatnonzero(lone),
        outside=np.flatnonzero(outside),
        missed=int(matched[-1] - matched[0]) + 1 - matched.size if matched.size else 0,
    )


def _nearest(times: Floats, grid: Grid) -> Ints:
    after = np.clip(np.searchsorted(grid.points_ms, times), 1, grid.points_ms.size - 1)
    before = after - 1
    late = times - grid.points_ms[before]
    early = grid.points_ms[after] - times
    return np.where(late <= early, before, after)


def _outside(times: Floats, grid: Grid) -> NDArray[np.bool_]:
    first = grid.points_ms[0] - grid.spacings_ms[0] / 2
    last = grid.points_ms[-1] + grid.spacings_ms[-1] / 2
    outside: NDArray[np.bool_] = (times < first) | (times > last)
    return outside


def _on_beats(n: int, beats: ArrayLike, grid: Grid) -> Ints:
    wanted = numbers(beats, n, "beats")
    points = np.minimum(np.searchsorted(grid.beats, wanted), grid.beats.size - 1)
    astray = np.flatnonzero(grid.beats[points] != wanted)
    if astray.size:
        raise ValueError(f"beat {wanted[astray[0]]} of hit {astray[0]} is not on the grid")
    return points


def _one_a_point(points: Ints, distance: Floats, times: Floats) -> Ints:
    """Which hits stand for their points, in order of the grid."""
    if points.size < 2 or np.all(points[1:] > points[:-1]):
        return np.arange(points.size)
    order = np.lexsort((times, distance, points))
    ranked = points[order]
    first = np.append(True, ranked[1:] != ranked[:-1])
    kept: Ints = order[first]
    return kept
