"""What was played while a structure ran, by player, from which its results are made.

Beats rise with time: where the circle goes on after a stop, what was played from there on is dropped.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from math import floor
from typing import NamedTuple

from drumcircle.core.events import NS
from drumcircle.core.structures.base import Played, Stage

KEPT = 20_000
"""Strokes kept of one player; a pad somebody leans on fills no memory."""


class Stroke(NamedTuple):
    """One kept hit."""

    time: int
    beat: float
    near: int
    velocity: int
    epoch: int
    """How often the circle had gone on after a stop: across one no interval is taken."""


def seconds(stage: Stage, start: int, end: float) -> float:
    """How long a stretch of local beats lasted; what a stop tore out of it is not in it."""
    whole = floor(end)
    # The tempo is one within a beat, and a stop tears only between two.
    halves = sum(stage.time(beat + 0.5) - stage.time(beat) for beat in range(start, whole))
    return (2 * halves + stage.time(end) - stage.time(whole)) / NS if end > start else 0.0


class Heard:
    """Everybody's kept hits; what is not kept is in no result."""

    def __init__(self) -> None:
        self._strokes: dict[str, list[Stroke]] = {}
        self.epoch = 0

    def hear(self, played: Played) -> None:
        """One hit."""
        if not played.kept:
            return
        strokes = self._strokes.setdefault(played.player, [])
        if len(strokes) < KEPT:
            insort(strokes, Stroke(played.time, played.beat, played.near, played.velocity, self.epoch))

    def go_back(self, beat: float) -> None:
        """The circle goes on at ``beat`` after a stop: what was played there before does not count."""
        self.epoch += 1
        for strokes in self._strokes.values():
            del strokes[bisect_left(strokes, beat - 0.5, key=_beat) :]

    def forget(self) -> None:
        """What was played so far is in no result."""
        self._strokes.clear()

    def players(self) -> Sequence[str]:
        """Who has played, in the order they first did."""
        return tuple(self._strokes)

    def of(self, player: str, start: float, end: float) -> list[Stroke]:
        """A player's strokes on ``[start, end)`` in order of time."""
        strokes = self._strokes.get(player, [])
        return strokes[bisect_left(strokes, start, key=_beat) : bisect_left(strokes, end, key=_beat)]

    def all(self, start: float, end: float) -> Iterator[tuple[Stroke, str]]:
        """Everybody's strokes on ``[start, end)`` in order of time."""
        found = ((stroke, player) for player in self._strokes for stroke in self.of(player, start, end))
        return iter(sorted(found))


def _beat(stroke: Stroke) -> float:
    return stroke.beat
