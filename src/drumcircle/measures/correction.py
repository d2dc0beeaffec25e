"""How a player corrects towards others: bounded generalised least squares.

Onsets are ms at the same events, one row an event; partners are other players or the pulse.  With ``r`` the
player's next interval and ``A`` how far the player lay from each partner, ``r = const - alpha A + noise``; the noise
is a clock of its own (timekeeper) plus the difference of two motor delays, so neighbours correlate negatively.
Ordinary regression ignores that and is biased by +.11 (200 events) to +.45 (8 events).

Source: Jacoby, Tishby, Repp, Ahissar & Keller 2015, *Timing & Time Perception* 3, parts I and II; the arithmetic is
that of their published code.  A noise covariance with two numbers, one on the diagonal and one beside it, is diagonal
in the sine transform whatever the numbers: everything is transformed once, and each step is then linear in n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from drumcircle.measures.noise import coefficient_intervals, cosines, sine_transform
from drumcircle.measures.rows import Floats, Ints, floats, table

_MOST_STEPS = 20
_CONVERGED = 1e-3
_THERE_AND_BACK = 0.25
_LEAST_RATIO = -1 / 3  # k1 / k0 where the motor SD equals the timekeeper's
_ROUNDING = 1e-9  # of an interval: asynchronies that vary by less vary by their arithmetic only
_NO_NOISE = {"alpha_ci95": "the intervals follow the partners without any noise"}

DEPENDENT = "the partners' asynchronies do not vary independently"
ONE_WAY = "the tempo does not go there and back: prediction and tracking look alike"


@dataclass(frozen=True, slots=True, eq=False)
class PhaseCorrection:
    """One player's correction to k partners; ``alpha`` and its intervals in the order of the partners."""

    alpha: Floats | None
    """(k,): the share of an asynchrony taken back by the next event; 0 none, 1 all of it."""
    alpha_ci95: Floats | None
    """(k, 2): profile likelihood, see :mod:`drumcircle.measures.noise`."""
    timekeeper_sd_ms: float | None
    motor_sd_ms: float | None
    on_bound: bool
    """The variances ran into the model's bounds (motor 0, or equal to the timekeeper's): read alpha alone."""
    why_not: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeriodCorrection:
    """Correction of phase and of period where the tempo goes there and back."""

    phase_correction_alpha: float | None
    period_correction_beta: float | None
    timekeeper_sd_ms: float | None
    motor_sd_ms: float | None
    on_bound: bool
    why_not: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PredictionTracking:
    """Whether intervals go with the pulse's (prediction) or one behind (tracking)."""

    prediction_tracking_ratio: float | None
    """Above 1: prediction; below: tracking."""
    lag0: float | None
    lag1: float | None
    why_not: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Fit:
    """The end of the iteration: coefficients (k,) and the noise covariance."""

    z: Floats
    k0: float
    k1: float

    @property
    def timekeeper(self) -> float:
        return math.sqrt(max(self.k0 + 2 * self.k1, 0.0))

    @property
    def motor(self) -> float:
        return math.sqrt(abs(self.k1))

    @property
    def on_bound(self) -> bool:
        return self.k1 == 0 or self.k0 == -3 * self.k1


def phase_correction(own: ArrayLike, partners: ArrayLike) -> PhaseCorrection:
    """How much of each partner's asynchrony a player takes back by the next event.

    ``own`` (n,) and ``partners`` (n, k), or (n,) for one: onsets in ms at the same n events, without gaps, n >= k + 5.
    They need not rise (a partner's jitter may exceed an interval; pairs made by number may go back).

    >>> import numpy as np
    >>> beat, dice, asynchrony = np.arange(1000) * 500.0, np.random.default_rng(1), [0.0]
    >>> for noise in dice.normal(0, 10, 999):
    ...     asynchrony.append(0.6 * asynchrony[-1] + noise)
    >>> round(float(phase_correction(beat + asynchrony, beat).alpha[0]), 1)
    0.4

    Raises:
        ValueError: rows of unequal length, fewer than k + 5 events, a number that is not finite.
    """
    mine, others = floats(own, "own"), table(partners, "partners")
    n, k = others.shape
    if mine.size != n:
        raise ValueError(
            f"{mine.size} onsets cannot go with {n} of the partners: they must be at the same events"
        )
    if n < k + 5:
        raise ValueError(f"{k} partners need at least {k + 5} events; there are {n}")
    steps, asynchronies = np.diff(mine), (mine[:, None] - others)[1:]
    found = _bounded_gls(steps, asynchronies)
    if found is None:
        keys = ("alpha", "alpha_ci95", "timekeeper_sd_ms", "motor_sd_ms")
        return PhaseCorrection(None, None, None, None, False, dict.fromkeys(keys, DEPENDENT))
    interval = _alpha_intervals(steps, asynchronies) if found.k0 > 0 else None
    return PhaseCorrection(
        -found.z,
        interval,
        found.timekeeper,
        found.motor,
        found.on_bound,
        _NO_NOISE if interval is None else {},
    )


def period_correction(own: ArrayLike, partner: ArrayLike) -> PeriodCorrection:
    """Correction of phase (alpha) and of period (beta) towards one partner, usually a pulse.

    ``own``, ``partner`` (n,): onsets in ms at the same events, n >= 7.  The player's own period moves by beta times
    each asynchrony, so the asynchronies so far, added up, are a second regressor.  Absent unless the partner's tempo
    goes there and back.

    Raises:
        ValueError: as :func:`phase_correction`.
    """
    mine, other = _two_rows(own, partner, least=7)
    if not _there_and_back(np.diff(other)):
        return _no_period(ONE_WAY)
    asynchrony = (mine - other)[1:]
    found = _bounded_gls(np.diff(mine), np.stack([asynchrony, np.cumsum(asynchrony)], axis=1))
    if found is None:
        return _no_period(DEPENDENT)
    alpha, beta = (-found.z).tolist()
    return PeriodCorrection(alpha, beta, found.timekeeper, found.motor, found.on_bound)


