"""How one virtual player plays, and a group of them made from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from drumcircle.core.aliases import ALIASES


@dataclass(frozen=True, slots=True)
class Traits:
    """Times in ms, chances 0-1.

    The defaults lie inside what people show who tap along with a metronome (Repp & Su 2013, Psychonomic
    Bulletin & Review 20: a mean some tens of ms early, SD 10-30 ms, alpha .2-.7).
    """

    mean_asynchrony_ms: float = -15.0
    clock_sd_ms: float = 12.0
    """Of the timekeeper, for each interval (Wing & Kristofferson 1973)."""
    motor_sd_ms: float = 6.0
    """Of the hand, for each hit."""
    alpha: float = 0.4
    """Share of the asynchrony to the pulse corrected at the next hit."""
    beta: float = 0.06
    """Share of the distance to the others' mean corrected at the next hit."""
    period_correction: float = 0.6
    """Share of a change of tempo taken over at once."""
    subdivision: float = 1.0
    velocity: float = 84.0
    velocity_sd: float = 9.0
    accent: float = 14.0
    """Added on the first beat of a bar."""
    miss: float = 0.01
    drop_out: float = 0.012
    """For each bar: stops for two to six bars."""
    double_trigger: float = 0.003
    """For each hit: the pad fires twice."""
    early_in: float = 0.08
    """For each turn: comes in before it."""
    over_run: float = 0.12
    """For each turn: one hit too many."""
    echo_miss: float = 0.08
    """For each stroke of a call."""
    echo_extra: float = 0.05
    echo_sd_ms: float = 22.0


def varied_traits(seed: int, name: str) -> Traits:
    """Somebody: the same seed and name are always the same person."""
    rng = random.Random(f"traits/{seed}/{name}")
    return Traits(
        mean_asynchrony_ms=rng.gauss(-15.0, 12.0),
        clock_sd_ms=rng.uniform(8.0, 20.0),
        motor_sd_ms=rng.uniform(4.0, 9.0),
        alpha=rng.uniform(0.25, 0.6),
        beta=rng.uniform(0.0, 0.12),
        velocity=rng.uniform(65.0, 100.0),
        velocity_sd=rng.uniform(5.0, 14.0),
        drop_out=rng.choice((0.0, 0.01, 0.03)),
        echo_miss=rng.uniform(0.02, 0.2),
        echo_extra=rng.uniform(0.0, 0.1),
        echo_sd_ms=rng.uniform(12.0, 35.0),
    )


def names(count: int, taken: frozenset[str] = frozenset()) -> list[str]:
    """Aliases of the circle's own list that are free, then ``p25``, ``p26`` ..."""
    free = [alias.id for alias in ALIASES if alias.id not in taken]
    number = len(ALIASES)
    while len(free) < count:
        number += 1
        if f"p{number}" not in taken:
            free.append(f"p{number}")
    return free[:count]
