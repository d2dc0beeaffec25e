"""Unbroken series of events, and what is estimated from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumcircle import measures
from drumcircle.analysis.document import analyse
from drumcircle.analysis.players import isochronous
from drumcircle.analysis.pulses import SteadyPulse
from drumcircle.analysis.reading import read_recording
from drumcircle.analysis.recording import Asked, Floats
from drumcircle.analysis.series import lattice, paired_numbers, steady_run


def numbers(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def test_beats_on_a_grid_of_halves_are_one_series_which_a_hit_between_does_not_break() -> None:
    chosen, places = lattice(numbers(0, 2, 4, 5, 6, 8))
    assert chosen.tolist() == [0, 1, 2, 4, 5]
    assert places.tolist() == [0, 1, 2, 3, 4]


def test_the_longest_unbroken_series_is_taken() -> None:
    assert steady_run(numbers(0, 1, 3, 4, 5, 6, 9)).tolist() == [2, 3, 4, 5]
    assert steady_run(numbers(7)).tolist() == [0]
    assert steady_run(numbers()).tolist() == []


def test_pairs_of_hits_follow_each_other_only_where_neither_played_in_between() -> None:
    assert paired_numbers(numbers(0, 1, 2, 4), numbers(0, 1, 5, 6)).tolist() == [0, 1, 5, 7]


def test_isochronous_intervals_end_where_a_hit_is_missed_or_doubled() -> None:
    intervals = np.array([500.0, 510, 1000, 490, 505, 495, 100, 400, 500])
    assert isochronous(intervals).tolist() == [490, 505, 495]


def table(path: Path, times_ms: Floats) -> Path:
    rows = "".join(f"{float(ms) / 1000!r},a\n" for ms in times_ms)
    path.write_text(f"time_s,player\n{rows}", encoding="utf-8")
    return path


def tapping(n: int, alpha: float, seed: int = 1) -> Floats:
    """Taps with a metronome of 500 ms that take back ``alpha`` of each asynchrony."""
    dice = np.random.default_rng(seed)
    times = [1000.0]
    for beat in range(1, n):
        asynchrony = times[-1] - (1000.0 + 500.0 * (beat - 1))
        times.append(times[-1] + 500.0 - alpha * asynchrony + dice.normal(0, 15))
    return np.array(times)


def row_of(path: Path, **asked: Any) -> dict[str, Any]:
    row: dict[str, Any] = analyse(read_recording(path, "note"), Asked(**asked)).document["players"]["a"]
    return row


def test_correction_to_the_pulse_is_that_of_the_longest_series_without_a_missed_beat(tmp_path: Path) -> None:
    taps = tapping(250, 0.4)
    beats = 1000.0 + 500.0 * np.arange(250)
    kept = np.delete(taps, 40)
    path = table(tmp_path / "a.csv", kept)
    wanted = measures.phase_correction(taps[41:], beats[41:])
    assert wanted.alpha is not None
    for subdivision in (1.0, 2.0):
        row = row_of(path, pulse=SteadyPulse(120.0), subdivision=subdivision, phase_correction=True)
        assert row["phase_correction_alpha"] == pytest.approx(float(wanted.alpha[0]), abs=1e-9)
        assert row["timekeeper_sd_ms"] == pytest.approx(wanted.timekeeper_sd_ms, abs=1e-6)
    assert row_of(path, pulse=SteadyPulse(120.0))["phase_correction_alpha"] is None


def test_clock_and_hand_are_told_apart_only_without_a_pulse_and_from_100_even_intervals_on(
    tmp_path: Path,
) -> None:
    dice = np.random.default_rng(2)
    clock = 500 * np.arange(200) + np.cumsum(dice.normal(0, 12, 200))
    taps = 1000 + clock + dice.normal(0, 9, 200)
    path = table(tmp_path / "a.csv", taps)
    wanted = measures.wing_kristofferson(np.diff(taps))
    assert wanted.clock_variance_ms2 is not None
    assert row_of(path)["clock_variance_ms2"] == pytest.approx(wanted.clock_variance_ms2, rel=1e-6)
    paced = row_of(path, pulse=SteadyPulse(120.0))
    assert paced["clock_variance_ms2"] is None
    assert "without a pulse" in paced["why_not"]["clock_variance_ms2"]
    short = row_of(path, to_s=40.0)
    assert "needs 100 even intervals in a row; there are" in short["why_not"]["clock_variance_ms2"]


def test_a_player_who_taps_with_the_metronome_is_in_lock(tmp_path: Path) -> None:
    row = row_of(table(tmp_path / "a.csv", tapping(100, 0.5)), pulse=SteadyPulse(120.0))
    assert row["time_to_lock_s"] < 20
    assert row["held_s"] > 30
