"""Straight lines through pairs of numbers: slope, correlation, and how far behind a change of tempo somebody plays.

Plain Python; rows run beside each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """Least-squares line of y on x."""

    slope: float
    correlation: float | None
    """Pearson's r; None where y does not vary."""


class Tracking(NamedTuple):
    """How a player's intervals follow the pulse's where the tempo changes."""

    lag_beats: float | None
    """0: with the change; 1: the interval of one beat before is played; below 0: ahead of it."""
    prediction_tracking_ratio: float | None
    """Correlation with the pulse's interval over that with its one before; only where the tempo goes there and back."""


def line(xs: Sequence[float], ys: Sequence[float]) -> Line | None:
    """The line of ``ys`` on ``xs``; None under three pairs or where x does not vary."""
    if len(xs) < 3:
        return None
    a, b = _centred(xs), _centred(ys)
    xx, yy, xy = (_dot(p, q) for p, q in ((a, a), (b, b), (a, b)))
    if not xx > 0:
        return None
    return Line(xy / xx, xy / math.sqrt(xx * yy) if yy > 0 else None)


def tracking(
    own: Sequence[float], pulse: Sequence[float], before: Sequence[float], there_and_back: bool
) -> Tracking:
    """Of ``own`` intervals beside the pulse's and the pulse's ``before`` each (one unit, n >= 5; else nothing).

    The lag L is the least-squares fit of ``own = pulse + L (before - pulse)``.  The ratio: Rankin, Large & Fink
    2009, *Music Perception* 26; Pecenka & Keller 2011, *Experimental Brain Research* 211; a straight ramp cannot tell
    prediction from tracking.
    """
    steps = [b - p for b, p in zip(before, pulse, strict=True)]
    squares = _dot(steps, steps)
    if len(own) < 5 or not squares > 0:
        return Tracking(None, None)
    away = [o - p for o, p in zip(own, pulse, strict=True)]
    lag = _dot(away, steps) / squares
    if not there_and_back:
        return Tracking(lag, None)
    now, late = line(pulse, own), line(before, own)
    if now is None or late is None or now.correlation is None or not (late.correlation or 0.0) > 0:
        return Tracking(lag, None)
    return Tracking(lag, now.correlation / (late.correlation or 1.0))


def _centred(xs: Sequence[float]) -> list[float]:
    centre = math.fsum(xs) / len(xs)
    return [x - centre for x in xs]


def _dot(xs: Sequence[float], ys: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(xs, ys, strict=True))
