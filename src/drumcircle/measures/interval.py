"""Time between hits: inter-tap intervals, tempo and its drift, and what varies them.

Intervals are ms between hits in order of time, all of them pooled.  The SD divides by n - 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from drumcircle.measures.noise import variance_intervals
from drumcircle.measures.rows import Floats, floats

_EXACT_SLOPES = 600  # rows: every pair of them gives 180 000 slopes, some ms
_FEWEST_WK = 6


@dataclass(frozen=True, slots=True)
class Intervals:
    """Inter-tap intervals of one player; the names are the keys of the ``analyse`` document."""

    iti_n: int
    iti_mean_ms: float | None
    iti_sd_ms: float | None
    iti_cv: float | None
    tempo_bpm: float | None
    """60 000 over the median interval; which of the next two a musician would say cannot be known from hits."""
    tempo_half_bpm: float | None
    tempo_double_bpm: float | None
    tempo_drift_percent_per_min: float | None
    """Above 0: getting faster."""
    why_not: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WingKristofferson:
    """Where the variance of unpaced intervals comes from: the clock or the hand."""

    lag1_autocorrelation: float | None
    motor_variance_ms2: float | None
    clock_variance_ms2: float | None
    motor_variance_ci95_ms2: tuple[float, float] | None = None
    """Both intervals: profile likelihood, see :mod:`drumcircle.measures.noise`."""
    clock_variance_ci95_ms2: tuple[float, float] | None = None
    why_not: dict[str, str] = field(default_factory=dict)


def intervals(times_ms: ArrayLike) -> Intervals:
    """Interval figures of one player's hits, (n,) in any order.

    Drift is the Theil-Sen slope of interval against time, as a percentage of the tempo a minute (Theil 1950; Sen 1968,
    *Journal of the American Statistical Association* 63): up to 29 % of intervals may be anything, a missed hit for one.

    >>> found = intervals([0, 500, 1000, 1510, 2000])
    >>> found.iti_mean_ms, found.tempo_bpm, found.tempo_half_bpm
    (500.0, 120.0, 60.0)

    Raises:
        ValueError: a time that is not finite.
    """
    times = np.sort(floats(times_ms, "times_ms"))
    gaps = np.diff(times)
    n = gaps.size
    middle = float(np.median(gaps)) if n else 0.0
    tempo = 60_000 / middle if middle > 0 else None
    spread = float(gaps.std(ddof=1)) if n > 1 else None
    average = float(gaps.mean()) if n else None
    drift = -theil_sen(times[1:], gaps) / middle * 60_000 * 100 if n > 2 and middle > 0 else None
    return Intervals(
        iti_n=n,
        iti_mean_ms=average,
        iti_sd_ms=spread,
        iti_cv=spread / average if spread is not None and average else None,
        tempo_bpm=tempo,
        tempo_half_bpm=tempo / 2 if tempo else None,
        tempo_double_bpm=tempo * 2 if tempo else None,
        tempo_drift_percent_per_min=drift,
        why_not=_why_not(n, middle),
    )


def theil_sen(xs: ArrayLike, ys: ArrayLike) -> float:
    """The median slope between all pairs of points; ``xs`` (n,) rising, ``ys`` (n,), n >= 2.

    Beyond 600 points, equal runs of neighbours are first replaced by their medians (fewer than a run at the end are
    left out), so that a long session costs what a short one does.

    >>> theil_sen([0, 1, 2, 3, 4], [0, 2, 4, 6, 99])
    2.0

    Raises:
        ValueError: rows of unequal length, or no two different ``xs``.
    """
    x, y = floats(xs, "xs"), floats(ys, "ys")
    if x.size != y.size:
        raise ValueError(f"{x.size} xs cannot go with {y.size} ys")
    if x.size > _EXACT_SLOPES:
        x, y = _in_runs(x), _in_runs(y)
    first, second = np.triu_indices(x.size, k=1)
    run = x[second] - x[first]
    if not run.any():
        raise ValueError("a slope needs two different xs")
    rises = (y[second] - y[first])[run != 0]
    return float(np.median(rises / run[run != 0]))


def wing_kristofferson(intervals_ms: ArrayLike) -> WingKristofferson:
    """Clock and motor variance of unpaced, isochronous intervals, (n,), n >= 6, after removing a linear trend.

    Each interval is one clock interval plus the difference of two motor delays (Wing & Kristofferson 1973,
    *Perception & Psychophysics* 14): variance ``C + 2M``, lag-1 autocovariance ``-M``, nothing beyond.  Removing a
    trend of its own takes from both, the more the shorter the row; here the two are solved from what it leaves, so
    they are unbiased for any n.  Unless -.5 <= lag-1 <= 0, as it stands and freed of that bias, the model does not
    hold and the variances are absent.

    >>> found = wing_kristofferson([500, 520, 480, 510, 490, 505, 495, 500])
    >>> found.motor_variance_ms2, found.why_not["motor_variance_ms2"]
    (None, 'lag-1 autocorrelation -0.80 is below -.5: not a clock with a motor delay')

    Raises:
        ValueError: fewer than six intervals, or one that is not finite.
    """
    gaps = floats(intervals_ms, "intervals_ms")
    if gaps.size < _FEWEST_WK:
        raise ValueError(f"a variance model needs {_FEWEST_WK} intervals; there are {gaps.size}")
    trend = _trend(gaps.size)
    rest = gaps - trend @ (trend.T @ gaps)
    if not rest.std() > 1e-9 * np.abs(gaps).max():
        return WingKristofferson(
            None, None, None, why_not=dict.fromkeys(_WK_KEYS, "the intervals do not vary")
        )
    lag1 = float(rest[:-1] @ rest[1:] / (rest @ rest))
    variance, covariance = _moments(rest, trend)
    for found in (lag1, covariance / variance):
        if found > 0:
            return _no_model(
                lag1, f"autocorrelation {found:.2f} is above 0: tempo wandered or a pulse was followed"
            )
        if found < -0.5:
            return _no_model(
                lag1, f"autocorrelation {found:.2f} is below -.5: not a clock with a motor delay"
            )
    motor, clock = variance_intervals(gaps, trend)
    return WingKristofferson(lag1, -covariance, variance + 2 * covariance, motor, clock)


def _trend(n: int) -> Floats:
    """An orthonormal basis, (n, 2), of all straight lines."""
    columns = np.stack([np.ones(n), np.arange(n, dtype=np.float64)], axis=1)
    return np.linalg.qr(columns)[0]


def _moments(rest: Floats, basis: Floats) -> tuple[float, float]:
    """Variance and lag-1 autocovariance of a row whose projection off ``basis`` (n, 2) left ``rest`` (n,).

    With Q that projection, ``E[d'd]`` and ``E[d'Sd]`` (S pairs neighbours) are linear in the two moments, by traces
    known from the basis alone; the two equations are solved.
    """
    beside = np.zeros_like(basis)  # T U: each row's two neighbours added, T with ones beside the diagonal
    beside[1:] += basis[:-1]
    beside[:-1] += basis[1:]
    once, twice = basis.T @ beside, beside.T @ beside
    pairs = 2.0 * (rest.size - 1) - 2 * np.trace(twice) + np.trace(once @ once)  # trace of QTQT
    lost = -np.trace(once)  # trace of QT
    variance, covariance = np.linalg.solve(
        [[rest.size - 2.0, lost], [lost / 2, pairs / 2]], [rest @ rest, rest[:-1] @ rest[1:]]
    )
    return float(variance), float(covariance)


_WK_KEYS = (
    "lag1_autocorrelation",
    "motor_variance_ms2",
    "clock_variance_ms2",
    "motor_variance_ci95_ms2",
    "clock_variance_ci95_ms2",
)


def _no_model(lag1: float, why: str) -> WingKristofferson:
    return WingKristofferson(lag1, None, None, why_not=dict.fromkeys(_WK_KEYS[1:], f"lag-1 {why}"))


def _in_runs(values: Floats) -> Floats:
    length = -(-values.size // _EXACT_SLOPES)
    whole = values.size // length * length
    medians: Floats = np.median(values[:whole].reshape(-1, length), axis=1)
    return medians


def _why_not(n: int, middle: float) -> dict[str, str]:
    reasons: dict[str, str] = {}
    if n == 0:
        reasons |= dict.fromkeys(("iti_mean_ms",), "needs two hits")
    if n < 2:
        reasons |= dict.fromkeys(("iti_sd_ms", "iti_cv"), "needs three hits")
    if middle <= 0:
        reasons |= dict.fromkeys(
            ("tempo_bpm", "tempo_half_bpm", "tempo_double_bpm"), "needs two hits at two times"
        )
    if n < 3 or middle <= 0:
        reasons["tempo_drift_percent_per_min"] = "needs four hits at different times"
    return reasons
