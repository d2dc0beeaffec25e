"""Rumble: what swells and when, the cut, and who played past it."""

from __future__ import annotations

import pytest

from core_circle import Circle, ends, judged, standing, words_at
from drumcircle.core.events import Arm, Cue, GoOn, Leave, NextTurn, StopAll
from drumcircle.errors import UsageError


def roll(circle: Circle) -> dict[float, float]:
    """beat -> gain of the roll."""
    return {
        float(c.id.rpartition(":")[2]): round(c.gain, 3) for c in circle.all(Cue) if c.id.startswith("part:ground:roll")
    }  # fmt: skip


def test_for_so_many_bars_it_swells_is_counted_and_cut_and_nothing_is_judged_but_the_cut() -> None:
    circle = Circle("Ana Ben", "rumble:bars=2,swell=none")
    for beat in range(16):
        circle.play("Ana", beat / 2, velocity=50 + 4 * beat)
    circle.play("Ana", 8)
    circle.play("Ben", 8.2, 8.8)
    results = circle.results(16)
    assert standing(circle) == [
        *((b, "count", f"count:{b}") for b in (4, 5, 6, 7)), (8, "drum", "cut:8"),
    ]  # fmt: skip
    assert ends(circle) == [12]
    assert results == {
        "bars": [
            {"start_beat": 0, "hits_a_second": 4.0, "velocity_mean": 64.0},
            {"start_beat": 4, "hits_a_second": 4.0, "velocity_mean": 96.0},
        ],
        "players": {
            "Ana": {"hits_a_second": 4.0, "velocity_mean": 80.0},
            "Ben": {"hits_a_second": 0.0, "velocity_mean": None},
        },
        "cut_beat": 8,
        "stop_spread_ms": 400.0,
        "false_hits": 1,
    }
    assert {name: n for name, (n, _) in judged(circle, 16).items()} == {"Ana": 0, "Ben": 0}
    assert not [b for b, voice, _ in standing(circle, "beat:") if 0 <= b < 12]


@pytest.mark.parametrize(
    ("swell", "gains"), [("up", [0.15, 0.312, 0.475, 0.637]), ("up and down", [0.15, 0.475, 0.8, 0.475])]
)
def test_the_roll_swells(swell: str, gains: list[float]) -> None:
    circle = Circle("Ana", f"rumble:bars=4,swell={swell}").beat(20)
    sounded = roll(circle)
    for bar, wanted in enumerate(gains):
        assert sounded[4.0 * bar] == pytest.approx(wanted, abs=0.002)
    assert max(sounded) == 15.75


def test_the_key_cuts_after_a_counted_bar_and_only_once() -> None:
    circle = Circle("Ana", "rumble:swell=none")
    with pytest.raises(UsageError, match="everybody"):
        circle.do(NextTurn("Ana"), 4)
    circle.do(NextTurn(), 5.2)
    assert words_at(circle, 6) == "going on"
    with pytest.raises(UsageError, match="counted already"):
        circle.do(NextTurn(), 9)
    assert [words_at(circle, b) for b in (9.5, 13)] == ["stop in 3", "silence"]
    assert [b for b, voice, _ in standing(circle) if voice == "count"] == [8, 9, 10, 11]
    assert ends(circle.beat(30)) == [16]


def test_somebody_who_vanishes_before_the_cut_breaks_nothing() -> None:
    circle = Circle("Ana Ben", "rumble:bars=2")
    circle.play("Ben", 5, 6, 7)
    circle.do(Leave("Ben"), 7.5)
    circle.play("Ana", 8)
    assert circle.results(16)["stop_spread_ms"] == 500.0
    assert ends(circle) == [12]


def test_after_a_stop_it_swells_on_and_the_time_between_is_in_no_density() -> None:
    circle = Circle("Ana", "rumble:bars=2,swell=none")
    circle.play("Ana", 0, 1, 2, 3)
    circle.do(StopAll(), 4.5)
    circle.do(GoOn(), 17)
    circle.play("Ana", 20, 21, 22, 23)
    assert ends(circle.beat(40)) == [28]
    assert [row["hits_a_second"] for row in circle.results(40)["bars"]] == [2.0, 2.0]
    assert circle.results(40)["players"]["Ana"]["hits_a_second"] == 2.0


def test_up_and_down_until_the_key_is_again_and_again() -> None:
    circle = Circle("Ana", "rumble:swell=up and down").beat(80)
    roll = {beat: cue.gain for cue in circle.all(Cue) if (beat := roll_beat(cue)) is not None}
    assert roll[16.0] == roll[48.0] == max(roll.values())
    assert roll[0.0] == roll[32.0] == roll[64.0] == min(roll.values())


def roll_beat(cue: Cue) -> float | None:
    _, found, beat = cue.id.partition("ground:roll:")
    return float(beat) if found else None


def test_ended_without_a_cut_its_curve_ends_with_its_last_bar() -> None:
    circle = Circle("Ana", "rumble")
    circle.play("Ana", *range(8))
    circle.do(Arm("groove", {}, 0), 7.2)
    results = circle.results(12)
    assert [bar["hits_a_second"] for bar in results["bars"]] == [2.0, 2.0]
    assert (results["cut_beat"], results["players"]["Ana"]["hits_a_second"]) == (None, 2.0)
