"""Layering: who comes in and goes out when, how well they enter, and the group by number playing."""

from __future__ import annotations

import pytest

from core_circle import START, Circle, at, ends, judged, turns, words_at
from drumcircle.core.events import MS, Arm, GoOn, Join, Leave, LiveOnly, NextTurn, Rest, Return, StopAll
from drumcircle.errors import UsageError

SHORT = "layering:bars=1,ground=none"


def entries(circle: Circle, beat: float) -> list[tuple[str, str, int]]:
    return [(row["player"], row["way"], row["beat"]) for row in circle.results(beat)["entries"]]


def test_one_by_one_they_come_play_together_for_a_layer_and_go_as_they_came() -> None:
    circle = Circle("Ana Ben", SHORT)
    circle.play_together(*((b, "Ana") for b in range(12)), *((b, "Ben") for b in (2, 5, 6, 7, 12, 13, 16)))
    results = circle.results(24)
    assert turns(circle) == [
        ("Ana", 0, 4), ("Ben", 4, 8), ("Ana", 8, 12), ("Ben", 12, 16), (None, 12, None),
    ]  # fmt: skip
    assert ends(circle) == [12]
    assert results["entries"] == [
        {"player": "Ana", "way": "in", "beat": 0, "entry_offset_ms": 0.0, "before_hits": 0},
        {"player": "Ben", "way": "in", "beat": 4, "entry_offset_ms": 500.0, "before_hits": 1},
        {"player": "Ana", "way": "out", "beat": 8, "after_hits": 4},
        {"player": "Ben", "way": "out", "beat": 12, "after_hits": 0},
    ]
    assert [(r["start_beat"], r["beats"], r["playing"], r["with_pulse"]) for r in results["layers"]] == [
        (0, 4, 1, None), (4, 4, 2, 1.0), (8, 4, 1, None),
    ]  # fmt: skip
    assert judged(circle, 24) == {"Ana": (8, 0), "Ben": (3, 0)}


@pytest.mark.parametrize(
    ("way", "expected", "end"),
    [
        ("in", [("Ana", "in", 0), ("Ben", "in", 4), ("Cy", "in", 8)], 12),
        ("out", [("Ana", "out", 4), ("Ben", "out", 8), ("Cy", "out", 12)], 12),
    ],
)
def test_only_in_or_only_out(way: str, expected: list[tuple[str, str, int]], end: int) -> None:
    circle = Circle("Ana Ben Cy", f"{SHORT},way={way}")
    assert entries(circle, 20) == expected
    assert ends(circle) == [end]


def test_by_chance_is_the_same_from_the_same_seed() -> None:
    orders = [entries(Circle("Ana Ben Cy Dee", f"{SHORT},order=random", seed=s), 40) for s in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_nominated_they_come_when_they_are_named_on_the_next_bar_line() -> None:
    circle = Circle("Ana Ben", f"{SHORT},order=nominated,way=in")
    assert words_at(circle, 1) == "who is next?"
    with pytest.raises(UsageError, match="choose a player"):
        circle.do(NextTurn(), 1)
    circle.do(NextTurn("Ben"), 2)
    circle.do(NextTurn("Ana"), 9.8)
    assert entries(circle, 30) == [("Ben", "in", 4), ("Ana", "in", 12)]


def test_the_key_brings_the_next_one_in_early_and_lets_a_named_one_go_first() -> None:
    circle = Circle("Ana Ben", "layering:bars=4,ground=none")
    circle.do(NextTurn(), 2)
    circle.do(NextTurn(), 6)
    circle.do(NextTurn("Ben"), 21)
    with pytest.raises(UsageError, match="Only somebody who plays"):
        circle.do(NextTurn("Ana"), 21.5)
    assert entries(circle, 60) == [("Ana", "in", 0), ("Ben", "in", 4), ("Ana", "out", 8), ("Ben", "out", 24)]


@pytest.mark.parametrize("gone", [Leave("Ben"), Rest("Ben", True)])
def test_who_vanishes_as_soon_as_they_have_come_leaves_the_layer_to_the_next_after_a_bar(
    gone: Leave | Rest,
) -> None:
    circle = Circle("Ana Ben Cy", "layering:bars=4,way=in,ground=none")
    circle.do(gone, 16.2)
    assert entries(circle, 60) == [("Ana", "in", 0), ("Ben", "in", 16), ("Cy", "in", 24)]
    layers = circle.results(60)["layers"]
    assert [(row["playing"], row["beats"]) for row in layers] == [(1, 16), (2, 1), (1, 7), (2, 16)]


def test_who_is_away_when_their_entry_comes_is_passed_over_and_who_comes_back_plays_on() -> None:
    circle = Circle("Ana Ben Cy", f"{SHORT},way=in")
    circle.do(Rest("Ben", True), 1)
    circle.do(Leave("Ana"), 5)
    circle.do(Return("Ana"), 6.4)
    assert entries(circle, 7) == [("Ana", "in", 0), ("Cy", "in", 4)]
    circle.play("Ana", 7)
    assert judged(circle, 8)["Ana"] == (1, 0)


def test_without_players_it_waits_and_who_joins_comes_in_on_the_bar_line() -> None:
    circle = Circle("", f"{SHORT},way=in")
    assert words_at(circle, 3) == "waiting for players"
    circle.seat("Ana", at(5.2))
    assert entries(circle, 20) == [("Ana", "in", 8)]


def test_after_a_stop_those_who_were_in_play_on() -> None:
    circle = Circle("Ana Ben", SHORT)
    circle.do(StopAll(), 5)
    circle.do(GoOn(), 9)
    circle.play("Ben", 12, 13)
    assert entries(circle, 17) == [("Ana", "in", 0), ("Ben", "in", 4), ("Ana", "out", 8)]
    assert judged(circle, 17)["Ben"][0] == 2
    assert circle.results(17)["entries"][1]["entry_offset_ms"] == 0.0


def test_nothing_of_a_live_only_players_playing_is_told() -> None:
    circle = Circle("Ana Ben", f"{SHORT},way=in")
    circle.tell(LiveOnly("Ana", True), START + MS)
    circle.play("Ana", 1, 2)
    assert circle.results(20)["entries"][0] == {"player": "Ana", "way": "in", "beat": 0, "live_only": True}


def test_the_view_says_who_came_and_who_is_next() -> None:
    circle = Circle("Ana Ben Cy", SHORT)
    shown = [circle.beat(b).session.view(at(b)).turn for b in (1.2, 5.2, 13.2)]
    assert [(t.current, t.following, t.beats_left) for t in shown if t] == [
        ("Ana", "Ben", 3), ("Ben", "Cy", 3), ("Ana", "Ben", 3),
    ]  # fmt: skip
    assert words_at(circle, 14) == "2 in, going out"


def test_somebody_without_a_pad_comes_and_goes_without_figures() -> None:
    circle = Circle("Ana")
    circle.tell(Join("Voice", "Voice"), START)
    circle.do(Arm("layering", {"bars": 1}, 0), 1)
    circle.play("Ana", 4)
    entries = circle.results(24)["entries"]
    assert [entry for entry in entries if entry["player"] == "Voice"] == [
        {"player": "Voice", "way": way, "beat": beat, "no_pad": True}
        for way, beat in (("in", 4), ("out", 12))
    ]
