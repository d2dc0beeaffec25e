"""Accents: which beats are accented, and how much harder everybody hits there."""

from __future__ import annotations

import pytest

from core_circle import Circle, at, ends, judged, standing, words_at
from drumcircle.core.events import GoOn, Leave, Rest, StopAll
from drumcircle.errors import UsageError


def play(circle: Circle, player: str, first: int, last: int, hard: tuple[int, ...]) -> None:
    for beat in range(first, last):
        circle.play(player, beat, velocity=110 if beat % 4 + 1 in hard else 60)


def test_the_accents_sound_each_bar_and_everybody_is_measured_on_them() -> None:
    circle = Circle("Ana Ben", "accents:beats=2+4,bars=3,ground=none")
    for beat in range(12):
        circle.play("Ana", beat, velocity=110 if beat % 2 else 60)
        circle.play("Ben", beat, velocity=80) if beat % 4 != 3 else None
    results = circle.results(20)
    assert standing(circle) == [(b, "accent", f"accent:{b}") for b in (1, 3, 5, 7, 9, 11)]
    assert ends(circle) == [12]
    assert results == {
        "accents": 6,
        "players": {
            "Ana": {"hit_rate": 1.0, "velocity_accent": 110, "velocity_other": 60, "velocity_contrast": 50},
            "Ben": {"hit_rate": 0.5, "velocity_accent": 80, "velocity_other": 80, "velocity_contrast": 0},
        },
        "velocity_contrast": pytest.approx((6 * 110 + 3 * 80) / 9 - 70),
    }
    assert judged(circle, 20) == {"Ana": (12, 0), "Ben": (9, 2)}


def test_words_say_which_beats_and_which_bar() -> None:
    assert words_at(Circle("Ana", "accents:beats=2+4,bars=3"), 5) == "all hard on 2 and 4, bar 2 of 3"
    assert words_at(Circle("Ana", "accents"), 5) == "all hard on 1"


def test_who_goes_and_who_comes_is_measured_on_the_accents_of_their_time() -> None:
    circle = Circle("Ana Ben", "accents:bars=4")
    play(circle, "Ana", 0, 4, (1,))
    circle.do(Leave("Ana"), 3.9)
    circle.seat("Cy", at(7.6))
    play(circle, "Cy", 8, 16, (1,))
    players = circle.results(20)["players"]
    assert [players[p]["hit_rate"] for p in ("Ana", "Cy")] == [1.0, 1.0]
    assert "Ben" not in players


def test_accents_during_a_rest_are_not_missed() -> None:
    circle = Circle("Ana", "accents:bars=6")
    play(circle, "Ana", 0, 4, (1,))
    circle.do(Rest("Ana", True), 3.8)
    circle.do(Rest("Ana", False), 14.2)
    play(circle, "Ana", 16, 20, (1,))
    row = circle.results(30)["players"]["Ana"]
    assert row["hit_rate"] == pytest.approx(2 / 3)  # the accents on 0, 16 and 20; not those on 4, 8 and 12


def test_after_a_stop_the_bar_begins_again_with_its_accent() -> None:
    circle = Circle("Ana", "accents:bars=2,ground=none")
    play(circle, "Ana", 0, 6, (1,))
    circle.do(StopAll(), 5.5)
    circle.do(GoOn(), 9)
    play(circle, "Ana", 12, 16, (1,))
    assert circle.results(20)["accents"] == 2
    assert standing(circle) == [(0, "accent", "accent:0"), (12, "accent", "accent:4")]
    assert ends(circle) == [16]
    assert circle.results(20)["players"]["Ana"]["hit_rate"] == 1.0


@pytest.mark.parametrize("beats", ["", "0", "1+", "two", "33"])
def test_beats_that_are_none_are_refused(beats: str) -> None:
    with pytest.raises(UsageError, match="are no beats of a bar"):
        Circle("", f"accents:beats={beats}")
