"""Two players beside each other: how far apart, who follows whom.

``d = t_A - t_B`` in ms where both have a hit at the same grid point (Rasch 1979, *Acustica* 43; the R package
onsetsync); without a pulse, between mutual nearest hits.  The SD divides by n - 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from drumcircle.measures.correction import DEPENDENT, PhaseCorrection, phase_correction
from drumcircle.measures.rows import Floats, Ints, floats, rising, table

FEWEST_FOR_COUPLING = 20
_ORDER = 3
_NEAR_SHIFTS = 3


@dataclass(frozen=True, slots=True)
class PairAsynchrony:
    """First minus second at the points they share."""

    n: int
    mean_asynchrony_ms: float | None
    sd_asynchrony_ms: float | None
    mean_abs_asynchrony_ms: float | None
    why_not: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coupling:
    """Whether one player's intervals foretell the other's next."""

    lag_plus1: float | None
    """Correlation of the first's interval with the second's next one: above 0, the second follows the first."""
    lag_minus1: float | None
    """The other way round: above 0, the first follows the second."""
    coupling_p: float | None
    why_not: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PairCorrection:
    """Each one's phase correction to the other; SDs as [first, second]."""

    alpha_1_from_2: float | None
    """How much the first takes back of an asynchrony to the second."""
    alpha_2_from_1: float | None
    timekeeper_sd_ms: tuple[float, float] | None
    motor_sd_ms: tuple[float, float] | None
    why_not: dict[str, str] = field(default_factory=dict)


def shared(points_a: ArrayLike, points_b: ArrayLike) -> tuple[Ints, Ints]:
    """Where two rising rows of numbers, (n,) and (m,), hold the same: indices (k,) into each.

    >>> [row.tolist() for row in shared([0, 1, 3, 4], [1, 2, 4])]
    [[1, 3], [0, 2]]

    Raises:
        ValueError: numbers that do not rise.
    """
    a, b = rising(points_a, "points_a"), rising(points_b, "points_b")
    if not b.size:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    at = np.minimum(np.searchsorted(b, a), b.size - 1)
    first = np.flatnonzero(b[at] == a)
    return first, at[first]


def mutual_nearest(times_a: ArrayLike, times_b: ArrayLike) -> tuple[Ints, Ints]:
    """Hits that are each other's nearest, within half the shorter of the two median intervals.

    ``times_a`` (n,), ``times_b`` (m,): rising, ms.  Indices (k,) into each; none where either has one hit alone.

    >>> [row.tolist() for row in mutual_nearest([0, 500, 1000], [20, 40, 1010])]
    [[0, 2], [0, 2]]

    Raises:
        ValueError: times that do not rise.
    """
    a, b = rising(times_a, "times_a"), rising(times_b, "times_b")
    if a.size < 2 or b.size < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    reach = min(np.median(np.diff(a)), np.median(np.diff(b))) / 2
    to_b, to_a = _nearest(a, b), _nearest(b, a)
    mutual = (to_a[to_b] == np.arange(a.size)) & (np.abs(a - b[to_b]) <= reach)
    first = np.flatnonzero(mutual)
    return first, to_b[first]


def pair_asynchrony(times_a: ArrayLike, times_b: ArrayLike) -> PairAsynchrony:
    """Asynchrony of two players at shared points: rows (n,) in ms, paired.

    >>> found = pair_asynchrony([0, 510, 1000], [10, 500, 990])
    >>> found.n, round(found.mean_asynchrony_ms, 3), round(found.sd_asynchrony_ms, 3)
    (3, 3.333, 11.547)

    Raises:
        ValueError: rows of unequal length.
    """
    a, b = _paired(times_a, times_b)
    d = a - b
    if not d.size:
        keys = ("mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms")
        return PairAsynchrony(0, None, None, None, dict.fromkeys(keys, "no shared points"))
    return PairAsynchrony(
        n=d.size,
        mean_asynchrony_ms=float(d.mean()),
        sd_asynchrony_ms=float(d.std(ddof=1)) if d.size > 1 else None,
        mean_abs_asynchrony_ms=float(np.abs(d).mean()),
        why_not={} if d.size > 1 else {"sd_asynchrony_ms": "needs two shared points"},
    )


