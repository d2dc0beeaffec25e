"""The pulse: beat and time are each other's inverse, a change of tempo keeps its beat where it was."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.core.pulse import MINUTE, Meter, Pulse, place
from drumcircle.errors import UsageError

START = 7_000_000_123

tempi = st.floats(30, 240)
meters = st.builds(Meter, st.integers(1, 12), st.sampled_from([4, 8]))
changes = st.lists(st.tuples(st.integers(0, 60), tempi, st.integers(0, 20)), max_size=12)


def changed(bpm: float, commands: list[tuple[int, float, int]], meter: Meter | None = None) -> Pulse:
    """A pulse after commands (beat, tempo, beats of ramp; 0: at once), each later than the one before."""
    pulse = Pulse(START, bpm, meter or Meter(4, 4))
    for beat, to, ramp in sorted(commands):
        if ramp:
            pulse.ramp(to, beat, ramp)
        else:
            pulse.set_tempo(to, beat)
    return pulse


@given(tempi, changes, st.floats(-20, 200))
def test_time_and_beat_are_inverse(bpm: float, commands: list[tuple[int, float, int]], beat: float) -> None:
    pulse = changed(bpm, commands)
    assert pulse.beat_at(pulse.time_at(beat)) == pytest.approx(beat, abs=1e-8)
    time = pulse.time_at(beat)
    assert abs(pulse.time_at(pulse.beat_at(time)) - time) <= 1


@given(tempi, changes)
def test_later_beats_come_later(bpm: float, commands: list[tuple[int, float, int]]) -> None:
    pulse = changed(bpm, commands)
    times = [pulse.time_at(k / 7) for k in range(-70, 700)]
    assert all(0 < b - a <= MINUTE / 30 for a, b in pairwise(times))
    beats = [pulse.beat_at(time) for time in range(START, START + 10**10, 33_333_333)]
    assert all(a < b for a, b in pairwise(beats))


@given(tempi, changes, st.integers(0, 80), tempi)
def test_a_change_of_tempo_keeps_its_beat_and_all_before_it(
    bpm: float, commands: list[tuple[int, float, int]], beat: int, to: float
) -> None:
    pulse = changed(bpm, commands)
    before = [pulse.time_at(k / 2) for k in range(-10, 2 * beat + 1)]
    pulse.set_tempo(to, beat)
    assert [pulse.time_at(k / 2) for k in range(-10, 2 * beat + 1)] == before
    assert pulse.time_at(beat + 1) - before[-1] == round(MINUTE / to)
    assert pulse.bpm_at(beat) == pulse.bpm_at(beat + 1000) == to


@given(tempi, tempi, st.integers(1, 64))
def test_a_ramp_takes_equal_steps_and_ends_at_its_tempo(bpm: float, to: float, beats: int) -> None:
    pulse = Pulse(START, bpm, Meter(4, 4))
    pulse.ramp(to, 4, beats)
    steps = [pulse.bpm_at(3 + k + 1) - pulse.bpm_at(3 + k) for k in range(beats)]
    assert steps == pytest.approx([(to - bpm) / beats] * beats, abs=1e-9)
    assert pulse.final_bpm() == pytest.approx(to)
    assert pulse.ramping_after(3)
    assert not pulse.ramping_after(4 + beats)


@given(tempi, changes, st.integers(0, 10**11))
def test_the_nearest_beat_is_the_nearest_in_time_and_the_earlier_of_two(
    bpm: float, commands: list[tuple[int, float, int]], offset: int
) -> None:
    pulse = changed(bpm, commands)
    time = START + offset
    beat, nearest = pulse.nearest_beat(time)
    assert beat == pulse.beat_at(time)
    away = abs(pulse.time_at(nearest) - time)
    assert away <= abs(pulse.time_at(nearest + 1) - time)
    assert away < abs(pulse.time_at(nearest - 1) - time)


def test_exactly_between_two_beats_the_earlier_one_is_nearest() -> None:
    pulse = Pulse(START, 120, Meter(4, 4))
    half = pulse.time_at(3) + 250_000_000
    assert [pulse.nearest_beat(half + ns)[1] for ns in (-1, 0, 1)] == [3, 3, 4]


@given(st.lists(st.tuples(st.integers(1, 12), meters), max_size=6), meters)
def test_bars_follow_each_other_through_every_change_of_metre(
    bars_each: list[tuple[int, Meter]], first: Meter
) -> None:
    pulse, line = Pulse(START, 100, first), 0
    for bars, meter in bars_each:
        line += bars * pulse.meter_at(line).beats
        pulse.set_meter(meter, line)
    beat = -13
    seen = pulse.bar_at(beat)
    for beat in range(-12, line + 40):
        bar, in_bar = pulse.bar_at(beat)
        assert (bar, in_bar) in ((seen[0], seen[1] + 1), (seen[0] + 1, 0))
        assert pulse.bar_line(beat) == beat - in_bar
        assert pulse.next_bar_line(beat) == (beat if in_bar == 0 else pulse.next_bar_line(beat + 1))
        seen = bar, in_bar


def test_a_metre_begins_on_a_bar_line_or_not_at_all() -> None:
    pulse = Pulse(START, 100, Meter(4, 4))
    with pytest.raises(ValueError, match="not a bar line"):
        pulse.set_meter(Meter(3, 4), 6)


@given(tempi, st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0, 4.0]), st.integers(0, 10**11))
def test_a_hit_is_placed_on_the_nearest_point_of_its_grid(
    bpm: float, subdivision: float, offset: int
) -> None:
    pulse = Pulse(START, bpm, Meter(4, 4))
    placed = place(pulse, START + offset, subdivision)
    assert placed.asynchrony == START + offset - pulse.time_at(placed.point)
    assert abs(placed.asynchrony) <= MINUTE / bpm / subdivision / 2 + 1
    assert placed.spacing == pytest.approx(MINUTE / bpm / subdivision, abs=1.5)
    assert placed.period == pytest.approx(MINUTE / bpm, abs=1.5)


@pytest.mark.parametrize("wrong", ["", "4", "4/3", "0/4", "33/4", "x/4", "4/4/4", "-3/4"])
def test_a_metre_that_is_none_is_refused_in_words(wrong: str) -> None:
    with pytest.raises(UsageError, match="not a metre"):
        Meter.parse(wrong)


@pytest.mark.parametrize("bpm", [29.9, 240.1, float("nan"), float("inf")])
def test_a_tempo_nobody_can_play_is_refused(bpm: float) -> None:
    with pytest.raises(UsageError, match="30 to 240"):
        Pulse(START, bpm, Meter(4, 4))


@given(
    tempi,
    changes,
    st.lists(
        st.tuples(st.integers(1, 4 * 10**9), st.integers(1, 5), st.integers(10**6, 3 * 10**9), tempi),
        min_size=1,
        max_size=8,
    ),
)
def test_a_landing_skips_no_moment_and_puts_the_beat_where_it_was_said(
    bpm: float, commands: list[tuple[int, float, int]], landings: list[tuple[int, int, int, float]]
) -> None:
    pulse, now = changed(bpm, commands), START
    for later, ahead, way, to in landings:
        now += later
        before = [pulse.beat_at(time) for time in range(START, now, max(1, (now - START) // 9))]
        beat, time = int(pulse.beat_at(now)) + 1 + ahead, now + way
        pulse.land(beat, time, to, now)
        assert pulse.time_at(beat) == time
        assert pulse.time_at(beat + 1) - time == round(MINUTE / to)
        assert [pulse.beat_at(t) for t in range(START, now, max(1, (now - START) // 9))] == before
    times = [pulse.time_at(k / 3) for k in range(400)]
    assert times == sorted(times)
    assert all(abs(pulse.time_at(pulse.beat_at(t)) - t) <= 2 for t in range(START, START + 10**11, 7 * 10**8))


@given(st.integers(-300, 300), st.floats(0.0, 1.9))
def test_the_nearest_beat_stays_the_nearest_in_time_where_a_beat_is_stretched(
    shift: int, part: float
) -> None:
    pulse = Pulse(0, 60, Meter(4, 4))
    pulse.land(5, 5 * 10**9 + shift * 10**6, 60, 4_500_000_000)
    time = pulse.time_at(4 + part)
    _, nearest = pulse.nearest_beat(time)
    assert all(
        abs(pulse.time_at(nearest) - time) <= abs(pulse.time_at(other) - time) for other in range(3, 8)
    )


def test_a_beat_cannot_land_in_the_past() -> None:
    pulse = Pulse(0, 60, Meter(4, 4))
    for beat, time in ((3, 10**10), (5, 4 * 10**9)):
        with pytest.raises(ValueError, match="cannot land"):
            pulse.land(beat, time, 60, 4 * 10**9)
