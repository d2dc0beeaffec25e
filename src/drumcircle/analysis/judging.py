"""Which of a player's hits belongs to which judged point, and what pairs of players have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from drumcircle import measures
from drumcircle.analysis.pulses import Pulse, Stretch
from drumcircle.analysis.recording import Asked, Floats, Hits, Recording, Whole
from drumcircle.errors import FileProblem, UsageError

MOST_PARTS = 1000
ON_THE_GRID = 1e-6
"""A beat number that is no further than this from a judged point is that point."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One player's hits in the stretch, and the events they stand for."""

    hits: Hits
    matched: measures.Matched | None
    """``None`` where there is no pulse."""
    numbers: Whole | None
    """Numbers of the events, growing: the same number is the same event for every player.  ``None``: hits are
    not numbered (no pulse and no ``beat`` column)."""
    times_ms: Floats
    """When each event was played."""
    beats: Floats | None = None
    """Where on the pulse each event's judged point lies, in beats."""
    extra: int = 0
    """Without a pulse: hits whose number another hit has."""
    missed: int = 0
    """Without a pulse: numbers between the first and the last that no hit has."""


@dataclass(frozen=True, slots=True)
class Played:
    """A recording's chosen stretch, judged."""

    recording: Recording
    pulse: Pulse | None
    subdivisions: Mapping[str, float]
    players: Mapping[str, Judged]
    warnings: tuple[str, ...]


def judge(recording: Recording, asked: Asked) -> Played:
    """Choose players and stretch, and match every hit.

    Raises:
        UsageError: a player who is not in the recording, or a pulse of too many beats.
        FileProblem: a ``beat`` that the pulse does not have.
    """
    names = asked.players or tuple(recording.players)
    for name in names:
        if name not in recording.players:
            there = ", ".join(recording.players)
            raise UsageError(f"{recording.path}: there is no player {name!r}; there are {there}.")
    hits = {name: _in_stretch(recording.players[name], asked) for name in names}
    subdivisions = {name: asked.subdivision or own.subdivision or 1.0 for name, own in hits.items()}
    pulse = asked.pulse or recording.pulse
    players = _numbered(hits) if pulse is None else _matched(recording, pulse, hits, subdivisions)
    warnings = (*recording.remarks, *_about(players, asked))
    return Played(recording, pulse, subdivisions, players, warnings)


def _in_stretch(hits: Hits, asked: Asked) -> Hits:
    return hits.chosen((asked.from_s <= hits.time_s) & (hits.time_s < asked.to_s))


# ---------------------------------------------------------------- with a pulse


def _matched(
    recording: Recording, pulse: Pulse, hits: Mapping[str, Hits], subdivisions: Mapping[str, float]
) -> dict[str, Judged]:
    stretch = _stretch(hits.values())
    grids = {n: pulse.grid(stretch, n) for n in set(subdivisions.values())}
    common = _common(subdivisions.values())
    players = {}
    for name, own in hits.items():
        grid = grids[subdivisions[name]]
        matched = _match(recording, pulse, own, grid, subdivisions[name])
        beats = grid.beats[matched.points]
        numbers = np.rint(beats * common).astype(np.int64)
        players[name] = Judged(own, matched, numbers, matched.times_ms, beats)
    return players


def _stretch(hits: Iterable[Hits]) -> Stretch:
    times = np.concatenate([own.time_s for own in hits])
    beats = np.concatenate([own.beat for own in hits if own.beat is not None] or [times[:0]])
    beats = beats[~np.isnan(beats)]
    if not times.size:
        return Stretch(0.0, 0.0)
    if not beats.size:
        return Stretch(float(times.min()), float(times.max()))
    return Stretch(float(times.min()), float(times.max()), float(beats.min()), float(beats.max()))


def _common(subdivisions: Iterable[float]) -> float:
    """The coarsest subdivision whose grid has every player's points."""
    parts = [Fraction(n).limit_denominator(MOST_PARTS) for n in subdivisions]
    return math.lcm(*(p.numerator for p in parts)) / math.gcd(*(p.denominator for p in parts))


def _match(
    recording: Recording, pulse: Pulse, hits: Hits, grid: measures.Grid, subdivision: float
) -> measures.Matched:
    judged = np.arange(len(hits)) if hits.judged is None else np.flatnonzero(hits.judged)
    times = hits.time_s[judged] * 1000
    if hits.beat is None:
        return measures.match(times, grid)
    points = _points_of(recording, pulse, hits.beat, subdivision, grid)
    known = np.flatnonzero(points >= 0)
    # Given beats may be parts of beats; counted in points they are whole numbers.
    in_points = replace(grid, beats=np.arange(len(grid.points_ms), dtype=np.float64))
    matched = measures.match(times[known], in_points, points[known])
    extra = np.concatenate([known[matched.extra], np.flatnonzero(points < 0)])
    return replace(matched, hits=known[matched.hits], extra=np.sort(extra))


