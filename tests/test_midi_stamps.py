"""Stamps: the driver's deltas joined to the hub's clock, and what happens when deltas are not sound."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.core.events import MS, NS
from drumcircle.midi.stamps import MOST_BEHIND, Delay, PortClock, Stamp

gaps = st.integers(min_value=0, max_value=3 * NS)
waits = st.integers(min_value=0, max_value=MOST_BEHIND)
roll = st.lists(st.tuples(gaps, waits), min_size=1, max_size=80)

START = 1_000 * NS


def played(notes: list[tuple[int, int]]) -> list[tuple[int, int, float]]:
    """(true time, arrival, sound delta) of notes given as (time since the one before, wait for the interpreter).

    A port's messages reach us in order, so a note waits for the one before it, too.
    """
    out: list[tuple[int, int, float]] = []
    now = arrival = START
    for number, (gap, wait) in enumerate(notes):
        now += gap
        arrival = max(now + wait, arrival)
        out.append((now, arrival, gap / NS if number else 0.0))
    return out


@given(roll)
def test_every_stamp_is_off_by_the_least_wait_of_the_last_thirty_seconds(
    notes: list[tuple[int, int]],
) -> None:
    clock = PortClock()
    heard, since = played(notes), 0
    for number, (true, arrival, delta) in enumerate(heard):
        stamp = clock.stamp(arrival, delta)
        since = number if stamp.by_arrival else since
        recent = [a - t for t, a, _ in heard[since : number + 1] if arrival - a < 29 * NS]
        anywhere = [a - t for t, a, _ in heard[: number + 1] if arrival - a <= 31 * NS]
        if not stamp.by_arrival:
            assert min(anywhere) - number <= stamp.time - true <= min(recent) + number  # ns of rounding


@given(st.lists(st.tuples(gaps, waits, st.floats(allow_infinity=True, allow_nan=True)), max_size=60))
def test_no_delta_however_mad_stamps_a_note_after_its_arrival_or_long_before_it(
    notes: list[tuple[int, int, float]],
) -> None:
    clock = PortClock()
    for (_, arrival, _), (_, _, delta) in zip(played([n[:2] for n in notes]), notes, strict=True):
        stamp = clock.stamp(arrival, delta)
        assert arrival - MOST_BEHIND <= stamp.time <= arrival


def test_a_stall_of_the_interpreter_does_not_move_the_stamps_of_what_was_played_in_it() -> None:
    clock = PortClock()
    clock.stamp(START, 0.0)
    stalled = [(START + NS + n * 10 * MS, START + NS + 40 * MS, NS if n == 0 else 10 * MS) for n in range(4)]
    assert [clock.stamp(arrival, delta / NS).time for _, arrival, delta in stalled] == [
        true for true, _, _ in stalled
    ]


def test_a_repeated_delta_costs_that_note_its_precision_and_the_next_ones_nothing() -> None:
    clock = PortClock()
    clock.stamp(START, 0.0)
    assert clock.stamp(START + NS // 2, 0.5).time == START + NS // 2
    repeated = clock.stamp(START + NS // 2 + MS, 0.5)
    assert repeated.time == START + NS // 2 + MS
    later = clock.stamp(START + NS + 20 * MS, 0.5)
    assert later.time == START + NS + MS


def test_a_delta_that_was_swallowed_is_noticed_and_the_note_stamped_by_its_arrival() -> None:
    clock = PortClock()
    clock.stamp(START, 0.0)
    swallowed = clock.stamp(START + 2 * NS, 0.1)
    assert (swallowed.time, swallowed.by_arrival) == (START + 2 * NS, True)
    after = clock.stamp(START + 3 * NS, 1.0)
    assert (after.time, after.by_arrival) == (START + 3 * NS, False)


def test_a_driver_clock_that_runs_slow_is_set_right_again_and_again() -> None:
    clock = PortClock()
    stamps = [clock.stamp(START + n * NS // 4, 0.25 * 0.99 if n else 0.0) for n in range(400)]
    behind = [START + n * NS // 4 - stamp.time for n, stamp in enumerate(stamps)]
    assert max(behind) <= 30 * MS
    assert any(stamp.by_arrival for stamp in stamps[1:])


@pytest.mark.parametrize("delta", [math.nan, -1.0, math.inf])
def test_a_delta_that_is_no_time_is_left_out_of_the_clock(delta: float) -> None:
    clock = PortClock()
    clock.stamp(START, 0.0)
    assert clock.stamp(START + NS, delta) == Stamp(START + NS, 0, MOST_BEHIND, True)


def test_the_usual_lateness_is_taken_off_and_what_is_not_known_is_told() -> None:
    clock = PortClock(Delay(late=667_000, uncertainty=767_000))
    assert clock.stamp(START, 0.0) == Stamp(START - 667_000, 0, 767_000, False)


def test_its_memory_does_not_grow_with_the_evening() -> None:
    clock = PortClock()
    for n in range(20_000):
        clock.stamp(START + n * 10 * MS, 0.01 if n else 0.0)
    assert len(clock._least) <= 31
