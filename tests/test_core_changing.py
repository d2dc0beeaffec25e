"""Settings changed while something runs: from the next bar line, with the pulse going on, and back again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core_circle import BEAT, START, Circle, at, beats_of, standing
from drumcircle.core.events import (
    Arm,
    Cancel,
    Change,
    Cue,
    Follow,
    StopAll,
    StructureBegan,
    UndoChange,
)
from drumcircle.core.plan import Plan, Step
from drumcircle.core.structures import STRUCTURES
from drumcircle.errors import UsageError

WALK, HEARTBEAT = {"ground": "walk"}, {"ground": "heartbeat"}


def begun(circle: Circle) -> list[tuple[float, object]]:
    return [(beats_of(b.time), b.settings["ground"]) for b in circle.all(StructureBegan)]


def grooving() -> Circle:
    return Circle("ana ben", structure="groove")


def test_a_change_comes_on_the_next_bar_line_without_a_count_and_without_a_gap() -> None:
    circle = grooving()
    circle.do(Change(WALK), 9)
    circle.beat(15.5)
    assert begun(circle) == [(0, "heartbeat"), (12, "walk")]
    grounds = [beat for beat, voice, _ in standing(circle) if voice == "drum" and 8 <= beat < 16]
    assert grounds == [8, 8.5, 10, 10.5, 12, 13, 14, 15]
    clicks = [cue for cue in circle.all(Cue) if cue.id.startswith("beat:")]
    assert not [cue for cue in clicks if cue.voice == "count"]
    due = {cue.id: cue.due for cue in clicks}
    assert all(later - sooner == BEAT for sooner, later in pairwise(due.values()))


def test_every_hit_is_judged_once_across_the_change() -> None:
    circle = grooving()
    circle.play("ana", *range(10))
    circle.do(Change(WALK), 9.6)
    circle.play("ana", *range(10, 20))
    row = circle.session.summary(at(20))["players"]["ana"]
    assert (row["n"], row["missed"], row["extra"]) == (20, 0, 0)


def test_the_last_change_is_undone_with_one_key_and_that_is_undone_too() -> None:
    circle = grooving()
    circle.do(Change(WALK), 1)
    circle.do(UndoChange(), 9)
    circle.do(UndoChange(), 17)
    circle.beat(24)
    assert begun(circle) == [(0, "heartbeat"), (4, "walk"), (12, "heartbeat"), (20, "walk")]


def test_a_change_that_still_waits_for_its_bar_line_is_taken_back() -> None:
    for undo in (UndoChange(), Cancel()):
        circle = grooving()
        circle.do(Change(WALK), 9)
        assert circle.session.view(at(9)).changed
        circle.do(undo, 10)
        circle.beat(24)
        assert begun(circle) == [(0, "heartbeat")]
        assert not circle.session.view(at(24)).changed


def test_two_changes_before_the_bar_line_are_one() -> None:
    circle = Circle("ana ben", structure="call_and_response")
    circle.do(Change({"level": 2}), 1)
    circle.do(Change({"bars": 2}), 1.5)
    circle.do(UndoChange(), 9)
    circle.beat(16)
    settings = [began.settings for began in circle.all(StructureBegan)]
    assert [(each["level"], each["bars"]) for each in settings] == [(1, 1), (2, 2), (1, 1)]


def test_what_was_done_before_is_in_the_record_with_the_settings_it_was_done_with() -> None:
    circle = grooving()
    circle.do(Change(WALK), 9)
    circle.beat(24)
    kept = [(done["settings"], done["end_s"]) for done in circle.structures(at(24))]
    assert kept == [(HEARTBEAT, 6.0), (WALK, 12.0)]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"ground": "polka"}, "ground cannot be 'polka'"),
        ({"pace": 3}, "groove has no setting 'pace'"),
        (HEARTBEAT, "Groove is set like this already"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_all_stays(settings: dict[str, object], why: str) -> None:
    circle = grooving()
    with pytest.raises(UsageError, match=why):
        circle.do(Change(settings), 9)
    assert begun(circle.beat(20)) == [(0, "heartbeat")]


def test_there_is_nothing_to_change_while_nothing_runs_or_all_is_stopped_or_something_else_is_armed() -> None:
    with pytest.raises(UsageError, match="No structure is running"):
        Circle("ana").do(Change(WALK), 1)
    circle = grooving()
    with pytest.raises(UsageError, match="No setting of what runs has been changed"):
        circle.do(UndoChange(), 2)
    circle.do(Arm("rumble", {}), 3)
    with pytest.raises(UsageError, match="Rumble is armed"):
        circle.do(Change(WALK), 3.5)
    circle.do(StopAll(), 3.6)
    with pytest.raises(UsageError, match="stopped"):
        circle.do(Change(WALK), 3.7)


def test_within_a_plan_a_change_leaves_the_clock_of_the_step_alone() -> None:
    circle = Circle("ana")
    circle.do(Follow(Plan("p", "P", (Step("groove", 1.0, bpm=120.0), Step("talk", 1.0)))), 1)
    circle.do(Change(WALK), 21)
    circle.beat(200)
    assert [(b.name, beats_of(b.time)) for b in circle.all(StructureBegan)] == [
        ("groove", 8), ("groove", 24), ("talk", 128),
    ]  # fmt: skip
    assert [step["real_minutes"] for step in circle.session.summary(at(128))["plans"][0]["steps"]] == [
        1.0,
        0.0,
    ]


def test_every_structure_says_what_a_change_does() -> None:
    assert all(structure.changing.endswith(".") for structure in STRUCTURES)
    view = grooving().beat(2).session.view(START + 2 * BEAT)
    assert view.changing == "With other settings it begins anew on the next bar line."
