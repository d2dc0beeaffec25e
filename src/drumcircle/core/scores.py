"""What each player's hits were worth: matched, extra, missed, and the figures over them.

Live figures cover the last :data:`WINDOW` judged points; the record covers the whole session.  Everything
here follows from (hits, assignments, invitations, pulse) and can be made again after a hand-over.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from math import ceil, floor, inf, tau

from drumcircle.core.pulse import Placed
from drumcircle.core.spans import Spans
from drumcircle.measures import live
from drumcircle.measures.incremental import JudgedHit, SlidingFigures, with_pulse

WINDOW = 32
KEPT_POINTS = 4 * WINDOW
LAST_HITS = 300
EPSILON = 1e-9
"""Beats; no two points lie as near."""


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """Figures over the last judged points; ``asynchronies`` of the matched hits in ns, oldest first."""

    figures: live.PlayerFigures
    asynchronies: tuple[int, ...]

    @property
    def points(self) -> int:
        """How many judged points they look back on."""
        return self.figures.n + self.figures.missed


class Record:
    """All judged hits of one player in the session, and the totals made from them at the end."""

    def __init__(self) -> None:
        self.point = array("d")
        self.asynchrony = array("q")
        self.spacing = array("q")
        self.period = array("q")

    def add(self, placed: Placed) -> None:
        self.point.append(placed.point)
        self.asynchrony.append(placed.asynchrony)
        self.spacing.append(placed.spacing)
        self.period.append(placed.period)

    def matched(self) -> dict[float, int]:
        """Grid point -> index of the hit matched to it: the nearest, the earlier-heard of two equally near."""
        best: dict[float, int] = {}
        for index, point in enumerate(self.point):
            other = best.get(point)
            if other is None or abs(self.asynchrony[index]) < abs(self.asynchrony[other]):
                best[point] = index
        return best


class Score:
    """One player's invitations, judged hits and live window."""

    def __init__(self) -> None:
        self.invited = Spans()
        self.excused = Spans()
        self.unkept = Spans()
        """While live only: what was hit then is in no record, so nothing is missing from it either."""
        self.grids: list[tuple[float, float]] = []
        """(from beat, subdivision), in order."""
        self._finest = 1.0
        self._ahead = 1.0
        """Beats within which the point just ahead lies, whatever the grid."""
        self._regrids = 0
        self.hits: deque[int] = deque(maxlen=LAST_HITS)
        self.clear()

    def clear(self) -> None:
        """Forget what was judged, keep the invitations."""
        self.record = Record()
        self.judged = 0
        self._points: dict[float, JudgedHit] = {}
        """The hit matched to each of the last points."""
        self._extra: dict[float, int] = {}
        self._window = SlidingFigures(WINDOW)
        self._made_at = -1

    # ---- grid

    def set_subdivision(self, beat: float, subdivision: float) -> None:
        """From ``beat`` on, so many judged points a beat."""
        self.grids = [g for g in self.grids if g[0] < beat] + [(beat, subdivision)]
        self._finest = max(points for _, points in self.grids)
        self._ahead = 0.5 + 0.5 / min(points for _, points in self.grids)
        self._regrids += 1

    def subdivision_at(self, beat: float) -> float:
        for since, subdivision in reversed(self.grids):
            if since <= beat:
                return subdivision
        return self.grids[0][1] if self.grids else 1.0

    def numbered(self, points: Iterable[float]) -> list[int]:
        """Rising points, in beats, as numbers on a grid that is counted on through every change of subdivision."""
        grids = self.grids or [(0.0, 1.0)]
        numbers, at, before = [], 0, 0
        for point in points:
            while at + 1 < len(grids) and grids[at + 1][0] <= point:
                since, finer = grids[at + 1]
                # The first point of the new grid takes the number the old one would have gone on with.
                before += ceil(since * grids[at][1]) - ceil(since * finer)
                at += 1
            numbers.append(before + round(point * grids[at][1]))
        return numbers

    # ---- hits

    def add(self, placed: Placed, hit: JudgedHit, silent: Spans, keep: bool) -> None:
        """One judged hit, and what figures need of it; ``keep``: it belongs to the record too."""
        self.judged += 1
        if keep:
            self.record.add(placed)
        point, window = placed.point, self._window
        self._remember(point, hit)
        last, changes = window.last, self._changes(silent)
        if self._made_at != changes:
            self._window, self._made_at = self._window_anew(max(point, last), silent), changes
            return
        if (point - last) * self._finest > 1.5:
            for missed in self._passed_between(last, point, silent):
                window.missed(missed)
        window.take(point, hit)

    def judges(self, point: float, silent: Spans) -> bool:
        """Is this point one the player was invited to play?"""
        return point in self.invited and point not in self.excused and point not in silent

    def _remember(self, point: float, hit: JudgedHit) -> None:
        points = self._points
        known = points.get(point)
        if known is not None:
            self._extra[point] = self._extra.get(point, 0) + 1
            if abs(hit[0]) >= abs(known[0]):
                return
        points[point] = hit
        if len(points) > KEPT_POINTS:
            oldest = next(iter(points))
            del points[oldest]
            self._extra.pop(oldest, None)

    # ---- figures

    def live(self, beat: float, silent: Spans) -> LiveFigures:
        """Figures over the last judged points that are closed at ``beat`` (their midpoint has passed)."""
        window, passed = self._window, 0
        if self._made_at != self._changes(silent):
            window = self._window_anew(beat, silent)
        else:
            passed = len(self._passed_between(window.last, beat, silent))
        return LiveFigures(window.figures(passed), tuple(window.asynchronies_ns(passed)))

    def recent(self, points: int, beat: float, silent: Spans) -> list[JudgedHit | None]:
        """Hits on the last so many judged points that are closed at ``beat``, newest first; None: missed."""
        judged = (p for p in self._points_back(beat, silent) if p in self._points or self._closed(p, beat))
        return [self._points.get(point) for point in islice(judged, points)]

    def _changes(self, silent: Spans) -> int:
        """Rises with every change of what is judged; until then the window goes on hit by hit."""
        return self.invited.changes + self.excused.changes + silent.changes + self._regrids

    def _window_anew(self, beat: float, silent: Spans) -> SlidingFigures:
        """The window at ``beat`` from the hits themselves."""
        judged = (p for p in self._points_back(beat, silent) if p in self._points or self._closed(p, beat))
        window = SlidingFigures(WINDOW)
        for point in reversed(list(islice(judged, WINDOW))):
            window.missed(point)
            if (hit := self._points.get(point)) is not None:
                for _ in range(1 + self._extra.get(point, 0)):
                    window.take(point, hit)
        return window

    def _passed_between(self, last: float, beat: float, silent: Spans) -> list[float]:
        """The judged points after ``last`` that are closed at ``beat``, rising; the last ones of many."""
        back = takewhile(lambda point: point > last, self._points_back(beat, silent))
        closed = [point for point in islice(back, WINDOW + 1) if self._closed(point, beat)]
        return closed[WINDOW - 1 :: -1]

    def _closed(self, point: float, beat: float) -> bool:
        return point + 0.5 / self.subdivision_at(point) <= beat

    def _points_back(self, beat: float, silent: Spans) -> Iterator[float]:
        """Judged points from the one just ahead of ``beat`` backwards."""
        for start, end in islice(reversed(self.invited), 64):
            for since, until, subdivision in reversed(self._grids_in(start, min(end, beat + self._ahead))):
                index = ceil(until * subdivision) - 1
                while index / subdivision >= since:
                    point = index / subdivision
                    if (
                        point - beat <= 0.5 / subdivision
                        and point not in self.excused
                        and point not in silent
                    ):
                        yield point
                    index -= 1

    def _grids_in(self, start: float, end: float) -> list[tuple[float, float, float]]:
        """(from, to, subdivision) pieces of ``[start, end)``."""
        bounds = [*(max(start, since) for since, _ in self.grids), inf]
        pieces = []
        for (since, subdivision), low, high in zip(self.grids, bounds, bounds[1:], strict=False):
            first = start if since == self.grids[0][0] else low
            if first < min(end, high):
                pieces.append((first, min(end, high), subdivision))
        return pieces

    def missed_among(self, matched: Sequence[float], silent: Spans, unkept: Spans) -> int:
        """Judged points from the first to the last of ``matched`` (rising) that have no hit, where hits were kept."""
        return self.missed_in(matched[0], matched[-1], matched, silent, unkept)

    def missed_in(
        self, first: float, last: float, matched: Iterable[float], silent: Spans, unkept: Spans
    ) -> int:
        """Judged points from ``first`` to ``last`` that are not ``matched``, where hits were kept."""
        heard = frozenset(matched)
        return sum(
            point not in heard
            and not any(point in spans for spans in (self.excused, silent, self.unkept, unkept))
            for point in self._points_from(first, last)
        )

    def _points_from(self, first: float, last: float) -> Iterator[float]:
        """The points the player was invited to play from ``first`` to ``last``, both a point."""
        for start, end in self.invited:
            for since, until, subdivision in self._grids_in(max(start, first), min(end, last + EPSILON)):
                # A point times its subdivision may come out a hair beside the whole number it is (29 / 7 * 7).
                for index in range(ceil(since * subdivision - EPSILON), floor(until * subdivision) + 1):
                    if index / subdivision < until:
                        yield index / subdivision


