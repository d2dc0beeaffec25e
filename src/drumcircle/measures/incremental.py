"""The live figures, kept up to date hit by hit at constant cost; plain Python.

Times are whole ns, and cosines and sines are kept as whole 2**-53rds: sums of whole numbers are exact, so what was
added and taken away again leaves nothing behind, however long a circle plays.
"""

from __future__ import annotations

import math
from bisect import insort

from drumcircle.measures.live import PlayerFigures, ppc, rayleigh

_ONE = 1 << 53
_NS_PER_MS = 1_000_000


JudgedHit = tuple[int, int, int, int, int]
"""A hit ready to be added and taken away: its asynchrony in ns, and its unit vectors on the judged grid and on the
beat period (x, y, x, y) in 2**-53rds."""


def judged_hit(asynchrony_ns: int, spacing_ns: int, period_ns: int) -> JudgedHit:
    """A hit ``asynchrony_ns`` from its point, where judged points are ``spacing_ns`` and beats ``period_ns`` apart."""
    turn = math.tau * asynchrony_ns
    grid, beat = turn / spacing_ns, turn / period_ns
    return (
        asynchrony_ns,
        int(math.cos(grid) * _ONE),
        int(math.sin(grid) * _ONE),
        int(math.cos(beat) * _ONE),
        int(math.sin(beat) * _ONE),
    )


class Sums:
    """All that a player's figures need of any number of hits; adding and taking away are exact."""

    __slots__ = ("_absolute", "_beat_x", "_beat_y", "_grid_x", "_grid_y", "_squares", "_total", "n")

    def __init__(self) -> None:
        self.n = 0
        self._total = self._squares = self._absolute = 0
        self._grid_x = self._grid_y = self._beat_x = self._beat_y = 0

    def add(self, hit: JudgedHit) -> None:
        """One more hit."""
        asynchrony, grid_x, grid_y, beat_x, beat_y = hit
        self.n += 1
        self._total += asynchrony
        self._squares += asynchrony * asynchrony
        self._absolute += abs(asynchrony)
        self._grid_x += grid_x
        self._grid_y += grid_y
        self._beat_x += beat_x
        self._beat_y += beat_y

    def remove(self, hit: JudgedHit) -> None:
        """One hit less; it must have been added."""
        asynchrony, grid_x, grid_y, beat_x, beat_y = hit
        self.n -= 1
        self._total -= asynchrony
        self._squares -= asynchrony * asynchrony
        self._absolute -= abs(asynchrony)
        self._grid_x -= grid_x
        self._grid_y -= grid_y
        self._beat_x -= beat_x
        self._beat_y -= beat_y

    def figures(self, missed: int = 0, extra: int = 0) -> PlayerFigures:
        """The figures of :func:`drumcircle.measures.live.figures` over what was added."""
        n = self.n
        if not n:
            return PlayerFigures(0, missed, extra, *(None,) * 7)
        on_grid = _length(self._grid_x, self._grid_y, n)
        tested = rayleigh(n, on_grid)
        return PlayerFigures(
            n=n,
            missed=missed,
            extra=extra,
            mean_asynchrony_ms=self._total / (n * _NS_PER_MS),
            sd_asynchrony_ms=self._sd_ms(),
            mean_abs_asynchrony_ms=self._absolute / (n * _NS_PER_MS),
            vector_length=_length(self._beat_x, self._beat_y, n),
            vector_length_grid=on_grid,
            ppc_grid=ppc(n, on_grid),
            rayleigh_p_grid=tested[1] if tested else None,
        )

    def _sd_ms(self) -> float | None:
        n = self.n
        if n < 2:
            return None
        return math.sqrt((n * self._squares - self._total**2) / (n * (n - 1))) / _NS_PER_MS


class SlidingFigures:
    """One player's figures over the last judged points, constant work a hit.

    Points are numbers that rise with time (beats, say).  They may come late: a hit takes the place of a point marked
    missed, and a point older than the whole window is ignored.
    """

    def __init__(self, window: int = 32) -> None:
        """``window``: judged points to look back on, 1 or more."""
        if window < 1:
            raise ValueError(f"a window needs a judged point, not {window}")
        self._window = window
        self._sums = Sums()
        self._order: list[float] = []
        self._hits: dict[float, JudgedHit | None] = {}
        self._extras: dict[float, int] = {}
        self._extra = 0

    def __len__(self) -> int:
        """Judged points looked back on."""
        return len(self._order)

    def hit(self, point: float, asynchrony_ns: int, spacing_ns: int, period_ns: int) -> None:
        """A hit on a judged point; of two on one point the nearer is matched, the other is extra."""
        if point not in self._hits and not self._open(point):
            return
        held = self._hits[point]
        if held is not None:
            self._extra += 1
            self._extras[point] = self._extras.get(point, 0) + 1
            if abs(held[0]) <= abs(asynchrony_ns):
                return
            self._sums.remove(held)
        hit = judged_hit(asynchrony_ns, spacing_ns, period_ns)
        self._hits[point] = hit
        self._sums.add(hit)

    def missed(self, point: float) -> None:
        """A judged point has passed; it is missed unless there is, or comes, a hit on it."""
        if point not in self._hits:
            self._open(point)

    def figures(self) -> PlayerFigures:
        """Figures over the window as it stands."""
        return self._sums.figures(len(self._order) - self._sums.n, self._extra)

    def _open(self, point: float) -> bool:
        order = self._order
        if not order or point > order[-1]:
            order.append(point)
        elif len(order) == self._window and point < order[0]:
            return False
        else:
            insort(order, point)
        self._hits[point] = None
        if len(order) > self._window:
            self._close(order.pop(0))
        return True

    def _close(self, point: float) -> None:
        hit = self._hits.pop(point)
        if hit is not None:
            self._sums.remove(hit)
        self._extra -= self._extras.pop(point, 0)


def _length(x: int, y: int, n: int) -> float:
    return min(math.hypot(x, y) / (n * _ONE), 1.0)
