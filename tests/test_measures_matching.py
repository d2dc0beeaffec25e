"""Hits and grid points: the rule in small, as properties, and on real playing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcircle.measures.live import figures
from drumcircle.measures.matching import Matching, match

DYADS = Path(__file__).parents[2] / "shared" / "data" / "dyads"
NS = 1_000_000_000


def test_a_hit_belongs_to_its_nearest_point():
    assert match([-40, 510, 960], 0, 500) == Matching(((0, 0), (1, 1), (2, 2)), ())


def test_of_two_hits_on_one_point_the_nearer_is_matched():
    assert match([470, 510], 0, 500) == Matching(((1, 1),), (0,))
    assert match([510, 470, 700], 0, 500) == Matching(((0, 1),), (1, 2))


def test_ties_go_to_the_earlier_point_and_the_earlier_hit():
    assert match([250], 0, 500).matched == ((0, 0),)
    assert match([520, 480], 0, 500) == Matching(((1, 1),), (0,))


def test_a_grid_without_spacing_is_refused():
    with pytest.raises(ValueError, match="spacing above 0"):
        match([1.0], 0, 0)


@given(st.lists(st.integers(-(10**12), 10**12), max_size=50), st.integers(-1000, 1000), st.integers(1, 10**9))
def test_every_hit_is_matched_once_or_extra_and_the_nearest_of_its_point(times, start, spacing):
    found = match(times, start, spacing)
    assert sorted([index for index, _ in found.matched] + list(found.extra)) == list(range(len(times)))
    points = [point for _, point in found.matched]
    assert points == sorted(set(points))
    off = {point: abs(times[index] - start - point * spacing) for index, point in found.matched}
    assert all(2 * distance <= spacing for distance in off.values())
    for index in found.extra:
        assert any(
            abs(times[index] - start - point * spacing) >= off[point]
            for point in points
            if 2 * abs(times[index] - start - point * spacing) <= spacing
        )


def recorded(trial: str, until_s: float) -> dict[str, list[int]]:
    hits: dict[str, list[int]] = {}
    with (DYADS / f"{trial}.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if float(row["time_s"]) < until_s:
                hits.setdefault(row["player"], []).append(round(float(row["time_s"]) * NS))
    return hits


@pytest.mark.shared_data
def test_two_people_with_a_metronome_have_the_published_figures():
    if not DYADS.exists():
        pytest.skip("the recordings of ../shared/data are not here")
    compared = 0
    for trial, expected in json.loads((DYADS / "expected.json").read_text()).items():
        beat, grid = (round(expected[key] * NS) for key in ("beat_period_s", "judged_grid_s"))
        hits = recorded(trial, expected["metronome_until_s"])
        for player, theirs in expected["players"].items():
            found = match(hits[player], 0, grid)
            off = [hits[player][index] - point * grid for index, point in found.matched]
            ours = figures(off, [grid] * len(off), [beat] * len(off), 0, len(found.extra))
            assert ours.n == theirs["n"], (trial, player)
            # The file gives times to the nanosecond, the reference was made before that rounding.
            assert ours.mean_asynchrony_ms == pytest.approx(theirs["mean_asynchrony_ms"], abs=1e-6)
            assert ours.mean_abs_asynchrony_ms == pytest.approx(theirs["mean_abs_asynchrony_ms"], abs=1e-6)
            assert ours.sd_asynchrony_ms == pytest.approx(theirs["sd_asynchrony_ms"], abs=1e-6, nan_ok=True)
            assert ours.vector_length == pytest.approx(theirs["vector_length_beat_period"], abs=1e-6)
            assert ours.vector_length_grid == pytest.approx(theirs["vector_length_judged_grid"], abs=1e-6)
            compared += 1
    assert compared > 100
