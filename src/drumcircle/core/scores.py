"""What each player's hits were worth: matched, extra, missed, and the figures over them.

Live figures cover the last :data:`WINDOW` judged points; the record covers the whole session.  Everything
here follows from (hits, assignments, invitations, pulse) and can be made again after a hand-over.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, inf, tau

from drumcircle.core.pulse import Placed
from drumcircle.core.spans import Spans
from drumcircle.measures import live

WINDOW = 32
KEPT_POINTS = 4 * WINDOW
LAST_HITS = 300
LOG_LIMIT = 4_000_000
"""Hits one session keeps in memory for hand-overs and its summary (about 30 bytes each)."""


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """Figures over the last judged points, ns and counts; ``asynchronies`` oldest first."""

    points: int
    missed: int
    extra: int
    asynchronies: tuple[int, ...]
    spacings: tuple[int, ...]


class HitLog:
    """Every hit of the session, compactly: time, pad key, note, velocity, whether it counted."""

    def __init__(self) -> None:
        self._time = array("q")
        self._key = array("H")
        self._note = array("B")
        self._velocity = array("B")
        self._mark = array("B")
        self._keys: dict[str, int] = {}
        self._names: list[str] = []
        self._last: dict[str, int] = {}

    def add(self, time: int, key: str, note: int, velocity: int, mark: int) -> bool:
        """Keep one hit; False where the log is full (the journal still has it)."""
        index = self._keys.get(key)
        if index is None:
            index = self._keys[key] = len(self._names)
            self._names.append(key)
        if len(self._time) >= LOG_LIMIT:
            return False
        self._last[key] = time
        self._time.append(time)
        self._key.append(index)
        self._note.append(note)
        self._velocity.append(velocity)
        self._mark.append(mark)
        return True

    def __iter__(self) -> Iterator[tuple[int, str, int, int, int]]:
        names = self._names
        for time, key, note, velocity, mark in zip(
            self._time, self._key, self._note, self._velocity, self._mark, strict=True
        ):
            yield time, names[key], note, velocity, mark

    def mark(self, index: int, mark: int) -> None:
        """Mark one hit anew."""
        self._mark[index] = mark

    def last(self, key: str) -> int | None:
        """Time of the last hit heard on a pad key."""
        return self._last.get(key)

    def __len__(self) -> int:
        return len(self._time)


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
        self.grids: list[tuple[float, float]] = []
        """(from beat, subdivision), in order."""
        self.hits: deque[int] = deque(maxlen=LAST_HITS)
        self.clear()

    def clear(self) -> None:
        """Forget what was judged, keep the invitations."""
        self.record = Record()
        self.judged = 0
        self._points: dict[float, tuple[int, int]] = {}
        self._extra: dict[float, int] = {}

    # ---- grid

    def set_subdivision(self, beat: float, subdivision: float) -> None:
        """From ``beat`` on, so many judged points a beat."""
        self.grids = [g for g in self.grids if g[0] < beat] + [(beat, subdivision)]

    def subdivision_at(self, beat: float) -> float:
        for since, subdivision in reversed(self.grids):
            if since <= beat:
                return subdivision
        return self.grids[0][1] if self.grids else 1.0

    # ---- hits

    def add(self, placed: Placed, keep: bool) -> None:
        """One judged hit; ``keep``: it belongs to the record too."""
        point, asynchrony = placed.point, placed.asynchrony
        self.judged += 1
        if keep:
            self.record.add(placed)
        points = self._points
        known = points.get(point)
        if known is None:
            points[point] = (asynchrony, placed.spacing)
            if len(points) > KEPT_POINTS:
                oldest = next(iter(points))
                del points[oldest]
                self._extra.pop(oldest, None)
            return
        self._extra[point] = self._extra.get(point, 0) + 1
        if abs(asynchrony) < abs(known[0]):
            points[point] = (asynchrony, placed.spacing)

    def judges(self, point: float, silent: Spans) -> bool:
        """Is this point one the player was invited to play?"""
        return point in self.invited and point not in self.excused and point not in silent

    # ---- figures

    def live(self, beat: float, silent: Spans) -> LiveFigures:
        """Figures over the last judged points that are closed at ``beat`` (their midpoint has passed)."""
        points, missed, extra = 0, 0, 0
        asynchronies: list[int] = []
        spacings: list[int] = []
        for point in self._points_back(beat, silent):
            hit = self._points.get(point)
            closed = point + 0.5 / self.subdivision_at(point) <= beat
            if hit is None and not closed:
                continue
            points += 1
            extra += self._extra.get(point, 0)
            if hit is None:
                missed += 1
            else:
                asynchronies.append(hit[0])
                spacings.append(hit[1])
            if points == WINDOW:
                break
        return LiveFigures(points, missed, extra, tuple(reversed(asynchronies)), tuple(reversed(spacings)))

    def _points_back(self, beat: float, silent: Spans) -> Iterator[float]:
        """Judged points from the one just ahead of ``beat`` backwards."""
        for start, end in reversed(list(self.invited)[-64:]):
            for since, until, subdivision in reversed(self._grids_in(start, min(end, beat + 1.0))):
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

    def missed_between(self, first: float, last: float, matched: int, silent: Spans) -> int:
        """Judged points from the first to the last matched one that have no hit."""
        count = 0
        for start, end in self.invited:
            for since, until, subdivision in self._grids_in(max(start, first), min(end, last + 1e-9)):
                count += sum(
                    1
                    for index in range(ceil(since * subdivision), floor(until * subdivision) + 1)
                    if index / subdivision < until
                    and index / subdivision not in self.excused
                    and index / subdivision not in silent
                )
        return max(0, count - matched)


class Together:
    """Grid phases of all players by judged point, for the group's corrected figure."""

    def __init__(self) -> None:
        self._points: dict[float, dict[str, tuple[int, int]]] = {}

    def add(self, player: str, placed: Placed) -> None:
        """A judged hit; of two on one point the nearer stands."""
        at = self._points.get(placed.point)
        if at is None:
            at = self._points[placed.point] = {}
            if len(self._points) > KEPT_POINTS * 4:
                del self._points[next(iter(self._points))]
        known = at.get(player)
        if known is None or abs(placed.asynchrony) < abs(known[0]):
            at[player] = (placed.asynchrony, placed.spacing)

    def forget(self, player: str) -> None:
        """Take out what one player did."""
        for at in self._points.values():
            at.pop(player, None)

    def over(self, first: float, last: float) -> float | None:
        """``with_pulse`` over the points in ``[first, last)`` beats."""
        return live.with_pulse(
            [tau * a / s for a, s in at.values()]
            for point, at in self._points.items()
            if first <= point < last and len(at) > 1
        )

    def last(self, points: int = WINDOW) -> float | None:
        """``with_pulse`` over the last points that two or more players share."""
        shared = sorted(point for point, at in self._points.items() if len(at) > 1)[-points:]
        return self.over(shared[0], inf) if shared else None


def group_with_pulse(records: dict[str, Record]) -> float | None:
    """``with_pulse`` over whole records: the points where two or more players have a matched hit."""
    by_point: dict[float, list[float]] = {}
    for record in records.values():
        for point, index in record.matched().items():
            by_point.setdefault(point, []).append(tau * record.asynchrony[index] / record.spacing[index])
    return live.with_pulse(by_point.values())
