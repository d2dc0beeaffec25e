"""Pass the beat: whose one hit comes when, which passes fell, and how even they were."""

from __future__ import annotations

import pytest

from core_circle import START, Circle, at, ends, judged, turns, words_at
from drumcircle.core.events import (
    Arm,
    GoOn,
    Hit,
    Join,
    Leave,
    LiveOnly,
    NextTurn,
    Record,
    Rest,
    StopAll,
    TurnEndedByPlaying,
    TurnPassedByPlaying,
)
from drumcircle.core.session import Session
from drumcircle.errors import UsageError


def passed(circle: Circle, beat: float) -> list[tuple[str | None, float]]:
    return [(player, start) for player, start, _ in turns(circle.beat(beat))]


def test_round_the_circle_one_hit_each_with_drops_offsets_and_evenness() -> None:
    circle = Circle("Ana Ben Cy", "pass_the_beat:rounds=2")
    circle.play("Ana", 0)
    circle.play("Ben", 2, off_ms=-30)
    circle.play("Cy", 4, off_ms=20)
    circle.play("Ben", 8)
    circle.play("Cy", 9, 10)
    results = circle.results(16)
    assert passed(circle, 16) == [
        ("Ana", 0), ("Ben", 2), ("Cy", 4), ("Ana", 6), ("Ben", 8), ("Cy", 10), (None, 12),
    ]  # fmt: skip
    assert ends(circle) == [12]
    rows = results["passes"]
    assert [(r["player"], r["hits"], r["entry_offset_ms"], r["pass_interval_ms"]) for r in rows] == [
        ("Ana", 1, 0.0, None), ("Ben", 1, -30.0, 970.0), ("Cy", 1, 20.0, 1050.0),
        ("Ana", 0, None, None), ("Ben", 1, 0.0, None), ("Cy", 2, -500.0, 500.0),
    ]  # fmt: skip
    assert results["drops"] == 1
    assert results["pass_interval_mean_ms"] == pytest.approx(840.0)
    assert results["pass_interval_cv"] == pytest.approx(297.15 / 840.0, abs=1e-4)
    assert judged(circle, 16)["Ben"] == (2, 0)


def test_backward_it_goes_the_other_way_and_the_key_turns_it_round() -> None:
    circle = Circle("Ana Ben Cy Dee", "pass_the_beat:direction=backward")
    circle.do(NextTurn(), 4.5)
    assert passed(circle, 9) == [("Ana", 0), ("Dee", 2), ("Cy", 4), ("Dee", 6), ("Ana", 8), ("Ben", 10)]
    assert words_at(circle, 9.5) == "onward"


@pytest.mark.parametrize(("may", "after"), [("yes", "Ana"), ("no", "Cy")])
def test_two_hits_turn_it_round_where_they_may(may: str, after: str) -> None:
    circle = Circle("Ana Ben Cy", f"pass_the_beat:may_reverse={may}")
    circle.play("Ben", 2, 2.5)
    assert passed(circle, 4) == [("Ana", 0), ("Ben", 2), (after, 4)]


def test_what_an_unjournalled_hit_turned_round_is_a_fact_from_which_a_replay_ends_the_same() -> None:
    lived = Circle("Ana Ben Cy", "pass_the_beat:may_reverse=yes,rounds=2")
    lived.tell(LiveOnly("Ben", True), START)
    lived.tell(Record(True), START)
    lived.play("Ana", 0)
    lived.play("Ben", 2, 2.5)
    lived.play("Ana", 4)
    replayed = Session(lived.session.config)
    journal = [(now, e) for now, e in lived.events if not (isinstance(e, Hit) and e.pad == "link:Ben")]
    journal += [(now, TurnEndedByPlaying(e.player, e.time)) for now, e in lived.moments(TurnPassedByPlaying)]
    for now, event in sorted(journal, key=lambda item: item[0]):
        replayed.handle(event, now)
    replayed.advance(at(20))
    assert replayed.summary(at(20)) == lived.beat(20).session.summary(at(20))
    assert lived.results(20)["passes"][1] == {"player": "Ben", "beat": 2, "live_only": True}


def test_who_vanishes_with_the_beat_lets_it_fall_and_it_goes_on() -> None:
    circle = Circle("Ana Ben Cy", "pass_the_beat:beats=8")
    circle.do(Leave("Ben"), 6)
    assert passed(circle, 15) == [("Ana", 0), ("Ben", 8), ("Cy", 12)]
    assert circle.results(20)["drops"] == 3


def test_who_rests_is_passed_over_who_joins_comes_last_and_who_is_nominated_comes_next() -> None:
    circle = Circle("Ana Ben Cy", "pass_the_beat")
    circle.do(Rest("Ben", True), 0.5)
    circle.seat("Dee", at(3))
    circle.do(NextTurn("Dee"), 3.4)
    with pytest.raises(UsageError, match="rests or has left"):
        circle.do(NextTurn("Ben"), 3.5)
    circle.do(Rest("Ben", False), 6)
    assert [p for p, _ in passed(circle, 10)] == ["Ana", "Cy", "Ana", "Dee", "Ana", "Ben"]


def test_without_players_it_waits_for_the_first() -> None:
    circle = Circle("", "pass_the_beat")
    assert words_at(circle, 2) == "waiting for players"
    circle.seat("Ana", at(5))
    assert passed(circle, 8.5) == [(None, 0), ("Ana", 8)]


def test_after_a_stop_the_passes_of_that_bar_are_made_again() -> None:
    circle = Circle("Ana Ben Cy", "pass_the_beat:rounds=2")
    circle.play("Ana", 0)
    circle.do(StopAll(), 6.6)
    circle.do(GoOn(), 9)
    assert passed(circle, 16.5)[3:] == [("Ana", 6), ("Cy", 12), ("Ana", 14), ("Ben", 16)]
    assert ends(circle.beat(30)) == [20]


def test_the_view_shows_the_circle_and_who_is_next() -> None:
    circle = Circle("Ana Ben", "pass_the_beat")
    turn = circle.beat(2.2).session.view(at(2.2)).turn
    assert turn is not None
    assert (turn.order, turn.current, turn.following, turn.beats_left) == (("Ana", "Ben"), "Ben", "Ana", 2)


def test_somebody_without_a_pad_has_their_pass_and_drops_nothing() -> None:
    circle = Circle("Ana")
    circle.tell(Join("Voice", "Voice"), START)
    circle.do(Arm("pass_the_beat", {"rounds": 1}, 0), 1)
    circle.play("Ana", 4)
    results = circle.results(12)
    assert results["passes"][1] == {"player": "Voice", "beat": 2, "no_pad": True}
    assert results["drops"] == 0


def test_who_is_away_is_not_shown_as_next() -> None:
    circle = Circle("Ana Ben Cy", "pass_the_beat")
    circle.do(Rest("Ben", True), 0.2)
    turn = circle.beat(0.4).session.view(at(0.4)).turn
    assert turn is not None
    assert (turn.current, turn.following) == ("Ana", "Cy")
    circle.do(Rest("Ben", False), 0.5)
    turn = circle.beat(0.6).session.view(at(0.6)).turn
    assert turn is not None
    assert turn.following == "Ben"