def coupling(
    times_a: ArrayLike,
    times_b: ArrayLike,
    points: ArrayLike | None = None,
    *,
    seed: int = 0,
    surrogates: int = 200,
) -> Coupling:
    """Who follows whom: correlation of prewhitened intervals one apart, tested against circular shifts.

    ``times_a``, ``times_b`` (n,): ms at shared points; ``points`` (n,) their numbers where some are missing (an
    interval over two points counts as its half).  Each row of intervals is freed of its own memory by an AR(3) fit
    (Box & Jenkins 1976), or two rows with a memory would correlate by chance.  ``coupling_p``: the share of
    ``surrogates`` shifts of one row along the other, by ``seed``, whose larger lag +-1 correlation is no smaller
    (with the row itself counted in).  Lag +-1: Konvalinka, Vuust, Roepstorff & Frith 2010, *Quarterly Journal of
    Experimental Psychology* 63.  Absent under 20 intervals.

    Raises:
        ValueError: rows of unequal length, points that do not rise.
    """
    a, b = _paired(times_a, times_b)
    if a.size <= FEWEST_FOR_COUPLING:
        return _uncoupled(f"needs {FEWEST_FOR_COUPLING} intervals; there are {max(a.size - 1, 0)}")
    steps = np.ones(a.size - 1) if points is None else np.diff(rising(points, "points"))
    if steps.size != a.size - 1:
        raise ValueError(f"{steps.size + 1} points cannot go with {a.size} hits")
    x, y = _whitened(np.diff(a) / steps), _whitened(np.diff(b) / steps)
    if not (x.std() > 0 and y.std() > 0):
        return _uncoupled("the intervals do not vary")
    return Coupling(
        lag_plus1=float(np.corrcoef(x[:-1], y[1:])[0, 1]),
        lag_minus1=float(np.corrcoef(x[1:], y[:-1])[0, 1]),
        coupling_p=_shift_p(x, y, seed, surrogates),
    )


def pair_correction(times_a: ArrayLike, times_b: ArrayLike) -> PairCorrection:
    """Phase correction both ways; rows (n,) in ms at the same events without gaps, n >= 6.

    Source: multi-person bGLS, see :mod:`drumcircle.measures.correction`.

    Raises:
        ValueError: rows of unequal length, or too short.
    """
    first, second = phase_correction(times_a, times_b), phase_correction(times_b, times_a)
    if first.alpha is None or second.alpha is None:
        keys = ("alpha_1_from_2", "alpha_2_from_1", "timekeeper_sd_ms", "motor_sd_ms")
        return PairCorrection(None, None, None, None, dict.fromkeys(keys, DEPENDENT))
    return PairCorrection(
        alpha_1_from_2=float(first.alpha[0]),
        alpha_2_from_1=float(second.alpha[0]),
        timekeeper_sd_ms=(first.timekeeper_sd_ms or 0.0, second.timekeeper_sd_ms or 0.0),
        motor_sd_ms=(first.motor_sd_ms or 0.0, second.motor_sd_ms or 0.0),
    )


def ensemble_correction(onsets_ms: ArrayLike) -> list[PhaseCorrection]:
    """Each player's phase correction to all the others at once; (n, players) in ms, n >= players + 4.

    The alphas of player i stand in the order of the other players.
    """
    onsets = table(onsets_ms, "onsets_ms")
    return [phase_correction(onsets[:, i], np.delete(onsets, i, axis=1)) for i in range(onsets.shape[1])]


def _paired(times_a: ArrayLike, times_b: ArrayLike) -> tuple[Floats, Floats]:
    a, b = floats(times_a, "times_a"), floats(times_b, "times_b")
    if a.size != b.size:
        raise ValueError(f"{a.size} hits cannot be paired with {b.size}")
    return a, b


def _nearest(of: Floats, among: Floats) -> Ints:
    after = np.clip(np.searchsorted(among, of), 1, among.size - 1)
    return np.where(of - among[after - 1] <= among[after] - of, after - 1, after)


def _uncoupled(why: str) -> Coupling:
    return Coupling(None, None, None, dict.fromkeys(("lag_plus1", "lag_minus1", "coupling_p"), why))


def _whitened(intervals: Floats) -> Floats:
    """What an AR(3) fit cannot foretell of a row, (n - 3,)."""
    d = intervals - intervals.mean()
    before = np.stack([d[_ORDER - k - 1 : d.size - k - 1] for k in range(_ORDER)], axis=1)
    coefficients, *_ = np.linalg.lstsq(before, d[_ORDER:], rcond=None)
    rest: Floats = d[_ORDER:] - before @ coefficients
    # A row that never varies leaves rounding, not residuals.
    return rest if rest.std() > 1e-9 * max(float(np.abs(intervals).max()), 1e-300) else np.zeros_like(rest)


def _shift_p(x: Floats, y: Floats, seed: int, surrogates: int) -> float:
    n = x.size
    u, v = x - x.mean(), y - y.mean()
    at = np.fft.irfft(np.fft.rfft(u).conj() * np.fft.rfft(v), n)  # at[s]: x with y as many places later
    larger = np.maximum(np.roll(at, -1), np.roll(at, 1))
    shifts = np.random.default_rng(seed).integers(_NEAR_SHIFTS, n - _NEAR_SHIFTS + 1, size=surrogates)
    return float((1 + np.count_nonzero(larger[shifts] >= larger[0])) / (1 + surrogates))
