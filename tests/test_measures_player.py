"""One player's figures: circular ones against scipy and astropy, intervals and variances against what was set."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcircle.bench import known_truth as truth
from drumcircle.measures import (
    asynchrony,
    intervals,
    mean_vector,
    row,
    t_quantile,
    theil_sen,
    velocity,
    wing_kristofferson,
)
from drumcircle.measures.live import figures

DICE = np.random.default_rng(7)
NS = 1_000_000

asynchronies_ms = st.lists(st.integers(-240_000, 240_000), min_size=2, max_size=60).map(
    lambda row: [a / 1000 for a in row]
)


@given(asynchronies_ms)
def test_direction_and_length_are_those_of_scipy(row_ms):
    theta = np.array(row_ms) * math.tau / 500
    length, direction = mean_vector(theta)
    assert 1 - length == pytest.approx(scipy.stats.circvar(theta), abs=1e-12)
    if length > 1e-6:
        theirs = scipy.stats.circmean(theta, high=math.pi, low=-math.pi)
        assert math.cos(direction - theirs) == pytest.approx(1)


def test_rayleigh_agrees_with_astropy_as_far_as_two_approximations_do():
    astropy = pytest.importorskip("astropy.stats")
    for n, spread in ((20, 3.0), (50, 2.0), (200, 2.0), (1000, 2.2)):
        a = DICE.normal(0, spread, n) * 500 / math.tau
        found = asynchrony(a, 500, 500)
        assert found.rayleigh_p == pytest.approx(astropy.rayleightest(a * math.tau / 500), abs=2e-3)


@given(asynchronies_ms)
def test_arrays_and_plain_python_agree(row_ms):
    many, live = (
        asynchrony(row_ms, 1000, 500, missed=1, extra=2),
        figures([round(a * NS) for a in row_ms], [500 * NS] * len(row_ms), [1000 * NS] * len(row_ms), 1, 2),
    )
    for key in live.__slots__:
        assert getattr(many, key) == pytest.approx(getattr(live, key), rel=1e-9, abs=1e-9), key


def test_a_constant_device_offset_changes_the_mean_and_nothing_else():
    a = truth.asynchronies(DICE, truth.Player(-20, 0.4, 15, 5), 120)
    before, after = row(asynchrony(a, 500, 500)), row(asynchrony(a + 17, 500, 500))
    for key in ("n", "sd_asynchrony_ms", "sd_asynchrony_ci95_ms", "vector_length_grid", "ppc", "rayleigh_z"):
        assert after[key] == pytest.approx(before[key])
    for key in ("mean_asynchrony_ms", "median_asynchrony_ms", "circular_mean_ms"):
        assert after[key] - before[key] == pytest.approx(17)
    assert np.subtract(after["mean_asynchrony_ci95_ms"], 17) == pytest.approx(
        before["mean_asynchrony_ci95_ms"]
    )


def test_what_cannot_be_had_is_none_with_its_reason():
    nothing, one = asynchrony([], 500, 500), asynchrony([3.0], 500, 500)
    for found in (nothing, one):
        absent = {key for key, value in row(found).items() if value is None}
        assert absent == set(found.why_not)
    assert (one.mean_asynchrony_ms, one.sd_asynchrony_ms, one.share_played) == (3.0, None, 1.0)
    assert (one.provisional, asynchrony(np.zeros(30), 500, 500).provisional) == (True, False)
    for found in (intervals([]), intervals([5]), intervals([5, 10]), velocity([]), velocity([64])):
        assert {key for key, value in row(found).items() if value is None} == set(found.why_not)


def test_a_player_without_variance_has_a_point_for_an_interval():
    found = asynchrony(np.full(40, 5.0), 500, 500)
    assert found.mean_asynchrony_ci95_ms == (5, 5)
    assert found.sd_asynchrony_ci95_ms == (0, 0)


@pytest.mark.parametrize("given_periods", [0, -1, [500, 500], [[500.0]], math.nan])
def test_a_period_that_is_none_is_refused(given_periods):
    with pytest.raises(ValueError, match="periods_ms"):
        asynchrony([1, 2, 3], given_periods, 500)


@given(st.floats(0.001, 0.999), st.floats(0.8, 5000))
@settings(max_examples=80)
def test_quantiles_of_t_are_those_of_scipy(probability, df):
    assert t_quantile(probability, df) == pytest.approx(
        scipy.stats.t.ppf(probability, df), rel=1e-8, abs=1e-8
    )


# ---------------------------------------------------------------- intervals


def test_tempo_is_that_of_the_median_interval_with_its_half_and_double():
    found = intervals(np.delete(np.arange(40) * 500.0, [7, 20]))
    assert (found.tempo_bpm, found.tempo_half_bpm, found.tempo_double_bpm) == (120, 60, 240)
    assert found.iti_mean_ms == pytest.approx(39 * 500 / 37)


@pytest.mark.parametrize("percent", [-6.0, 0.0, 2.5])
@pytest.mark.parametrize("period", [500, 50])
def test_drift_is_the_change_of_tempo_a_minute(percent, period):
    gaps, time = [], 0.0
    while time < 60_000:
        gaps.append(period / (1 + percent / 100 * time / 60_000))
        time += gaps[-1]
    found = intervals(np.cumsum([0, *gaps]))
    assert found.tempo_drift_percent_per_min == pytest.approx(percent, rel=0.1, abs=0.01)


def test_a_missed_hit_now_and_then_does_not_bend_the_drift():
    row_ms = np.delete(np.arange(200) * 500.0, [20, 40, 41, 90, 150])
    assert intervals(row_ms).tempo_drift_percent_per_min == pytest.approx(0, abs=1e-9)


points = st.tuples(st.integers(0, 1000), st.integers(-100, 100))


@given(st.lists(points, min_size=2, max_size=40, unique_by=lambda point: point[0]))
def test_the_slope_is_that_of_scipy(cloud):
    x, y = np.array(sorted(cloud), dtype=float).T
    assert theil_sen(x, y) == pytest.approx(scipy.stats.theilslopes(y, x).slope, abs=1e-9)


def test_long_rows_give_the_slope_of_short_ones():
    x = np.arange(20_000.0)
    assert theil_sen(x, 3 + 0.25 * x + DICE.normal(0, 5, x.size)) == pytest.approx(0.25, abs=1e-4)


# ---------------------------------------------------------------- Wing & Kristofferson


def test_the_variances_set_are_found_on_average_without_the_bias_of_fitting_a_trend():
    found = [wing_kristofferson(truth.unpaced(DICE, 10, 8, 150)) for _ in range(500)]
    had = [w for w in found if w.motor_variance_ms2 is not None]
    assert len(had) > 490
    assert np.mean([w.motor_variance_ms2 for w in had]) == pytest.approx(64, rel=0.05)
    assert np.mean([w.clock_variance_ms2 for w in had]) == pytest.approx(100, rel=0.05)


def test_variances_are_absent_with_a_reason_outside_the_models_range():
    wandering = 500 + np.cumsum(DICE.normal(0, 5, 200))
    found = wing_kristofferson(wandering)
    assert found.lag1_autocorrelation > 0
    assert found.motor_variance_ms2 is found.clock_variance_ci95_ms2 is None
    assert "above 0" in found.why_not["motor_variance_ms2"]
    assert "below -.5" in wing_kristofferson([500, 520] * 60).why_not["clock_variance_ms2"]
    assert "do not vary" in wing_kristofferson([500] * 60).why_not["lag1_autocorrelation"]


def test_a_steady_slowing_is_taken_out_first():
    slowing = truth.unpaced(np.random.default_rng(1), 10, 6, 200)
    found = wing_kristofferson(slowing + np.linspace(0, 300, 200))
    assert found.motor_variance_ms2 == pytest.approx(wing_kristofferson(slowing).motor_variance_ms2, rel=1e-9)


def test_too_few_intervals_are_refused():
    with pytest.raises(ValueError, match="needs 6 intervals"):
        wing_kristofferson([500] * 5)
