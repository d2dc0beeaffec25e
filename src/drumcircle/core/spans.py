"""Stretches of beats, half open: when a player is invited, excused, or the circle is silent."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from math import inf


class Spans:
    """Ordered stretches ``[start, end)`` in beats that do not overlap; the last one may be open-ended."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []
        self.changes = 0
        """How often they were changed."""

    def __iter__(self) -> Iterator[tuple[float, float]]:
        return zip(self._starts, self._ends, strict=True)

    def __reversed__(self) -> Iterator[tuple[float, float]]:
        return zip(reversed(self._starts), reversed(self._ends), strict=True)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def add(self, start: float, end: float = inf) -> None:
        """Add a stretch; what was planned from ``start`` on is replaced; one that touches is joined."""
        self.cut(start)
        if end <= start:
            return
        if self._ends and self._ends[-1] == start:
            self._ends[-1] = end
        else:
            self._starts.append(start)
            self._ends.append(end)

    def cut(self, beat: float) -> None:
        """Nothing from ``beat`` on."""
        self.changes += 1
        while self._starts and self._starts[-1] >= beat:
            self._starts.pop()
            self._ends.pop()
        if self._ends and self._ends[-1] > beat:
            self._ends[-1] = beat

    def __contains__(self, beat: float) -> bool:
        if not self._starts:
            return False
        if beat >= self._starts[-1]:
            return beat < self._ends[-1]
        index = bisect_right(self._starts, beat) - 1
        return index >= 0 and beat < self._ends[index]

    @property
    def open(self) -> bool:
        """Does the last stretch have no end?"""
        return bool(self._ends) and self._ends[-1] == inf
