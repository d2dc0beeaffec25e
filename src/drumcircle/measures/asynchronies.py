"""How far from the pulse, and how steadily: one player's asynchronies.

Asynchrony is hit minus grid point in ms; negative is early.  The SD divides by n - 1.  Phase is ``2 pi a / T``; T is
the beat period, or for names ending in ``_grid`` the spacing of the judged grid there.  Asynchronies run in the
order they were played: only the interval of the mean depends on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from drumcircle.measures import live
from drumcircle.measures.matching import Matched
from drumcircle.measures.rows import ENOUGH_HITS, Floats, beside, floats
from drumcircle.measures.student import t_quantile

FEWEST_FOR_INTERVAL = 10
_LAGS = 3
_LONGEST_MEMORY = 0.9
_FEWEST_EFFECTIVE = 4  # in a short row chance can look like one long swing: fewer make it ten times too wide
_SHORTEST_MEMORY = 0.6
_SURELY_CORRELATED = 0.1
_NORMAL_975 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Asynchrony:
    """One player against the pulse; the names are the keys of the ``analyse`` document."""

    n: int
    missed: int
    extra: int
    share_played: float | None
    """n over the points invited: n + missed."""
    mean_asynchrony_ms: float | None
    mean_asynchrony_ci95_ms: tuple[float, float] | None
    sd_asynchrony_ms: float | None
    sd_asynchrony_ci95_ms: tuple[float, float] | None
    mean_abs_asynchrony_ms: float | None
    median_asynchrony_ms: float | None
    vector_length: float | None
    vector_length_grid: float | None
    circular_mean_ms: float | None
    """The mean direction on the beat period, times the mean period over 2 pi."""
    ppc: float | None
    ppc_grid: float | None
    rayleigh_z: float | None
    rayleigh_p: float | None
    rayleigh_z_grid: float | None
    rayleigh_p_grid: float | None
    provisional: bool
    """Fewer than 30 hits."""
    why_not: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Velocity:
    """How hard a player hit, MIDI 1-127."""

    velocity_mean: float | None
    velocity_sd: float | None
    why_not: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Circle:
    """What follows from phases on one cycle."""

    length: float | None = None
    direction: float | None = None
    ppc: float | None = None
    z: float | None = None
    p: float | None = None


def asynchrony(
    asynchronies_ms: ArrayLike,
    periods_ms: ArrayLike,
    spacings_ms: ArrayLike,
    *,
    missed: int = 0,
    extra: int = 0,
) -> Asynchrony:
    """Every figure of one player against the pulse.

    ``asynchronies_ms`` (n,) in the order played; ``periods_ms`` (beat) and ``spacings_ms`` (judged grid) one number or
    (n,), above 0.  Sources: Repp 2005, *Psychonomic Bulletin & Review* 12 (asynchrony); Fisher 1993 (R, direction);
    Vinck et al. 2010 (ppc); Zar 1999 (Rayleigh).  The intervals: see :func:`mean_interval` and
    :func:`sd_interval`.

    >>> found = asynchrony([-20, 0, -10, 10], 1000, 500)
    >>> found.mean_asynchrony_ms, round(found.sd_asynchrony_ms, 3), round(found.vector_length_grid, 4)
    (-5.0, 12.91, 0.9902)
    >>> found.mean_asynchrony_ci95_ms, found.why_not["mean_asynchrony_ci95_ms"]
    (None, 'an interval needs 10 hits; there are 4')

    Raises:
        ValueError: rows of unequal length, a number that is not finite, a period that is not above 0.
    """
    a = floats(asynchronies_ms, "asynchronies_ms")
    periods = beside(periods_ms, a.size, "periods_ms")
    beat = _circle(a, periods)
    judged = _circle(a, beside(spacings_ms, a.size, "spacings_ms"))
    memory = _memory_of(a) if a.size >= FEWEST_FOR_INTERVAL else None
    return Asynchrony(
        n=a.size,
        missed=missed,
        extra=extra,
        share_played=a.size / (a.size + missed) if a.size + missed else None,
        mean_asynchrony_ms=float(a.mean()) if a.size else None,
        mean_asynchrony_ci95_ms=_of_mean(a, memory) if memory else None,
        sd_asynchrony_ms=float(a.std(ddof=1)) if a.size > 1 else None,
        sd_asynchrony_ci95_ms=_of_sd(memory, a.size) if memory else None,
        mean_abs_asynchrony_ms=float(np.abs(a).mean()) if a.size else None,
        median_asynchrony_ms=float(np.median(a)) if a.size else None,
        vector_length=beat.length,
        vector_length_grid=judged.length,
        circular_mean_ms=None
        if beat.direction is None
        else beat.direction * float(periods.mean()) / math.tau,
        ppc=beat.ppc,
        ppc_grid=judged.ppc,
        rayleigh_z=beat.z,
        rayleigh_p=beat.p,
        rayleigh_z_grid=judged.z,
        rayleigh_p_grid=judged.p,
        provisional=a.size < ENOUGH_HITS,
        why_not=_why_not(a.size, missed),
    )


def matched_asynchrony(matched: Matched) -> Asynchrony:
    """:func:`asynchrony` of hits matched to a grid."""
    return asynchrony(
        matched.asynchronies_ms,
        matched.periods_ms,
        matched.spacings_ms,
        missed=matched.missed,
        extra=matched.extra.size,
    )


def phases(asynchronies_ms: ArrayLike, spacings_ms: ArrayLike) -> Floats:
    """Phases in radians, (n,), of asynchronies on a cycle of ``spacings_ms`` (one number or (n,), above 0)."""
    a = floats(asynchronies_ms, "asynchronies_ms")
    return a * (math.tau / beside(spacings_ms, a.size, "spacings_ms"))


def mean_vector(thetas: ArrayLike) -> tuple[float, float] | None:
    """Resultant length R (0-1) and mean direction (radians) of angles (n,) in radians; ``None`` of nothing.

    Source: Fisher 1993, *Statistical Analysis of Circular Data*, section 2.3.1.

    >>> mean_vector([0.0, math.pi / 2])
    (0.7071067811865476, 0.7853981633974483)
    """
    theta = np.asarray(thetas, dtype=np.float64)
    if not theta.size:
        return None
    x, y = float(np.cos(theta).mean()), float(np.sin(theta).mean())
    return min(math.hypot(x, y), 1.0), math.atan2(y, x)


def mean_interval(values: ArrayLike) -> tuple[float, float] | None:
    """The 95 % interval of the mean of a correlated row, (n,) in the order played; ``None`` under 10 values.

    Asynchronies of a player who corrects her phase follow an ARMA(1, 1) process (Vorberg & Schulze 2002, *Journal of
    Mathematical Psychology* 46), so their correlations fall off as ``r1 * phi**(k - 1)``: r1 and phi are taken from the
    first three lags, each first lifted by what removing the mean takes away.  n over the sum of all correlations is
    the effective n; Student's t with one less is the quantile.  An AR(1) fit and the initial positive sequence both
    cover less (``docs/measures.md``).
    """
    x = floats(values, "values")
    return _of_mean(x, _memory_of(x)) if x.size >= FEWEST_FOR_INTERVAL else None


def sd_interval(values: ArrayLike) -> tuple[float, float] | None:
    """The 95 % interval of the SD of a correlated row, (n,) in the order played; ``None`` under 10 values.

    The variance, with what removing the mean took away, times chi squared; its degrees of freedom are n over the sum
    of all squared correlations, by the same model as :func:`mean_interval` (Bartlett 1946, *Supplement to the Journal
    of the Royal Statistical Society* 8), and its quantiles those of Wilson & Hilferty 1931.
    """
    x = floats(values, "values")
    return _of_sd(_memory_of(x), x.size) if x.size >= FEWEST_FOR_INTERVAL else None


def velocity(velocities: ArrayLike) -> Velocity:
    """Mean and SD of how hard a player hit; (n,) MIDI velocities.

    >>> velocity([60, 80]).velocity_mean
    70.0
    """
    v = floats(velocities, "velocities")
    if not v.size:
        return Velocity(None, None, dict.fromkeys(("velocity_mean", "velocity_sd"), "no velocities"))
    if v.size < 2:
        return Velocity(float(v[0]), None, {"velocity_sd": "one hit has no spread"})
    return Velocity(float(v.mean()), float(v.std(ddof=1)))


def _circle(a: Floats, cycle: Floats) -> _Circle:
    vector = mean_vector(a * (math.tau / cycle))
    if vector is None:
        return _Circle()
    length, direction = vector
    z, p = live.rayleigh(a.size, length) or (None, None)
    return _Circle(length, direction, live.ppc(a.size, length), z, p)


@dataclass(frozen=True, slots=True)
class _Memory:
    """A row's variance, and how far its values foretell each other."""

    variance: float
    correlations: float
    """Their sum over all lags, either way; 1 where there are none."""
    squares: float
    """The sum of their squares."""


