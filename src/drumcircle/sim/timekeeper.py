"""When a virtual player's hand comes down.

The two-level model of Wing & Kristofferson (1973) with linear phase correction (Vorberg & Schulze 2002,
Journal of Mathematical Psychology 46).  From one grid point to the next the timekeeper's asynchrony goes

    a' = a - alpha (A - mean) - beta (A - others) + (interval kept - interval heard) + clock noise

and the hit lies A = a + motor noise from its point.  All in ns.
"""

from __future__ import annotations

import random

from drumcircle.core.events import MS
from drumcircle.sim.traits import Traits

FURTHEST = 0.4
"""Of the grid's spacing: nobody is further off than this and still means that point."""


class Timekeeper:
    """Guards one player's inner clock."""

    def __init__(self, traits: Traits, rng: random.Random) -> None:
        self._traits, self._rng = traits, rng
        self._interval: float | None = None
        self._come_in()

    def asynchrony(self, spacing: float) -> int:
        """How far from its point the next hit will be, on a grid of this spacing."""
        furthest = FURTHEST * spacing
        return round(min(furthest, max(-furthest, self._next)))

    def struck(self, asynchrony: int, spacing: float, others: float | None, *, led: bool = True) -> None:
        """A hit was made; the next point is ``spacing`` later; ``others`` is the others' mean asynchrony.

        ``led`` False: there is no pulse to correct toward, only the others.
        """
        traits = self._traits
        kept = spacing if self._interval is None else self._interval
        correction = traits.alpha * (asynchrony - traits.mean_asynchrony_ms * MS) if led else 0.0
        if others is not None:
            correction += traits.beta * (asynchrony - others)
        noise = self._rng.gauss(0.0, traits.clock_sd_ms * MS)
        self._clock += kept - spacing - correction + noise
        self._interval = kept + traits.period_correction * (spacing - kept)
        self._prepare()

    def passed(self) -> None:
        """A point was left out: the next hit is an entry, with no error to correct."""
        self._interval = None
        self._come_in()

    def _come_in(self) -> None:
        traits = self._traits
        self._clock = self._rng.gauss(traits.mean_asynchrony_ms * MS, traits.clock_sd_ms * MS)
        self._prepare()

    def _prepare(self) -> None:
        self._next = self._clock + self._rng.gauss(0.0, self._traits.motor_sd_ms * MS)
