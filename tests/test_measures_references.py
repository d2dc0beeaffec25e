"""Real playing with figures computed by other people's code (``../shared/data`` beside the checkout)."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumcircle.measures import (
    Matched,
    grid,
    group_phase,
    in_stretch,
    intervals,
    match,
    matched_asynchrony,
    matched_lock,
    pair_asynchrony,
    pair_correction,
    phase_correction,
    row,
    shared,
    steady_grid,
)

RECORDINGS = Path(__file__).parents[2] / "shared" / "data"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings in ../shared/data are not here"),
]

DYAD_KEYS = {
    "vector_length_beat_period": ("vector_length", 1e-8),
    "vector_length_judged_grid": ("vector_length_grid", 1e-8),
    "rayleigh_z_beat_period": ("rayleigh_z", 1e-6),
    "iti_cv": ("iti_cv", 1e-8),
}


def table(path: str) -> list[dict[str, str]]:
    with (RECORDINGS / path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def expected(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDINGS / path).read_text(encoding="utf-8"))
    return found


def times_ms(rows: list[dict[str, str]]) -> np.ndarray:
    return np.array([float(line["time_s"]) for line in rows]) * 1000


def players(rows: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in rows:
        found[line["player"]].append(line)
    return found


def assert_close(found: dict[str, Any], reference: dict[str, Any], tolerance: float) -> None:
    assert {key: found[key] for key in reference} == pytest.approx(reference, abs=tolerance, rel=0)


@pytest.mark.parametrize("name", ["debbh_drut", "habanera", "palo_santo"])
def test_ensembles_are_those_of_onsetsync(name):
    reference = expected(f"ensemble/{name}.expected.json")
    pulse = grid(times_ms(table(f"ensemble/{name}.beats.csv")))
    found: dict[str, Matched] = {
        player: match(times_ms(rows), pulse, beats=[int(line["beat"]) for line in rows])
        for player, rows in players(table(f"ensemble/{name}.csv")).items()
    }
    assert set(found) == set(reference["players"])
    for player, figures in reference["players"].items():
        assert_close(row(matched_asynchrony(found[player])), figures, 1e-6)
    for first, second in combinations(reference["players"], 2):
        a, b = found[first], found[second]
        i, j = shared(a.points, b.points)
        figures = row(pair_asynchrony(a.times_ms[i], b.times_ms[j]))
        # onsetsync leaves out pairs that share nothing.
        assert_close(figures, reference["pairs"].get(f"{first}|{second}", {"n": 0}), 1e-6)


def test_dyads_are_those_of_pingouin_and_astropy():
    reference = expected("dyads/expected.json")
    assert len(reference) == 71
    for name, dyad in reference.items():
        heard = players(table(f"dyads/{name}.csv"))
        subdivision = dyad["beat_period_s"] / dyad["judged_grid_s"]
        for player, figures in dyad["players"].items():
            hits = times_ms(heard[player])
            hits = hits[in_stretch(hits, to_ms=dyad["metronome_until_s"] * 1000)]
            pulse = steady_grid(60 / dyad["beat_period_s"], 0, float(hits.max()), subdivision)
            found = row(matched_asynchrony(match(hits, pulse))) | row(intervals(hits))
            for key, value in figures.items():
                ours, tolerance = DYAD_KEYS.get(key, (key, 1e-6))
                assert found[ours] == pytest.approx(value, abs=tolerance, rel=0), (name, player, key)


def test_the_patient_is_as_published_and_never_in_lock():
    pulse = grid(times_ms(table("patient/session1.beats.csv")))
    found = match(times_ms(table("patient/session1.csv")), pulse)
    figures = row(matched_asynchrony(found))
    for assignment in expected("patient/session1.expected.json").values():
        assert figures["n"] == assignment["n"]
        assert_close(figures, assignment, 1e-9)
    assert figures["vector_length"] == pytest.approx(0.38, abs=0.005)
    assert matched_lock(found).time_to_lock_s is None


def quartet() -> np.ndarray:
    return np.loadtxt(RECORDINGS / "phase_correction" / "quartet_onsets_ms.csv", delimiter=",")


def test_the_quartets_corrections_are_those_of_the_authors_code():
    onsets = quartet()
    for player in expected("phase_correction/quartet.expected.json")["players"]:
        partners = onsets[:, [number - 1 for number in player["partners"]]]
        found = phase_correction(onsets[:, player["player"] - 1], partners)
        assert found.alpha == pytest.approx(player["alpha"], abs=1e-6)
        assert_close(
            {"timekeeper_sd_ms": found.timekeeper_sd_ms, "motor_sd_ms": found.motor_sd_ms},
            {key: player[key] for key in ("timekeeper_sd_ms", "motor_sd_ms")},
            1e-6,
        )


def test_the_dyads_corrections_are_those_of_the_authors_code():
    trials: dict[str, list[list[float]]] = defaultdict(list)
    for line in table("phase_correction/dyads_onsets_ms.csv"):
        trials[f"{line['dyad']}_{line['trial']}"].append([float(line["p1_ms"]), float(line["p2_ms"])])
    reference = expected("phase_correction/dyads.expected.json")["trials"]
    assert set(trials) == set(reference)
    for name, trial in reference.items():
        found = pair_correction(*np.array(trials[name]).T)
        ours = (found.alpha_1_from_2, found.alpha_2_from_1, *found.timekeeper_sd_ms, *found.motor_sd_ms)
        keys = ("alpha_1from2", "alpha_2from1", "sigmaT_1", "sigmaT_2", "sigmaM_1", "sigmaM_2")
        assert ours == pytest.approx([trial[key] for key in keys], abs=1e-6, rel=0), name


@pytest.mark.parametrize("first_row", [0, 1])
def test_the_quartets_phases_are_those_of_the_cluster_phase_formulas(first_row):
    reference = expected("phase_correction/quartet_group_phase.expected.json")
    found = group_phase(quartet()[first_row:])
    assert found.samples == 9891
    assert found.order_parameter == pytest.approx(reference["kuramoto_mean_r"], abs=1e-6)
    assert found.order_parameter_min == pytest.approx(reference["kuramoto_min_r"], abs=1e-6)
    assert found.rho == pytest.approx(reference["cluster_group_rho_mean"], abs=1e-6)
    assert found.player_rho == pytest.approx(reference["cluster_ind_rho"], abs=1e-6)
    assert found.player_phase_deg == pytest.approx(reference["cluster_ind_relphase_deg"], abs=1e-6)
