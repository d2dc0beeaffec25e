"""What is played on simulated pads to try the sensing on: scenes of known strokes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import exp, log
from random import Random

from drumcircle.sim.piezo import MESH, RUBBER, SHELL, Mode, Pad, Piezos, Stroke, Surroundings, times

PERIOD_US = 500
"""What a board under MicroPython keeps up with at four pads."""
JITTER = 0.3
BEFORE_US = 300_000
AFTER_US = 300_000
UNLIKE = 30
"""Pads."""
SOFT, MIDDLE, HARD = (0.03, 0.08), (0.08, 0.35), (0.35, 1.1)
"""Forces: 170, 450, 1950 counts, and above the clamp."""


@dataclass(frozen=True, slots=True)
class Take:
    """One playing; ``settings`` are what its pads have other than the defaults."""

    played: Piezos
    strokes: tuple[Stroke, ...]
    length_us: int
    seed: int
    pause_every_us: int = 0
    settings: dict[str, int] = field(default_factory=dict)

    def times(self) -> list[int]:
        """When the board takes samples: never quite evenly; a pause (of 5 ms) leaves some out."""
        every = self.pause_every_us
        evenly = times(self.length_us, PERIOD_US, JITTER, self.seed)
        return [t for t in evenly if not every or t % every >= 5_000]


@dataclass(frozen=True, slots=True)
class Scene:
    """``takes(number)``: with so many strokes in each."""

    name: str
    takes: Callable[[int], Iterator[Take]]


def _take(pads: list[Pad], strokes: list[Stroke], around: Surroundings, seed: int, **more: int) -> Take:
    length = (strokes[-1].at_us if strokes else 20_000_000) + AFTER_US
    pause = more.pop("pause_every_us", 0)
    return Take(Piezos(pads, strokes, around, seed), tuple(strokes), length, seed, pause, more)


def _force(dice: Random, least: float, most: float) -> float:
    """As likely in each doubling."""
    return exp(dice.uniform(log(least), log(most)))


def _single(number: int, seed: int, forces: tuple[float, float], pads: int = 1) -> list[Stroke]:
    """Strokes 200 to 500 ms apart, each on any of the pads."""
    dice, at, strokes = Random(seed), BEFORE_US, []
    for _ in range(number):
        at += dice.randrange(200_000, 500_000)
        strokes.append(Stroke(dice.randrange(pads), at, _force(dice, *forces)))
    return strokes


def _alone(forces: tuple[float, float], around: Surroundings, **more: int) -> Callable[[int], Iterator[Take]]:
    def takes(number: int) -> Iterator[Take]:
        for seed, pad in enumerate((MESH, RUBBER), 100):
            yield _take([pad], _single(number, seed, forces), around, seed, **more)

    return takes


def _doubles(gap_us: int) -> Callable[[int], Iterator[Take]]:
    """Pairs, of which the second has 30 to 100 % of the first's force."""

    def takes(number: int) -> Iterator[Take]:
        for seed, pad in enumerate((MESH, RUBBER), 100):
            dice, strokes = Random(seed), []
            for first in _single(number, seed, (0.1, 0.9)):
                second = Stroke(0, first.at_us + gap_us, first.force * dice.uniform(0.3, 1.0))
                strokes += [first, second]
            yield _take([pad], strokes, Surroundings(), seed)

    return takes


def _roll(number: int) -> Iterator[Take]:
    """Twelve a second, uneven as hands are."""
    for seed, pad in enumerate((MESH, RUBBER), 100):
        dice = Random(seed)
        beats = [BEFORE_US + round(stroke * 1e6 / 12 + dice.gauss(0, 6_000)) for stroke in range(number)]
        strokes = [Stroke(0, at, _force(dice, 0.15, 0.6)) for at in beats]
        yield _take([pad], strokes, Surroundings(), seed)


def _ringing(number: int) -> Iterator[Take]:
    """With settings for such a drum: its two tones beat, so that ringing swells again."""
    yield _take(
        [SHELL], _single(number, 102, (0.05, 1.1)), Surroundings(), 102, decay_us=45_000, retrigger=130
    )