def _points_of(
    recording: Recording, pulse: Pulse, beat: Floats, subdivision: float, grid: measures.Grid
) -> Whole:
    """Which of the grid's points each ``beat`` is; -1 where it is none."""
    first, last = (round(grid.beats[end] * subdivision) for end in (0, -1))
    distinct, where = np.unique(beat, return_inverse=True)
    found = [
        -1
        if math.isnan(b) or (point := _point(recording, pulse, b, subdivision, last)) is None
        else point - first
        for b in distinct.tolist()
    ]
    return np.array(found, dtype=np.int64)[where]


def _point(recording: Recording, pulse: Pulse, beat: float, subdivision: float, last: int) -> int | None:
    """The judged point of a beat, counted from the pulse's first; ``None`` where no point is judged there."""
    row = pulse.row(beat)
    point = math.inf if row is None else row * subdivision
    if point > last + ON_THE_GRID:
        raise FileProblem(
            recording.path,
            f"beat {beat:.12g} is none of the pulse's; give the beats file that belongs to this recording.",
            line=recording.line_with_beat(beat),
        )
    if abs(point - round(point)) <= ON_THE_GRID:
        return round(point)
    if subdivision < 1:
        return None
    raise FileProblem(
        recording.path,
        f"beat {beat:.12g} lies between judged points; give --subdivision (2: halves of a beat).",
        line=recording.line_with_beat(beat),
    )


# ---------------------------------------------------------------- without


def _numbered(hits: Mapping[str, Hits]) -> dict[str, Judged]:
    """By the ``beat`` column alone, or not at all."""
    beats = [own.beat for own in hits.values() if own.beat is not None]
    if not beats:
        return {name: Judged(own, None, None, np.unique(own.time_s) * 1000) for name, own in hits.items()}
    every = np.concatenate(beats)
    every = np.unique(every[~np.isnan(every)])
    whole = bool(np.all(every == np.round(every)))
    return {name: _by_number(own, every, whole) for name, own in hits.items()}


def _by_number(hits: Hits, every: Floats, whole: bool) -> Judged:
    """Whole beats are their own numbers; others are counted through."""
    beat = np.full(len(hits), np.nan) if hits.beat is None else hits.beat
    known = np.flatnonzero(~np.isnan(beat))
    values = beat[known] if whole else np.searchsorted(every, beat[known])
    numbers, first = np.unique(values.astype(np.int64), return_index=True)
    times = hits.time_s[known[first]] * 1000
    missed = int(numbers[-1] - numbers[0]) + 1 - len(numbers) if len(numbers) else 0
    return Judged(hits, None, numbers, times, None, len(hits) - len(numbers), missed)


# ---------------------------------------------------------------- what to warn of


def _about(players: Mapping[str, Judged], asked: Asked) -> list[str]:
    warnings = []
    if not any(len(judged.hits) for judged in players.values()):
        warnings.append(f"There are no hits from {asked.from_s:g} to {asked.to_s:g} s.")
    return [*warnings, *of_players(players)]


def of_players(players: Mapping[str, Judged]) -> list[str]:
    """Which hits are in no figure, and why."""
    warnings = []
    for name, judged in players.items():
        outside = 0 if judged.matched is None else len(judged.matched.outside)
        if outside:
            warnings.append(
                f"{_hits(outside, name, 'lies', 'lie')} outside the pulse, more than half an interval beyond its "
                "ends: in no asynchrony figure."
            )
        beat, chosen = judged.hits.beat, judged.hits.judged
        if beat is not None and (bare := int(np.isnan(beat).sum())):
            warnings.append(f"{_hits(bare, name, 'has', 'have')} no beat: extra.")
        if chosen is not None and (left := int((~chosen).sum())):
            warnings.append(
                f"{_hits(left, name, 'was', 'were')} not judged (not invited, at rest, helped or stopped): in no "
                "asynchrony figure."
            )
    return warnings


def _hits(count: int, name: str, one: str, more: str) -> str:
    """``'1 hit of Ana lies'``, ``'2 hits of Ana lie'``."""
    return f"1 hit of {name} {one}" if count == 1 else f"{count} hits of {name} {more}"
