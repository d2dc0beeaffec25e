"""Players beside each other: correction, coupling, lock, group, turns; each against what was set."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import toeplitz
from scipy.optimize import linear_sum_assignment

from drumcircle.bench import known_truth as truth
from drumcircle.measures import (
    Turn,
    consecutive,
    coupling,
    ensemble_correction,
    group_phase,
    live,
    lock,
    match,
    matched_with_pulse,
    mutual_nearest,
    pair_asynchrony,
    pair_correction,
    period_correction,
    phase_correction,
    prediction_tracking,
    row,
    shared,
    start_spread_ms,
    steady_grid,
    stop_spread_ms,
    turns,
    with_each_other,
    with_pulse,
)
from drumcircle.measures.noise import sine_transform

DICE = np.random.default_rng(11)
BEATS = np.arange(400) * 500.0


# ---------------------------------------------------------------- phase correction


def test_the_sine_transform_makes_the_noise_diagonal():
    covariance = toeplitz([5.0, -1.5, *[0.0] * 10])
    transform = sine_transform(np.eye(12))
    assert transform @ transform.T == pytest.approx(np.eye(12), abs=1e-12)
    turned = transform @ covariance @ transform.T
    assert turned == pytest.approx(np.diag(np.diag(turned)), abs=1e-12)


def bgls_as_published(own, partners):
    """The authors' steps with whole matrices, as a check on the transformed ones."""
    steps, apart = np.diff(own), (own[:, None] - partners)[1:]
    y, x = (steps - steps.mean())[1:], (apart - apart.mean(axis=0))[:-1]
    k0, k1, z = 1.0, 0.0, np.zeros(x.shape[1])
    for _ in range(20):
        inverse = np.linalg.inv(toeplitz([k0, k1, *[0.0] * (y.size - 2)]))
        before, z = z, np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y)
        rest = x @ z - y
        sample = np.cov(rest[:-1], rest[1:])
        k0, k1 = (sample[0, 0] + sample[1, 1]) / 2, min(sample[0, 1], 0.0)
        k0 = max(k0, -3 * k1)
        if np.abs(z - before).sum() < 1e-3:
            break
    return -z, math.sqrt(k0 + 2 * k1), math.sqrt(-k1)


@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(12, 80))
@settings(max_examples=40, deadline=None)
def test_it_is_the_published_procedure(seed, partners, n):
    dice = np.random.default_rng(seed)
    onsets = np.arange(n)[:, None] * 500 + dice.normal(0, 20, (n, partners + 1))
    found = phase_correction(onsets[:, 0], onsets[:, 1:])
    alpha, timekeeper, motor = bgls_as_published(onsets[:, 0], onsets[:, 1:])
    assert found.alpha == pytest.approx(alpha, abs=1e-9)
    assert (found.timekeeper_sd_ms, found.motor_sd_ms) == pytest.approx((timekeeper, motor), abs=1e-6)
    assert np.all((found.alpha_ci95[:, 0] <= found.alpha) & (found.alpha <= found.alpha_ci95[:, 1]))


def test_the_alpha_set_is_found_in_a_long_row():
    a = truth.asynchronies(DICE, truth.Player(-20, 0.5, 15, 5), 20_000)
    found = phase_correction(np.arange(20_000) * 500 + a, np.arange(20_000) * 500)
    assert found.alpha[0] == pytest.approx(0.5, abs=0.05)
    assert found.timekeeper_sd_ms == pytest.approx(15, abs=0.5)
    assert found.motor_sd_ms == pytest.approx(5, abs=1)
    assert not found.on_bound


def test_partners_that_cannot_be_told_apart_have_no_alpha():
    own = BEATS[:50] + DICE.normal(0, 10, 50)
    found = phase_correction(own, np.stack([BEATS[:50], BEATS[:50]], axis=1))
    assert found.alpha is found.motor_sd_ms is None
    assert "independently" in found.why_not["alpha"]


@pytest.mark.parametrize(("n", "k", "says"), [(5, 1, "at least 6"), (8, 4, "at least 9")])
def test_too_few_events_are_refused(n, k, says):
    with pytest.raises(ValueError, match=says):
        phase_correction(np.zeros(n), np.zeros((n, k)))


def test_onsets_at_other_events_are_refused():
    with pytest.raises(ValueError, match="same events"):
        phase_correction(np.zeros(20), np.zeros(19))


def test_the_longest_stretch_without_a_missed_point():
    assert consecutive([4, 5, 9, 10, 11, 20]) == slice(2, 5)
    assert consecutive([7]) == slice(0, 1)
    assert consecutive([]) == slice(0, 0)


# ---------------------------------------------------------------- tempo that goes there and back