def _soft_after_hard(number: int) -> Iterator[Take]:
    for seed, pad in enumerate((MESH, RUBBER), 100):
        strokes = []
        for hard in _single(number, seed, (0.3, 1.0)):
            strokes += [hard, Stroke(0, hard.at_us + 80_000, hard.force / 10)]
        yield _take([pad], strokes, Surroundings(), seed)


def _neighbours(pads: int) -> Callable[[int], Iterator[Take]]:
    def takes(number: int) -> Iterator[Take]:
        for seed, pad in enumerate((MESH, RUBBER), 100):
            strokes = _single(number, seed, (0.05, 1.0), pads)
            yield _take([pad] * pads, strokes, Surroundings(crosstalk=0.15), seed)

    return takes


def _together(number: int) -> Iterator[Take]:
    """Two pads within 3 ms, the softer with at least half the force."""
    dice, strokes = Random(103), []
    for first in _single(number, 103, (0.1, 0.9)):
        other = Stroke(1, first.at_us + dice.randrange(3_000), first.force * dice.uniform(0.5, 1.0))
        strokes += [first, other]
    yield _take([MESH, MESH], strokes, Surroundings(crosstalk=0.15), 103)


def _unlike(number: int) -> Iterator[Take]:
    """Pads of any tuning and damping up to 12 ms, so that nothing rests on the two kinds the defaults were tried on."""
    for seed in range(200, 200 + UNLIKE):
        dice = Random(seed)
        hz, decay, contact = _force(dice, 120, 450), dice.uniform(4, 12), dice.uniform(2.5, 6)
        second = Mode(hz * dice.uniform(1.6, 2.6), decay / 2, dice.uniform(0.1, 0.4))
        pad = Pad((Mode(hz, decay, 1.0), second), contact, contact / 2)
        strokes = _single(max(1, number // 10), seed, (0.04, 1.1))
        yield _take([pad], strokes, Surroundings(), seed)


def _silence(around: Surroundings) -> Callable[[int], Iterator[Take]]:
    def takes(number: int) -> Iterator[Take]:
        yield _take([MESH, RUBBER], [], around, number)

    return takes


SCENES = (
    Scene("soft strokes", _alone(SOFT, Surroundings())),
    Scene("middle strokes", _alone(MIDDLE, Surroundings())),
    Scene("hard strokes", _alone(HARD, Surroundings())),
    Scene("double strokes, 30 ms", _doubles(30_000)),
    Scene("double strokes, 50 ms", _doubles(50_000)),
    Scene("double strokes, 80 ms", _doubles(80_000)),
    Scene("hard, then soft (a tenth), 80 ms", _soft_after_hard),
    Scene("roll, 12 a second", _roll),
    Scene("30 pads unlike each other", _unlike),
    Scene("long ringing (40 ms)", _ringing),
    Scene("two pads, crosstalk 15 %", _neighbours(2)),
    Scene("four pads, crosstalk 15 %", _neighbours(4)),
    Scene("two pads at once", _together),
    Scene("noise of 10 counts, nobody plays", _silence(Surroundings(noise=10))),
    Scene("noise of 10 counts, soft strokes", _alone(SOFT, Surroundings(noise=10))),
    Scene("50 Hz, 140 counts, nobody plays", _silence(Surroundings(hum=140, hum_from_us=5_000_000))),
    Scene(
        "60 Hz, 140 counts, nobody plays", _silence(Surroundings(hum=140, hum_hz=60, hum_from_us=5_000_000))
    ),
    Scene("50 Hz, 140 counts, middle strokes", _alone(MIDDLE, Surroundings(hum=140))),
    Scene("60 Hz, 140 counts, middle strokes", _alone(MIDDLE, Surroundings(hum=140, hum_hz=60))),
    Scene("a board that pauses 5 ms in 50", _alone(MIDDLE, Surroundings(), pause_every_us=50_000)),
)
