"""Simulated players whose timing is known, and what the measures make of them.

``python -m drumcircle.bench.known_truth`` prints the tables that stand in ``docs/measures.md``.  A player follows a
steady pulse as Vorberg & Schulze 2002 have it: each event takes back ``alpha`` of the asynchrony, a clock adds its
noise, and each hit has a motor delay of its own.  Times are ms.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from drumcircle import measures
from drumcircle.measures.echo import echo
from drumcircle.measures.rows import Floats

PERIOD_MS = 500.0
_NS_PER_MS = 1_000_000
LENGTHS = (30, 60, 100, 200)
PLAYERS = 1000
_SETTLED = 100  # events before the first one kept: what the player began with is forgotten

CALLS_BEATS = ([0, 1.5, 3, 5, 6], [0, 0.75, 1.5, 2.5, 3.5], [0.5, 1, 2.75, 4, 6.5], [0, 1.5, 2.25, 5, 5.5, 7])


@dataclass(frozen=True, slots=True)
class Player:
    """What is set of one simulated player; times in ms."""

    mean: float
    alpha: float
    timekeeper_sd: float
    motor_sd: float

    @property
    def sd(self) -> float:
        """The SD of the asynchronies this player makes."""
        kept = self.timekeeper_sd**2 + (self.alpha * self.motor_sd) ** 2
        return math.sqrt(kept / (1 - (1 - self.alpha) ** 2) + self.motor_sd**2)


@dataclass(frozen=True, slots=True)
class Recovered:
    """How well one estimate finds what was set."""

    estimate: str
    n: int
    had: float
    """Share of the players of whom there is an estimate."""
    bias: float
    error: float
    """Root mean square error, in the unit of the estimate."""
    coverage: float | None
    """Share of 95 % intervals that hold the truth; ``None`` where no interval is given."""


Estimate = tuple[float | None, float, tuple[float, float] | None]
"""(what was found, what was set, the interval)"""


def players(dice: np.random.Generator, count: int) -> list[Player]:
    """Players over the whole range the model allows: alpha .1 to .9, motor SD from 0 to the timekeeper's."""
    clocks = dice.uniform(8, 25, count)
    rows = zip(dice.normal(-30, 20, count), dice.uniform(0.1, 0.9, count), clocks, strict=True)
    shares = dice.uniform(0, 1, count)
    return [Player(m, a, c, c * share) for (m, a, c), share in zip(rows, shares.tolist(), strict=True)]


def asynchronies(dice: np.random.Generator, player: Player, n: int) -> Floats:
    """Asynchronies of one player to a steady pulse, (n,) ms."""
    events = n + _SETTLED
    motor = dice.normal(0, 1, events + 1) * player.motor_sd
    steps = dice.normal(0, 1, events) * player.timekeeper_sd + np.diff(motor)
    row, a = np.empty(events), 0.0
    for event, step in enumerate(steps.tolist()):
        a = (1 - player.alpha) * a + step
        row[event] = a
    return row[_SETTLED:] + player.mean


def unpaced(dice: np.random.Generator, clock_sd: float, motor_sd: float, n: int) -> Floats:
    """Intervals of one player alone, (n,) ms, slowing by a thousandth of an interval each."""
    clock = dice.normal(PERIOD_MS, clock_sd, n) + 0.001 * PERIOD_MS * np.arange(n)
    return clock + np.diff(dice.normal(0, motor_sd, n + 1))


def recovered(n: int, count: int = PLAYERS, seed: int = 1) -> list[Recovered]:
    """What ``count`` simulated players of ``n`` hits each give of every estimate."""
    dice = np.random.default_rng([seed, n])
    found: dict[str, list[Estimate]] = {}
    for player in players(dice, count):
        for name, estimate in _paced(dice, player, n) + _alone(dice, player, n):
            found.setdefault(name, []).append(estimate)
    return [_recovered(name, n, rows) for name, rows in found.items()]


