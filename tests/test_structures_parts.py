"""Parts: what sounds, who plays which part, and how well it was played."""

from __future__ import annotations

from typing import Any

import pytest

from core_circle import START, Circle, at, ends, judged, standing, words_at
from drumcircle.core.events import MS, Arm, Divide, GoOn, Leave, LiveOnly, Notice, PieceAdded, StopAll
from drumcircle.core.piece import Piece, PiecePart

TWO = Piece(
    "two", "Two of us", "4/4", 100.0, 8.0,
    (PiecePart("low", (0.0, 2.0, 4.0, 6.0), (110, 80, 110, 80)), PiecePart("high", (1.5, 5.5), (60, 60))),
)  # fmt: skip


def circle_of(players: str, settings: str = "", **config: Any) -> Circle:
    return Circle(players, f"parts:{settings}" if settings else "parts", pieces=(TWO,), **config)


def figures(circle: Circle, beat: float) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = circle.results(beat)["players"]
    return found


def test_the_parts_sound_in_the_first_loop_and_each_is_measured_against_their_own() -> None:
    circle = circle_of("Ana Ben", "loops=2")
    hits = [(b + 0.02, "Ana") for b in (0, 2, 4, 6, 8, 10, 14)]
    hits += [(b, "Ben") for b in (1.5, 3.2, 5.5, 9.5, 13.5, 13.6)]
    circle.play_together(*hits)
    found = figures(circle, 20)
    assert standing(circle) == [
        (0, "call", "part:0:0.0"), (1.5, "call", "part:1:1.5"), (2, "call", "part:0:2.0"),
        (4, "call", "part:0:4.0"), (5.5, "call", "part:1:5.5"), (6, "call", "part:0:6.0"),
    ]  # fmt: skip
    assert ends(circle) == [16]
    ana, ben = found["Ana"], found["Ben"]
    assert (ana["part"], ana["n"], ana["missed"], ana["extra"]) == ("low", 7, 1, 0)
    assert ana["mean_asynchrony_ms"] == pytest.approx(10.0)
    assert (ana["complete_bars"], ana["bars"]) == (3, 4)
    assert (ben["part"], ben["n"], ben["missed"], ben["extra"]) == ("high", 4, 0, 2)
    assert (ben["complete_bars"], ben["bars"]) == (2, 4)
    assert {name: n for name, (n, _) in judged(circle, 20).items()} == {"Ana": 0, "Ben": 0}
    assert (circle.results(20)["piece"], circle.results(20)["loop_beats"]) == ("two", 8)


@pytest.mark.parametrize(("guide", "sounds"), [("first", 6), ("always", 12), ("never", 0)])
def test_the_guide_sounds_as_it_is_set(guide: str, sounds: int) -> None:
    circle = circle_of("Ana", f"guide={guide},loops=2").beat(20)
    assert len(standing(circle)) == sounds


def test_a_loop_may_be_shorter_than_the_piece() -> None:
    circle = circle_of("Ana Ben", "bars=1,loops=2")
    circle.play_together(*((b, "Ana") for b in (0, 2, 4, 6)), (1.5, "Ben"), (5.5, "Ben"))
    assert [row["n"] for row in figures(circle, 12).values()] == [4, 2]
    assert ends(circle) == [8]


def test_the_group_s_own_piece_is_played_and_one_that_is_not_there_is_told() -> None:
    circle = circle_of("Ana", "piece=ours").beat(1)
    assert any("no piece ours" in n.text for n in circle.all(Notice))
    assert words_at(circle, 9) == "Two of us, loop 2"
    ours = Piece("ours", "Ours", "4/4", 90.0, 4.0, (PiecePart("all", (0.0,), (90,)),))
    circle = Circle("Ana")
    circle.do(PieceAdded(ours), 0)
    circle.do(Arm("parts", {"piece": "ours"}, 0), 1)
    circle.play("Ana", 4, 8)
    assert (circle.results(10)["piece"], figures(circle, 10)["Ana"]["n"]) == ("ours", 2)


def test_without_any_piece_the_beat_is_played() -> None:
    circle = Circle("Ana", "parts:loops=1")
    circle.play("Ana", 0, 1, 2, 3)
    assert (circle.results(8)["piece"], figures(circle, 8)["Ana"]["n"]) == ("every-beat", 4)


def test_divided_anew_everybody_has_their_new_part_from_the_bar_line_on() -> None:
    circle = circle_of("Ana Ben", "")
    circle.play("Ana", 0, 2)
    circle.do(Divide("Ben/Ana"), 2.5)
    circle.play("Ana", 5.5)
    circle.play("Ben", 6)
    found = figures(circle, 7.9)
    assert (found["Ana"]["part"], found["Ana"]["n"], found["Ana"]["missed"]) == ("high", 3, 0)
    assert (found["Ben"]["part"], found["Ben"]["n"], found["Ben"]["missed"]) == ("low", 1, 2)
    assert [p.section for p in circle.session.view(at(7.9)).players] == ["section 2: high", "section 1: low"]


def test_who_vanishes_in_the_middle_of_their_part_misses_nothing_after_it() -> None:
    circle = circle_of("Ana Ben", "loops=2")
    circle.play("Ana", 0, 2)
    circle.do(Leave("Ana"), 3)
    circle.seat("Cy", at(8.1))
    circle.play("Cy", 10, 12)
    found = figures(circle, 20)
    assert (found["Ana"]["n"], found["Ana"]["missed"]) == (2, 0)
    assert (found["Cy"]["part"], found["Cy"]["n"], found["Cy"]["missed"]) == ("low", 2, 2)


def test_after_a_stop_the_loop_goes_on_where_it_was() -> None:
    circle = circle_of("Ana Ben", "loops=1")
    circle.play_together((0, "Ana"), (2, "Ana"), (4, "Ana"))
    circle.do(StopAll(), 5)
    circle.do(GoOn(), 9)
    circle.play_together((12, "Ana"), (13.5, "Ben"), (14, "Ana"))
    found = figures(circle, 30)
    assert (found["Ana"]["n"], found["Ana"]["missed"], found["Ana"]["mean_asynchrony_ms"]) == (4, 0, 0.0)
    assert (found["Ben"]["n"], found["Ben"]["missed"]) == (1, 1)
    assert ends(circle) == [16]


def test_a_live_only_player_is_in_no_figure() -> None:
    circle = circle_of("Ana Ben")
    circle.tell(LiveOnly("Ana", True), START + MS)
    circle.play("Ana", 2)
    assert list(figures(circle, 4)) == ["Ben"]
