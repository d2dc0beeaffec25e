"""``drumcircle analyse`` of a recorded session says what the evening itself said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drumcircle.analysis.document import analyse
from drumcircle.analysis.reading import read_recording
from drumcircle.analysis.recording import Asked
from drumcircle.analysis.sessions import is_adaptive
from drumcircle.cli import main
from drumcircle.core.events import MS, Hit, PadLink, Rest
from drumcircle.store.journal import read_journal
from store_fixtures import START, evening, recorded_evening

SAME = (
    "n", "missed", "extra", "share_played", "mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms",
    "vector_length", "vector_length_grid", "ppc_grid", "rayleigh_p_grid",
)  # fmt: skip


def analysed(path: Path, **asked: Any) -> dict[str, Any]:
    return analyse(read_recording(path, "note"), Asked(**asked)).document


def summary_of(path: Path) -> dict[str, Any]:
    end = read_journal(path).end
    assert end is not None
    summary: dict[str, Any] = end["summary"]
    return summary


def test_every_players_figures_are_those_of_the_sessions_end(tmp_path: Path) -> None:
    path = recorded_evening(tmp_path, evening(hits=80))
    found, evenings = analysed(path), summary_of(path)
    assert found["pulse"]["source"] == "session"
    assert found["pulse"]["subdivision"] == {"Ana": 1.0, "Ben": 2.0}
    for name, row in evenings["players"].items():
        assert row["n"] > 20
        for key in SAME:
            assert found["players"][name][key] == pytest.approx(row[key], abs=1e-5, rel=0), f"{name} {key}"
    assert found["group"] == {}
    group = analysed(path, group=True)["group"]
    assert group["with_pulse"] == pytest.approx(evenings["group"]["with_pulse"], abs=1e-6)
    assert group["participation_gini"] == pytest.approx(evenings["group"]["participation_gini"], abs=1e-9)


def test_a_session_is_named_by_its_id_or_the_path_of_its_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(tmp_path, evening())
    documents = []
    for arguments in ([path.stem, "--data", str(tmp_path / "data")], [str(path)]):
        assert main(["analyse", *arguments, "--json"]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0] == documents[1]
    assert list(documents[0]["players"]) == ["Ana", "Ben"]


def test_hits_while_resting_are_in_no_asynchrony_and_told_of(tmp_path: Path) -> None:
    rows = evening()
    middle = rows[len(rows) // 2][0]
    rows = sorted([*rows, (middle, Rest("ana", on=True))], key=lambda row: row[0])
    path = recorded_evening(tmp_path, rows)
    found = analysed(path)
    ana = found["players"]["Ana"]
    assert ana["hits"] > ana["n"] + ana["extra"]
    assert ana["n"] == summary_of(path)["players"]["Ana"]["n"]
    assert any("of Ana were not judged" in warning for warning in found["warnings"])


def test_double_triggers_and_nobodys_hits_are_left_out_and_counted(tmp_path: Path) -> None:
    stranger = Hit(START + 900 * MS, "sim:9", 40, 80)
    rows = sorted([*evening(), (stranger.time + MS, stranger)], key=lambda row: row[0])
    found = analysed(recorded_evening(tmp_path, rows))
    assert "Left out, because the pad was nobody's: hits: 1." in found["warnings"]
    assert "Left out as double triggers or too soft: hits: 1." in found["warnings"]
    assert sum(row["hits"] for row in found["players"].values()) == 40


def test_how_sure_the_times_are_comes_from_the_hits_and_their_link(tmp_path: Path) -> None:
    rows = evening()
    rows.insert(4, (rows[3][0] + 1, PadLink("sim:2", jitter=6 * MS)))
    players = analysed(recorded_evening(tmp_path, rows))["players"]
    assert players["Ana"]["timing_uncertainty_ms"] == pytest.approx(0.04)
    assert players["Ana"]["link_jitter_ms"] is None
    assert players["Ben"]["link_jitter_ms"] == pytest.approx(6.0)


def test_another_pulse_goes_before_the_sessions_own(tmp_path: Path) -> None:
    path = recorded_evening(tmp_path, evening())
    assert analysed(path, subdivision=4.0)["pulse"]["subdivision"] == 4.0


def test_a_session_without_hits_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recorded_evening(tmp_path, evening()[:4])
    assert main(["analyse", str(path), "--json"]) == 2
    assert "no hit was recorded in this session" in capsys.readouterr().err


def test_a_session_in_which_the_pulse_followed_the_players_is_known_by_its_structures() -> None:
    steady: dict[str, Any] = {"name": "groove", "results": {}}
    following = {"name": "hold", "results": {"adaptive_pulse": True}}
    assert not is_adaptive({"structures": [steady]})
    assert is_adaptive({"structures": [steady, following]})
