"""Echoes: matching against an assignment solver, the lag against a fine search, chance against its meaning."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from drumcircle.measures.echo import Echo, echo, f1_chance, interval_ratio_error

BEAT = 500.0
TRESILLO = [0.0, 750.0, 1500.0]
SON = [0.0, 750.0, 1500.0, 2500.0, 3000.0]

# Hundredths of a ms: two sums that differ do so by more than floats blur.
onsets = st.lists(st.integers(0, 400_000), min_size=1, max_size=9, unique=True).map(
    lambda row: sorted(x / 100 for x in row)
)


def echoed(call: Sequence[float], response: Sequence[float], **more: Sequence[float]) -> Echo:
    return echo(call, response, beat_ms=BEAT, length_ms=4000.0, seed=1, **more)


def bounds(call: Sequence[float]) -> tuple[float, float]:
    shortest = min((b - a for a, b in pairwise(call)), default=BEAT)
    return min(max(shortest / 4, 50.0), 200.0), shortest / 2


def assigned(call: Sequence[float], response: Sequence[float], lag: float) -> tuple[int, float]:
    """Most pairs within the tolerance, then least error, as an assignment without regard to order."""
    tolerance, _ = bounds(call)
    error = np.abs(np.subtract.outer(call, np.array(response) - lag))
    # Any pair outside costs more than all errors within together.
    cost = np.where(error <= tolerance + 1e-9, error, 1e6)
    rows, columns = linear_sum_assignment(cost)
    inside = cost[rows, columns] < 1e6
    return int(inside.sum()), float(error[rows, columns][inside].sum())


@given(onsets, onsets)
@settings(max_examples=150, deadline=None)
def test_the_matching_is_the_best_assignment_and_in_order(call, response):
    found = echoed(call, response)
    count, cost = assigned(call, response, found.lag_ms or 0.0)
    assert len(found.pairs) == count
    if count:
        assert found.timing_error_ms == pytest.approx(cost / count, abs=1e-6)
    for row in zip(*found.pairs, strict=True):
        assert list(row) == sorted(set(row))


@given(onsets, onsets)
@settings(max_examples=40, deadline=None)
def test_no_other_lag_within_its_bound_does_better(call, response):
    found = echoed(call, response)
    _, bound = bounds(call)
    assert abs(found.lag_ms or 0.0) <= bound
    ours = (-len(found.pairs), (found.timing_error_ms or 0.0) * len(found.pairs) - 1e-6)
    for lag in np.linspace(-bound, bound, 101):
        count, cost = assigned(call, response, lag)
        assert ours <= (-count, cost)


@given(onsets, st.floats(-1, 1))
@settings(max_examples=60, deadline=None)
def test_a_call_given_back_whole_and_late_within_the_bound_is_perfect(call, share):
    late = share * bounds(call)[1]
    found = echoed(call, [onset + late for onset in call])
    assert (found.f1, found.precision, found.recall) == (1, 1, 1)
    assert (found.missed, found.extra) == (0, 0)
    assert found.timing_error_ms == pytest.approx(0, abs=1e-6)
    assert found.lag_ms == pytest.approx(late, abs=1e-6)


def test_greedy_pairing_would_lose_an_onset_here():
    # The first response is nearest to the second call onset; taking that pair leaves the others alone.
    found = echoed([0.0, 60.0, 1000.0], [35.0, 95.0, 1000.0])
    assert found.pairs == ((0, 0), (1, 1), (2, 2))


def test_a_lag_beyond_half_the_shortest_interval_is_not_forgiven():
    assert echoed(TRESILLO, [onset + 300 for onset in TRESILLO]).f1 == 1
    assert echoed(TRESILLO, [onset + 375 + 200 for onset in TRESILLO]).recall < 1


def test_of_equally_good_lags_the_smallest_is_taken():
    found = echoed([0.0, 1000.0], [-20.0, 1030.0])
    assert found.lag_ms == 0
    assert found.timing_error_ms == pytest.approx(25)


def test_precision_counts_what_was_added_and_recall_what_was_left_out():
    found = echoed(SON, [0.0, 750.0, 1500.0, 2000.0])
    assert (found.missed, found.extra) == (2, 1)
    assert (found.precision, found.recall) == (3 / 4, 3 / 5)
    assert found.f1 == pytest.approx(2 * 3 / (4 + 5))


def test_pairs_point_into_the_rows_as_given_whatever_their_order():
    found = echoed([1500.0, 0.0, 750.0], [760.0, 10.0])
    assert set(found.pairs) == {(1, 1), (2, 0)}


def test_silence_has_recall_nought_and_no_precision():
    found = echoed(SON, [])
    assert (found.f1, found.recall, found.missed) == (0, 0, 5)
    assert found.precision is found.lag_ms is found.timing_error_ms is None
    assert found.f1_above_chance < 0


def test_an_empty_call_has_no_figures():
    found = echoed([], [1.0, 2.0])
    assert found.f1 is found.f1_chance is found.f1_above_chance is None
    assert (found.extra, found.why_not) == (2, "empty call")


def test_a_call_of_one_onset_is_judged_by_the_beat():
    assert echoed([0.0], [240.0]).pairs == ((0, 0),)
    assert echoed([0.0], [BEAT / 2 + BEAT / 4 + 1]).pairs == ()


def test_a_call_that_steady_beating_echoes_is_too_simple():
    found = echoed([0.0, 500.0, 1000.0, 1500.0, 2000.0, 2500.0, 3000.0, 3500.0], [0.0])
    assert found.f1_chance == 1
    assert found.f1_above_chance is None
    assert found.why_not == "call too simple"


def test_above_chance_is_one_for_a_perfect_echo_and_nought_for_steady_beating():
    assert echoed(SON, SON).f1_above_chance == pytest.approx(1)
    steady = max(
        (echoed(SON, [k * BEAT / rate for k in range(8 * rate)]) for rate in (1, 2, 4)),
        key=lambda found: found.f1,
    )
    assert steady.f1 <= steady.f1_chance
    assert f1_chance(tuple(SON), 5, BEAT, 4000.0, 1) == pytest.approx(steady.f1)


def test_chance_of_many_hits_is_what_strewing_them_scores():
    call = [0.0, 130.0, 1500.0, 2630.0]
    dice = random.Random(11)
    strewn = [sorted(dice.random() * 4000 for _ in range(30)) for _ in range(300)]
    scored = np.mean([echoed(call, response).f1 for response in strewn])
    steady = [f1_chance(tuple(call), 0, BEAT, 4000.0, 1)]
    assert f1_chance(tuple(call), 30, BEAT, 4000.0, 1) == pytest.approx(max(scored, *steady), abs=0.02)


def test_chance_is_the_same_for_the_same_seed_and_near_for_another():
    first, again, other = (f1_chance.__wrapped__(tuple(SON), 9, 90.0, 3700.0, seed) for seed in (1, 1, 2))
    assert first == again
    assert other == pytest.approx(first, abs=0.05)


def test_the_interval_ratio_knows_rhythm_and_not_tempo():
    assert interval_ratio_error([0, 750, 1500], [0, 300, 600]) == pytest.approx(0)
    assert interval_ratio_error([0, 100, 300], [0, 200, 300]) == pytest.approx(1 / 3)
    assert interval_ratio_error([0, 100], [0, 100]) is None


def test_dynamics_correlate_over_matched_onsets_only():
    velocities = [100, 60, 80, 90, 50]
    softly = [v / 2 for v in velocities]
    found = echoed(SON, [*SON, 3800.0], call_velocities=velocities, response_velocities=[*softly, 127])
    assert found.dynamics_correlation == pytest.approx(1)
    dice = np.random.default_rng(4)
    played = dice.integers(1, 128, 5).tolist()
    found = echoed(SON, SON, call_velocities=velocities, response_velocities=played)
    assert found.dynamics_correlation == pytest.approx(np.corrcoef(velocities, played)[0, 1])


def test_dynamics_without_variety_or_velocities_are_absent():
    assert echoed(SON, SON).dynamics_correlation is None
    assert (
        echoed(SON, SON, call_velocities=[80] * 5, response_velocities=[1, 2, 3, 4, 5]).dynamics_correlation
        is None
    )
    two = echoed(SON, SON[:2], call_velocities=[1, 2, 3, 4, 5], response_velocities=[1, 2])
    assert two.dynamics_correlation is None
