"""Sections of the circle and who leads: how they are written, drawn, changed and shown."""

from __future__ import annotations

import pytest

from core_circle import Circle, at
from drumcircle.core import codec
from drumcircle.core.events import Arm, Divide, Lead, Leave, PatternAdded, PutInSection, Rest
from drumcircle.core.pattern import Pattern
from drumcircle.core.sections import checked
from drumcircle.errors import UsageError


def sections(circle: Circle, beat: float) -> dict[str, str]:
    return {p.id: p.section for p in circle.beat(beat).session.view(at(beat)).players}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("halves", "left left left right right"),
        ("thirds", "left left middle middle right"),
        ("Eve+Ana/Ben+Cy", "section 1,section 2,section 2,section 1,section 1"),
        ("low:Dee/high:Ana+Ben", "high high low low low"),
    ],
)
def test_a_circle_is_divided_by_seats_or_by_names(text: str, expected: str) -> None:
    circle = Circle("Ana Ben Cy Dee Eve", "groove")
    circle.do(Divide(text), 1)
    separator = "," if "," in expected else " "
    assert list(sections(circle, 2).values()) == expected.split(separator)


def test_by_chance_is_the_same_from_the_same_seed() -> None:
    drawn = []
    for seed in (3, 3, 4):
        circle = Circle("Ana Ben Cy Dee Eve Fay", "groove", seed=seed)
        circle.do(Divide("drawn"), 1)
        drawn.append(sections(circle, 2))
    assert drawn[0] == drawn[1] != drawn[2]
    assert sorted(drawn[0].values()) == ["left"] * 3 + ["right"] * 3


def test_a_player_changes_sections_and_the_circle_becomes_one_again() -> None:
    circle = Circle("Ana Ben", "groove")
    with pytest.raises(UsageError, match="not in sections"):
        circle.do(PutInSection("Ana"), 1)
    circle.do(Divide("halves"), 1)
    circle.do(PutInSection("Ana"), 2)
    assert sections(circle, 3) == {"Ana": "right", "Ben": "right"}
    circle.do(PutInSection("Ben", "left"), 3)
    assert sections(circle, 4) == {"Ana": "right", "Ben": "left"}
    with pytest.raises(UsageError, match="there are left, right"):
        circle.do(PutInSection("Ben", "top"), 4)
    circle.do(Divide(""), 4)
    assert sections(circle, 5) == {"Ana": "", "Ben": ""}


@pytest.mark.parametrize(
    "text", ["blue", "blue+/amber", "blue/blue", ":blue/amber", "a:blue/a:amber", "a/b/c/d/e/f/g"]
)
def test_what_is_no_division_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"^sections="):
        checked(text)


def test_a_player_leads_until_they_go_or_the_facilitator_takes_it_back() -> None:
    circle = Circle("Ana Ben", "groove")
    circle.do(Rest("Ben", True), 1)
    with pytest.raises(UsageError, match="rests or has left"):
        circle.do(Lead("Ben"), 1.5)
    circle.do(Lead("Ana"), 2)
    view = circle.session.view(at(2))
    assert view.leader == "Ana"
    assert codec.decode_view(codec.plain(view)) == view
    circle.do(Lead(None), 3)
    assert circle.session.view(at(3)).leader is None


def test_who_leaves_no_longer_leads() -> None:
    circle = Circle("Ana Ben", "groove")
    circle.do(Lead("Ana"), 2)
    circle.do(Leave("Ana"), 3)
    assert circle.session.view(at(3)).leader is None


def test_a_rhythm_that_was_given_is_in_the_library_and_survives_the_journal() -> None:
    circle = Circle("Ana")
    given = Pattern("ana", "Ana", 1, 4.0, "4/4", (0.0, 1.5), (80, 90))
    added = PatternAdded(given)
    assert codec.decode_event(codec.encode_event(added)) == added
    circle.do(added, 1)
    circle.do(added, 1.2)
    assert [p.name for p in circle.session.library] == ["waltz", "two-and-three", "ana", "push"]
    circle.do(Arm("call_and_response", {"pattern": "ana"}, 0), 2)
    assert circle.beat(9).session.view(at(9)).call.pattern == "Ana"  # type: ignore[union-attr]


def test_who_comes_goes_where_they_were_named_or_where_fewest_are_and_stays_there() -> None:
    circle = Circle("Ana Ben Cy", "groove")
    circle.do(Divide("Ana+Zoe/Ben+Cy"), 1)
    circle.seat("Zoe", at(2))
    circle.seat("Dee", at(2.5))
    assert sections(circle, 3)["Zoe"] == "section 1"
    assert sections(circle, 3)["Dee"] == "section 1"
    circle.do(Arm("showcase", {"ground": "none"}, 0), 3)
    circle.seat("Eve", at(9))
    assert sections(circle, 10)["Eve"] == "section 2"
    assert sections(circle, 10)["Zoe"] == "section 1"


def test_somebody_named_in_a_structures_own_sections_plays_in_theirs_once_they_join() -> None:
    circle = Circle("Ana Ben", "interlock:sections=Ana/Ben+Zoe,ground=none")
    circle.seat("Zoe", at(2))
    circle.play("Zoe", 4.5, 5.5)
    assert circle.results(6)["sections"][1]["players"]["Zoe"]["n"] == 2
