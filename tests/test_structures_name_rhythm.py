"""Name rhythm: who gives a rhythm when, how it is echoed, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from core_circle import START, Circle, at, beats_of, ends, turns, words_at
from drumcircle.core.events import (
    MS,
    CallBegan,
    GoOn,
    Leave,
    LiveOnly,
    NextTurn,
    Notice,
    Rest,
    RhythmGiven,
    StopAll,
)
from drumcircle.core.pattern import Pattern
from drumcircle.errors import UsageError


def rhythms(circle: Circle, beat: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = circle.results(beat)["rhythms"]
    return found


def given(circle: Circle) -> list[Pattern]:
    return [effect.pattern for effect in circle.all(RhythmGiven)]


def calls(circle: Circle) -> list[tuple[str, list[float], float]]:
    return [
        (c.caller, [beats_of(t) for t in c.onsets], beats_of(c.echo_start)) for c in circle.all(CallBegan)
    ]


def test_each_gives_a_rhythm_and_all_echo_it_and_it_is_measured_and_kept() -> None:
    circle = Circle("Ana Ben Cy", "name_rhythm")
    circle.play_together(
        (0, "Ana"), (1, "Ana"), (1.51, "Ana"),
        (4, "Ben"), (5, "Ben"), (5.5, "Ben"), (4.04, "Cy"), (5.04, "Cy"), (5.55, "Cy"),
        (8, "Ben"), (10.34, "Ben"), (12, "Ana"),
    )  # fmt: skip
    first, second, third = rhythms(circle, 40)
    assert turns(circle) == [
        ("Ana", 0, 4), (None, 4, None), ("Ben", 8, 12), (None, 12, None), ("Cy", 16, 20), (None, 20, None),
        (None, 24, None),
    ]  # fmt: skip
    assert calls(circle) == [
        ("Ana", [0, 1, 1.51], 4), ("Ben", [8, 10.34], 12), ("Cy", [], 20),
    ]  # fmt: skip
    assert ends(circle) == [24]
    assert (first["caller"], first["start_beat"], first["call_onsets_beats"]) == (
        "Ana",
        0,
        [0, 1, pytest.approx(1.51)],
    )
    assert {name: row["f1"] for name, row in first["echoes"].items()} == {"Ben": 1.0, "Cy": 1.0}
    assert list(second["echoes"]) == ["Ana"]
    assert third["echoes"] == {}
    assert given(circle) == [
        Pattern("ana", "Ana", 1, 4.0, "4/4", (0.0, 1.0, 1.5), (90, 90, 90)),
        Pattern("ben", "Ben", 1, 4.0, "4/4", (0.0, pytest.approx(7 / 3)), (90, 90)),
    ]


def test_nothing_is_kept_where_it_is_not_wanted_and_a_second_round_has_names_of_its_own() -> None:
    circle = Circle("Ana", "name_rhythm:keep=no")
    circle.play("Ana", 0, 1)
    assert given(circle.beat(20)) == []
    circle = Circle("Ana", "name_rhythm:rounds=2")
    circle.play("Ana", 0, 1, 8, 9)
    assert [p.name for p in given(circle.beat(20))] == ["ana", "ana-2"]


def test_the_log_says_nothing_of_one_who_echoes_alone() -> None:
    circle = Circle("Ana Ben", "name_rhythm")
    circle.play_together((0, "Ana"), (1, "Ana"), (4, "Ben"), (5, "Ben"))
    circle.beat(14)
    assert not [n.text for n in circle.all(Notice) if "came back" in n.text]


@pytest.mark.parametrize("gone", [Leave("Ana"), Rest("Ana", True)])
def test_who_vanishes_while_giving_a_rhythm_leaves_it_to_the_next_after_a_bar(gone: Leave | Rest) -> None:
    circle = Circle("Ana Ben", "name_rhythm:bars=2")
    circle.do(gone, 2)
    circle.play("Ben", 8, 9)
    [only] = rhythms(circle, 40)
    assert (only["caller"], only["start_beat"]) == ("Ben", 8)


def test_who_vanishes_while_being_echoed_is_echoed_all_the_same() -> None:
    circle = Circle("Ana Ben", "name_rhythm")
    circle.play("Ana", 0, 1)
    circle.do(Leave("Ana"), 4.5)
    circle.play("Ben", 5)
    assert list(rhythms(circle, 10)[0]["echoes"]) == ["Ben"]


def test_without_players_it_waits_and_nominated_ones_come_when_named() -> None:
    circle = Circle("", "name_rhythm")
    assert words_at(circle, 2) == "waiting for players"
    circle.seat("Ana", at(5))
    assert turns(circle.beat(9))[1] == ("Ana", 8, 12)
    circle = Circle("Ana Ben", "name_rhythm:order=nominated")
    with pytest.raises(UsageError, match="choose a player"):
        circle.do(NextTurn(), 1)
    circle.do(NextTurn("Ben"), 1)
    assert turns(circle.beat(5))[1] == ("Ben", 4, 8)


def test_the_key_lets_a_rhythm_that_does_not_come_go_by() -> None:
    circle = Circle("Ana Ben", "name_rhythm")
    circle.do(NextTurn(), 2)
    assert turns(circle.beat(5)) == [("Ana", 0, 4), (None, 4, None), ("Ben", 4, 8)]
    circle.play("Ben", 5)
    with pytest.raises(UsageError, match="being echoed"):
        circle.do(NextTurn(), 9)


@pytest.mark.parametrize(("stop", "again"), [(2.2, 0), (5.5, 4), (7.8, 4)])
def test_a_rhythm_that_was_stopped_begins_again(stop: float, again: int) -> None:
    circle = Circle("Ana Ben", "name_rhythm")
    circle.play("Ana", *(b for b in (0, 1) if b < stop))
    circle.do(StopAll(), stop)
    circle.do(GoOn(), 9)
    circle.play_together((12, "Ana"), (13.5, "Ana"), (16, "Ben"), (17.5, "Ben"))
    first = rhythms(circle, 30)[0]
    assert (first["caller"], first["start_beat"], first["call_onsets_beats"]) == ("Ana", again, [0, 1.5])
    assert first["echoes"]["Ben"]["f1"] == 1.0
    assert [p for p, *_ in turns(circle) if p][-1] == "Ben"
    assert ends(circle.beat(40)) == [28]


def test_a_live_only_player_is_greeted_and_nothing_is_kept() -> None:
    circle = Circle("Ana Ben", "name_rhythm")
    circle.tell(LiveOnly("Ana", True), START + MS)
    circle.play("Ana", 0.5, 1)
    assert rhythms(circle, 9)[0]["call_onsets_beats"] == []
    assert given(circle) == []


def test_the_view_shows_the_rhythm_and_its_echo() -> None:
    circle = Circle("Ana Ben", "name_rhythm")
    circle.play("Ana", 0, 1.5)
    shown = [circle.beat(b).session.view(at(b)) for b in (3, 5)]
    assert [(v.call.phase, v.call.caller, v.call.onsets) for v in shown if v.call] == [
        ("call", "Ana", (0.0, 1.5)), ("echo", "Ana", (0.0, 1.5)),
    ]  # fmt: skip
    assert [(v.turn.current, v.turn.following, v.turn.beats_left) for v in shown if v.turn] == [
        ("Ana", "Ben", 1), (None, "Ben", None),
    ]  # fmt: skip
    assert words_at(circle, 5.1) == "round 1 of 1: echo"
