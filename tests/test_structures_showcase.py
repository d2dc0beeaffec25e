"""Showcase: which section is heard when, and who is judged meanwhile."""

from __future__ import annotations

import pytest

from core_circle import Circle, ends, judged, words_at
from drumcircle.core.events import Arm, Divide, GoOn, Leave, NextTurn, Rest, StopAll
from drumcircle.errors import UsageError

SHORT = "showcase:bars=1,ground=none"


def scenes(circle: Circle, beat: float) -> list[tuple[str, int, int]]:
    return [(row["section"], row["start_beat"], row["beats"]) for row in circle.results(beat)["scenes"]]


def test_each_section_is_heard_in_turn_and_only_it_is_judged() -> None:
    circle = Circle("Ana Ben Cy", SHORT)
    circle.play_together(*((b, p) for b in range(8) for p in ("Ana", "Ben", "Cy")))
    assert scenes(circle, 12) == [("left", 0, 4), ("right", 4, 4)]
    assert ends(circle) == [8]
    assert judged(circle, 12) == {"Ana": (4, 0), "Ben": (4, 0), "Cy": (4, 0)}
    left, right = circle.results(12)["scenes"]
    assert (left["with_pulse"], right["with_pulse"]) == (1.0, None)
    assert {name: row["n"] for name, row in left["players"].items()} == {"Ana": 4, "Ben": 4}
    assert {name: row["n"] for name, row in right["players"].items()} == {"Cy": 4}


def test_where_the_others_hold_everybody_is_judged() -> None:
    circle = Circle("Ana Ben", f"{SHORT},others=hold")
    circle.play_together(*((b, p) for b in range(8) for p in ("Ana", "Ben")))
    assert judged(circle, 12) == {"Ana": (8, 0), "Ben": (8, 0)}
    assert words_at(Circle("Ana Ben", f"{SHORT},others=hold"), 1) == "left plays, the others hold, 3 beats"


@pytest.mark.parametrize("section", ["2", "right"])
def test_one_section_by_number_or_name_until_the_key(section: str) -> None:
    circle = Circle("Ana Ben", f"showcase:bars=0,section={section},ground=none")
    circle.do(NextTurn(), 9)
    assert scenes(circle, 20) == [("right", 0, 12)]
    assert ends(circle) == [12]


def test_the_key_passes_on_and_a_nominated_player_brings_their_section() -> None:
    circle = Circle("Ana Ben Cy", "showcase:bars=8,sections=thirds,ground=none")
    circle.do(NextTurn(), 2)
    circle.do(NextTurn("Ana"), 6)
    with pytest.raises(UsageError, match="Nobody in this circle"):
        circle.do(NextTurn("Zoe"), 6)
    assert scenes(circle, 9) == [("left", 0, 4), ("middle", 4, 4), ("left", 8, 1)]


@pytest.mark.parametrize("gone", [Leave("Ana"), Rest("Ana", True)])
def test_a_section_nobody_is_in_any_more_passes_on_after_a_bar(gone: Leave | Rest) -> None:
    circle = Circle("Ana Ben", "showcase:bars=8,ground=none")
    circle.do(gone, 5)
    assert scenes(circle, 60) == [("left", 0, 12), ("right", 12, 32)]


def test_divided_anew_the_section_is_who_is_in_it_now() -> None:
    circle = Circle("Ana Ben Cy", "showcase:bars=2,ground=none")
    circle.do(Divide("Cy/Ana+Ben"), 2)
    circle.play("Cy", 4, 5)
    circle.play("Ana", 6, 7)
    assert judged(circle, 7.9) == {"Ana": (0, 0), "Ben": (0, 0), "Cy": (2, 0)}


def test_a_section_there_is_not_is_told_and_the_first_one_plays() -> None:
    circle = Circle("Ana Ben", "showcase:section=bells,ground=none")
    assert scenes(circle, 2) == [("left", 0, 2)]
    assert any("no section bells" in h.text for h in circle.session.happenings_after(0))


def test_after_a_stop_the_same_section_goes_on() -> None:
    circle = Circle("Ana Ben", "showcase:bars=2,ground=none")
    circle.do(StopAll(), 5)
    circle.do(GoOn(), 9)
    circle.play("Ana", 12, 13)
    circle.play("Ben", 16)
    assert scenes(circle, 30) == [("left", 0, 8), ("right", 8, 8)]
    assert ends(circle) == [24]
    assert judged(circle, 30) == {"Ana": (2, 0), "Ben": (1, 0)}


def test_a_circle_divided_anew_into_fewer_leaves_what_was_heard_as_it_was() -> None:
    circle = Circle("Ana Ben Cy")
    circle.do(Divide("thirds"), -0.5)
    circle.do(Arm("showcase", {"bars": 1, "ground": "none"}, 0), 0.1)
    circle.beat(13)
    circle.do(Divide("halves"), 13)
    names = [scene["section"] for scene in circle.results(30)["scenes"]]
    assert names[:3] == ["left", "middle", "right"]
    assert circle.session.faults() == []
