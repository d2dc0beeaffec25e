"""The piezo model: its formula is the oscillator it says, and the front end does what diodes do."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from drumcircle.sim.piezo import (
    COUNTS_PER_VOLT,
    FULL,
    MESH,
    RUBBER,
    SHELL,
    Mode,
    Pad,
    Piezos,
    Shape,
    Stroke,
    Surroundings,
    times,
)

QUIET = Surroundings(offset=0, noise=0)
HARD, SOFT = Stroke(0, 10_000, 1.0), Stroke(0, 10_000, 0.1)


def highest(pad: Pad, stroke: Stroke) -> tuple[float, float]:
    """(volts, µs after the touch)"""
    played = Piezos([pad], [stroke], QUIET)
    return max((played.volts(0, t), t - stroke.at_us) for t in range(stroke.at_us, stroke.at_us + 20_000, 20))


def test_a_mode_moves_as_the_oscillator_it_is_named_for() -> None:
    mode, contact, step = Mode(170, 9, 1.0), 4.0, 0.0005
    shape = Shape((mode,), contact)
    d, w = 1 / mode.decay_ms, 2 * math.pi * mode.hz / 1000
    place = speed = 0.0
    places = []
    for number in range(60_000):
        t = number * step
        force = math.sin(math.pi * t / contact) if t < contact else 0.0
        speed += step * ((w * w + d * d) * (force - place) - 2 * d * speed)
        place += step * speed
        places.append(place)
    top = max(places)
    for number in range(2_000, 60_000, 2_000):
        assert shape.at((number + 1) * step) == pytest.approx(places[number] / top, abs=2e-3)


@pytest.mark.parametrize("pad", [MESH, RUBBER, SHELL])
def test_the_peak_follows_the_force_and_comes_sooner_the_harder(pad: Pad) -> None:
    soft, hard = highest(pad, SOFT), highest(pad, HARD)
    assert hard[0] == pytest.approx(pad.volts, rel=1e-3)
    assert soft[0] == pytest.approx(pad.volts / 10, rel=1e-3)
    assert 1_000 < hard[1] < soft[1] < 5_000


def test_there_is_nothing_before_the_touch_and_no_jump_after_it() -> None:
    played = Piezos([RUBBER], [HARD], QUIET)
    assert played.volts(0, HARD.at_us) == 0
    steps = [played.volts(0, t) for t in range(HARD.at_us - 100, HARD.at_us + 10_000, 10)]
    assert max(abs(after - before) for before, after in pairwise(steps)) < 0.1


def test_the_front_end_loses_lower_half_waves_and_clamps_upper_ones() -> None:
    played = Piezos([MESH], [HARD], QUIET)
    at = range(HARD.at_us, HARD.at_us + 30_000, 100)
    volts, counts = [played.volts(0, t) for t in at], [played.counts(0, t) for t in at]
    assert min(volts) < -1
    assert max(volts) > 3.3
    assert [round(min(max(v, 0) * COUNTS_PER_VOLT, FULL)) for v in volts] == counts


def test_hum_comes_when_it_begins_and_only_its_upper_halves() -> None:
    played = Piezos([MESH], [], Surroundings(offset=10, noise=0, hum=100, hum_hz=50, hum_from_us=20_000))
    assert played.counts(0, 5_000) == 10
    assert played.counts(0, 25_000) == 110
    assert played.counts(0, 35_000) == 10


def test_a_neighbour_shakes_less_and_later() -> None:
    around = Surroundings(offset=0, noise=0, crosstalk=0.2, crosstalk_us=700)
    played = Piezos([RUBBER, RUBBER], [HARD], around)
    at = range(HARD.at_us, HARD.at_us + 20_000, 20)
    assert played.volts(1, HARD.at_us + 700) == 0
    assert max(played.volts(1, t) for t in at) == pytest.approx(0.2 * RUBBER.volts, rel=1e-3)


def test_the_same_seed_is_the_same_recording() -> None:
    at = times(400_000, 250, jitter=0.3, seed=2)
    first, again, other = (
        list(Piezos([MESH] * 2, [HARD, SOFT], seed=seed).samples(at)) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert at == sorted(at)


def test_samples_are_what_any_moment_says() -> None:
    strokes = [Stroke(number % 2, number * 40_000, 0.2 + number / 20) for number in range(12)]
    played = Piezos([MESH, RUBBER], strokes, Surroundings(noise=0, crosstalk=0.1, hum=20))
    at = times(600_000, 700)
    assert list(played.samples(at)) == [(played.counts(0, t), played.counts(1, t)) for t in at]