def _memory_of(x: Floats) -> _Memory:
    n, deviations = x.size, x - x.mean()
    covariances = np.array([deviations[: n - k] @ deviations[k:] / (n - k) for k in range(_LAGS + 1)])
    if not covariances[0] > 0:
        return _Memory(0.0, 1.0, 1.0)
    # Deviations from the row's own mean lack the variance of that mean, which depends on the memory: go round.
    of_mean, memory = 0.0, _Memory(float(covariances[0]), 1.0, 1.0)
    for _ in range(8):
        memory = _fitted(covariances + of_mean, n)
        of_mean = min(memory.variance * memory.correlations / n, float(covariances[0]))
    return memory


def _fitted(covariances: Floats, n: int) -> _Memory:
    """The memory of an ARMA(1, 1) process with these first autocovariances."""
    r = covariances[1:] / covariances[0]
    first, variance = float(r[0]), float(covariances[0])
    if first <= 0:
        # Half the way: a chance negative correlation must not make the interval of the mean narrow.
        return _Memory(variance, 1 + (1 - 1 / n) * max(first, -0.9), 1 + 2 * first**2)
    phi = float(r[1:].sum() / r[:-1].sum()) if r[:-1].sum() > 0 else 0.0
    # Three noisy lags cannot show that a weak correlation ends soon; to take it so would cost coverage.
    least = max(first, _SHORTEST_MEMORY * min(1.0, first / _SURELY_CORRELATED))
    phi = min(max(phi, least), _LONGEST_MEMORY)
    total = 1 + 2 * first * (1 / (1 - phi) - (1 - phi**n) / (n * (1 - phi) ** 2))
    return _Memory(variance, min(total, n / _FEWEST_EFFECTIVE), 1 + 2 * first**2 / (1 - phi**2))


