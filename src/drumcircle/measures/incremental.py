"""The live figures, kept up to date hit by hit at constant cost; plain Python.

Times are whole ns, and cosines and sines are kept as whole 2**-53rds: sums of whole numbers are exact, so what was
added and taken away again leaves nothing behind, however long a circle plays.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Collection, Iterable

from drumcircle.measures.live import PlayerFigures, mean, ppc, rayleigh

_ONE = 1 << 53
_NS_PER_MS = 1_000_000


JudgedHit = tuple[int, int, int, int, int]
"""A hit ready to be added and taken away: its asynchrony in ns, and its unit vectors on the judged grid and on the
beat period (x, y, x, y) in 2**-53rds."""


def judged_hit(asynchrony_ns: int, spacing_ns: int, period_ns: int) -> JudgedHit:
    """A hit ``asynchrony_ns`` from its point, where judged points are ``spacing_ns`` and beats ``period_ns`` apart."""
    turn = math.tau * asynchrony_ns
    theta = turn / spacing_ns
    x, y = int(math.cos(theta) * _ONE), int(math.sin(theta) * _ONE)
    if period_ns == spacing_ns:
        return asynchrony_ns, x, y, x, y
    theta = turn / period_ns
    return asynchrony_ns, x, y, int(math.cos(theta) * _ONE), int(math.sin(theta) * _ONE)


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

    def exchange(self, gone: JudgedHit, come: JudgedHit) -> None:
        """One hit for another, in half the time of taking away and adding."""
        asynchrony, grid_x, grid_y, beat_x, beat_y = come
        before, grid_x0, grid_y0, beat_x0, beat_y0 = gone
        self._total += asynchrony - before
        self._squares += asynchrony * asynchrony - before * before
        self._absolute += abs(asynchrony) - abs(before)
        self._grid_x += grid_x - grid_x0
        self._grid_y += grid_y - grid_y0
        self._beat_x += beat_x - beat_x0
        self._beat_y += beat_y - beat_y0

    def copy(self) -> Sums:
        """The same sums, to be added to apart."""
        made = Sums()
        made.n = self.n
        made._total, made._squares, made._absolute = self._total, self._squares, self._absolute
        made._grid_x, made._grid_y = self._grid_x, self._grid_y
        made._beat_x, made._beat_y = self._beat_x, self._beat_y
        return made

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
    missed, and a point older than the whole window is ignored.  That a point was missed is known only once it has
    passed, when nothing happens; so reading can be told how many have passed since the last one that was noted.
    """

    def __init__(self, window: int = 32) -> None:
        """``window``: judged points to look back on, 1 or more."""
        if window < 1:
            raise ValueError(f"a window needs a judged point, not {window}")
        self._window = window
        self._sums = Sums()
        self.last = -math.inf
        """The latest point noted; minus infinity where there is none."""
        self._order: list[float] = []
        self._hits: dict[float, JudgedHit | None] = {}
        self._extras: dict[float, int] = {}
        self._extra = 0

    def __len__(self) -> int:
        """Judged points looked back on."""
        return len(self._order)

    def hit(self, point: float, asynchrony_ns: int, spacing_ns: int, period_ns: int) -> None:
        """A hit on a judged point; of two on one point the nearer is matched, the other is extra."""
        self.take(point, judged_hit(asynchrony_ns, spacing_ns, period_ns))

    def take(self, point: float, hit: JudgedHit) -> None:
        """The same hit, made ready before."""
        hits = self._hits
        if point <= self.last:
            self._take_late(point, hit)
            return
        self.last = point
        self._order.append(point)
        hits[point] = hit
        if len(self._order) > self._window and (gone := self._close(self._order.pop(0))) is not None:
            self._sums.exchange(gone, hit)
        else:
            self._sums.add(hit)

    def _take_late(self, point: float, hit: JudgedHit) -> None:
        if point not in self._hits and not self._open(point):
            return
        held = self._hits[point]
        if held is None:
            self._sums.add(hit)
        else:
            self._extra += 1
            self._extras[point] = self._extras.get(point, 0) + 1
            if abs(held[0]) <= abs(hit[0]):
                return
            self._sums.exchange(held, hit)
        self._hits[point] = hit

    def missed(self, point: float) -> None:
        """A judged point has passed; it is missed unless there is, or comes, a hit on it."""
        if point not in self._hits:
            self._open(point)

    def figures(self, passed: int = 0) -> PlayerFigures:
        """Figures over the window as it stands, or as it would with ``passed`` more points missed; changes nothing."""
        gone = self._order[: self._gone(passed)]
        points = min(len(self._order) + passed, self._window)
        sums, extra = self._sums.copy() if gone else self._sums, self._extra
        for point in gone:
            hit = self._hits[point]
            extra -= self._extras.get(point, 0)
            if hit is not None:
                sums.remove(hit)
        return sums.figures(points - sums.n, extra)

    def asynchronies_ns(self, passed: int = 0) -> list[int]:
        """Of the matched hits that :meth:`figures` is about, in the order of their points."""
        held = (self._hits[point] for point in self._order[self._gone(passed) :])
        return [hit[0] for hit in held if hit is not None]

    def _gone(self, passed: int) -> int:
        """How many of the oldest points leave the window when so many more have passed."""
        return min(max(len(self._order) + passed - self._window, 0), len(self._order))

    def _open(self, point: float) -> bool:
        order = self._order
        if point > self.last:
            order.append(point)
            self.last = point
        elif len(order) == self._window and point < order[0]:
            return False
        else:
            insort(order, point)
        self._hits[point] = None
        if len(order) > self._window and (gone := self._close(order.pop(0))) is not None:
            self._sums.remove(gone)
        return True

    def _close(self, point: float) -> JudgedHit | None:
        """A point leaves the window; the hit it had is still in the sums."""
        if point in self._extras:
            self._extra -= self._extras.pop(point)
        return self._hits.pop(point)


def with_pulse(points: Iterable[Collection[JudgedHit]]) -> float | None:
    """:func:`drumcircle.measures.live.with_pulse` of hits made ready: for each judged point the players' hits on it."""
    corrected = []
    for hits in points:
        k = len(hits)
        if k >= 2:
            x, y = sum(hit[1] for hit in hits), sum(hit[2] for hit in hits)
            corrected.append(((x * x + y * y) / (k * _ONE * _ONE) - 1) / (k - 1))
    return mean(corrected)


def _length(x: int, y: int, n: int) -> float:
    return min(math.hypot(x, y) / (n * _ONE), 1.0)
