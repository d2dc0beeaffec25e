"""A circle's summary with every figure: what the circle says itself comes out the same, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core_circle import Circle, at
from drumcircle.analysis import whole_session as module
from drumcircle.analysis.whole_session import whole_session
from drumcircle.cli._summary import write_summary
from drumcircle.core.events import (
    MS,
    Arm,
    Assign,
    Assist,
    GoOn,
    Judge,
    LiveOnly,
    PadLink,
    Rest,
    SetTempo,
    StopAll,
)

OWN = (
    "n", "missed", "extra", "share_played", "mean_asynchrony_ms", "sd_asynchrony_ms", "mean_abs_asynchrony_ms",
    "vector_length", "vector_length_grid", "ppc_grid", "rayleigh_p_grid", "provisional",
)  # fmt: skip
ANALYSE = {
    "hits", "median_asynchrony_ms", "mean_asynchrony_ci95_ms", "circular_mean_ms", "ppc", "rayleigh_z", "iti_mean_ms",
    "tempo_bpm", "tempo_drift_percent_per_min", "motor_variance_ms2", "phase_correction_alpha", "time_to_lock_s",
    "velocity_mean", "timing_uncertainty_ms", "link_jitter_ms", "why_not",
}  # fmt: skip


def groove_of(circle: Circle, player: str, first: int, last: int, every: float = 1.0) -> None:
    """Beats from ``first`` on, each some ms off, no two alike for long."""
    count = int((last - first) / every)
    for step in range(count):
        circle.play(player, first + step * every, off_ms=((step * 37) % 61 - 33) / 1.7)


def busy() -> tuple[Circle, int]:
    """Everything that changes what is judged."""
    circle = Circle("ana ben cyd dot", "groove")
    groove_of(circle, "ana", 1, 30)
    groove_of(circle, "ben", 30, 60)
    circle.do(Judge("ana", subdivision=2.0), 60.2)
    groove_of(circle, "ana", 61, 75, 0.5)
    circle.do(Rest("ben", True), 75.3)
    groove_of(circle, "ana", 76, 84, 0.5)
    circle.do(Rest("ben", False), 84.3)
    circle.do(Assist("ana", True), 84.4)
    groove_of(circle, "ana", 85, 90)
    circle.do(Assist("ana", False), 90.4)
    groove_of(circle, "ben", 91, 96)
    circle.do(Judge("ana", subdivision=1.0), 96.4)
    circle.do(LiveOnly("cyd", True), 96.5)
    groove_of(circle, "cyd", 97, 104)
    circle.do(StopAll(), 104.4)
    groove_of(circle, "ana", 105, 107)
    circle.do(GoOn(), 107.3)
    groove_of(circle, "ana", 108, 116)
    circle.do(Assign("link:ana", "dot", at(109.5)), 116.4)
    circle.do(Arm("turn_taking", {"beats": 4, "rounds": 1}, 0), 117)
    for player, first in (("ana", 120), ("ben", 124), ("dot", 121), ("ben", 137)):
        groove_of(circle, player, first, first + 4)
    return circle, at(150)


def documents(circle: Circle, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
    circle.until(now)
    summary = circle.session.summary(now)
    return summary, whole_session(circle.session, summary)


def test_the_circles_own_figures_come_out_the_same() -> None:
    core, whole = documents(*busy())
    assert list(whole["players"]) == list(core["players"]) == ["ana", "ben", "cyd", "dot"]
    assert core["players"]["ana"]["n"] > 50
    assert core["players"]["dot"]["n"] > 5
    assert core["players"]["ben"]["missed"] > 0
    for name, row in core["players"].items():
        for key in OWN:
            wanted = row[key]
            if isinstance(wanted, float):
                wanted = pytest.approx(wanted, rel=1e-9, abs=1e-9)
            assert whole["players"][name][key] == wanted, (name, key)
    for key in ("group", "pairs", "marks"):
        assert whole[key] == core[key]
    assert [done["name"] for done in whole["structures"]] == ["groove", "turn_taking", "groove"][
        : len(core["structures"])
    ]


def test_every_player_has_every_figure_of_analyse_or_the_reason() -> None:
    _, whole = documents(*busy())
    for name, row in whole["players"].items():
        assert row.keys() >= ANALYSE
        assert all(row["why_not"][key] for key in row if row[key] is None), name
    assert whole["players"]["cyd"]["live_only"] is True
    assert whole["players"]["cyd"]["hits"] == 0
    assert whole["players"]["ben"]["velocity_mean"] == 90
    assert any("not judged" in words for words in whole["warnings"])
    assert any("Partial" in words for words in whole["warnings"])
    json.dumps(whole, allow_nan=False)


def test_a_change_of_the_grid_or_the_tempo_breaks_no_series() -> None:
    circle = Circle("ana", "groove")
    groove_of(circle, "ana", 1, 30)
    circle.do(Judge("ana", subdivision=2.0), 30.2)
    groove_of(circle, "ana", 31, 60, 0.5)
    (played,) = circle.session.played_records()
    steps = [b - a for a, b in zip(played.numbers, played.numbers[1:], strict=False)]
    # From beat 29 past 30 and 30.5 to 31, each of them a point.
    assert sorted(steps)[-2:] == [1, 3]
    circle.do(SetTempo(100.0), 60.2)
    _, whole = documents(circle, at(62))
    assert whole["players"]["ana"]["time_to_lock_s"] == pytest.approx(11.0, abs=0.1)
    assert whole["players"]["ana"]["held_s"] > 25
    assert whole["pulse"]["source"] == "session"
    assert whole["pulse"]["subdivision"] == 2.0


def test_answers_to_another_players_turn_say_how_long_they_took() -> None:
    circle = Circle("ana ben", "turn_taking:beats=4,rounds=1")
    circle.play("ana", 0, 1, 2, 3)
    circle.play("ben", 4.25, 5)
    _, whole = documents(circle, at(20))
    turns = whole["structures"][0]["results"]["turns"]
    assert [turn["response_latency_ms"] for turn in turns] == [None, pytest.approx(625.0)]


def test_how_sure_the_times_are_comes_from_the_pads() -> None:
    circle = Circle("ana ben", "groove")
    circle.do(PadLink("link:ana", uncertainty=2 * MS, jitter=3 * MS, lost=0), 0.5)
    groove_of(circle, "ana", 1, 5)
    _, whole = documents(circle, at(6))
    assert whole["players"]["ana"]["timing_uncertainty_ms"] == 2.0
    assert whole["players"]["ana"]["link_jitter_ms"] == 3.0
    assert whole["players"]["ben"]["link_jitter_ms"] is None


def test_an_evening_nobody_played_is_a_document_too() -> None:
    core, whole = documents(Circle("", "groove"), at(8))
    assert whole["players"] == core["players"] == {}
    assert whole["structures"] == core["structures"]


@pytest.mark.parametrize("fault", [ValueError("a fault"), MemoryError()])
def test_when_the_other_figures_fail_the_circles_own_are_written(
    fault: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise fault

    circle, now = busy()
    circle.until(now)
    summary = circle.session.summary(now)
    monkeypatch.setattr(module, "player_row", fails)
    write_summary(tmp_path / "s.json", circle.session, summary, {"received": 7})
    written = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    kept = json.loads(json.dumps(summary))
    assert written["players"] == kept["players"]
    assert written["structures"] == kept["structures"]
    assert written["counts"] == {"received": 7}
    assert "own figures" in written["warnings"][-1]
    assert "own figures" in capsys.readouterr().err


def test_a_figure_that_is_no_number_does_not_lose_the_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle, now = busy()
    circle.until(now)
    monkeypatch.setattr(module, "player_row", lambda *_args, **_named: {"tempo_bpm": float("nan")})
    write_summary(tmp_path / "s.json", circle.session, circle.session.summary(now), {})
    assert "own figures" in json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["warnings"][-1]


def test_while_the_pulse_followed_the_players_every_row_says_so() -> None:
    circle = Circle("ana", "groove")
    groove_of(circle, "ana", 1, 9)
    summary, steady = documents(circle, at(10))
    (done,) = summary["structures"]
    following = {**summary, "structures": [{**done, "results": {**done["results"], "adaptive_pulse": True}}]}
    whole = whole_session(circle.session, following)
    assert whole["players"]["ana"]["adaptive_pulse"] is True
    assert whole["pulse"]["adaptive_pulse"] is True
    assert any("followed the players" in words for words in whole["warnings"])
    assert "adaptive_pulse" not in steady["players"]["ana"]
