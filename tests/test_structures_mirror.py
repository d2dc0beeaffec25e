"""Mirror: what comes back and when, who is mirrored, and whether they answer."""

from __future__ import annotations

from typing import Any

import pytest

from core_circle import Circle, beats_of, judged, standing, turns, words_at
from drumcircle.core.events import MS, Cue, GoOn, Leave, LiveOnly, NextTurn, Return, StopAll, TurnBegan
from drumcircle.errors import UsageError


def rows(circle: Circle, beat: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = circle.results(beat)["phrases"]
    return found


def back(circle: Circle) -> list[tuple[float, float]]:
    """(beat, gain) of what came back."""
    return [(round(beats_of(c.due), 3), round(c.gain, 3)) for c in circle.all(Cue) if c.voice == "call"]


def test_a_bar_comes_back_a_bar_later_half_way_to_the_grid_and_a_little_softer() -> None:
    circle = Circle("Ana Ben", "mirror")
    circle.play("Ana", 0, 1.1, 2, velocity=100)
    circle.play("Ana", 3.46, velocity=127)
    circle.beat(8)
    assert back(circle) == [(4, 0.63), (5.05, 0.63), (6, 0.63), (7.48, 0.8)]
    assert all(cue.due - now >= 150 * MS for now, cue in circle.moments(Cue) if cue.voice == "call")
    assert judged(circle, 9) == {"Ana": (0, 0), "Ben": (0, 0)}


def test_strokes_stay_as_they_were_or_go_all_the_way_after_as_many_bars_as_wanted() -> None:
    free = Circle("Ana", "mirror:quantise=0,delay=2,loudness=1")
    free.play("Ana", 0.1, 1.37, velocity=127)
    assert back(free.beat(12)) == [(8.1, 1.0), (9.37, 1.0)]
    strict = Circle("Ana", "mirror:quantise=100")
    strict.play("Ana", -0.1, 1.37)
    assert [beat for beat, _ in back(strict.beat(8))] == [4, 5.25]


def test_the_next_bar_is_the_answer_and_is_compared_with_what_came_back() -> None:
    circle = Circle("Ana", "mirror")
    circle.play("Ana", 0, 0.75, 1.5, 3)
    circle.play("Ana", 8.2, 8.75, 9.5, 11)
    circle.play("Ana", 18)
    circle.beat(23)
    first, second, third = rows(circle, 36)
    assert (first["start_beat"], first["hits"], first["answered"]) == (0, 4, True)
    assert first["response_latency_ms"] == 100
    assert first["similarity_f1"] == 1
    assert (second["start_beat"], second["answered"], second["response_latency_ms"]) == (8, True, 1000)
    assert second["similarity_f1"] == 0
    assert (third["start_beat"], third["answered"]) == (16, False)
    turns = [(t.player, beats_of(t.time)) for t in circle.all(TurnBegan)]
    assert turns[:4] == [(None, 4), ("Ana", 8), (None, 12), ("Ana", 16)]


def test_silence_is_no_answer_and_the_mirror_waits() -> None:
    circle = Circle("Ana", "mirror")
    circle.play("Ana", 0, 2)
    assert words_at(circle, 2) == "listening"
    assert words_at(circle, 5) == "playing it back"
    [row] = rows(circle, 14)
    assert (row["answered"], row["response_latency_ms"], row["similarity_f1"]) == (False, None, None)
    circle.play("Ana", 17, 18)
    assert [beat for beat, _ in back(circle.beat(24))] == [4, 6, 21, 22]


def test_whoever_plays_first_is_mirrored_until_another_is_named() -> None:
    circle = Circle("Ana Ben", "mirror")
    assert words_at(circle, 1) == "whoever plays is mirrored"
    circle.play("Ben", 1)
    circle.play("Ana", 2, 3)
    circle.do(NextTurn("Ana"), 7)
    circle.play_together((8, "Ana"), (9, "Ben"), (10, "Ana"))
    circle.beat(20)
    assert [beat for beat, _ in back(circle)] == [5, 12, 14]
    with pytest.raises(UsageError, match="Zoe is not in the circle"):
        circle.do(NextTurn("Zoe"), 21)
    named = Circle("Ana Ben", "mirror:player=Ben")
    named.play_together((0, "Ana"), (1, "Ben"))
    assert [beat for beat, _ in back(named.beat(8))] == [5]


def test_the_facilitator_may_play_it_back_then_nothing_sounds() -> None:
    circle = Circle("Ana", "mirror:by=facilitator")
    circle.play("Ana", 0, 1)
    assert words_at(circle, 5) == "play it back to them"
    assert back(circle) == []


def test_a_player_who_vanishes_while_it_comes_back_hands_over_to_whoever_plays() -> None:
    circle = Circle("Ana Ben", "mirror")
    circle.play("Ana", 0, 1)
    circle.do(Leave("Ana"), 4.5)
    circle.play("Ben", 8, 9)
    circle.beat(20)
    assert [beat for beat, _ in back(circle)] == [4, 5, 12, 13]
    assert [(r["player"], r["answered"]) for r in rows(circle, 30)] == [("Ana", False), ("Ben", False)]
    assert circle.session.faults() == []


def test_stopped_what_was_to_come_back_does_not_and_a_new_bar_is_heard() -> None:
    circle = Circle("Ana", "mirror")
    circle.play("Ana", 0, 3)
    circle.do(StopAll(), 3.2)
    circle.do(GoOn(), 6)
    circle.play("Ana", 9)
    circle.beat(20)
    assert [(beat, voice) for beat, voice, _ in standing(circle)] == [(13, "call")]


def test_a_live_only_player_is_mirrored_and_not_written_down() -> None:
    circle = Circle("Ana", "mirror")
    circle.do(LiveOnly("Ana", True), -0.5)
    circle.play("Ana", 0, 1, 8)
    assert rows(circle, 24) == []
    assert [beat for beat, _ in back(circle)] == [4, 5, 12]


def test_who_is_to_be_mirrored_is_mirrored_again_once_they_are_back() -> None:
    circle = Circle("Ana Ben", "mirror:player=Ana")
    circle.do(Leave("Ana"), 1)
    circle.play("Ben", 2)
    circle.do(Return("Ana"), 9)
    circle.play("Ana", 16, 17)
    circle.play("Ben", 16.5)
    assert [t for t in turns(circle.beat(22)) if t[0] is not None][-1][0] == "Ana"
