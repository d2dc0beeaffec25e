"""Groove: how everybody was with the pulse while it ran, and not before or after."""

from __future__ import annotations

from math import cos, pi

import pytest

from core_circle import START, Circle, at
from drumcircle.core.events import Arm, Join, Leave, Rest


def test_the_record_of_a_groove_holds_its_own_figures() -> None:
    circle = Circle("Ana Ben", "groove")
    circle.play_together(*((beat, player) for beat in range(8) for player in ("Ana", "Ben")))
    circle.do(Arm("groove", {}, 0), 7.2)
    for beat in range(8, 24):
        circle.play("Ana", beat, off_ms=10)
        circle.play("Ben", beat, off_ms=20)
    circle.do(Arm("talk", {}, 0), 23.2)
    first, second = circle.results(30), circle.results(30, 1)
    assert first["players"]["Ana"]["mean_asynchrony_ms"] == 0
    assert {name: row["n"] for name, row in second["players"].items()} == {"Ana": 16, "Ben": 16}
    assert second["players"]["Ana"]["mean_asynchrony_ms"] == pytest.approx(10)
    assert second["with_pulse"] == pytest.approx(2 * cos(pi * 10 / 500) ** 2 - 1)


def test_who_was_away_is_measured_while_they_were_in_and_who_has_no_pad_is_not() -> None:
    circle = Circle("Ana", "groove")
    circle.tell(Join("Voice", "Voice"), START)
    circle.play("Ana", *range(8))
    circle.do(Rest("Ana", True), 7.6)
    circle.do(Leave("Voice"), 9)
    results = circle.results(20)
    assert list(results["players"]) == ["Ana"]
    assert (results["players"]["Ana"]["n"], results["players"]["Ana"]["missed"]) == (8, 0)
    assert circle.session.view(at(20)).structure is not None


def test_a_ramp_keeps_how_everybody_was_with_it_beside_how_they_followed() -> None:
    circle = Circle("Ana", "tempo_ramp:to=120,bars=4,ground=none")
    circle.play("Ana", *range(16), off_ms=15)
    row = circle.results(20)["on_the_beat"]["players"]["Ana"]
    assert (row["n"], row["mean_asynchrony_ms"]) == (16, pytest.approx(15))
