"""Figures of a stretch of the running structure, from what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import tau

from drumcircle.core.scores import Record
from drumcircle.core.state import Running, State
from drumcircle.measures import live

OUT_OF_ORDER = 8.0
"""Beats by which a hit may be heard after a later one."""
HAIR = 1e-6
"""Beats; the end of a stretch is not in it."""


def spans(running: Running, start: float, end: float) -> Iterator[tuple[float, float]]:
    """A stretch of local beats in beats of the pulse; a stop tears it apart."""
    since = [local for local, _ in running.origins[1:]]
    for (local, origin), until in zip(running.origins, [*since, end], strict=True):
        low, high = max(start, local), min(end, until)
        if low < high:
            yield origin + low, origin + high


def on_pulse(running: Running, beat: float) -> float:
    """A local beat, also one before the last stop, as a beat of the pulse."""
    for since, origin in reversed(running.origins):
        if beat >= since:
            return origin + beat
    return running.origins[0][1] + beat


def figures(
    state: State, player: str, stretch: Sequence[tuple[float, float]], beat: float
) -> live.PlayerFigures:
    """One player's figures there, as far as it has been played at ``beat``."""
    score = state.score(player)
    best: dict[float, int] = {}
    heard = missed = 0
    closed = beat - 0.5 / score.subdivision_at(beat)
    for low, high in stretch:
        there = _matched(score.record, low, high)
        heard += sum(1 for _ in _indices(score.record, low, high))
        missed += score.missed_in(low, min(high - HAIR, closed), there, state.silent, state.unkept)
        best |= there
    record, chosen = score.record, [best[point] for point in sorted(best)]
    return live.figures(
        [record.asynchrony[i] for i in chosen],
        [record.spacing[i] for i in chosen],
        [record.period[i] for i in chosen],
        missed,
        heard - len(best),
    )


def together(state: State, players: Sequence[str], stretch: Sequence[tuple[float, float]]) -> float | None:
    """``with_pulse`` of these players there."""
    points: dict[float, list[float]] = {}
    for player in players:
        record = state.score(player).record
        for low, high in stretch:
            for point, index in _matched(record, low, high).items():
                phase = tau * record.asynchrony[index] / record.spacing[index]
                points.setdefault(point, []).append(phase)
    return live.with_pulse(points.values())


def _indices(record: Record, low: float, high: float) -> Iterator[int]:
    for index in range(len(record.point) - 1, -1, -1):
        point = record.point[index]
        if point < low - OUT_OF_ORDER:
            return
        if low <= point < high:
            yield index


def _matched(record: Record, low: float, high: float) -> dict[float, int]:
    """Grid point -> index of the hit nearest to it; the earlier-heard of two equally near."""
    best: dict[float, int] = {}
    for index in _indices(record, low, high):
        other = best.get(record.point[index])
        if other is None or abs(record.asynchrony[index]) <= abs(record.asynchrony[other]):
            best[record.point[index]] = index
    return best
