"""What the circle works out itself, in plain Python, is what the library works out on arrays."""

from __future__ import annotations

import itertools
import random

import pytest

from drumcircle import measures
from drumcircle.measures import linear, steady
from drumcircle.measures.unpaced import Unpaced, unpaced, variances

MS = 1_000_000


def tapped(n: int, seed: int, clock: float = 15, motor: float = 10, drift: float = 0.0) -> list[int]:
    """Hits of a clock with a motor delay, ns."""
    dice = random.Random(seed)
    at, times = 0.0, []
    for index in range(n):
        times.append(round((at + dice.gauss(0, motor)) * MS))
        at += 500 + drift * index + dice.gauss(0, clock)
    return times


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("drift", [0.0, 0.2])
def test_unpaced_figures_are_the_librarys(seed: int, drift: float) -> None:
    times = tapped(140, seed, drift=drift)
    ours = unpaced(times)
    millis = [t / MS for t in times]
    theirs = measures.intervals(millis)
    gaps = [b - a for a, b in itertools.pairwise(millis)]
    split = measures.wing_kristofferson(gaps)
    assert ours.iti_left_out == 0
    for key in ("iti_n", "iti_mean_ms", "iti_sd_ms", "iti_cv", "tempo_bpm", "tempo_drift_percent_per_min"):
        assert getattr(ours, key) == pytest.approx(getattr(theirs, key), rel=1e-9), key
    for key in ("lag1_autocorrelation", "motor_variance_ms2", "clock_variance_ms2"):
        assert getattr(ours, key) == pytest.approx(getattr(split, key), rel=1e-8), key


def test_long_rows_are_taken_in_runs_as_in_the_library() -> None:
    times = tapped(1500, 3, drift=0.01)
    theirs = measures.intervals([t / MS for t in times]).tempo_drift_percent_per_min
    assert unpaced(times).tempo_drift_percent_per_min == pytest.approx(theirs, rel=1e-9)


def test_only_intervals_of_the_players_own_unit_are_pooled_and_the_rest_is_counted() -> None:
    times = [t * MS for t in (0, 500, 1000, 2000, 2500, 2600, 3000, 3500)]
    found = unpaced(times)
    assert (found.iti_n, found.iti_left_out) == (5, 2)
    assert found.motor_variance_ms2 is None
    assert found.why_not == {"motor_variance_ms2": "needs 100 intervals in a row; there are 2"}
    assert unpaced([0, MS]) == Unpaced(1, 0, why_not={"iti_sd_ms": "needs three hits"})


def test_where_the_model_does_not_hold_the_reason_stands() -> None:
    wandering = [500 + (i // 25 % 2) * 40 for i in range(120)]
    assert "above 0" in variances([float(gap) for gap in wandering]).why_not
    jumping = [500 + 40 * (-1) ** i + (i % 3) for i in range(120)]
    assert "below -.5" in variances([float(gap) for gap in jumping]).why_not
    assert variances([500.0] * 120).why_not == "the intervals do not vary"


def test_a_line_is_numpys_and_there_is_none_through_one_x() -> None:
    found = linear.line([1, 2, 3, 4], [2, 4.1, 5.9, 8])
    assert found is not None
    assert found.slope == pytest.approx(1.98)
    assert found.correlation == pytest.approx(0.99954, abs=1e-5)
    assert linear.line([1, 1, 1], [1, 2, 3]) is None
    assert linear.line([1, 2, 3], [5, 5, 5]) == linear.Line(0.0, None)


def test_tracking_is_the_librarys_ratio_and_a_lag_in_beats() -> None:
    dice = random.Random(4)
    pulse = [500 - 4 * min(k, 40 - k) for k in range(40)]
    late = [dice.gauss(0.7 * a + 0.3 * b, 3) for a, b in itertools.pairwise(pulse)]
    found = linear.tracking(late, pulse[1:], pulse[:-1], there_and_back=True)
    assert found.lag_beats == pytest.approx(0.7, abs=0.15)
    own, other = [0.0], [0.0]
    for mine, theirs in zip([500.0, *late], pulse, strict=True):
        own.append(own[-1] + mine)
        other.append(other[-1] + theirs)
    ratio = measures.prediction_tracking(own, other).prediction_tracking_ratio
    assert found.prediction_tracking_ratio == pytest.approx(ratio, rel=1e-9)
    assert linear.tracking(late, pulse[1:], pulse[:-1], there_and_back=False)[1] is None
    assert linear.tracking([500.0] * 9, [500.0] * 9, [500.0] * 9, there_and_back=True) == (None, None)


@pytest.mark.parametrize("sd", [0.1, 0.6, 1.0])
def test_lock_at_a_moment_is_the_lock_of_the_whole_row(sd: float) -> None:
    dice = random.Random(round(sd * 10))
    phases = [dice.gauss(0, sd) for _ in range(400)]
    run, first = 0, None
    for end in range(16, 401):
        run = run + 1 if steady.steady_window(phases[end - 16 : end]) else 0
        first = end if run == steady.SUCCESSIVE and first is None else first
    milliseconds = [p / 6.283185307179586 * 500 for p in phases]
    whole = measures.lock(
        list(range(400)), milliseconds, 500, [k * 500 + a for k, a in enumerate(milliseconds)]
    )
    assert first == whole.points_to_lock
    assert steady.steady_window([None] * 4 + [0.0] * 12)
    assert not steady.steady_window([None] * 5 + [0.0] * 11)