def there_and_back(n: int) -> np.ndarray:
    periods = 500 + 60 * np.sin(np.linspace(0, 4 * math.pi, n - 1))
    return np.concatenate([[0], np.cumsum(periods)])


def following(pulse: np.ndarray, alpha: float, beta: float, sd: float) -> np.ndarray:
    """Hits that correct phase by alpha and their own period by beta."""
    hits, period = [pulse[0]], float(pulse[1] - pulse[0])
    for beat, noise in zip(pulse[:-1], DICE.normal(0, sd, pulse.size - 1), strict=True):
        apart = hits[-1] - beat
        period -= beta * apart
        hits.append(hits[-1] + period - alpha * apart + noise)
    return np.array(hits)


def test_the_period_correction_set_is_found():
    pulse = there_and_back(2000)
    found = period_correction(following(pulse, 0.5, 0.2, 10), pulse)
    assert found.period_correction_beta == pytest.approx(0.2, abs=0.05)
    assert found.phase_correction_alpha == pytest.approx(0.5, abs=0.08)


def test_prediction_is_above_one_and_tracking_below():
    pulse = np.concatenate([[0], np.cumsum(500 + 60 * np.sin(np.arange(199) * 0.8))])
    late = np.concatenate([[0], np.cumsum(np.diff(pulse, prepend=-500)[:-1])])
    assert prediction_tracking(pulse + DICE.normal(0, 3, 200), pulse).prediction_tracking_ratio > 1
    assert prediction_tracking(late + DICE.normal(0, 3, 200), pulse).prediction_tracking_ratio < 1


@pytest.mark.parametrize(
    "pulse", [BEATS[:80], np.cumsum(np.linspace(600, 400, 80)), np.round(BEATS[:80], -1) / 3]
)
def test_a_steady_pulse_or_a_straight_ramp_can_tell_neither(pulse):
    own = pulse + DICE.normal(0, 8, pulse.size)
    assert prediction_tracking(own, pulse).prediction_tracking_ratio is None
    found = period_correction(own, pulse)
    assert found.period_correction_beta is None
    assert "there and back" in found.why_not["period_correction_beta"]


# ---------------------------------------------------------------- pairs


rising_times = st.lists(st.integers(0, 5000), min_size=2, max_size=30, unique=True).map(sorted)


@given(rising_times, rising_times)
def test_shared_points_are_those_in_both(a, b):
    i, j = shared(a, b)
    assert [a[k] for k in i] == [b[k] for k in j] == sorted(set(a) & set(b))


@given(rising_times, rising_times)
def test_mutual_nearest_hits_are_a_cheapest_pairing_of_themselves(a, b):
    i, j = mutual_nearest(a, b)
    apart = np.abs(np.subtract.outer(np.array(a), np.array(b)))
    assert np.all(apart[i, j] == apart[i].min(axis=1))
    assert np.all(apart[i, j] == apart[:, j].min(axis=0))
    assert np.all(apart[i, j] <= min(np.median(np.diff(a)), np.median(np.diff(b))) / 2)
    block = apart[np.ix_(i, j)]
    assert block[linear_sum_assignment(block)].sum() == pytest.approx(apart[i, j].sum())


def test_a_pair_that_shares_nothing_has_n_0_and_nothing_else():
    found = pair_asynchrony([], [])
    assert row(found) == {
        "n": 0, "mean_asynchrony_ms": None, "sd_asynchrony_ms": None, "mean_abs_asynchrony_ms": None,
    }  # fmt: skip


def follower(leader: np.ndarray, alpha: float, sd: float) -> np.ndarray:
    hits = [leader[0]]
    for beat, noise in zip(leader[:-1], DICE.normal(0, sd, leader.size - 1), strict=True):
        hits.append(hits[-1] + 500 - alpha * (hits[-1] - beat) + noise)
    return np.array(hits)


def test_who_follows_whom():
    leader = np.cumsum(DICE.normal(500, 15, 300))
    second = follower(leader, 0.6, 8)
    found = coupling(leader, second)
    assert found.lag_plus1 > 0.3 > found.lag_minus1
    assert found.coupling_p == pytest.approx(1 / 201)
    swapped = coupling(second, leader)
    assert (swapped.lag_plus1, swapped.lag_minus1) == pytest.approx((found.lag_minus1, found.lag_plus1))
    correction = pair_correction(leader, second)
    assert correction.alpha_2_from_1 == pytest.approx(0.6, abs=0.15)
    assert correction.alpha_1_from_2 == pytest.approx(0, abs=0.15)
    assert len(row(correction)["timekeeper_sd_ms"]) == 2