class Together:
    """Everybody's hits by judged point, for the group's corrected figure."""

    def __init__(self) -> None:
        self._points: dict[float, dict[str, JudgedHit]] = {}
        self._order: list[float] = []

    def add(self, player: str, point: float, hit: JudgedHit) -> None:
        """A judged hit; of two on one point the nearer stands."""
        at = self._points.get(point)
        if at is None:
            at = self._points[point] = {}
            insort(self._order, point)
            if len(self._order) > KEPT_POINTS * 4:
                del self._points[self._order.pop(0)]
        known = at.get(player)
        if known is None or abs(hit[0]) < abs(known[0]):
            at[player] = hit

    def forget(self, player: str) -> None:
        """Take out what one player did."""
        for at in self._points.values():
            at.pop(player, None)

    def over(self, first: float, last: float) -> float | None:
        """``with_pulse`` over the points in ``[first, last)`` beats."""
        order = self._order
        return self._with_pulse(order[bisect_left(order, first) : bisect_left(order, last)])

    def last(self, points: int = WINDOW) -> float | None:
        """``with_pulse`` over the last points that two or more players share."""
        shared = (point for point in reversed(self._order) if len(self._points[point]) > 1)
        return self._with_pulse(islice(shared, points))

    def _with_pulse(self, points: Iterable[float]) -> float | None:
        return with_pulse(self._points[point].values() for point in points)


def group_with_pulse(records: dict[str, Record]) -> float | None:
    """``with_pulse`` over whole records: the points where two or more players have a matched hit."""
    by_point: dict[float, list[float]] = {}
    for record in records.values():
        for point, index in record.matched().items():
            by_point.setdefault(point, []).append(tau * record.asynchrony[index] / record.spacing[index])
    return live.with_pulse(by_point.values())
