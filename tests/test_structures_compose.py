"""Compose: layers are kept, sounded, taken away, and are the group's piece in the end."""

from __future__ import annotations

import pytest

from core_circle import Circle, at, judged, standing, words_at
from drumcircle.core.events import (
    Arm,
    Cue,
    GoOn,
    Leave,
    LiveOnly,
    PieceAdded,
    PieceMade,
    Press,
    SetCeiling,
    StopAll,
)
from drumcircle.core.piece import Piece, PiecePart
from drumcircle.errors import UsageError

ONE = "compose:bars=1"


def layers(circle: Circle, first: float, last: float) -> list[float]:
    """Beats on which layers sound."""
    return [beat for beat, _, name in standing(circle) if name.startswith("layer") and first <= beat < last]


def test_what_is_played_in_the_time_round_stays_and_the_next_layer_goes_on_top() -> None:
    circle = Circle("Ana Ben", ONE)
    circle.play("Ana", 0, 1)
    circle.do(Press("layer"), 1.5)
    circle.play("Ana", 2.25)
    assert words_at(circle, 3) == "no layer yet, this time round stays"
    circle.play("Ben", 4.5)
    circle.do(Press("layer"), 5)
    circle.play("Ana", 8)
    circle.beat(15)
    assert layers(circle, 0, 16) == [4, 5, 6.25, 8, 8.5, 9, 10.25, 12, 12.5, 13, 14.25]
    assert words_at(circle, 15) == "2 layers"
    assert circle.results(15) == {
        "piece": None,
        "loop_beats": 4,
        "layers": [
            {"name": "layer 1", "players": ["Ana"], "hits": 3},
            {"name": "layer 2", "players": ["Ben"], "hits": 1},
        ],
    }
    assert judged(circle, 16) == {"Ana": (0, 0), "Ben": (0, 0)}


def test_a_stroke_just_before_the_loop_keeps_its_place_and_quantise_draws_it_in() -> None:
    circle = Circle("Ana", ONE)
    circle.play("Ana", 3.9, 6.1)
    circle.do(Press("layer"), 6.5)
    assert layers(circle.beat(16), 8, 16) == [
        pytest.approx(10.1),
        pytest.approx(11.9),
        pytest.approx(14.1),
        pytest.approx(15.9),
    ]
    drawn = Circle("Ana", "compose:bars=1,quantise=100")
    drawn.play("Ana", 3.9, 6.1)
    drawn.do(Press("layer"), 6.5)
    assert layers(drawn.beat(16), 8, 16) == [8, 10, 12, 14]


def test_the_last_layer_is_taken_away_with_the_end_of_the_loop() -> None:
    circle = Circle("Ana", ONE)
    circle.play("Ana", 0)
    circle.do(Press("layer"), 1)
    circle.play("Ana", 5)
    circle.do(Press("layer"), 5.2)
    circle.do(Press("undo"), 9.5)
    assert layers(circle.beat(19), 8, 20) == [8, 9, 12, 16]
    circle.do(Press("undo"), 19)
    with pytest.raises(UsageError, match="no layer yet"):
        circle.do(Press("undo"), 19.1)
    with pytest.raises(UsageError, match="it has layer, undo, keep"):
        circle.do(Press("half"), 19.2)


def test_the_piece_is_kept_with_its_makers_and_again_at_the_end_if_it_grew() -> None:
    circle = Circle("Ana Ben", "compose:bars=1,title=Tuesday's piece")
    circle.play_together((0, "Ana"), (2, "Ben"))
    circle.do(Press("layer"), 2.5)
    circle.do(Press("keep"), 5)
    first = PiecePart("layer 1", (0.0, 2.0), (90, 90), ("Ana", "Ben"))
    assert circle.all(PieceMade) == [
        PieceMade(Piece("tuesday-s-piece", "Tuesday's piece", "4/4", 120.0, 4.0, (first,)))
    ]
    circle.play("Ben", 9)
    circle.do(Press("layer"), 9.5)
    circle.do(Arm("groove", {}, 0), 13)
    circle.beat(20)
    last = circle.all(PieceMade)[-1].piece
    assert (last.name, len(last.parts)) == ("tuesday-s-piece", 2)
    assert len(circle.all(PieceMade)) == 2
    assert circle.results(20)["piece"] == "tuesday-s-piece"
    circle.do(PieceAdded(last), 20.1)
    circle.do(Arm("compose", {"bars": 1, "title": "Tuesday's piece"}, 0), 20.2)
    circle.play("Ana", 24)
    circle.do(Press("layer"), 25)
    circle.do(Press("keep"), 29)
    assert circle.all(PieceMade)[-1].piece.name == "tuesday-s-piece-2"


def test_nothing_played_is_no_layer_and_nothing_kept() -> None:
    circle = Circle("Ana", ONE)
    circle.do(Press("layer"), 1)
    circle.beat(5)
    assert any("no new layer" in h.text for h in circle.session.happenings_after(0))
    with pytest.raises(UsageError, match="no layer yet"):
        circle.do(Press("keep"), 6)
    circle.do(Arm("groove", {}, 0), 7)
    assert circle.beat(16).all(PieceMade) == []


def test_a_player_who_vanishes_stays_in_the_piece_and_a_live_only_one_is_never_in_it() -> None:
    circle = Circle("Ana Ben", ONE)
    circle.do(LiveOnly("Ben", True), -0.5)
    circle.play_together((0, "Ana"), (1, "Ben"))
    circle.do(Press("layer"), 1.5)
    circle.do(Leave("Ana"), 2)
    circle.do(Press("keep"), 5)
    assert circle.all(PieceMade)[0].piece.parts == (PiecePart("layer 1", (0.0,), (90,), ("Ana",)),)
    assert circle.session.faults() == []


def test_going_on_after_a_stop_the_bar_is_played_again_and_the_loop_sounds_from_there() -> None:
    circle = Circle("Ana", "compose:bars=2")
    circle.play("Ana", 0, 5)
    circle.do(Press("layer"), 6)
    circle.play("Ana", 10)
    circle.do(StopAll(), 13.5)
    circle.do(GoOn(), 17)
    circle.beat(32)
    assert layers(circle, 18, 32) == [21, 24, 29]


def test_layers_keep_to_the_ceiling_of_hits() -> None:
    circle = Circle("", ONE)
    circle.seat("Ana", subdivision=4.0)
    circle.do(SetCeiling(hits_a_second=4), -0.5)
    circle.play("Ana", *(k / 8 for k in range(29)))
    circle.do(Press("layer"), 3.7)
    circle.beat(12)
    sounded = [
        cue.due for cue in circle.all(Cue) if cue.id.startswith("part:layer") and at(8) <= cue.due < at(12)
    ]
    assert len(sounded) == 8
