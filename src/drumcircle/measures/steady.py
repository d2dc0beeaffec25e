"""Does a window of judged points count towards lock?  Plain Python; :mod:`.locking` does whole sessions.

The definition is one: eight successive windows, each one point on, of 16 judged points of which at least 12 were
played, with a resultant length of .8 or more on the judged grid and a drift of at most .5 % of the interval a point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

WINDOW = 16
PLAYED = 12
SUCCESSIVE = 8
LEAST_R = 0.8
MOST_DRIFT = 0.005


def steady_window(phases: Sequence[float | None]) -> bool:
    """Of :data:`WINDOW` judged points in order, either way: phases in radians on the grid, None where missed."""
    played = [(index, theta) for index, theta in enumerate(phases) if theta is not None]
    n = len(played)
    if n < PLAYED:
        return False
    x, y = (sum(turned(theta) for _, theta in played) for turned in (math.cos, math.sin))
    return math.hypot(x, y) >= LEAST_R * n and abs(_slope(played, math.atan2(y, x))) <= MOST_DRIFT * math.tau


def _slope(played: Sequence[tuple[int, float]], centre: float) -> float:
    """Radians a point, by least squares around the window's own mean direction."""
    middle = sum(index for index, _ in played) / len(played)
    away = [math.remainder(theta - centre, math.tau) for _, theta in played]
    across = sum((index - middle) * a for (index, _), a in zip(played, away, strict=True))
    return across / sum((index - middle) ** 2 for index, _ in played)
