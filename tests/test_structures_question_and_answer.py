"""Question and answer: who asks and answers when, and what their words were like."""

from __future__ import annotations

import pytest

from core_circle import START, Circle, at, ends, judged, turns, words_at
from drumcircle.core.events import MS, EndStructure, GoOn, Hit, Leave, LiveOnly, NextTurn, Rest, StopAll
from drumcircle.errors import UsageError


def exchanges(circle: Circle, beat: float) -> list[tuple[str, int, list[str]]]:
    rows = circle.results(beat)["exchanges"]
    return [(row["asker"], row["start_beat"], list(row["answers"])) for row in rows]


def test_each_asks_in_turn_and_the_next_one_answers() -> None:
    circle = Circle("Ana Ben Cy", "question_and_answer:rounds=1")
    circle.play_together(
        (0, "Ana"), (1, "Ana"), (2, "Ana"), (3.9, "Ben"), (4.5, "Ben"), (7.5, "Ben"), (5, "Cy")
    )
    assert turns(circle.beat(30)) == [
        ("Ana", 0, 4), ("Ben", 4, 8), ("Ben", 8, 12), ("Cy", 12, 16), ("Cy", 16, 20), ("Ana", 20, 24), (None, 24, None),
    ]  # fmt: skip
    assert ends(circle) == [24]
    first, second, _ = circle.results(30)["exchanges"]
    assert first == {
        "round": 1,
        "asker": "Ana",
        "start_beat": 0,
        "question_hits": 3,
        "question_density": 0.75,
        "answers": {
            "Ben": {
                "hits": 3,
                "floor_transfer_offset_ms": 950.0,
                "response_latency_ms": 950.0,
                "length_ratio": pytest.approx(1.8),
                "density": 0.75,
            }
        },
    }
    assert second["answers"]["Cy"] == {
        "hits": 0,
        "floor_transfer_offset_ms": None,
        "response_latency_ms": None,
        "length_ratio": None,
        "density": 0.0,
    }
    assert {name: n for name, (n, _) in judged(circle, 30).items()} == {"Ana": 0, "Ben": 0, "Cy": 0}


def test_all_answer_and_each_answer_is_measured() -> None:
    circle = Circle("Ana Ben Cy", "question_and_answer:answers=all,rounds=1,bars=2")
    circle.play_together((0, "Ana"), (4, "Ana"), (8, "Ben"), (10, "Ben"), (9, "Cy"))
    answers = circle.results(15)["exchanges"][0]["answers"]
    assert {name: row["response_latency_ms"] for name, row in answers.items()} == {
        "Ben": 2000.0,
        "Cy": 2500.0,
    }
    assert answers["Ben"]["length_ratio"] == 0.5
    assert turns(circle)[1] == (None, 8, 16)


def test_nominated_askers_wait_for_their_name_and_the_key_shortens() -> None:
    circle = Circle("Ana Ben", "question_and_answer:order=nominated,rounds=1,bars=2")
    assert words_at(circle, 1) == "who asks?"
    with pytest.raises(UsageError, match="choose a player who begins"):
        circle.do(NextTurn(), 1)
    circle.do(NextTurn("Ben"), 1)
    circle.do(NextTurn(), 5)
    circle.do(NextTurn(), 9)
    circle.do(NextTurn("Ana"), 10)
    assert exchanges(circle, 13) == [("Ben", 4, ["Ana"]), ("Ana", 12, [])]


@pytest.mark.parametrize("gone", [Leave("Ana"), Rest("Ana", True)])
def test_an_asker_who_vanishes_leaves_the_floor_to_the_next_after_a_bar(gone: Leave | Rest) -> None:
    circle = Circle("Ana Ben Cy", "question_and_answer:rounds=1,bars=4")
    circle.do(gone, 5)
    assert exchanges(circle, 30) == [("Ana", 0, []), ("Ben", 12, ["Cy"])]


def test_an_answer_nobody_is_there_for_passes_on_after_a_bar() -> None:
    circle = Circle("Ana Ben", "question_and_answer:rounds=1,bars=4")
    circle.do(Leave("Ben"), 17)
    assert exchanges(circle, 60) == [("Ana", 0, ["Ben"])]
    assert ends(circle) == [24]


def test_one_alone_asks_and_nobody_answers() -> None:
    circle = Circle("Ana", "question_and_answer:rounds=1")
    circle.play("Ana", 0, 1)
    assert exchanges(circle, 20) == [("Ana", 0, [])]
    assert ends(circle) == [8]


def test_without_players_it_waits_for_the_first() -> None:
    circle = Circle("", "question_and_answer:rounds=1")
    assert words_at(circle, 3) == "waiting for players"
    circle.seat("Ana", at(5))
    assert exchanges(circle, 9) == [("Ana", 8, [])]


def test_an_exchange_that_was_stopped_begins_again_with_its_question() -> None:
    circle = Circle("Ana Ben", "question_and_answer:rounds=1")
    circle.play("Ana", 0, 1, 2)
    circle.play("Ben", 4)
    circle.do(StopAll(), 5)
    circle.do(GoOn(), 9)
    circle.play("Ana", 12)
    circle.play("Ben", 16, 17)
    [first, _] = circle.results(21)["exchanges"]
    assert (first["start_beat"], first["question_hits"], first["answers"]["Ben"]["hits"]) == (4, 1, 2)


def test_nothing_of_a_live_only_players_playing_is_told() -> None:
    circle = Circle("Ana Ben", "question_and_answer:rounds=1")
    circle.tell(LiveOnly("Ana", True), START + MS)
    circle.play("Ana", 0.5, 1)
    first = circle.results(9)["exchanges"][0]
    assert (first["question_hits"], first["question_density"]) == (None, None)


def test_the_view_says_who_asks_and_who_answers() -> None:
    circle = Circle("Ana Ben", "question_and_answer:rounds=1")
    shown = [circle.beat(b).session.view(at(b)).turn for b in (1.2, 5.2)]
    assert [(t.current, t.following, t.beats_left) for t in shown if t] == [
        ("Ana", "Ben", 3),
        ("Ben", "Ben", 3),
    ]
    assert words_at(circle, 5.3) == "round 1 of 1: answer"


def test_who_would_answer_follows_who_comes_and_goes() -> None:
    circle = Circle("Ana Ben Cy", "question_and_answer:rounds=1")
    circle.do(Leave("Ben"), 1)
    turn = circle.beat(1.2).session.view(at(1.2)).turn
    assert turn is not None
    assert turn.following == "Cy"


def test_an_exchange_that_is_ended_in_the_middle_is_as_long_as_it_was() -> None:
    circle = Circle("Ana Ben", "question_and_answer:bars=2")
    circle.play("Ana", 0, 1, 2, 3)
    circle.do(EndStructure(), 2.9)
    [row] = circle.results(12)["exchanges"]
    assert (row["question_hits"], row["question_density"], row["answers"]) == (4, 1.0, {})


def test_what_a_pad_that_was_away_sends_late_is_measured_all_the_same() -> None:
    circle = Circle("Ana Ben", "question_and_answer:rounds=1")
    circle.play("Ana", 0, 1)
    circle.beat(9)
    circle.tell(Hit(at(4.5), "link:Ben", 38, 90), at(9))
    assert circle.results(10)["exchanges"][0]["answers"]["Ben"]["response_latency_ms"] == 1750.0
