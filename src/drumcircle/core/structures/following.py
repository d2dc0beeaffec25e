"""How players follow a pulse that changes its pace, or a ground that changes its loudness.

A stroke is kept as it lies at the moment it is heard, so that a stop does not tear it from its beat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import fsum, inf
from typing import NamedTuple

from drumcircle.core.events import MS
from drumcircle.core.structures.base import Played, Stage, alias
from drumcircle.measures.linear import Line, line, tracking

KEPT = 20_000
NEAR = 0.25
"""Of the beat: a stroke further from it does not stand for it."""
ENOUGH = 8
"""Beats under which there is no figure of following."""


class _Stroke(NamedTuple):
    near: int
    time: int
    away: int
    """|time - beat|, ns."""
    interval: int
    """The pulse's, from the beat before to this one, ns."""
    interval_before: int | None
    """None: a stop lay in it."""
    velocity: int
    epoch: int


class Following:
    """Guards everybody's kept strokes beside what the circle asked for at the time."""

    def __init__(self) -> None:
        self._strokes: dict[str, list[_Stroke]] = {}
        self._epoch = 0
        self._since = -inf
        """The beat at which the circle went on after the last stop."""

    def hear(self, stage: Stage, played: Played) -> None:
        """One hit; what is not kept is in no result."""
        strokes = self._strokes.setdefault(played.player, []) if played.kept else None
        if strokes is None or len(strokes) >= KEPT:
            return
        at, before, first = (stage.time(played.near - back) for back in range(3))
        torn = played.near <= self._since
        interval = 2 * (stage.time(played.near + 0.5) - at) if torn else at - before
        strokes.append(
            _Stroke(
                played.near,
                played.time,
                abs(played.time - at),
                interval,
                before - first if played.near - 1 > self._since else None,
                played.velocity,
                self._epoch,
            )
        )

    def forget(self) -> None:
        """What was played so far is in no result."""
        self._strokes.clear()

    def go_back(self, beat: int) -> None:
        """The circle goes on at ``beat`` after a stop: what was played there before does not count."""
        self._epoch += 1
        self._since = beat
        for player, strokes in self._strokes.items():
            self._strokes[player] = [stroke for stroke in strokes if stroke.near < beat]

    # ---- tempo

    def tempo_rows(self, stage: Stage, start: int, end: int, there_and_back: bool) -> dict[str, object]:
        """Alias -> how the player's intervals follow the pulse's on beats ``[start, end)``."""
        return {
            alias(stage, player): self._tempo(player, start, end, there_and_back) for player in self._strokes
        }

    def _tempo(self, player: str, start: int, end: int, there_and_back: bool) -> dict[str, object]:
        rows = [
            ((b.time - a.time) / MS, b.interval / MS, b.interval_before / MS)
            for a, b in pairwise(self._on_beats(player, start, end))
            if b.near == a.near + 1 and a.epoch == b.epoch and b.interval_before is not None
        ]
        if len(rows) < ENOUGH:
            return {"n": len(rows), "tracking_lag_beats": None, "prediction_tracking_ratio": None}
        own, pulse, before = zip(*rows, strict=True)
        found = tracking(own, pulse, before, there_and_back)
        return {
            "n": len(rows),
            "tracking_lag_beats": found.lag_beats,
            "prediction_tracking_ratio": found.prediction_tracking_ratio,
        }

    def _on_beats(self, player: str, start: int, end: int) -> Iterator[_Stroke]:
        """The stroke nearest to each beat, in order."""
        nearest: dict[int, _Stroke] = {}
        for stroke in self._strokes[player]:
            known = nearest.get(stroke.near)
            if (
                start <= stroke.near < end
                and stroke.away <= NEAR * stroke.interval
                and (known is None or stroke.away < known.away)
            ):
                nearest[stroke.near] = stroke
        return (nearest[beat] for beat in sorted(nearest))

    # ---- loudness

    def velocity_rows(
        self, stage: Stage, start: int, end: int, target: Callable[[float], float]
    ) -> dict[str, object]:
        """Alias -> slope and correlation of the player's velocity with the ``target`` of the beat."""
        return {
            alias(stage, player): _velocity([s for s in strokes if start <= s.near < end], target)
            for player, strokes in self._strokes.items()
        }

    def group_velocity(self, start: int, end: int, target: Callable[[float], float]) -> dict[str, object]:
        """The same of the mean velocity of each beat."""
        by_beat: dict[int, list[int]] = {}
        for strokes in self._strokes.values():
            for stroke in strokes:
                if start <= stroke.near < end:
                    by_beat.setdefault(stroke.near, []).append(stroke.velocity)
        beats = sorted(by_beat)
        means = [fsum(by_beat[beat]) / len(by_beat[beat]) for beat in beats]
        return _row(
            len(beats), line([target(beat) for beat in beats], means) if len(beats) >= ENOUGH else None
        )


def _velocity(strokes: list[_Stroke], target: Callable[[float], float]) -> dict[str, object]:
    wanted, played = [target(s.near) for s in strokes], [float(s.velocity) for s in strokes]
    return _row(len(strokes), line(wanted, played) if len(strokes) >= ENOUGH else None)


def _row(n: int, found: Line | None) -> dict[str, object]:
    return {
        "n": n,
        "velocity_slope": found.slope if found is not None else None,
        "velocity_correlation": found.correlation if found is not None else None,
    }
