"""People's real playing against figures computed by other people's programs, through the command itself.

The recordings are not part of the project; they lie in ``../shared/data`` beside the checkout or nowhere.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumcircle.cli import main
from drumcircle.formats.smf import read_smf

SHARED = Path(__file__).parents[2] / "shared" / "data"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings in ../shared/data are not here"),
]

Document = dict[str, Any]
MS, LENGTH, RAYLEIGH, PHASE = 1e-6, 1e-8, 1e-6, 1e-6


def analysed(capsys: pytest.CaptureFixture[str], *arguments: object) -> Document:
    assert main(["analyse", *map(str, arguments), "--json"]) == 0
    document: Document = json.loads(capsys.readouterr().out)
    return document


def expected(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def assert_close(found: Document, wanted: Document, tolerance: float, what: str) -> None:
    for key, value in wanted.items():
        if isinstance(value, str):
            continue
        assert found[key] == pytest.approx(value, abs=tolerance, rel=0), f"{what} {key}"


@pytest.mark.parametrize("name", ["debbh_drut", "habanera", "palo_santo"])
def test_every_player_and_pair_of_an_ensemble_is_as_onsetsync_has_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = SHARED / "ensemble"
    wanted = expected(folder / f"{name}.expected.json")
    order = ",".join(wanted["players"])
    found = analysed(
        capsys, folder / f"{name}.csv", "--beats", folder / f"{name}.beats.csv", "--players", order, "--pairs"
    )
    for player, figures in wanted["players"].items():
        assert_close(found["players"][player], figures, MS, player)
    for pair, figures in wanted["pairs"].items():
        assert_close(found["pairs"][pair], figures, MS, pair)
    assert list(found["players"]) == order.split(",")
    # What is not in the reference shares nothing, or nearly.
    for pair in found["pairs"].keys() - wanted["pairs"].keys():
        assert found["pairs"][pair]["n"] < 2


SAME_NAME = {
    "vector_length_beat_period": "vector_length",
    "vector_length_judged_grid": "vector_length_grid",
    "rayleigh_z_beat_period": "rayleigh_z",
}


def _dyad_tolerance(key: str) -> float:
    return LENGTH if key.startswith("vector_length") else RAYLEIGH if key.startswith("rayleigh") else MS


@pytest.mark.parametrize("seconds", [16, 32])
def test_every_series_of_the_dyads_is_as_pingouin_and_astropy_have_it(
    seconds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = SHARED / "dyads"
    wanted = {
        k: v for k, v in expected(folder / "expected.json").items() if v["metronome_until_s"] == seconds
    }
    paths = [folder / f"{name}.csv" for name in wanted]
    found = analysed(capsys, *paths, "--bpm", 60, "--subdivision", 2, "--to", seconds)["files"]
    for path, trial in zip(paths, wanted.values(), strict=True):
        for player, figures in trial["players"].items():
            row = found[str(path)]["players"][player]
            for key, value in figures.items():
                figure = row[SAME_NAME.get(key, key)]
                assert figure == pytest.approx(value, abs=_dyad_tolerance(key), rel=0), (
                    f"{path.name} {player} {key}"
                )


def test_the_patients_session_is_as_published_and_never_in_lock(capsys: pytest.CaptureFixture[str]) -> None:
    folder = SHARED / "patient"
    found = analysed(capsys, folder / "session1.csv", "--beats", folder / "session1.beats.csv")
    row = found["players"]["patient"]
    assert_close(row, expected(folder / "session1.expected.json")["peer_assignment"], 1e-9, "patient")
    assert row["time_to_lock_s"] is None
    assert row["held_s"] is None
    assert row["vector_length"] == pytest.approx(0.38, abs=0.005)


def _numbered(to: Path, columns: np.ndarray[Any, Any]) -> Path:
    """Onsets in ms, one column a player, as an onset table with a ``beat`` a row."""
    with to.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("time_s", "player", "beat"))
        for beat, onsets in enumerate(columns):
            rows.writerows(
                (repr(float(ms) / 1000), player, beat) for player, ms in enumerate(onsets, start=1)
            )
    return to


@pytest.fixture
def quartet(tmp_path: Path) -> Path:
    onsets = np.loadtxt(SHARED / "phase_correction" / "quartet_onsets_ms.csv", delimiter=",")
    return _numbered(tmp_path / "quartet.csv", onsets)


def test_the_quartets_correction_is_as_the_authors_code_has_it(
    quartet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = analysed(capsys, quartet, "--pairs", "--phase-correction")
    for player in expected(SHARED / "phase_correction" / "quartet.expected.json")["players"]:
        own = player["player"]
        for partner, alpha in zip(player["partners"], player["alpha"], strict=True):
            pair = found["pairs"][f"{min(own, partner)}|{max(own, partner)}"]
            first = own < partner
            side = 0 if first else 1
            assert pair["alpha_1_from_2" if first else "alpha_2_from_1"] == pytest.approx(alpha, abs=1e-6)
            assert pair["timekeeper_sd_ms"][side] == pytest.approx(player["timekeeper_sd_ms"], abs=1e-6)
            assert pair["motor_sd_ms"][side] == pytest.approx(player["motor_sd_ms"], abs=1e-6)


def test_the_quartets_phases_are_as_the_formulas_have_them(
    quartet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = expected(SHARED / "phase_correction" / "quartet_group_phase.expected.json")
    group = analysed(capsys, quartet, "--group")["group"]
    assert group["order_parameter"] == pytest.approx(wanted["kuramoto_mean_r"], abs=PHASE)
    assert group["cluster_phase"]["rho"] == pytest.approx(wanted["cluster_group_rho_mean"], abs=PHASE)
    players = group["cluster_phase"]["players"].values()
    assert [p["rho"] for p in players] == pytest.approx(wanted["cluster_ind_rho"], abs=PHASE)
    assert [p["phase_deg"] for p in players] == pytest.approx(wanted["cluster_ind_relphase_deg"], abs=PHASE)


def test_thirty_real_pairs_are_as_the_authors_code_has_them_once_there_are_enough_intervals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from drumcircle import measures

    trials = expected(SHARED / "phase_correction" / "dyads.expected.json")["trials"]
    with (SHARED / "phase_correction" / "dyads_onsets_ms.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for trial in trials:
        own = [r for r in rows if f"{r['dyad']}_{r['trial']}" == trial]
        onsets = np.array([[float(r["p1_ms"]), float(r["p2_ms"])] for r in own])
        _numbered(tmp_path / f"{trial}.csv", onsets)
    short = analysed(capsys, tmp_path, "--pairs", "--phase-correction")["files"]
    reasons = {file["pairs"]["1|2"]["why_not"]["alpha_1_from_2"] for file in short.values()}
    assert all(reason.startswith("needs 100 shared intervals in a row; there are") for reason in reasons)
    monkeypatch.setattr(measures, "ENOUGH_INTERVALS", 10)
    files = analysed(capsys, tmp_path, "--pairs", "--phase-correction")["files"]
    for trial, wanted in trials.items():
        found = files[str(tmp_path / f"{trial}.csv")]["pairs"]["1|2"]
        assert found["alpha_1_from_2"] == pytest.approx(wanted["alpha_1from2"], abs=1e-6), trial
        assert found["alpha_2_from_1"] == pytest.approx(wanted["alpha_2from1"], abs=1e-6), trial


@pytest.mark.parametrize("by", ["note", "channel", "track"])
def test_no_hit_of_a_drummers_file_is_lost(by: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = analysed(capsys, SHARED / "groove", "--by", by, "--subdivision", 4)["files"]
    assert len(files) == 24
    for path, document in files.items():
        notes = len(read_smf(Path(path)).notes)
        rows = document["players"].values()
        assert sum(row["hits"] for row in rows) == notes
        assert sum(row["n"] + row["extra"] for row in rows) == notes
