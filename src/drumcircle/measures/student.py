"""Student's t without scipy, for intervals of a mean; plain Python."""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300
_STEPS = 200


@lru_cache(maxsize=4096)
def t_quantile(probability: float, df: float) -> float:
    """The value below which Student's t with ``df`` (any number > 0) degrees of freedom lies with ``probability``.

    Good to 1e-10 relative for the quantiles intervals use.  Source: Press, Teukolsky, Vetterling & Flannery 2007,
    *Numerical Recipes*, sections 6.4 and 6.14 (incomplete beta by Lentz's continued fraction).

    >>> round(t_quantile(0.975, 10), 6)
    2.228139

    Raises:
        ValueError: a probability outside (0, 1) or no degrees of freedom.
    """
    if not 0 < probability < 1 or not df > 0:
        raise ValueError(f"no quantile at {probability!r} with {df!r} degrees of freedom")
    if probability < 0.5:
        return -t_quantile(1 - probability, df)
    tail = 2 * (1 - probability)
    low, high = 0.0, 1.0
    while _two_sided(high, df) > tail:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _two_sided(middle, df) > tail else (low, middle)
    return (low + high) / 2


def _two_sided(t: float, df: float) -> float:
    """The share of t's distribution beyond ``t`` on both sides."""
    x = df / (df + t * t)
    front = _front(df / 2, 0.5, x)
    if x < (df / 2 + 1) / (df / 2 + 2.5):
        return front * _fraction(df / 2, 0.5, x) / (df / 2)
    return 1 - front * _fraction(0.5, df / 2, 1 - x) / 0.5


def _front(a: float, b: float, x: float) -> float:
    if x >= 1:
        return 0.0
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    h = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + term * d)
            c = _away(1 + term / c)
            h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return h


def _away(x: float) -> float:
    """Away from 0, where Lentz's method would divide by it."""
    return x if abs(x) > _TINY else _TINY
