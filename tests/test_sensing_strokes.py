"""What the pads' sensing makes of samples: strokes become hits, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.sim.piezo import MESH, RUBBER, SHELL, Pad, Piezos, Stroke, Surroundings, times
from sensing_fixtures import COMMON, firmware_module, under_micropython

sensing = firmware_module(COMMON / "sensing.py")

PERIOD_US = 250
Hit = tuple[int, int, int]
AWAKE_US = 200_000
"""Sensing listens a while to what is quiet before it takes strokes."""


def fed(samples: Iterable[tuple[int, Sequence[int]]], channels: list[dict[str, Any]]) -> list[Hit]:
    senses = sensing.Sensing(channels, PERIOD_US)
    hits = []
    for t_us, values in samples:
        senses.feed(t_us, values)
        while (hit := senses.take()) is not None:
            hits.append(hit)
    return hits


def recorded(
    strokes: list[Stroke], pads: Sequence[Pad] = (MESH,), around: Surroundings | None = None
) -> list[tuple[int, tuple[int, ...]]]:
    at = times(max([AWAKE_US, *(stroke.at_us for stroke in strokes)]) + 400_000, PERIOD_US, 0.2)
    return list(zip(at, Piezos(pads, strokes, around, seed=5).samples(at), strict=True))


def heard(
    strokes: list[Stroke],
    *settings: dict[str, Any],
    pads: Sequence[Pad] = (MESH,),
    around: Surroundings | None = None,
) -> list[Hit]:
    return fed(recorded(strokes, pads, around), list(settings) or [{} for _ in pads])


def drawn(*waves: Sequence[int], quiet: int = 10, channels: list[dict[str, Any]] | None = None) -> list[Hit]:
    """Waves of counts, drawn by hand, after a quiet while; the first value is at AWAKE_US."""
    before = AWAKE_US // PERIOD_US
    rows = [[quiet] * len(waves)] * before + [list(row) for row in zip(*waves, strict=True)]
    rows += [[quiet] * len(waves)] * 100
    return fed(
        ((number * PERIOD_US, row) for number, row in enumerate(rows)), channels or [{} for _ in waves]
    )


@pytest.mark.parametrize("pad", [MESH, RUBBER])
@pytest.mark.parametrize("force", [0.03, 0.1, 0.3, 1.0])
def test_one_stroke_is_one_hit_at_its_time(pad: Pad, force: float) -> None:
    [(channel, t_us, _)] = heard([Stroke(0, AWAKE_US, force)], pads=[pad])
    assert channel == 0
    assert -250 <= t_us - AWAKE_US < 2_000


def test_velocity_follows_the_peak() -> None:
    velocities = [heard([Stroke(0, AWAKE_US, force)])[0][2] for force in (0.02, 0.1, 0.2, 0.4, 1.0)]
    assert velocities == sorted(set(velocities))
    assert velocities[0] < 5
    assert velocities[-1] == 127


def test_the_curve_bends_the_middle_and_leaves_the_ends() -> None:
    soft, straight, hard = (
        [heard([Stroke(0, AWAKE_US, force)], {"curve": curve})[0][2] for force in (0.25, 1.0)]
        for curve in (-60, 0, 60)
    )
    assert soft[0] < straight[0] < hard[0]
    assert soft[1] == straight[1] == hard[1] == 127


def test_what_stays_under_the_threshold_is_no_stroke() -> None:
    stroke = [Stroke(0, AWAKE_US, 0.1)]
    assert heard(stroke)
    assert not heard(stroke, {"threshold": 600})


def test_the_time_is_where_the_line_between_samples_crosses_the_threshold() -> None:
    [(_, t_us, _)] = drawn([10, 10 + 160, 10 + 500, 10 + 300, 10])
    assert t_us - AWAKE_US == pytest.approx(250 * 40 / 160, abs=2)


def test_ringing_makes_no_hit_but_does_without_the_falling_threshold() -> None:
    strokes = [Stroke(0, AWAKE_US, 0.8)]
    assert len(heard(strokes)) == 1
    assert len(heard(strokes, {"retrigger": 0})) > 1


@pytest.mark.parametrize("gap_us", [30_000, 50_000, 80_000])
def test_a_second_stroke_in_the_ringing_is_heard(gap_us: int) -> None:
    strokes = [Stroke(0, AWAKE_US, 0.6), Stroke(0, AWAKE_US + gap_us, 0.4)]
    assert len(heard(strokes)) == 2


def test_a_fast_soft_second_stroke_is_heard() -> None:
    first, second = heard([Stroke(0, AWAKE_US, 0.6), Stroke(0, AWAKE_US + 80_000, 0.06)])
    assert second[2] < first[2] / 5


def test_within_the_mask_nothing_is_new() -> None:
    strokes = [Stroke(0, AWAKE_US, 0.3), Stroke(0, AWAKE_US + 25_000, 0.9)]
    assert len(heard(strokes)) == 2
    assert len(heard(strokes, {"mask_us": 60_000})) == 1


def test_a_drum_that_rings_long_wants_settings_of_its_own() -> None:
    strokes = [Stroke(0, AWAKE_US + number * 400_000, 0.2 + number / 10) for number in range(8)]
    assert len(heard(strokes, pads=[SHELL])) > 8
    assert len(heard(strokes, {"decay_us": 45_000, "retrigger": 130}, pads=[SHELL])) == 8


def test_a_neighbours_ringing_is_no_stroke_but_is_where_crosstalk_is_off() -> None:
    around = Surroundings(crosstalk=0.15)
    strokes = [Stroke(1, AWAKE_US + number * 300_000, 0.7) for number in range(4)]
    hits = heard(strokes, pads=[MESH] * 4, around=around)
    assert [channel for channel, _, _ in hits] == [1] * 4
    off = [{"crosstalk": 0}] * 4
    assert {channel for channel, _, _ in heard(strokes, *off, pads=[MESH] * 4, around=around)} == {0, 1, 2, 3}


def test_a_neighbour_that_goes_on_ringing_after_the_struck_pad_is_quiet_still_is_no_stroke() -> None:
    strokes = [Stroke(0, AWAKE_US + number * 400_000, 0.3 + number / 10) for number in range(6)]
    long = {"decay_us": 45_000, "retrigger": 130}
    hits = heard(strokes, {}, long, pads=[RUBBER, SHELL], around=Surroundings(crosstalk=0.15))
    assert [channel for channel, _, _ in hits] == [0] * 6


def test_a_roll_in_hum_and_noise_is_heard_stroke_by_stroke() -> None:
    strokes = [Stroke(0, AWAKE_US + number * 84_000, 0.2 + number % 4 / 10) for number in range(40)]
    assert len(heard(strokes, around=Surroundings(noise=15, hum=140))) == 40


def test_pads_on_frames_of_their_own_do_not_silence_each_other() -> None:
    strokes = [Stroke(0, AWAKE_US, 0.9), Stroke(1, AWAKE_US + 4_000, 0.1)]
    assert len(heard(strokes, pads=[MESH] * 2)) == 1
    assert len(heard(strokes, {"neighbours": []}, {"neighbours": [0], "crosstalk": 0}, pads=[MESH] * 2)) == 2


def test_two_pads_struck_together_are_two_hits() -> None:
    strokes = [Stroke(0, AWAKE_US, 0.5), Stroke(1, AWAKE_US + 1_000, 0.4)]
    hits = heard(strokes, pads=[MESH] * 2, around=Surroundings(crosstalk=0.15))
    assert sorted(channel for channel, _, _ in hits) == [0, 1]


def test_a_look_ahead_finds_the_louder_neighbour_that_came_after() -> None:
    shaken = [10, 70, 110, 90, 40, 10] + [10] * 30
    struck = [10, 10, 10, 400, 1500, 2500, 1800, 900, 10] + [10] * 27
    assert [channel for channel, _, _ in drawn(shaken, struck)] == [1]
    blind = [{"look_us": 0}] * 2
    assert [channel for channel, _, _ in drawn(shaken, struck, channels=blind)] == [0, 1]


@pytest.mark.parametrize("hz", [50.0, 60.0])
def test_hum_that_was_there_from_the_start_is_never_a_stroke(hz: float) -> None:
    around = Surroundings(hum=140, hum_hz=hz)
    assert not heard([], around=around)
    strokes = [Stroke(0, AWAKE_US + number * 170_000, 0.15) for number in range(5)]
    assert len(heard(strokes, around=around)) == 5


@pytest.mark.parametrize("hz", [50.0, 60.0])
def test_hum_that_begins_at_once_is_learnt_from_its_first_wave(hz: float) -> None:
    around = Surroundings(hum=140, hum_hz=hz, hum_from_us=AWAKE_US)
    assert len(heard([Stroke(0, AWAKE_US + 1_500_000, 0.15)], around=around)) <= 2


def test_a_leaning_hand_and_a_drifting_rest_are_no_strokes() -> None:
    leaning = [10 + 3 * number for number in range(400)]
    assert not drawn([*leaning, *reversed(leaning)])
    assert drawn([*leaning, *(1800, 2100, 2200, 2000, 1600), *reversed(leaning)])


def test_one_sample_alone_is_the_converters_noise() -> None:
    assert not drawn([10, 900, 10, 10, 10, 10])
    assert drawn([10, 900, 700, 10, 10, 10])


def test_noise_in_the_ringing_does_not_make_it_a_stroke() -> None:
    wave = recorded([Stroke(0, AWAKE_US, 0.5)])
    spike = next(place for place, (t_us, _) in enumerate(wave) if t_us >= AWAKE_US + 20_000)
    wave[spike] = (wave[spike][0], (4095,))
    assert len(fed(wave, [{}])) == 1


def test_after_a_pause_one_sample_of_a_stroke_is_enough() -> None:
    wave = [(number * PERIOD_US, [10]) for number in range(AWAKE_US // PERIOD_US)]
    later = AWAKE_US + 6_000
    wave += [(later, [900])] + [(later + number * PERIOD_US, [10]) for number in range(1, 60)]
    assert [(channel, t_us) for channel, t_us, _ in fed(wave, [{}])] == [(0, later)]


def test_a_clock_that_ran_for_weeks_is_as_good() -> None:
    wave = recorded([Stroke(0, AWAKE_US, 0.5)])
    weeks = 3 * 7 * 86_400_000_000
    late = fed(((t_us + weeks, values) for t_us, values in wave), [{}])
    assert late == [(channel, t_us + weeks, velocity) for channel, t_us, velocity in fed(wave, [{}])]


def test_hits_nobody_takes_are_bounded_and_the_oldest_go() -> None:
    wave = recorded([Stroke(0, AWAKE_US + number * 100_000, 0.3) for number in range(40)])
    all_of_them = fed(wave, [{}])
    senses = sensing.Sensing([{}], PERIOD_US)
    for t_us, values in wave:
        senses.feed(t_us, values)
    kept = [senses.take() for _ in range(33)]
    assert kept == [*all_of_them[-32:], None]


def test_an_unknown_setting_is_said() -> None:
    with pytest.raises(ValueError, match="no setting 'treshold'; there are crosstalk, curve"):
        sensing.Sensing([{"treshold": 3}], PERIOD_US)


@given(st.lists(st.integers(0, 4095), max_size=200))
def test_whatever_comes_hits_are_in_range(counts: list[int]) -> None:
    hits = drawn(counts, counts[::-1])
    assert all(1 <= velocity <= 127 and channel in {0, 1} for channel, _, velocity in hits)
    assert all(t_us >= AWAKE_US - PERIOD_US for _, t_us, _ in hits)


def test_micropython_hears_the_very_same() -> None:
    strokes = [
        Stroke(number % 2, AWAKE_US + number * 90_000 + number**3, 0.03 + number / 12) for number in range(12)
    ]
    around = Surroundings(noise=8, hum=60, crosstalk=0.15)
    wave = recorded(strokes, [MESH, RUBBER], around)
    settings = [{}, {"curve": 30, "decay_us": 9_000}]
    program = f"""
from sensing import Sensing
senses = Sensing({settings!r}, {PERIOD_US})
for t_us, values in {wave!r}:
    senses.feed(t_us + 2**40, values)
    hit = senses.take()
    while hit:
        print(hit)
        hit = senses.take()
"""
    here = fed(((t_us + 2**40, values) for t_us, values in wave), settings)
    assert len(here) == 12
    assert under_micropython(program) == "".join(f"{hit}\n" for hit in here)


def test_a_quiet_sample_allocates_nothing_under_micropython() -> None:
    program = f"""
import gc
from sensing import Sensing
senses = Sensing([{{}}] * 4, {PERIOD_US})
values, t_us = [12, 9, 14, 11], 2**40
for _ in range(1000): senses.feed(t_us, values)
gc.collect()
before = gc.mem_alloc()
for _ in range(1000): senses.feed(t_us, values)
print(gc.mem_alloc() - before)
"""
    assert under_micropython(program) == "0\n"
