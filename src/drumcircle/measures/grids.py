"""The judged grid: the points a player's hits are compared with.

A pulse is a row of beats.  A player's judged grid divides each beat into ``subdivision`` equal parts, or takes
every k-th beat where ``subdivision`` is 1/k.  Where beats vary, the interval that belongs to a point is the one
*to the next*; the last point has no next and takes the interval before it.  Times are ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from drumcircle.measures.rows import Floats, rising

_MOST_POINTS = 50_000_000  # 400 MB a column: more is a slip of units, not a pulse


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Judged points in order; four rows of shape (m,) beside each other."""

    points_ms: Floats
    spacings_ms: Floats
    """From each judged point to the next."""
    periods_ms: Floats
    """The beat period there."""
    beats: Floats
    """Where each point lies, counted in beats of the pulse."""


def grid(beats_ms: ArrayLike, subdivision: float = 1.0) -> Grid:
    """The judged grid of a pulse given beat by beat.

    ``beats_ms``: (b,) rising, b >= 2.  ``subdivision``: judged points a beat, a whole number, or 1/k for every
    k-th beat counted from the first.  No point lies after the last beat.

    >>> grid([0, 500, 1100], subdivision=2).points_ms.tolist()
    [0.0, 250.0, 500.0, 800.0, 1100.0]

    Raises:
        ValueError: fewer than two beats (or than two judged points), beats that do not rise, another subdivision.
    """
    beats = rising(beats_ms, "beats_ms")
    if beats.size < 2:
        raise ValueError("a pulse needs at least two beats")
    parts, step = _whole(subdivision)
    if step > 1:
        return _of_whole_beats(beats, step)
    periods = np.append(np.diff(beats), beats[-1] - beats[-2])
    share = np.arange(parts) / parts
    last = beats.size * parts - parts + 1
    return Grid(
        points_ms=(beats[:, None] + periods[:, None] * share).reshape(-1)[:last],
        spacings_ms=np.repeat(periods / parts, parts)[:last],
        periods_ms=np.repeat(periods, parts)[:last],
        beats=np.arange(last) / parts,
    )


def steady_grid(
    bpm: float,
    start_ms: float,
    last_ms: float,
    subdivision: float = 1.0,
    first_ms: float | None = None,
) -> Grid:
    """The judged grid of a pulse without end: beat 0 at ``start_ms``, ``bpm`` beats a minute.

    It reaches at least one judged interval past ``last_ms``.  With ``first_ms`` (a hit, say) the points long
    before it are left out; beat numbers stay.

    >>> steady_grid(120, 0, 900, subdivision=2).beats.tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0]

    Raises:
        ValueError: a tempo that is not above 0, another subdivision, or more points than a machine should hold.
    """
    if not (math.isfinite(bpm) and bpm > 0):
        raise ValueError(f"a pulse needs a tempo above 0 BPM, not {bpm!r}")
    parts, step = _whole(subdivision)
    period = 60_000.0 / bpm
    spacing = period * step / parts
    first = 0 if first_ms is None else max(math.floor((first_ms - start_ms) / spacing) - 1, 0)
    count = max(math.ceil((last_ms - start_ms) / spacing) + 1 - first, 2)
    if count > _MOST_POINTS:
        raise ValueError(f"{count} points from {start_ms} to {last_ms} ms: are these times in ms?")
    index = np.arange(first, first + count, dtype=np.float64)
    return Grid(
        points_ms=start_ms + index * spacing,
        spacings_ms=np.full(count, spacing),
        periods_ms=np.full(count, period),
        beats=index * step / parts,
    )


def _of_whole_beats(beats: Floats, step: int) -> Grid:
    points = beats[::step]
    if points.size < 2:
        raise ValueError(f"{beats.size} beats hold fewer than two judged points, one every {step} beats")
    steps = np.diff(points)
    return Grid(
        points_ms=points,
        spacings_ms=np.append(steps, steps[-1]),
        periods_ms=np.append(np.diff(beats), beats[-1] - beats[-2])[::step],
        beats=np.arange(0, beats.size, step, dtype=np.float64),
    )


def _whole(subdivision: float) -> tuple[int, int]:
    """(parts of a beat, beats a point): one of them is 1."""
    parts, step = round(subdivision), round(1 / subdivision) if subdivision > 0 else 0
    if parts >= 1 and math.isclose(parts, subdivision):
        return parts, 1
    if step >= 1 and math.isclose(1 / step, subdivision):
        return 1, step
    raise ValueError(f"a judged grid divides a beat, or takes every k-th: {subdivision!r} does neither")
