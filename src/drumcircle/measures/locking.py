"""When a player is *in lock* with the pulse, and for how long.

Lock is eight successive windows, each one point on, of 16 judged points of which at least 12 were played, with a
resultant length of .8 or more on the judged grid and a drift of the asynchrony of at most .5 % of the interval a
point.  (One window of eight points with R >= .8 is passed by chance by 30 % of random players, and by everyone 3 %
off the tempo.)  Drift is the least-squares slope of the phases around the window's own mean direction, so that a
player who keeps to the off-beat does not seem to jump.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from drumcircle.measures.asynchronies import phases
from drumcircle.measures.matching import Matched
from drumcircle.measures.rows import Floats, Ints, beside, floats, numbers

WINDOW = 16
PLAYED = 12
SUCCESSIVE = 8
LEAST_R = 0.8
MOST_DRIFT = 0.005
_AT_ONCE = 65_536  # windows: keeps a long session's drift in 20 MB


@dataclass(frozen=True, slots=True)
class Lock:
    """When lock was reached and the longest it was kept."""

    time_to_lock_s: float | None
    """From the first judged point to the last of the eighth window: the moment lock is certain."""
    held_s: float | None
    """From the first to the last point of the longest run of such windows."""
    points_to_lock: int | None
    """Judged points up to that moment, the first one included."""
    why_not: dict[str, str] = field(default_factory=dict)


def lock(points: ArrayLike, asynchronies_ms: ArrayLike, spacings_ms: ArrayLike, times_ms: ArrayLike) -> Lock:
    """Lock of one player.

    ``points`` (n,): numbers of the judged points hit, rising; what lies between is missed.  ``asynchronies_ms`` and
    ``times_ms`` (n,) of the hits, ``spacings_ms`` of the judged grid, one number or (n,).

    >>> import numpy as np
    >>> steady = lock(np.arange(60), np.zeros(60), 500, np.arange(60) * 500)
    >>> steady.time_to_lock_s, steady.held_s, steady.points_to_lock
    (11.0, 29.5, 23)

    Raises:
        ValueError: rows of unequal length, points that do not rise, a spacing that is not above 0.
    """
    a, times = floats(asynchronies_ms, "asynchronies_ms"), floats(times_ms, "times_ms")
    number = numbers(points, a.size, "points")
    if times.size != a.size or np.any(np.diff(number) <= 0):
        raise ValueError("lock needs one time a hit, and points that rise")
    theta = phases(a, beside(spacings_ms, a.size, "spacings_ms"))
    place = _places(number)
    runs = _runs(_steady_windows(place, theta))
    if not runs:
        return _never(place)
    return _locked(runs, place, times - a)


def matched_lock(matched: Matched) -> Lock:
    """:func:`lock` of hits matched to a grid."""
    return lock(matched.points, matched.asynchronies_ms, matched.spacings_ms, matched.times_ms)


def _places(number: Ints) -> Ints:
    """Where each point lies in the row of windows; a gap no window survives is cut to one window."""
    steps = np.minimum(np.diff(number), WINDOW)
    return np.concatenate([np.zeros(min(number.size, 1), dtype=np.int64), np.cumsum(steps)])


def _steady_windows(place: Ints, theta: Floats) -> NDArray[np.bool_]:
    """For each window, by the place of its first point: does it count towards lock?"""
    length = int(place[-1]) + 1 if place.size else 0
    if length < WINDOW:
        return np.zeros(0, dtype=bool)
    row = np.full(length, np.nan)
    row[place] = theta
    windows = sliding_window_view(row, WINDOW)
    found = [_steady(windows[i : i + _AT_ONCE]) for i in range(0, windows.shape[0], _AT_ONCE)]
    return np.concatenate(found)


def _steady(windows: Floats) -> NDArray[np.bool_]:
    """Windows (w, 16) of phases, NaN where missed."""
    played = np.isfinite(windows)
    turns = np.where(played, np.exp(1j * np.nan_to_num(windows)), 0)
    sums, counts = turns.sum(axis=1), played.sum(axis=1)
    steady: NDArray[np.bool_] = (counts >= PLAYED) & (np.abs(sums) >= LEAST_R * counts)
    slopes = _slopes(turns[steady], sums[steady], played[steady])
    steady[steady] = np.abs(slopes) <= MOST_DRIFT * math.tau
    return steady


def _slopes(turns: NDArray[np.complex128], sums: NDArray[np.complex128], played: NDArray[np.bool_]) -> Floats:
    """Radians a point, around each window's mean direction."""
    away = np.where(played, np.angle(turns * sums.conj()[:, None]), 0.0)
    count = played.sum(axis=1)
    index = np.arange(WINDOW, dtype=np.float64)
    x = np.where(played, index - (played @ index / count)[:, None], 0.0)
    slopes: Floats = (x * away).sum(axis=1) / (x * x).sum(axis=1)
    return slopes


def _runs(steady: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first, last) window of every run of eight or more."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], steady, [False]]).astype(np.int8)))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(first, end - 1) for first, end in runs if end - first >= SUCCESSIVE]


def _locked(runs: list[tuple[int, int]], place: Ints, grid_ms: Floats) -> Lock:
    def time(at: int) -> float:
        return float(np.interp(at, place, grid_ms)) / 1000

    reached = runs[0][0] + SUCCESSIVE - 1 + WINDOW - 1
    return Lock(
        time_to_lock_s=time(reached) - time(0),
        held_s=max(time(last + WINDOW - 1) - time(first) for first, last in runs),
        points_to_lock=reached + 1,
    )


def _never(place: Ints) -> Lock:
    least = WINDOW + SUCCESSIVE - 1
    spanned = int(place[-1]) + 1 if place.size else 0
    why = "never in lock" if spanned >= least else f"lock needs {least} judged points; there are {spanned}"
    return Lock(None, None, None, dict.fromkeys(("time_to_lock_s", "held_s", "points_to_lock"), why))