def _paced(dice: np.random.Generator, player: Player, n: int) -> list[tuple[str, Estimate]]:
    a = asynchronies(dice, player, n)
    beats = np.arange(n) * PERIOD_MS
    figures = measures.asynchrony(a, PERIOD_MS, PERIOD_MS)
    correction = measures.phase_correction(beats + a, beats)
    length = math.exp(-((math.tau * player.sd / PERIOD_MS) ** 2) / 2)
    alpha, interval = correction.alpha, correction.alpha_ci95
    return [
        ("mean_asynchrony_ms", (figures.mean_asynchrony_ms, player.mean, figures.mean_asynchrony_ci95_ms)),
        ("sd_asynchrony_ms", (figures.sd_asynchrony_ms, player.sd, figures.sd_asynchrony_ci95_ms)),
        ("vector_length_grid", (figures.vector_length_grid, length, None)),
        ("ppc_grid", (figures.ppc_grid, length**2, None)),
        (
            "phase_correction_alpha",
            (
                None if alpha is None else float(alpha[0]),
                player.alpha,
                None if interval is None else (float(interval[0, 0]), float(interval[0, 1])),
            ),
        ),
        ("timekeeper_sd_ms", (correction.timekeeper_sd_ms, player.timekeeper_sd, None)),
        ("motor_sd_ms", (correction.motor_sd_ms, player.motor_sd, None)),
    ]


def _alone(dice: np.random.Generator, player: Player, n: int) -> list[tuple[str, Estimate]]:
    found = measures.wing_kristofferson(unpaced(dice, player.timekeeper_sd, player.motor_sd, n))
    motor, clock = player.motor_sd**2, player.timekeeper_sd**2
    return [
        ("motor_variance_ms2", (found.motor_variance_ms2, motor, found.motor_variance_ci95_ms2)),
        ("clock_variance_ms2", (found.clock_variance_ms2, clock, found.clock_variance_ci95_ms2)),
    ]


def _recovered(name: str, n: int, rows: list[Estimate]) -> Recovered:
    had = [(value, truth, interval) for value, truth, interval in rows if value is not None]
    errors = np.array([value - truth for value, truth, _ in had])
    held = [interval[0] <= truth <= interval[1] for _, truth, interval in had if interval]
    return Recovered(
        name,
        n,
        len(had) / len(rows),
        float(errors.mean()),
        float(np.sqrt((errors**2).mean())),
        sum(held) / len(held) if held else None,
    )


# ---------------------------------------------------------------- what chance gives, and what playing gives


def random_group(size: int, points: int = 2000, seed: int = 1) -> float:
    """``with_pulse`` of players who hit at random, each at every point."""
    dice = np.random.default_rng([seed, size])
    theta = dice.uniform(-math.pi, math.pi, (size, points))
    return measures.with_pulse([np.arange(points)] * size, list(theta)) or 0.0


def locked(play: Callable[[np.random.Generator], Floats], count: int, within: int, seed: int = 1) -> float:
    """The share of players, each ``play(dice)`` hits in ms, who are in lock within so many judged points."""
    dice = np.random.default_rng(seed)
    reached = 0
    for _ in range(count):
        hits = play(dice)
        pulse = measures.steady_grid(60_000 / PERIOD_MS, 0.0, float(hits.max()))
        points = measures.matched_lock(measures.match(hits, pulse)).points_to_lock
        reached += points is not None and points <= within
    return reached / count


def at_random(dice: np.random.Generator, n: int = 200) -> Floats:
    """Hits strewn over ``n`` judged points, as many as there are points."""
    return np.sort(dice.uniform(0, n * PERIOD_MS, n))


def off_tempo(dice: np.random.Generator, n: int = 200, share: float = 0.03) -> Floats:
    """Steady hits faster or slower than the pulse by ``share``, from any phase, with an SD of 2 %."""
    period = PERIOD_MS * (1 + dice.choice([-share, share]))
    hits: Floats = period * np.arange(n) + dice.uniform(0, PERIOD_MS) + dice.normal(0, 0.02 * PERIOD_MS, n)
    return hits[hits > 0]


def coupled(dice: np.random.Generator, n: int = 100, sd_share: float = 0.05) -> Floats:
    """Hits that follow the pulse with an SD of ``sd_share`` of the interval."""
    player = Player(0.0, dice.uniform(0.2, 0.8), 10.0, dice.uniform(0, 5.0))
    return np.arange(1, n + 1) * PERIOD_MS + asynchronies(dice, player, n) * (
        sd_share * PERIOD_MS / player.sd
    )


