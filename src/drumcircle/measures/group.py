"""A group: who is with the pulse, who is with each other, how all of them move as one.

Phases are radians on the judged grid.  A measure of togetherness that is 0 for players who do not listen, whatever
their number, is corrected for that number; the uncorrected order parameter is given beside it, for research.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drumcircle.measures import live
from drumcircle.measures.asynchronies import phases as to_phases
from drumcircle.measures.matching import Matched
from drumcircle.measures.rows import Floats, floats, rising

SIGNIFICANT = 0.05
_STEP_MS = 10.0
_AT_ONCE = 100_000  # samples: holds a day's session in little memory


@dataclass(frozen=True, slots=True, eq=False)
class GroupPhase:
    """Phases of a group over time."""

    order_parameter: float
    """Kuramoto's r, averaged over time; not corrected for the number of players."""
    order_parameter_min: float
    rho: float
    """Cluster phase: the group's."""
    player_rho: Floats
    """(players,): how steadily each keeps to the group's phase."""
    player_phase_deg: Floats
    """(players,): where in the group's cycle each lies; above 0 is ahead."""
    samples: int
    """Moments averaged over."""


@dataclass(frozen=True, slots=True, eq=False)
class _Player:
    onsets: Floats
    cycles: Floats

    def turns(self, moments: Floats) -> NDArray[np.complex128]:
        turns: NDArray[np.complex128] = np.exp(1j * math.tau * np.interp(moments, self.onsets, self.cycles))
        return turns


def with_pulse(points: Sequence[ArrayLike], phases: Sequence[ArrayLike]) -> float | None:
    """How far players agree at the judged points, corrected for how many they are; 0 is chance.

    One row a player of each: the numbers of the points they hit (any number, each once a player) and the grid
    phases there.  The mean over points with K >= 2 players of ``(K r**2 - 1) / (K - 1)``; ``None`` where there are
    none.  With a click sounding this says who is with the *pulse*.  Source: as
    :func:`drumcircle.measures.live.with_pulse`, of which this is the array form.

    >>> with_pulse([[0, 1, 2], [0, 1]], [[0.0, 0.0, 3.0], [0.0, math.pi]])
    0.0

    Raises:
        ValueError: rows of unequal length.
    """
    if len(points) != len(phases):
        raise ValueError(f"{len(points)} rows of points cannot go with {len(phases)} of phases")
    number = np.concatenate([floats(row, "points") for row in points]) if points else np.zeros(0)
    theta = np.concatenate([floats(row, "phases") for row in phases]) if phases else np.zeros(0)
    if number.size != theta.size:
        raise ValueError(f"{number.size} points cannot go with {theta.size} phases")
    _, at, count = np.unique(number, return_inverse=True, return_counts=True)
    x, y = np.bincount(at, weights=np.cos(theta)), np.bincount(at, weights=np.sin(theta))
    shared = count >= 2
    k = count[shared]
    agreement = ((x * x + y * y)[shared] / k - 1) / (k - 1)
    return float(agreement.mean()) if k.size else None


def matched_with_pulse(players: Iterable[Matched]) -> float | None:
    """:func:`with_pulse` of players matched to one grid."""
    rows = [(each.points, to_phases(each.asynchronies_ms, each.spacings_ms)) for each in players]
    return with_pulse([points for points, _ in rows], [theta for _, theta in rows])


def with_each_other(
    differences_ms: Sequence[ArrayLike],
    spacings_ms: Sequence[ArrayLike],
    coupling_p: Sequence[float | None] | None = None,
) -> float | None:
    """How far players are with each other, and not each with the pulse alone; 0 is chance.

    One row a pair: differences of their hits at shared points, and the interval there (one number or a row).  The
    mean of ``cos(2 pi d / T)`` over all points of the pairs that count: the mean over pairs of players is what
    ``(K r**2 - 1) / (K - 1)`` is, so this is :func:`with_pulse` without the pulse.  While the pulse is silent all
    pairs count; while it sounds (``coupling_p`` given, one a pair) only those whose coupling beats its surrogates
    (p < .05).  ``None`` where no pair counts.

    >>> with_each_other([[0, 0], [250]], [500, 500], coupling_p=[0.01, 0.4])
    1.0

    Raises:
        ValueError: rows of unequal number, an interval that is not above 0.
    """
    if len(differences_ms) != len(spacings_ms) or (
        coupling_p is not None and len(coupling_p) != len(spacings_ms)
    ):
        raise ValueError("each pair needs its differences, its interval and, where the pulse sounds, its p")
    counted = [p is not None and p < SIGNIFICANT for p in coupling_p or ()] or [True] * len(spacings_ms)
    rows = zip(differences_ms, spacings_ms, counted, strict=True)
    cosines = [np.cos(to_phases(d, spacing)) for d, spacing, counts in rows if counts]
    agreement = np.concatenate(cosines) if cosines else np.zeros(0)
    return float(agreement.mean()) if agreement.size else None


