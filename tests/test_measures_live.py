"""The live measures against numpy, scipy and closed forms."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from drumcircle.measures.live import (
    figures,
    mean,
    participation_gini,
    phases,
    ppc,
    rayleigh,
    resultant,
    sample_sd,
    with_pulse,
)

MS = 1_000_000
angles = st.lists(st.floats(-math.pi, math.pi), min_size=2, max_size=60)
asynchronies = st.lists(st.integers(-240 * MS, 240 * MS), min_size=2, max_size=200)


def known(value: float | None) -> float:
    assert value is not None
    return value


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=100))
def test_mean_and_sample_sd_are_those_of_exact_arithmetic(xs):
    assert mean(xs) == pytest.approx(statistics.fmean(xs), rel=1e-12, abs=1e-12)
    assert sample_sd(xs) == pytest.approx(statistics.stdev(xs), rel=1e-9, abs=1e-9)


def test_a_large_mean_costs_the_sd_no_digits():
    around = [1e9 + x for x in (-0.5, 0.25, 0.5, -0.25)]
    assert sample_sd(around) == pytest.approx(np.std([-0.5, 0.25, 0.5, -0.25], ddof=1), rel=1e-12)


def test_what_cannot_be_had_is_none():
    assert mean([]) is None
    assert sample_sd([3.0]) is None
    assert resultant([]) is None
    assert ppc(1, 1.0) is None
    assert rayleigh(0, 0.0) is None
    assert with_pulse([[0.1], []]) is None
    assert participation_gini([0.5]) is None
    assert participation_gini([0.0, 0.0]) is None


@given(angles)
def test_the_resultant_is_scipys(thetas):
    length, direction = known(resultant(thetas))
    assert length == pytest.approx(1 - stats.circvar(thetas), abs=1e-9)
    if length > 1e-3:
        apart = direction - stats.circmean(thetas, high=math.pi, low=-math.pi)
        assert math.cos(apart) == pytest.approx(1, abs=1e-9)


@given(angles)
def test_ppc_is_the_mean_cosine_of_all_pairs(thetas):
    pairs = [math.cos(a - b) for i, a in enumerate(thetas) for b in thetas[:i]]
    assert ppc(len(thetas), known(resultant(thetas))[0]) == pytest.approx(np.mean(pairs), abs=1e-9)


def test_ppc_of_random_playing_is_centred_on_nought_where_r_is_not():
    dice = np.random.default_rng(5)
    lengths = [known(resultant(row))[0] for row in dice.uniform(-math.pi, math.pi, (4000, 8))]
    assert np.mean(lengths) > 0.3
    assert abs(np.mean([ppc(8, length) for length in lengths])) < 0.01


@given(st.integers(1, 10**7), st.floats(0, 1))
def test_rayleighs_p_is_zars_formula_and_stays_a_probability(n, length):
    z, p = known(rayleigh(n, length))
    assert z == pytest.approx(n * length**2)
    assert 0 <= p <= 1
    # Zar as printed, where its difference still has digits left.
    if n < 1000:
        printed = math.exp(math.sqrt(1 + 4 * n + 4 * (n**2 - (n * length) ** 2)) - (1 + 2 * n))
        assert p == pytest.approx(printed, rel=1e-6, abs=1e-12)


def test_rayleighs_p_is_the_share_of_random_players_it_says():
    dice = np.random.default_rng(2)
    rows = dice.uniform(0, math.tau, (20_000, 20))
    lengths = np.abs(np.exp(1j * rows).mean(axis=1))
    below = np.mean([known(rayleigh(20, length))[1] < 0.05 for length in lengths])
    assert below == pytest.approx(0.05, abs=0.005)


def test_together_is_one_in_unison_and_nought_by_chance_for_any_number_of_players():
    assert with_pulse([[0.3] * k for k in (2, 3, 9)]) == pytest.approx(1)
    dice = np.random.default_rng(3)
    for players in (2, 4, 8):
        points = [list(row) for row in dice.uniform(-math.pi, math.pi, (8000, players))]
        assert known(with_pulse(points)) == pytest.approx(0, abs=0.02)


def test_a_point_where_one_player_played_does_not_count():
    assert with_pulse([[0.0, 0.0], [2.0], []]) == pytest.approx(1)
    assert with_pulse([[0.0, math.pi]]) == pytest.approx(-1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30).filter(lambda shares: sum(shares) > 1e-3))
def test_gini_is_half_the_relative_mean_difference(shares):
    x = np.array(shares)
    expected = np.abs(x[:, None] - x).sum() / (2 * len(x) ** 2 * x.mean())
    assert participation_gini(shares) == pytest.approx(expected, abs=1e-9)


def test_gini_knows_equality_and_one_who_plays_alone():
    assert participation_gini([0.7] * 5) == pytest.approx(0)
    assert participation_gini([0, 0, 0, 1]) == pytest.approx(3 / 4)


@given(asynchronies, st.sampled_from([250 * MS, 500 * MS, 333_333_333]))
def test_figures_are_numpys(times, spacing):
    found = figures(times, [spacing] * len(times), [2 * spacing] * len(times), missed=3, extra=1)
    a = np.array(times) / MS
    grid, beat = (
        abs(np.exp(2j * np.pi * np.array(times) / period).mean()) for period in (spacing, 2 * spacing)
    )
    n = len(a)
    assert (found.n, found.missed, found.extra) == (n, 3, 1)
    assert found.mean_asynchrony_ms == pytest.approx(a.mean(), abs=1e-9)
    assert found.sd_asynchrony_ms == pytest.approx(a.std(ddof=1), abs=1e-7)
    assert found.mean_abs_asynchrony_ms == pytest.approx(np.abs(a).mean(), abs=1e-9)
    assert found.vector_length == pytest.approx(beat, abs=1e-9)
    assert found.vector_length_grid == pytest.approx(grid, abs=1e-9)
    assert found.ppc_grid == pytest.approx((n * grid**2 - 1) / (n - 1), abs=1e-9)
    assert found.rayleigh_p_grid == pytest.approx(known(rayleigh(n, grid))[1], abs=1e-9)


def test_figures_of_a_long_session_lose_nothing():
    dice = np.random.default_rng(7)
    times = (dice.normal(-20, 25, 200_000) * MS).astype(int)
    found = figures(times.tolist(), [500 * MS] * len(times), [1000 * MS] * len(times), 0, 0)
    assert found.mean_asynchrony_ms == pytest.approx(times.mean() / MS, abs=1e-9)
    assert found.sd_asynchrony_ms == pytest.approx(times.std(ddof=1) / MS, rel=1e-9)
    assert found.vector_length_grid == pytest.approx(
        abs(np.exp(2j * np.pi * times / (500 * MS)).mean()), abs=1e-9
    )


def test_each_hit_is_judged_by_the_grid_that_stood_there():
    # A quarter of the cycle late each time, through a change of tempo: perfectly consistent.
    found = figures([125 * MS, 100 * MS], [500 * MS, 400 * MS], [500 * MS, 400 * MS], 0, 0)
    assert found.vector_length_grid == pytest.approx(1)
    assert list(phases([125, 100], [500, 400])) == pytest.approx([math.pi / 2] * 2)


def test_figures_of_nothing_and_of_one_hit():
    nothing = figures([], [], [], missed=4, extra=0)
    assert (nothing.n, nothing.missed) == (0, 4)
    assert nothing.mean_asynchrony_ms is nothing.vector_length_grid is nothing.rayleigh_p_grid is None
    one = figures([5 * MS], [500 * MS], [500 * MS], 0, 0)
    assert one.mean_asynchrony_ms == 5
    assert one.sd_asynchrony_ms is one.ppc_grid is None


def test_rows_of_different_length_are_refused():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        figures([1, 2], [3], [3, 3], 0, 0)