def _of_mean(x: Floats, memory: _Memory) -> tuple[float, float]:
    centre, effective = float(x.mean()), x.size / memory.correlations
    df = max(min(effective, x.size) - 1, 1.0)
    half = t_quantile(0.975, round(df, 6)) * math.sqrt(memory.variance / effective)
    return centre - half, centre + half


def _of_sd(memory: _Memory, n: int) -> tuple[float, float]:
    df = max(n / memory.squares - 1, 1.0)
    low, high = (memory.variance / _chi_square_mean(df, z) for z in (_NORMAL_975, -_NORMAL_975))
    return math.sqrt(low), math.sqrt(high)


def _chi_square_mean(df: float, z: float) -> float:
    """The quantile of chi squared over its degrees of freedom, at the normal quantile ``z``."""
    # Not below a tenth: with one or two degrees of freedom the approximation falls to 0.
    return max(1 - 2 / (9 * df) + z * math.sqrt(2 / (9 * df)), 0.1) ** 3


def _why_not(n: int, missed: int) -> dict[str, str]:
    reasons: dict[str, str] = {}
    one = ("mean_asynchrony_ms", "mean_abs_asynchrony_ms", "median_asynchrony_ms", "vector_length",
           "vector_length_grid", "circular_mean_ms", "rayleigh_z", "rayleigh_p", "rayleigh_z_grid",
           "rayleigh_p_grid")  # fmt: skip
    if n == 0:
        reasons |= dict.fromkeys(one, "no matched hits")
        if not missed:
            reasons["share_played"] = "no judged points"
    if n < 2:
        reasons |= dict.fromkeys(("sd_asynchrony_ms", "ppc", "ppc_grid"), "needs two hits")
    if n < FEWEST_FOR_INTERVAL:
        why = f"an interval needs {FEWEST_FOR_INTERVAL} hits; there are {n}"
        reasons |= dict.fromkeys(("mean_asynchrony_ci95_ms", "sd_asynchrony_ci95_ms"), why)
    return reasons
