"""The noise of two-level timing: a clock, plus the difference of two motor delays.

Its covariance has ``k0 = clock + 2 motor`` on the diagonal, ``k1 = -motor`` beside it and nothing else (Wing &
Kristofferson 1973).  Whatever the two numbers, the sine transform makes that diagonal, with ``k0 + 2 k1 cos(pi j / (m +
1))`` in place j: rows are transformed once, and every trial of other numbers is linear in their length.

Intervals here are profile likelihood (restricted, so that fitting means and slopes costs nothing): all values of a
parameter for which some value of the others keeps the likelihood within the 95 % cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drumcircle.measures.rows import Floats
from drumcircle.measures.student import t_quantile

_RATIOS = 49
_SCALES = 201


@dataclass(frozen=True, slots=True, eq=False)
class _Profile:
    """A regression under each of m ratios k1 / k0, of n rows on k columns."""

    df: int
    deviance: Floats
    """(m,): minus twice the log likelihood, at its best in all but the ratio."""
    residual: Floats
    """(m,): weighted sum of squares, in units of k0."""
    z: Floats
    """(m, k)"""
    unit: Floats
    """(m, k): variance of each coefficient, in units of k0."""


def sine_transform(columns: Floats) -> Floats:
    """The orthonormal sine transform (DST-I) of each column of (m, k)."""
    m, k = columns.shape
    edge = np.zeros((1, k))
    odd = np.concatenate([edge, columns, edge, -columns[::-1]])
    sines: Floats = -np.fft.rfft(odd, axis=0).imag[1 : m + 1] / math.sqrt(2 * (m + 1))
    return sines


def cosines(m: int) -> Floats:
    """Half the place-dependent part of the transformed covariance, (m,)."""
    halves: Floats = np.cos(np.arange(1, m + 1) * (math.pi / (m + 1)))
    return halves


def coefficient_intervals(y: Floats, x: Floats, least_ratio: float) -> Floats:
    """95 % intervals, (k, 2), of the coefficients of (m, k) columns; a constant is fitted beside them.

    ``least_ratio``: the lowest k1 / k0 the model allows, above -.5.
    """
    ratios = np.linspace(least_ratio, 0, _RATIOS)
    found = _profiled(y, np.column_stack([x, np.ones(y.size)]), ratios)
    cut = found.deviance.min() + _cut(found.df)
    room = np.maximum(np.expm1((cut - found.deviance) / found.df), 0.0)
    half = np.sqrt(found.unit * (found.residual * room)[:, None])
    # A ratio outside the cut has no room and so no width; it must not pull the interval to its own estimate.
    z = np.where(room[:, None] > 0, found.z, np.nan)
    return np.stack([np.nanmin(z - half, axis=0), np.nanmax(z + half, axis=0)], axis=1)[:-1]


def variance_intervals(y: Floats, x: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    """95 % intervals of the motor and the clock variance of (m,) around what (m, k) columns explain."""
    ratios = np.linspace(-0.5, 0, _RATIOS)
    ratios[0] = -0.5 + 1e-9  # at -.5 itself a wave of alternating errors would cost nothing
    found = _profiled(y, x, ratios)
    best = found.residual / found.df
    scales = np.exp(np.linspace(-1.2, 1.8, _SCALES))
    # At the best k0 the deviance is the profile's; this is what another k0 adds.
    added = found.df * (np.log(scales) + 1 / scales - 1)
    kept = found.deviance[:, None] + added <= found.deviance.min() + _cut(found.df)
    k0 = best[:, None] * scales
    motor, clock = -ratios[:, None] * k0, (1 + 2 * ratios[:, None]) * k0
    return _range(motor[kept]), _range(clock[kept])


def _profiled(y: Floats, x: Floats, ratios: Floats) -> _Profile:
    m, k = x.shape
    y_sines, x_sines = sine_transform(y[:, None])[:, 0], sine_transform(x)
    places = cosines(m)
    rows = [_at(ratio, y_sines, x_sines, places) for ratio in ratios.tolist()]
    deviance, residual, z, unit = (np.array(column) for column in zip(*rows, strict=True))
    return _Profile(m - k, deviance, residual, z, unit)


def _at(ratio: float, y: Floats, x: Floats, places: Floats) -> tuple[float, float, Floats, Floats]:
    variances = 1 + 2 * ratio * places
    weighted = x / variances[:, None]
    information = weighted.T @ x
    inverse = np.linalg.inv(information)
    z = inverse @ (weighted.T @ y)
    rest = y - x @ z
    residual = float((rest * rest / variances).sum())
    df = y.size - x.shape[1]
    deviance = (
        df * math.log(residual) + float(np.log(variances).sum()) + float(np.linalg.slogdet(information)[1])
    )
    return deviance, residual, z, np.diag(inverse)


def _cut(df: int) -> float:
    return df * math.log1p(t_quantile(0.975, df) ** 2 / df)


def _range(values: Floats) -> tuple[float, float]:
    return float(values.min()), float(values.max())
