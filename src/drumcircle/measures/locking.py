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
from drumcircle.measures.steady import LEAST_R, MOST_DRIFT, PLAYED, SUCCESSIVE, WINDOW

_LONGEST_GAP = 2 * WINDOW + 1
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
    spacings = beside(spacings_ms, a.size, "spacings_ms")
    place = _places(number)
    first, last = _runs(_steady_windows(place, phases(a, spacings)))
    if not first.size:
        return _never(place)
    return _locked(first, last, *_timed(place, times - a, spacings))


def matched_lock(matched: Matched) -> Lock:
    """:func:`lock` of hits matched to a grid."""
    return lock(matched.points, matched.asynchronies_ms, matched.spacings_ms, matched.times_ms)


def _places(number: Ints) -> Ints:
    """Where each point lies in the row of windows; long silences, which no window survives, are cut short."""
    steps = np.minimum(np.diff(number), _LONGEST_GAP)
    return np.concatenate([np.zeros(min(number.size, 1), dtype=np.int64), np.cumsum(steps)])


def _timed(place: Ints, grid_ms: Floats, spacings: Floats) -> tuple[Ints, Floats]:
    """Places and their times, rising; a window of points before and after each gap that was cut keeps its pace."""
    cut = np.flatnonzero(np.diff(place) == _LONGEST_GAP)
    places = [place, place[cut] + WINDOW, place[cut + 1] - WINDOW]
    ends = [grid_ms, grid_ms[cut] + WINDOW * spacings[cut], grid_ms[cut + 1] - WINDOW * spacings[cut + 1]]
    order = np.argsort(np.concatenate(places))
    return np.concatenate(places)[order], np.concatenate(ends)[order]


def _steady_windows(place: Ints, theta: Floats) -> NDArray[np.bool_]:
    """For each window, by the place of its first point: does it count towards lock?"""
    length = int(place[-1]) + 1 if place.size else 0
    if length < WINDOW:
        return np.zeros(0, dtype=bool)
    row = np.full(length, np.nan)
    row[place] = theta
    played = np.isfinite(row)
    x, y = (_moving(np.where(played, turned(row), 0.0)) for turned in (np.cos, np.sin))
    count = _moving(played.astype(np.float64))
    steady: NDArray[np.bool_] = (count >= PLAYED) & (np.hypot(x, y) >= LEAST_R * count)
    candidates = np.flatnonzero(steady)
    centres = np.arctan2(y, x)
    for some in np.array_split(candidates, candidates.size // _AT_ONCE + 1):
        slopes = _slopes(sliding_window_view(row, WINDOW)[some], centres[some])
        steady[some] = np.abs(slopes) <= MOST_DRIFT * math.tau
    return steady


def _moving(row: Floats) -> Floats:
    """Sums over every window of a row."""
    sums = np.concatenate([[0.0], np.cumsum(row)])
    moving: Floats = sums[WINDOW:] - sums[:-WINDOW]
    return moving


def _slopes(windows: Floats, centres: Floats) -> Floats:
    """Radians a point in windows (w, 16) of phases, NaN where missed, around each one's mean direction (w,)."""
    played = np.isfinite(windows)
    away = windows - centres[:, None]
    away -= math.tau * np.rint(away / math.tau)
    index = np.arange(WINDOW, dtype=np.float64)
    x = index - (played @ index / played.sum(axis=1))[:, None]
    slopes: Floats = (x * np.where(played, away, 0.0)).sum(axis=1) / (x * x * played).sum(axis=1)
    return slopes


def _runs(steady: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """First and last window of every run of eight or more."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], steady, [False]]).astype(np.int8)))
    first, last = edges[::2], edges[1::2] - 1
    long = last - first + 1 >= SUCCESSIVE
    return first[long], last[long]


def _locked(first: Ints, last: Ints, place: Ints, grid_ms: Floats) -> Lock:
    reached = int(first[0]) + SUCCESSIVE - 1 + WINDOW - 1
    ends = np.interp([0, reached], place, grid_ms)
    held = np.interp(last + WINDOW - 1, place, grid_ms) - np.interp(first, place, grid_ms)
    return Lock(
        time_to_lock_s=float(ends[1] - ends[0]) / 1000,
        held_s=float(held.max()) / 1000,
        points_to_lock=reached + 1,
    )


def _never(place: Ints) -> Lock:
    least = WINDOW + SUCCESSIVE - 1
    spanned = int(place[-1]) + 1 if place.size else 0
    why = "never in lock" if spanned >= least else f"lock needs {least} judged points; there are {spanned}"
    return Lock(None, None, None, dict.fromkeys(("time_to_lock_s", "held_s", "points_to_lock"), why))