def test_players_who_only_hear_the_click_are_rarely_taken_for_coupled():
    p = []
    for _ in range(300):
        a, b = (BEATS[:120] + truth.asynchronies(DICE, truth.Player(0, 0.4, 15, 6), 120) for _ in range(2))
        p.append(coupling(a, b).coupling_p)
    assert np.mean(np.array(p) < 0.05) < 0.09


def test_the_surrogates_are_those_of_the_seed():
    a, b = BEATS[:60] + DICE.normal(0, 10, 60), BEATS[:60] + DICE.normal(0, 10, 60)
    assert coupling(a, b, seed=4).coupling_p == coupling(a, b, seed=4).coupling_p


def test_too_few_or_unvarying_intervals_have_no_coupling():
    assert "20 intervals" in coupling(BEATS[:20], BEATS[:20]).why_not["coupling_p"]
    assert "do not vary" in coupling(BEATS, BEATS + DICE.normal(0, 5, 400)).why_not["lag_plus1"]


def test_in_an_ensemble_each_is_measured_against_all_others():
    onsets = BEATS[:100, None] + DICE.normal(0, 10, (100, 3))
    found = ensemble_correction(onsets)
    assert found[1].alpha == pytest.approx(phase_correction(onsets[:, 1], onsets[:, [0, 2]]).alpha)


# ---------------------------------------------------------------- group


@pytest.mark.parametrize("size", [2, 4, 8])
def test_a_group_that_hits_at_random_is_at_nought_whatever_its_size(size):
    assert truth.random_group(size) == pytest.approx(0, abs=0.02)


@given(st.lists(st.lists(st.floats(-3, 3), min_size=1, max_size=5), min_size=1, max_size=8))
def test_the_array_form_is_the_live_one(points):
    numbers, phases = [[] for _ in range(5)], [[] for _ in range(5)]
    for point, thetas in enumerate(points):
        for player, theta in enumerate(thetas):
            numbers[player].append(point)
            phases[player].append(theta)
    expected = live.with_pulse(points)
    found = with_pulse(numbers, phases)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-12))


def test_with_the_pulse_is_the_mean_over_pairs_of_the_cosine_between_them():
    theta = DICE.uniform(-3, 3, (4, 50))
    pulse = with_pulse([np.arange(50)] * 4, list(theta))
    pairs = [(theta[i] - theta[j]) * 500 / math.tau for i in range(4) for j in range(i)]
    assert with_each_other(pairs, [500] * 6) == pytest.approx(pulse)


def test_while_the_pulse_sounds_only_coupled_pairs_are_with_each_other():
    together, apart = np.zeros(20), np.full(20, 250.0)
    assert with_each_other([together, apart], [500, 500], [0.01, 0.2]) == 1
    assert with_each_other([together, apart], [500, 500], [None, 0.2]) is None
    assert with_each_other([together, apart], [500, 500]) == pytest.approx(0)
    assert with_each_other([], []) is None


def test_matched_players_are_taken_at_the_points_they_share():
    pulse = steady_grid(120, 0, 2000)
    players = [match(times, pulse) for times in ([0, 500, 1000], [10, 510], [1500])]
    assert matched_with_pulse(players) == pytest.approx(math.cos(math.tau * 10 / 500))


def test_group_phase_of_players_with_gaps_goes_by_the_number_of_the_event():
    whole = BEATS[:50, None] + DICE.normal(0, 15, (50, 3))
    full = group_phase(whole)
    rows = list(whole.T)
    by_number = group_phase(rows, [np.arange(50)] * 3)
    assert by_number.rho == pytest.approx(full.rho)
    gappy = group_phase([rows[0][::2], rows[1], rows[2]], [np.arange(50)[::2], np.arange(50), np.arange(50)])
    assert gappy.order_parameter == pytest.approx(full.order_parameter, abs=0.02)


def test_a_group_in_step_is_one_and_its_offsets_are_phases():
    found = group_phase(BEATS[:60, None] + [0, 50, -50])
    assert found.rho == pytest.approx(1)
    assert found.player_phase_deg == pytest.approx([0, -36, 36])
    assert group_phase([[0, 10], [500, 510]], [[0, 1], [0, 1]]) is None
    with pytest.raises(ValueError, match="rise"):
        group_phase([[0, 0], [10, 5], [5, 9]])


def test_spreads_leave_out_those_who_did_not_play():
    assert start_spread_ms([[30, 900], [], [10]]) == 20
    assert stop_spread_ms([[30, 900], [], [10]]) == 890
    assert start_spread_ms([[30]]) is None


# ---------------------------------------------------------------- lock


