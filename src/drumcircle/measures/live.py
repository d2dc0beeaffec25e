"""Measures of playing with a pulse, in plain Python: quick on the last 32 points, exact on a whole session.

Conventions, here and in every module of :mod:`drumcircle.measures`:

* asynchrony ``a = t_hit - t_grid``; negative is early;
* the sample SD divides by n - 1;
* phase ``theta = 2 pi a / T`` in radians, T the beat period or, for names that end in ``_grid``, the
  spacing of the judged grid;
* what cannot be had is ``None``, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

_NS_PER_MS = 1_000_000
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class PlayerFigures:
    """One player's figures over a stretch of judged points; times in ms."""

    n: int
    """Matched hits."""
    missed: int
    """Judged points without a hit while invited to play."""
    extra: int
    """Hits without a judged point."""
    mean_asynchrony_ms: float | None
    sd_asynchrony_ms: float | None
    mean_abs_asynchrony_ms: float | None
    vector_length: float | None
    """Resultant length on the beat period, as the literature prints it; never compare it across grids."""
    vector_length_grid: float | None
    """Resultant length on the judged grid: what every threshold uses."""
    ppc_grid: float | None
    rayleigh_p_grid: float | None
    """A mean asynchrony is worth showing only where this is below .05."""


def mean(xs: Sequence[float]) -> float | None:
    """Arithmetic mean, summed without rounding error; ``None`` of nothing."""
    return math.fsum(xs) / len(xs) if xs else None


def spread(times: Sequence[Number]) -> Number | None:
    """From the first to the last of several moments, one a player; ``None`` under two."""
    return max(times) - min(times) if len(times) > 1 else None


def sample_sd(xs: Sequence[float]) -> float | None:
    """Sample standard deviation (ddof = 1), from deviations, so a large mean costs no digits.

    ``None`` under two values.
    """
    centre = mean(xs)
    if centre is None or len(xs) < 2:
        return None
    return math.sqrt(math.fsum((x - centre) ** 2 for x in xs) / (len(xs) - 1))


def phases(asynchronies: Iterable[float], spacings: Iterable[float]) -> Iterator[float]:
    """Phases in radians of asynchronies on a cycle of ``spacings`` (same unit, one each, > 0)."""
    for asynchrony, spacing in zip(asynchronies, spacings, strict=True):
        yield math.tau * asynchrony / spacing


def resultant(thetas: Iterable[float]) -> tuple[float, float] | None:
    """Mean resultant length R (0-1) and mean direction in radians (-pi to pi) of angles in radians.

    ``None`` of nothing.  Source: Fisher 1993, *Statistical Analysis of Circular Data*, section 2.3.1.
    """
    cosines, sines = [], []
    for theta in thetas:
        cosines.append(math.cos(theta))
        sines.append(math.sin(theta))
    if not cosines:
        return None
    x, y = math.fsum(cosines), math.fsum(sines)
    # Rounding can lift a perfect player by one unit in the last place.
    return min(math.hypot(x, y) / len(cosines), 1.0), math.atan2(y, x)


def ppc(n: int, vector_length: float) -> float | None:
    """Pairwise phase consistency ``(n R^2 - 1) / (n - 1)``: R squared without its bias for small n.

    0 is chance, 1 is perfect, the least is -1 / (n - 1); ``None`` under two angles.
    Source: Vinck, van Wingerden, Womelsdorf, Fries & Pennartz 2010, *NeuroImage* 51.
    """
    return (n * vector_length**2 - 1) / (n - 1) if n >= 2 else None


def rayleigh(n: int, vector_length: float) -> tuple[float, float] | None:
    """Rayleigh's test against a uniform circle: ``z = n R^2`` and its p.

    ``None`` of nothing.  Source: Zar 1999, *Biostatistical Analysis*, section 27.1:
    ``p = exp(sqrt(1 + 4n + 4(n^2 - (nR)^2)) - (1 + 2n))``, good to the third decimal from n = 10 on.
    """
    if n < 1:
        return None
    z = n * vector_length**2
    # Zar's difference of two near-equal numbers, multiplied out: no digits are lost for long sessions.
    root = math.sqrt(max(1 + 4 * n + 4 * n * (n - z), 0.0))
    return z, math.exp(-4 * n * z / (root + 1 + 2 * n))


def with_pulse(points: Iterable[Sequence[float]]) -> float | None:
    """How far the players of each judged point agree, corrected for how many they are.

    ``points`` holds, for each judged point, the grid phases (radians) of the players with a matched hit
    there.  The mean of ``(K r^2 - 1) / (K - 1)`` over points with K >= 2: 0 is chance and 1 is together.
    While a click sounds this says who is with the *pulse*, not with each other.  ``None`` where no point
    has two players.  Source: the order parameter r of Kuramoto 1984 under the correction of :func:`ppc`.
    """
    corrected: list[float] = []
    for thetas in points:
        found = resultant(thetas) if len(thetas) >= 2 else None
        agreement = ppc(len(thetas), found[0]) if found else None
        if agreement is not None:
            corrected.append(agreement)
    return mean(corrected)


def participation_gini(shares: Sequence[float]) -> float | None:
    """Gini coefficient of the players' shares of invited points played (each >= 0).

    0: all play the same share; (n - 1) / n: one plays alone.  Silent members count with 0, players at rest
    are left out by the caller.  ``None`` under two players or where nobody played.
    Source: Gini 1912, as the rank form of the mean difference (Damgaard & Weiner 2000).
    """
    total, n = math.fsum(shares), len(shares)
    if n < 2 or total <= 0:
        return None
    ranked = math.fsum((2 * rank - n - 1) * share for rank, share in enumerate(sorted(shares), start=1))
    return ranked / (n * total)


def figures(
    asynchronies_ns: Sequence[int],
    spacings_ns: Sequence[int],
    beat_periods_ns: Sequence[int],
    missed: int,
    extra: int,
) -> PlayerFigures:
    """All figures of one player over a stretch.

    The three sequences run beside each other, one item a matched hit: its signed asynchrony, the spacing of
    the judged grid there, the beat period there (ns, whole numbers; periods > 0).  Linear in n; sums of
    times are exact, whatever n.

    Raises:
        ValueError: the sequences differ in length.
    """
    n = len(asynchronies_ns)
    on_beat = resultant(phases(asynchronies_ns, beat_periods_ns))
    on_grid = resultant(phases(asynchronies_ns, spacings_ns))
    tested = rayleigh(n, on_grid[0]) if on_grid else None
    return PlayerFigures(
        n=n,
        missed=missed,
        extra=extra,
        mean_asynchrony_ms=_mean_ms(sum(asynchronies_ns), n),
        sd_asynchrony_ms=_sd_ms(asynchronies_ns),
        mean_abs_asynchrony_ms=_mean_ms(sum(map(abs, asynchronies_ns)), n),
        vector_length=on_beat[0] if on_beat else None,
        vector_length_grid=on_grid[0] if on_grid else None,
        ppc_grid=ppc(n, on_grid[0]) if on_grid else None,
        rayleigh_p_grid=tested[1] if tested else None,
    )


def _mean_ms(total_ns: int, n: int) -> float | None:
    return total_ns / (n * _NS_PER_MS) if n else None


def _sd_ms(times_ns: Sequence[int]) -> float | None:
    n = len(times_ns)
    if n < 2:
        return None
    # Whole numbers have no rounding, so the short form of the variance loses nothing here.
    squares = n * sum(t * t for t in times_ns) - sum(times_ns) ** 2
    return math.sqrt(squares / (n * (n - 1))) / _NS_PER_MS