def prediction_tracking(own: ArrayLike, partner: ArrayLike) -> PredictionTracking:
    """Correlation of a player's intervals with the pulse's, over that with the pulse's one before.

    ``own``, ``partner`` (n,): onsets in ms at the same events, n >= 5.  Source: Rankin, Large & Fink 2009, *Music
    Perception* 26; Pecenka & Keller 2011, *Experimental Brain Research* 211.  Absent unless the tempo goes there and
    back, and where a player does not track at all.

    Raises:
        ValueError: as :func:`phase_correction`.
    """
    mine, other = _two_rows(own, partner, least=5)
    ours, theirs = np.diff(mine), np.diff(other)
    if not _there_and_back(theirs):
        return PredictionTracking(None, None, None, dict.fromkeys(_TRACKING, ONE_WAY))
    if not ours[1:].std() > 0:
        return PredictionTracking(
            None, None, None, dict.fromkeys(_TRACKING, "the player's intervals do not vary")
        )
    lag0 = float(np.corrcoef(ours[1:], theirs[1:])[0, 1])
    lag1 = float(np.corrcoef(ours[1:], theirs[:-1])[0, 1])
    if lag1 <= 0:
        reason = "the player's intervals do not follow the pulse's: there is no tracking to compare with"
        return PredictionTracking(None, lag0, lag1, {_TRACKING[0]: reason})
    return PredictionTracking(lag0 / lag1, lag0, lag1)


def consecutive(points: ArrayLike) -> slice:
    """The longest run of whole numbers each one above the last; the first of equals.

    A missed event breaks the series correction is measured on; this is the longest stretch without one.

    >>> consecutive([1, 2, 4, 5, 6, 9])
    slice(2, 5, None)
    """
    row: Ints = np.asarray(points, dtype=np.int64)
    breaks = np.flatnonzero(np.diff(row) != 1) + 1
    edges = np.concatenate([[0], breaks, [row.size]])
    longest = int(np.argmax(np.diff(edges)))
    return slice(int(edges[longest]), int(edges[longest + 1]))


_TRACKING = ("prediction_tracking_ratio", "lag0", "lag1")


def _bounded_gls(intervals: Floats, regressors: Floats) -> _Fit | None:
    """Regress each interval, (m,), on the row of (m, k) before it, under the two-number noise covariance.

    ``None`` where the columns depend on each other.
    """
    # The means are those of the whole series, before the shift by one: so do the authors.
    y = (intervals - intervals.mean())[1:]
    x = (regressors - regressors.mean(axis=0))[:-1]
    if np.linalg.matrix_rank(x, _ROUNDING * np.abs(intervals).mean() * math.sqrt(y.size)) < x.shape[1]:
        return None
    places = cosines(y.size)
    x_sines, y_sines = sine_transform(x), sine_transform(y[:, None])[:, 0]
    z, k0, k1 = np.zeros(x.shape[1]), 1.0, 0.0
    for _ in range(_MOST_STEPS):
        before, weighted = z, x_sines / (k0 + 2 * k1 * places)[:, None]
        information = weighted.T @ x_sines
        z = np.linalg.solve(information, weighted.T @ y_sines)
        k0, k1 = _bounded(x @ z - y)
        if np.abs(z - before).sum() < _CONVERGED or k0 <= 0:
            break
    return _Fit(z, k0, k1)


def _alpha_intervals(steps: Floats, asynchronies: Floats) -> Floats:
    found = coefficient_intervals(steps[1:], asynchronies[:-1], _LEAST_RATIO)
    return -found[:, ::-1]


def _bounded(residual: Floats) -> tuple[float, float]:
    """Noise covariance from residuals, within the bounds motor >= 0 and timekeeper >= motor."""
    sample = np.cov(residual[:-1], residual[1:])
    k0, k1 = (sample[0, 0] + sample[1, 1]) / 2, min(sample[0, 1], 0.0)
    return float(max(k0, -3 * k1)), float(k1)


def _two_rows(own: ArrayLike, partner: ArrayLike, least: int) -> tuple[Floats, Floats]:
    mine, other = floats(own, "own"), floats(partner, "partner")
    if mine.size != other.size or mine.size < least:
        raise ValueError(f"needs {least} onsets or more, as many of each: not {mine.size} and {other.size}")
    return mine, other


def _there_and_back(intervals: Floats) -> bool:
    """Whether the intervals both grow and shrink, the lesser by at least a quarter of the greater."""
    steps = np.diff(intervals)
    grown, shrunk = float(steps[steps > 0].sum()), float(-steps[steps < 0].sum())
    # Under a ten-thousandth of the interval it is a steady pulse written down with few digits.
    least = 1e-3 * float(np.abs(intervals).mean())
    return min(grown, shrunk) > max(_THERE_AND_BACK * max(grown, shrunk), least)


def _no_period(why: str) -> PeriodCorrection:
    keys = ("phase_correction_alpha", "period_correction_beta", "timekeeper_sd_ms", "motor_sd_ms")
    return PeriodCorrection(None, None, None, None, False, dict.fromkeys(keys, why))