def test_lock_is_for_players_with_the_pulse_alone():
    assert truth.locked(truth.at_random, 150, 200) == 0
    assert truth.locked(truth.off_tempo, 150, 200) == 0
    assert truth.locked(truth.coupled, 150, 100) >= 0.95


def test_lock_is_timed_from_the_first_judged_point_and_held_while_it_lasts():
    a = np.concatenate([DICE.uniform(-250, 250, 60), np.zeros(50), DICE.uniform(-250, 250, 60)])
    found = lock(np.arange(170), a, 500, np.arange(170) * 500 + a)
    assert 81 <= found.points_to_lock <= 83
    assert found.time_to_lock_s == pytest.approx((found.points_to_lock - 1) * 0.5)
    assert found.held_s == pytest.approx(24.5, abs=2)


def test_four_of_sixteen_points_may_be_missed_and_no_more():
    kept = np.array([k for k in range(160) if k % 4])
    assert lock(kept, np.zeros(kept.size), 500, kept * 500.0).points_to_lock is not None
    fewer = np.array([k for k in range(160) if k % 3])
    assert lock(fewer, np.zeros(fewer.size), 500, fewer * 500.0).why_not["held_s"] == "never in lock"


def test_a_player_on_the_off_beat_is_in_lock_with_it():
    a = np.where(np.arange(60) % 2, 249.0, -249.0)
    assert lock(np.arange(60), a, 500, np.arange(60) * 500 + a).points_to_lock == 23


def test_a_long_silence_ends_a_lock_and_costs_no_memory():
    points = np.concatenate([np.arange(40), 10**9 + np.arange(60)])
    found = lock(points, np.zeros(100), 500, points * 500.0)
    assert found.held_s == 31.5  # 60 points and the four missed ones a window forgives


def test_too_short_a_row_says_so():
    assert "23 judged points" in lock([0, 1], [0, 0], 500, [0, 500]).why_not["time_to_lock_s"]
    assert lock([], [], 500, []).held_s is None


# ---------------------------------------------------------------- turns


def one_beat_turns(count: int) -> list[Turn]:
    return [Turn("ab"[k % 2], k * 500.0, (k + 1) * 500.0, 500.0) for k in range(count)]


def test_perfect_turns_have_a_gap_of_one_beat():
    hits = {"a": [0.0, 1000.0], "b": [500.0, 1500.0]}
    found = turns(one_beat_turns(4), hits)
    assert [turn.entry_offset_ms for turn in found] == [0, 0, 0, 0]
    assert [turn.floor_transfer_offset_beats for turn in found] == [None, 1, 1, 1]
    assert [turn.in_turn_hits for turn in found] == [1, 1, 1, 1]


def test_a_hit_a_little_early_belongs_to_the_turn_it_opens():
    found = turns(one_beat_turns(2), {"b": [480.0]})
    assert found[1].entry_offset_ms == -20
    assert found[0].entry_offset_ms is found[1].floor_transfer_offset_ms is None


def test_a_hit_out_of_turn_counts_once_at_the_nearest_turn():
    schedule = [Turn("a", 0, 2000, 500), Turn("b", 2000, 4000, 500), Turn("a", 4000, 6000, 500)]
    found = turns(schedule, {"a": [0, 1800, 2600, 3700, 5990], "c": [100]})
    assert [(turn.before_turn_hits, turn.in_turn_hits, turn.after_turn_hits) for turn in found] == [
        (0, 1, 2), (0, 0, 0), (1, 0, 1),
    ]  # fmt: skip


def test_an_overlap_is_no_answer():
    schedule = [Turn("a", 0, 1000, 500), Turn("b", 1000, 2000, 500)]
    (_, overlapping) = turns(schedule, {"a": [0, 740], "b": [760 - 5]})
    assert overlapping.response_latency_ms == 15
    (_, overlapping) = turns([Turn("a", 0, 1000, 900), Turn("b", 1000, 2000, 1900)], {"a": [540], "b": [100]})
    assert overlapping.floor_transfer_offset_ms == -440
    assert overlapping.response_latency_ms is None


@given(st.lists(st.integers(-1000, 6000), max_size=30))
def test_no_hit_is_lost_or_counted_twice(hits):
    found = turns(one_beat_turns(10), {"a": hits})
    counted = sum(turn.in_turn_hits + turn.before_turn_hits + turn.after_turn_hits for turn in found)
    assert counted == len(hits)


def test_a_turn_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="cannot be played"):
        turns([Turn("a", 10, 0, 500)], {})


def test_somebody_exactly_on_every_beat_corrects_nothing_that_could_be_seen():
    beats = np.arange(120) * 0.5
    found = phase_correction((beats + 0.01) * 1000, beats * 1000)
    assert found.alpha is None
    assert "do not vary" in found.why_not["alpha"]
