"""The live figures hit by hit: the same as the array form on the same window, and exact for ever."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcircle.bench.known_truth import left_behind
from drumcircle.measures import SlidingFigures, Sums, asynchrony, incremental, judged_hit, live
from drumcircle.measures.live import figures

MS = 1_000_000
KEYS = (
    "n",
    "missed",
    "extra",
    "mean_asynchrony_ms",
    "sd_asynchrony_ms",
    "mean_abs_asynchrony_ms",
    "vector_length",
    "vector_length_grid",
    "ppc_grid",
    "rayleigh_p_grid",
)

hits = st.tuples(
    st.integers(0, 40),  # the point, roughly: late hits and doubles come up
    st.integers(-250 * MS, 250 * MS),
    st.sampled_from([500 * MS, 400 * MS, 611 * MS]),
    st.booleans(),  # hit or missed
)


def by_the_rule(happened, window):
    """The last judged points by number, the nearest hit on each, everything else made afresh."""
    points = {}
    for point, a, spacing, is_hit in happened:
        known = sorted(points)[-window:]
        if point not in known and len(known) == window and point < known[0]:
            continue
        if point not in points or point not in known:
            points[point] = []
        if is_hit:
            points[point].append((a, spacing))
        points = {number: points[number] for number in sorted(points)[-window:]}
    best = [min(each, key=lambda hit: abs(hit[0])) for _, each in sorted(points.items()) if each]
    extra = sum(len(each) - 1 for each in points.values() if each)
    return best, sum(not each for each in points.values()), extra


@given(st.lists(hits, max_size=80), st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_hit_by_hit_and_all_at_once_agree(happened, window):
    sliding = SlidingFigures(window)
    for point, a, spacing, is_hit in happened:
        if is_hit:
            sliding.hit(point, a, spacing, 2 * spacing)
        else:
            sliding.missed(point)
    best, missed, extra = by_the_rule(happened, window)
    spacings = [spacing / MS for _, spacing in best]
    expected = asynchrony(
        [a / MS for a, _ in best], [2 * s for s in spacings] or 1, spacings or 1, missed=missed, extra=extra
    )
    found = sliding.figures()
    for key in KEYS:
        value = getattr(expected, key)
        value = None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)
        assert getattr(found, key) == value, key


def test_nothing_is_left_of_what_has_gone_however_long_it_played():
    assert left_behind(200_000) == 0


def test_a_late_hit_takes_the_place_of_a_miss():
    sliding = SlidingFigures(4)
    sliding.missed(1)
    sliding.missed(2)
    assert (sliding.figures().missed, sliding.figures().n) == (2, 0)
    sliding.hit(1, 5 * MS, 500 * MS, 500 * MS)
    sliding.missed(1)
    found = sliding.figures()
    assert (found.missed, found.n, found.mean_asynchrony_ms) == (1, 1, 5.0)


def test_a_hit_older_than_the_window_is_ignored():
    sliding = SlidingFigures(2)
    for point in (5, 6):
        sliding.hit(point, 0, 500 * MS, 500 * MS)
    sliding.hit(4, 9 * MS, 500 * MS, 500 * MS)
    assert (sliding.figures().n, sliding.figures().mean_asynchrony_ms, sliding.figures().extra) == (2, 0.0, 0)


def test_sums_over_a_whole_session_are_those_of_all_its_hits():
    dice = random.Random(5)
    row = [dice.randint(-200 * MS, 200 * MS) for _ in range(500)]
    sums = Sums()
    for a in row:
        sums.add(judged_hit(a, 250 * MS, 500 * MS))
    whole = figures(row, [250 * MS] * 500, [500 * MS] * 500, 3, 4)
    found = sums.figures(3, 4)
    for key in KEYS:
        assert getattr(found, key) == pytest.approx(getattr(whole, key), rel=1e-12), key


def test_a_window_of_no_points_is_refused():
    with pytest.raises(ValueError, match="a judged point"):
        SlidingFigures(0)


@given(st.lists(hits, max_size=40), st.integers(1, 12), st.integers(0, 15))
@settings(max_examples=100, deadline=None)
def test_points_that_have_passed_can_be_told_when_reading(happened, window, passed):
    told, noted = SlidingFigures(window), SlidingFigures(window)
    for point, a, spacing, is_hit in happened:
        for sliding in (told, noted):
            if is_hit:
                sliding.hit(point, a, spacing, spacing)
            else:
                sliding.missed(point)
    before = told.figures()
    for later in range(passed):
        noted.missed(1000 + later)
    assert told.figures(passed) == noted.figures()
    assert told.asynchronies_ns(passed) == noted.asynchronies_ns()
    assert told.figures() == before
    assert told.last == max((point for point, *_ in happened), default=-math.inf)


@given(st.lists(st.lists(st.integers(-250 * MS, 250 * MS), max_size=5), max_size=20))
def test_a_group_is_together_as_far_as_its_phases_say(points):
    ready = [[judged_hit(a, 500 * MS, 500 * MS) for a in point] for point in points]
    expected = live.with_pulse([math.tau * a / (500 * MS) for a in point] for point in points)
    found = incremental.with_pulse(ready)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-9))
