"""The facilitator's marks, and what is asked after distress."""

from __future__ import annotations

import pytest

from core_circle import Circle, at
from drumcircle.core.events import Follow, Mark, Notice, Remark
from drumcircle.core.plan import Plan, Step
from drumcircle.core.view import community
from drumcircle.errors import UsageError


def marks(circle: Circle, beat: float) -> list[tuple[float, str, str]]:
    kept = circle.session.summary(at(beat))["marks"]
    return [(mark["time_s"], mark["kind"], mark["text"]) for mark in kept]


def test_a_mark_keeps_its_moment_whatever_is_said_of_it_later() -> None:
    circle = Circle("ana")
    circle.do(Mark(), 4)
    circle.do(Remark(0, "breakthrough"), 10)
    circle.do(Mark(), 12)
    circle.do(Remark(1, text="answered ben for the first time"), 40)
    assert marks(circle, 40) == [
        (2.0, "breakthrough", "answered ben for the first time"), (6.0, "moment", ""),
    ]  # fmt: skip


def test_kinds_are_a_few_and_a_mark_that_is_not_there_is_said_so() -> None:
    circle = Circle("ana")
    with pytest.raises(UsageError, match="it is of moment, prompt given, distress, breakthrough, technical"):
        circle.do(Mark("sad"), 1)
    with pytest.raises(UsageError, match="There is no mark 0; there are 0"):
        circle.do(Remark(0, "distress"), 1)
    circle.do(Mark(), 2)
    with pytest.raises(UsageError, match="There is no mark 2; there are 1"):
        circle.do(Remark(2, "distress"), 3)


def test_distress_asks_for_aftercare_until_something_is_written_about_it() -> None:
    circle = Circle("ana")
    circle.do(Mark("distress"), 130)
    care = circle.session.view(at(140)).aftercare
    assert care == "Distress was marked at 1:05: see to them before they leave; then write to it."
    circle.do(Remark(1, text="sat outside with them"), 150)
    assert circle.session.view(at(151)).aftercare == ""


def test_at_the_end_of_a_plan_it_is_said_to_the_therapist_alone() -> None:
    circle = Circle("ana")
    circle.do(Follow(Plan("p", "P", (Step("groove", 0.5, bpm=120.0),))), 1)
    circle.do(Mark("distress"), 20)
    circle.beat(100)
    (said,) = [n for n in circle.all(Notice) if n.text.startswith("Distress")]
    assert (said.level, said.scope) == ("loud", "therapist")


def test_no_mark_and_no_reason_for_aftercare_reaches_a_community_view() -> None:
    circle = Circle("ana")
    circle.do(Mark("distress", "ana"), 2)
    circle.do(Mark("distress"), 3)
    seen = community(circle.session.view(at(4)))
    assert (seen.marks, seen.aftercare) == ((), "")
    assert "istress" not in str(seen)
