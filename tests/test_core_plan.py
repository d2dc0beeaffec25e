"""A plan is followed: it runs itself or waits, and each step can be skipped, repeated, stretched and paused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core_circle import BEAT, START, Circle, at, beats_of
from drumcircle.core import codec
from drumcircle.core.events import (
    NS,
    Arm,
    Cancel,
    EndStructure,
    Follow,
    GoOn,
    LeavePlan,
    MoveInPlan,
    PausePlan,
    StopAll,
    StretchStep,
    StructureBegan,
)
from drumcircle.core.plan import Plan, Step
from drumcircle.core.view import PlanView
from drumcircle.errors import UsageError

MINUTE = 120
"""Beats, at 120 BPM."""
NEXT, AGAIN = MoveInPlan("next"), MoveInPlan("again")


def plan(*steps: Step, **fields: Any) -> Plan:
    return Plan("evening", "An evening", steps, **fields)


GROOVE, FREE, TALK = Step("groove", 1.0), Step("free_play", 2.0), Step("talk", 1.0)


def followed(*steps: Step, bpm: float | None = 120.0, **fields: Any) -> Circle:
    """A circle at 120 BPM that is told of the plan on beat 1: its first step begins on beat 8."""
    first = replace(steps[0], bpm=bpm)
    circle = Circle("ana ben")
    circle.do(Follow(plan(first, *steps[1:], **fields)), 1)
    return circle


def begun(circle: Circle) -> list[tuple[str, float]]:
    return [(began.name, beats_of(began.time)) for began in circle.all(StructureBegan)]


def shown(circle: Circle, beat: float) -> PlanView:
    found = circle.beat(beat).session.view(at(beat)).plan
    assert found is not None
    return found


def record(circle: Circle, beat: float) -> dict[str, Any]:
    kept: dict[str, Any] = circle.beat(beat).session.summary(at(beat))["plans"][-1]
    return kept


def test_each_step_begins_on_the_first_bar_line_after_the_minutes_of_the_one_before() -> None:
    circle = followed(GROOVE, FREE, TALK)
    circle.beat(600)
    assert begun(circle) == [("groove", 8), ("free_play", 128), ("talk", 368)]
    kept = record(circle, 600)
    assert [step["real_minutes"] for step in kept["steps"]] == [1.0, 2.0, 1.0]
    assert (kept["planned_minutes"], kept["real_minutes"]) == (4.0, 4.0)
    assert kept["methods"] == {"receptive": 1.0, "re-creational": 1.0, "improvisational": 2.0}
    assert kept["domains"]["motor"] == 1.0
    assert kept["domains"]["emotional"] == 3.0
    assert shown(circle, 600).over


def test_the_next_step_is_seen_a_bar_before_it_is_counted_in() -> None:
    circle = followed(GROOVE, FREE)
    assert circle.beat(119.9).session.view(at(119.9)).next is None
    coming = circle.beat(120.5).session.view(at(120.5)).next
    assert coming is not None
    assert (coming.title, coming.phase, beats_of(coming.at)) == ("Free play", "armed", 128)


def test_the_running_order_tells_now_next_what_to_say_and_the_time_left() -> None:
    circle = followed(GROOVE, Step("free_play", 2.0, title="Wander", say="Anything goes."), TALK)
    order = shown(circle, 68)
    assert [(step.title, step.state) for step in order.steps] == [
        ("Groove", "now"), ("Wander", "next"), ("Talk", "later"),
    ]  # fmt: skip
    assert order.steps[1].say == "Anything goes."
    assert order.left == 30 * NS
    assert order.running
    view = circle.beat(130).session.view(at(130))
    assert view.structure is not None
    assert (view.structure.title, view.structure.say) == ("Wander", "Anything goes.")


def test_a_step_that_waits_begins_with_the_key_and_until_then_the_last_one_goes_on() -> None:
    circle = followed(GROOVE, Step("free_play", 2.0, waits=True))
    late = shown(circle, 188)
    assert late.waiting
    assert late.left == -30 * NS
    circle.do(NEXT, 189)
    circle.beat(220)
    assert begun(circle) == [("groove", 8), ("free_play", 196)]
    assert record(circle, 220)["steps"][0]["real_minutes"] == pytest.approx(94 / 60)


def test_the_key_skips_what_is_left_and_twice_skips_a_whole_step() -> None:
    circle = followed(GROOVE, FREE, TALK)
    circle.do(NEXT, 20)
    circle.do(NEXT, 21)
    assert begun(circle.beat(60)) == [("groove", 8), ("talk", 28)]
    assert record(circle, 60)["not_played"] == ["Free play"]


def test_again_is_the_step_from_its_beginning_and_just_after_it_began_the_one_before() -> None:
    circle = followed(GROOVE, FREE, TALK)
    circle.do(AGAIN, 60)
    assert begun(circle.beat(100)) == [("groove", 8), ("groove", 68)]
    assert shown(circle, 68 + 60).left == 30 * NS
    assert begun(circle.beat(200))[-1] == ("free_play", 188)
    circle.do(AGAIN, 189)
    assert begun(circle.beat(220))[-1] == ("groove", 196)


def test_stretching_moves_the_end_and_takes_back_what_was_armed_too_soon() -> None:
    circle = followed(GROOVE, FREE)
    circle.do(StretchStep(), 60)
    circle.do(StretchStep(-0.5), 61)
    circle.beat(180)
    assert circle.session.view(at(180)).next is not None
    circle.do(StretchStep(), 181)
    assert circle.session.view(at(181)).next is None
    assert begun(circle.beat(320)) == [("groove", 8), ("free_play", 308)]
    assert shown(circle, 320).steps[0].minutes == 2.5


def test_a_step_that_is_waited_past_can_still_be_given_a_minute() -> None:
    circle = followed(GROOVE, Step("free_play", 2.0, waits=True))
    circle.beat(248)
    circle.do(StretchStep(), 248)
    order = shown(circle, 248)
    assert not order.waiting
    assert order.left == 60 * NS


def test_paused_the_clock_stands_while_the_music_goes_on() -> None:
    circle = followed(GROOVE, FREE)
    circle.do(PausePlan(True), 68)
    assert shown(circle, 500).left == 30 * NS
    assert not shown(circle, 500).running
    circle.do(PausePlan(False), 508)
    assert begun(circle.beat(600)) == [("groove", 8), ("free_play", 568)]


def test_pausing_takes_back_the_step_that_was_coming() -> None:
    circle = followed(GROOVE, FREE)
    circle.do(PausePlan(True), 122)
    assert begun(circle.beat(300)) == [("groove", 8)]
    circle.do(PausePlan(False), 301)
    assert begun(circle.beat(340)) == [("groove", 8), ("free_play", 308)]


def test_stop_all_stops_the_clock_until_the_bar_line_on_which_the_circle_goes_on() -> None:
    circle = followed(GROOVE, FREE)
    circle.do(StopAll(), 68)
    circle.do(GoOn(), 105)
    assert begun(circle.beat(170)) == [("groove", 8), ("free_play", 168)]


def test_not_yet_keeps_the_step_and_leaves_the_next_one_to_the_key() -> None:
    circle = followed(GROOVE, FREE)
    circle.do(Cancel(), 122)
    assert shown(circle, 200).waiting
    circle.do(NEXT, 201)
    assert begun(circle.beat(240)) == [("groove", 8), ("free_play", 208)]


def test_something_else_played_pauses_the_plan_and_it_takes_up_its_step_where_it_was() -> None:
    circle = followed(GROOVE, FREE)
    circle.do(Arm("rumble", {}), 66)
    assert shown(circle, 300).paused
    left = shown(circle, 300).left
    circle.do(PausePlan(False), 301)
    circle.beat(420)
    assert begun(circle)[:3] == [("groove", 8), ("rumble", 72), ("groove", 308)]
    assert left == 31 * NS
    assert begun(circle)[3] == ("free_play", 372)


def test_a_structure_that_is_over_early_is_followed_by_the_next_step() -> None:
    circle = followed(GROOVE, FREE)
    circle.do(EndStructure(), 30)
    assert begun(circle.beat(60)) == [("groove", 8), ("free_play", 40)]


def test_or_begins_again_while_its_step_lasts() -> None:
    calls = Step("call_and_response", 2.0, {"rounds": 2}, when_over="again")
    circle = followed(calls, TALK)
    circle.beat(300)
    names = begun(circle)
    assert names[0] == ("call_and_response", 8)
    assert [name for name, _ in names].count("call_and_response") > 2
    assert names[-1][0] == "talk"
    assert record(circle, 300)["steps"][0]["real_minutes"] >= 1.0


def test_what_lasts_by_the_clock_is_stretched_in_silence() -> None:
    circle = followed(TALK, GROOVE)
    circle.do(StretchStep(), 20)
    circle.beat(300)
    assert begun(circle) == [("talk", 8), ("groove", 248)]


def test_a_plan_that_is_left_leaves_what_is_played() -> None:
    circle = followed(GROOVE, FREE)
    circle.do(LeavePlan(), 122)
    circle.beat(400)
    assert begun(circle) == [("groove", 8)]
    assert record(circle, 400)["steps"][0]["real_minutes"] == pytest.approx(57 / 60)
    with pytest.raises(UsageError, match="No plan is followed"):
        circle.do(NEXT, 401)


def test_the_pulse_reaches_the_tempo_of_a_step_as_it_begins_and_keeps_its_phase() -> None:
    circle = followed(GROOVE, Step("free_play", 2.0, bpm=100.0))
    pulse = circle.beat(140).session.view(at(140)).pulse
    assert pulse.bpm == 100.0
    assert begun(circle)[1][0] == "free_play"
    line = circle.all(StructureBegan)[1].time
    assert circle.session.view(line).pulse.bar == 33
    assert line > at(128)


def test_the_people_a_plan_is_for_set_the_count_in_the_tempo_and_the_ceiling() -> None:
    circle = Circle("ana")
    circle.do(Follow(plan(Step("groove", 1.0), population="older-adults")), 1)
    circle.beat(40)
    view = circle.session.view(at(40))
    assert view.pulse.bpm == 80
    assert view.gain_db == -6.0
    bar = (circle.all(StructureBegan)[0].time - START) / BEAT
    assert bar > 12, "two bars are counted in, slower than before"


def test_labels_are_used_wherever_people_read() -> None:
    labels = {"session": "Rhythm session", "group": "group", "groove": "Playing together"}
    circle = followed(GROOVE, TALK, labels=labels)
    view = circle.beat(20).session.view(at(20))
    assert (view.title, view.group) == ("Rhythm session", "group")
    assert view.structure is not None
    assert view.structure.title == "Playing together"
    assert any(entry.text == "Playing together begins." for entry in view.happenings)


def test_a_setting_changed_while_it_ran_is_in_the_plan_as_it_was_played() -> None:
    from drumcircle.core.events import Change

    circle = followed(GROOVE, FREE, TALK)
    circle.do(Change({"ground": "walk"}), 20)
    circle.do(NEXT, 60)
    circle.beat(320)
    played = circle.session.plan_as_played(at(320))
    assert played is not None
    assert [(step.structure, step.minutes, step.settings) for step in played.steps] == [
        ("groove", 0.5, {"ground": "walk"}), ("free_play", 2.0, {}), ("talk", 0.1, {}),
    ]  # fmt: skip


def test_a_step_may_divide_the_circle_and_say_who_leads() -> None:
    halves = Step("interlock", 1.0, sections="low:ben/high:ana", leader="ben")
    circle = followed(GROOVE, halves, Step("groove", 1.0, sections="none", leader="facilitator"))
    view = circle.beat(140).session.view(at(140))
    assert [(p.alias, p.section) for p in view.players] == [("ana", "high"), ("ben", "low")]
    assert view.leader == "ben"
    view = circle.beat(260).session.view(at(260))
    assert ([p.section for p in view.players], view.leader) == (["", ""], None)


def test_a_leader_who_is_not_here_is_told_to_the_therapist_and_the_facilitator_leads() -> None:
    circle = followed(GROOVE, Step("groove", 1.0, leader="cy"))
    view = circle.beat(140).session.view(at(140))
    assert view.leader is None
    (said,) = [entry for entry in circle.session.happenings_after(0) if "not here to lead" in entry.text]
    assert said.scope == "therapist"


def test_a_plan_that_cannot_be_played_is_refused_by_step_and_reason() -> None:
    circle = Circle("ana")
    with pytest.raises(UsageError, match=r"step 2: 'groov' is not known here \(did you mean 'groove'\?\)"):
        circle.do(Follow(plan(GROOVE, Step("groov", 1.0))), 1)
    assert circle.session.view(at(1)).plan is None


def test_a_plan_comes_back_from_the_journal_as_it_was() -> None:
    told = Follow(
        plan(GROOVE, Step("talk", 2, {"prompts": "a|b"}, waits=True, bpm=90.0), labels={"group": "band"})
    )
    assert codec.decode_event(codec.encode_event(told)) == told


def test_a_wall_sees_where_the_plan_is_and_not_what_the_facilitator_is_to_say() -> None:
    from drumcircle.core.view import community

    circle = followed(GROOVE, FREE)
    view = circle.beat(20).session.view(at(20))
    seen = community(view).plan
    assert seen is not None
    assert view.plan is not None
    assert [step.state for step in seen.steps] == ["now", "next"]
    assert all(step.say for step in view.plan.steps)
    assert not any(step.say for step in seen.steps)
    assert codec.decode_view(codec.plain(view)) == view