def echoes_above_chance(kind: str, count: int = 25, seed: int = 1) -> float:
    """Mean ``f1_above_chance`` over some calls: responses at ``random``, ``steady`` beating or a ``true`` echo."""
    dice = np.random.default_rng(seed)
    scores = [_above_chance(dice, kind, np.array(call)) for call in CALLS_BEATS for _ in range(count)]
    return float(np.mean([score for score in scores if score is not None]))


def _above_chance(dice: np.random.Generator, kind: str, call_beats: Floats) -> float | None:
    call, length = call_beats * PERIOD_MS, 8 * PERIOD_MS
    shortest = float(np.diff(call).min())
    if kind == "random":
        response = np.sort(dice.uniform(0, length, call.size))
    elif kind == "steady":
        response = np.arange(0, length, PERIOD_MS / dice.choice([1, 2, 4]))
    else:
        response = np.sort(call + dice.normal(0, 0.1 * shortest, call.size))
    return echo(call.tolist(), response.tolist(), beat_ms=PERIOD_MS, length_ms=length, seed=1).f1_above_chance


def left_behind(hits: int, seed: int = 1) -> float:
    """How far the live figures after so many hits are from those of the last window alone; 0 where nothing drifts."""
    dice = random.Random(seed)
    sliding, last = measures.SlidingFigures(), deque[int](maxlen=32)
    for point in range(hits):
        last.append(dice.randrange(-200 * _NS_PER_MS, 200 * _NS_PER_MS))
        sliding.hit(point, last[-1], 500 * _NS_PER_MS, 500 * _NS_PER_MS)
    fresh = measures.SlidingFigures()
    for point, asynchrony in enumerate(last):
        fresh.hit(point, asynchrony, 500 * _NS_PER_MS, 500 * _NS_PER_MS)
    both = (measures.row(each.figures()) for each in (sliding, fresh))
    apart = [abs(a - b) for a, b in zip(*(each.values() for each in both), strict=True)]
    return float(max(apart))


# ---------------------------------------------------------------- the tables


def report(count: int = PLAYERS) -> Iterator[str]:
    """The tables of ``docs/measures.md``, line by line."""
    yield "| estimate | n | had | bias | error | 95 % interval holds |"
    yield "|---|---|---|---|---|---|"
    rows = [row for n in LENGTHS for row in recovered(n, count)]
    for row in sorted(rows, key=lambda row: (_ORDER.index(row.estimate), row.n)):
        held = "–" if row.coverage is None else f"{row.coverage:.1%}"
        yield f"| `{row.estimate}` | {row.n} | {row.had:.0%} | {row.bias:+.3g} | {row.error:.3g} | {held} |"
    yield ""
    yield "| who plays | figure | value |"
    yield "|---|---|---|"
    for size in (2, 4, 8):
        yield f"| {size} at random | `with_pulse` | {random_group(size):+.3f} |"
    yield f"| at random | in lock within 200 points | {locked(at_random, count, 200):.1%} |"
    yield f"| steadily, 3 % off the tempo | in lock within 200 points | {locked(off_tempo, count, 200):.1%} |"
    yield f"| with the pulse, SD 5 % | in lock within 100 points | {locked(coupled, count, 100):.1%} |"
    for kind, who in (
        ("random", "random responses"),
        ("steady", "steady beating"),
        ("true", "true echo, SD 10 %"),
    ):
        yield f"| {who} | `f1_above_chance` | {echoes_above_chance(kind):+.2f} |"
    yield f"| 10 000 000 random hits | live figures, less those of the last 32 | {left_behind(10_000_000):.1g} |"


_ORDER = (
    "mean_asynchrony_ms",
    "sd_asynchrony_ms",
    "vector_length_grid",
    "ppc_grid",
    "phase_correction_alpha",
    "timekeeper_sd_ms",
    "motor_sd_ms",
    "motor_variance_ms2",
    "clock_variance_ms2",
)

if __name__ == "__main__":
    for line in report():
        print(line)