def group_phase(
    onsets_ms: ArrayLike | Sequence[ArrayLike], points: Sequence[ArrayLike] | None = None
) -> GroupPhase | None:
    """Kuramoto's order parameter and cluster phase of a group.

    ``onsets_ms``: (n, players), a row an event; or, with ``points``, one rising row a player of onsets and one of
    the numbers of the events they stand for.  A player's phase is 2 pi times that number, linear between onsets;
    averages run over a 10 ms grid from the latest first onset to the earliest last one.  ``None`` where that stretch
    is empty.  A first row of equal onsets is where the counting starts, as simulations have it, and no event.

    Sources: Kuramoto 1984; Frank & Richardson 2010, *Physica D* 239; Richardson, Garcia, Frank, Gregor & Marsh 2012,
    *Frontiers in Physiology* 3 (there with Hilbert phases).

    >>> import numpy as np
    >>> found = group_phase(np.array([[0, 50], [500, 550], [1000, 1050]]))
    >>> found.samples, round(found.order_parameter, 6), found.player_phase_deg.round(6).tolist()
    (96, 0.951057, [18.0, -18.0])

    Raises:
        ValueError: fewer than two players, or onsets of one player that do not rise.
    """
    players = _columns(onsets_ms) if points is None else _rows(onsets_ms, points)
    if len(players) < 2:
        raise ValueError("a group needs two players")
    if any(player.onsets.size == 0 for player in players):
        return None
    first, last = max(p.onsets[0] for p in players), min(p.onsets[-1] for p in players)
    if last < first:
        return None
    moments = first + _STEP_MS * np.arange(math.floor((last - first) / _STEP_MS + 1e-9) + 1)
    return _averages(players, np.array_split(moments, math.ceil(moments.size / _AT_ONCE)))


def start_spread_ms(onsets_ms: Iterable[ArrayLike]) -> float | None:
    """From the first to the last player on an entry; one row of onsets a player, those without any left out.

    >>> start_spread_ms([[10, 500], [35, 520], []])
    25.0
    """
    return live.spread([float(row.min()) for row in _played(onsets_ms)])


def stop_spread_ms(onsets_ms: Iterable[ArrayLike]) -> float | None:
    """From the first to the last player on a cut; as :func:`start_spread_ms`.

    >>> stop_spread_ms([[10, 500], [35, 520]])
    20.0
    """
    return live.spread([float(row.max()) for row in _played(onsets_ms)])


def _played(onsets_ms: Iterable[ArrayLike]) -> list[Floats]:
    rows = (floats(row, "onsets_ms") for row in onsets_ms)
    return [row for row in rows if row.size]


def _columns(onsets_ms: ArrayLike | Sequence[ArrayLike]) -> list[_Player]:
    onsets = np.asarray(onsets_ms, dtype=np.float64)
    if onsets.ndim != 2:
        raise ValueError(f"onsets must be (n, players), not of shape {onsets.shape}")
    index = np.arange(onsets.shape[0], dtype=np.float64)
    if onsets.shape[0] > 1 and np.ptp(onsets[0]) == 0:
        onsets, index = onsets[1:], index[1:]
    return [_Player(rising(column, "onsets of a player"), index) for column in onsets.T]


def _rows(onsets_ms: ArrayLike | Sequence[ArrayLike], points: Sequence[ArrayLike]) -> list[_Player]:
    players = [
        _Player(rising(onsets, "onsets of a player"), rising(number, "points"))
        for onsets, number in zip(onsets_ms, points, strict=True)  # type: ignore[arg-type]  # a row a player
    ]
    if any(player.onsets.size != player.cycles.size for player in players):
        raise ValueError("each onset needs the number of its event")
    return players


def _averages(players: list[_Player], stretches: list[Floats]) -> GroupPhase:
    """Two passes over the moments: the players' own phases first, then the group around them."""
    count = sum(moments.size for moments in stretches)
    lengths, least = 0.0, 1.0
    sums = np.zeros(len(players), dtype=np.complex128)
    for moments in stretches:
        r, ahead = _relative(players, moments)
        lengths, least = lengths + float(r.sum()), min(least, float(r.min()))
        sums += ahead.sum(axis=1)
    mean_turn = sums / count
    still = np.exp(-1j * np.angle(mean_turn))[:, None]
    group = sum(float(np.abs((_relative(players, m)[1] * still).mean(axis=0)).sum()) for m in stretches)
    return GroupPhase(
        order_parameter=lengths / count,
        order_parameter_min=least,
        rho=group / count,
        player_rho=np.abs(mean_turn),
        player_phase_deg=np.degrees(np.angle(mean_turn)),
        samples=count,
    )


def _relative(players: list[_Player], moments: Floats) -> tuple[Floats, NDArray[np.complex128]]:
    """Kuramoto's r, (m,), and each player's place on the circle seen from the group's phase, (players, m)."""
    turns = np.stack([player.turns(moments) for player in players])
    centre = turns.mean(axis=0)
    return np.abs(centre), turns * np.exp(-1j * np.angle(centre))
