"""Settings changed while something runs: from the next bar line, with the pulse going on, and back again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core_circle import BEAT, Circle, at, beats_of, standing
from drumcircle.core.events import (
    Arm,
    Cancel,
    Change,
    Cue,
    Follow,
    GoOn,
    RampTempo,
    StopAll,
    StructureBegan,
    UndoChange,
)
from drumcircle.core.plan import Plan, Step
from drumcircle.errors import UsageError

WALK, HEARTBEAT = {"ground": "walk"}, {"ground": "heartbeat"}
ON_BETWEEN = {"patterns": "on/between"}
"""An interlock with other parts is another interlock."""


def begun(circle: Circle) -> list[float]:
    return [beats_of(began.time) for began in circle.all(StructureBegan)]


def ground(circle: Circle, beat: float) -> str:
    """As it is set at a beat."""
    now = circle.beat(beat).session.view(at(beat)).structure
    assert now is not None
    return dict(now.settings)["ground"]


def grooving() -> Circle:
    return Circle("ana ben", structure="groove")


def interlocking() -> Circle:
    return Circle("ana ben", structure="interlock")


def drums(circle: Circle, start: float, end: float) -> list[float]:
    return [beat for beat, voice, _ in standing(circle) if voice == "drum" and start <= beat < end]


def test_what_is_live_is_taken_over_on_the_next_bar_line_and_what_runs_goes_on() -> None:
    circle = grooving()
    circle.do(Change(WALK), 9)
    circle.beat(15.5)
    assert begun(circle) == [0]
    assert drums(circle, 8, 16) == [8, 8.5, 10, 10.5, 12, 13, 14, 15]


def test_with_any_other_setting_it_begins_anew_on_the_next_bar_line_without_a_count_and_without_a_gap() -> (
    None
):
    circle = interlocking()
    circle.do(Change({**ON_BETWEEN, **WALK}), 9)
    circle.beat(15.5)
    assert begun(circle) == [0, 12]
    assert drums(circle, 8, 16) == [8, 8.5, 10, 10.5, 12, 13, 14, 15]
    clicks = [cue for cue in circle.all(Cue) if cue.id.startswith("beat:")]
    assert not [cue for cue in clicks if cue.voice == "count"]
    due = {cue.id: cue.due for cue in clicks}
    assert all(later - sooner == BEAT for sooner, later in pairwise(due.values()))


@pytest.mark.parametrize("structure", ["groove", "interlock:sections=ana+ben/cy"])
def test_every_hit_is_judged_once_across_the_change(structure: str) -> None:
    circle = Circle("ana ben cy", structure=structure)
    circle.play("ana", *range(10))
    circle.do(Change(WALK if structure == "groove" else ON_BETWEEN), 9.6)
    circle.play("ana", *range(10, 20))
    row = circle.session.summary(at(20))["players"]["ana"]
    assert (row["n"], row["missed"], row["extra"]) == (20, 0, 0)


def test_the_last_change_is_undone_with_one_key_and_that_is_undone_too() -> None:
    circle = grooving()
    circle.do(Change(WALK), 1)
    circle.do(UndoChange(), 9)
    circle.do(UndoChange(), 17)
    assert [ground(circle, beat) for beat in (21,)] == ["walk"]
    (done,) = circle.structures(at(24))
    assert done["settings"] == HEARTBEAT
    assert [(each["from_beat"], each["time_s"], each["settings"]) for each in done["changes"]] == [
        (4, 2.0, WALK), (12, 6.0, HEARTBEAT), (20, 10.0, WALK),
    ]  # fmt: skip
    anew = interlocking()
    anew.do(Change(ON_BETWEEN), 1)
    anew.do(UndoChange(), 9)
    assert begun(anew.beat(24)) == [0, 4, 12]


def test_a_change_that_still_waits_for_its_bar_line_is_taken_back() -> None:
    for undo in (UndoChange(), Cancel(), Change(HEARTBEAT)):
        circle = grooving()
        circle.do(Change(WALK), 9)
        assert circle.session.view(at(9)).changed
        circle.do(undo, 10)
        assert ground(circle, 24) == "heartbeat"
        assert not circle.session.view(at(24)).changed
        assert "changes" not in circle.structures(at(24))[0]


def test_what_is_to_be_otherwise_is_shown_until_it_comes() -> None:
    for circle, settings, words in (
        (grooving(), WALK, "Groove: ground walk"),
        (interlocking(), ON_BETWEEN, "Interlock: patterns on/between"),
    ):
        circle.do(Change(settings), 9)
        coming = circle.session.view(at(9.5)).next
        assert coming is not None
        assert (coming.title, coming.beats_left, coming.say) == (words, 3, "")
        assert circle.beat(12.1).session.view(at(12.1)).next is None


def test_two_changes_before_the_bar_line_are_one() -> None:
    circle = Circle("ana ben", structure="call_and_response")
    circle.do(Change({"level": 2}), 1)
    circle.do(Change({"bars": 2}), 1.5)
    circle.do(UndoChange(), 9)
    circle.beat(16)
    (done,) = circle.structures(at(16))
    settings = [done["settings"], *(each["settings"] for each in done["changes"])]
    assert [(each["level"], each["bars"]) for each in settings] == [(1, 1), (2, 2), (1, 1)]


def test_what_was_done_before_it_began_anew_is_in_the_record_with_the_settings_it_was_done_with() -> None:
    circle = interlocking()
    circle.do(Change(ON_BETWEEN), 9)
    circle.beat(24)
    kept = [(done["settings"]["patterns"], done["end_s"]) for done in circle.structures(at(24))]
    assert kept == [("on/off", 6.0), ("on/between", 12.0)]


def test_a_change_in_the_last_half_beat_of_a_bar_still_comes_with_the_line_where_cues_can_go_out() -> None:
    circle = grooving()
    circle.do(Change(WALK), 11.6)
    circle.do(Change({"ground": "click"}), 15.9)
    circle.beat(24)
    assert drums(circle, 10, 24) == [10, 10.5, 12, 13, 14, 15, 16, 17, 18, 19]


def test_a_change_made_before_the_first_beat_of_what_begins_comes_with_it() -> None:
    circle = Circle("ana")
    circle.do(Arm("groove", {}, 1), 1)
    circle.do(Change(WALK), 7.55)
    circle.beat(12)
    assert drums(circle, 0, 12) == [8, 9, 10, 11]


@pytest.mark.parametrize("settings", [WALK, ON_BETWEEN])
def test_a_change_that_waits_through_a_stop_comes_with_the_bar_line_it_goes_on_from(
    settings: dict[str, object],
) -> None:
    circle = interlocking()
    circle.do(Change(settings), 9)
    circle.do(StopAll(), 9.4)
    circle.do(GoOn(), 17)
    circle.beat(30)
    assert begun(circle) == ([0] if settings == WALK else [0, 20])
    last = circle.structures(at(30))[-1]
    assert [each["from_beat"] for each in last.get("changes", [])] == ([8] if settings == WALK else [])
    assert circle.session.view(at(30)).changed


def test_settings_of_what_ends_by_itself_before_the_bar_line_are_no_more_to_come() -> None:
    circle = Circle("ana", structure="talk:minutes=0.125")
    circle.do(Change({"faces": "after"}), 12.2)
    circle.beat(24)
    assert begun(circle) == [0]
    assert not circle.session.view(at(24)).changed


def test_a_recording_of_the_evening_ends_in_the_same_numbers_when_it_is_played_again() -> None:
    circle = Circle("ana ben", structure="turn_taking")
    for beat, event in ((1, Change({"beats": 3})), (9.6, Change({"order": "random"})), (13, UndoChange())):
        circle.play("ana", beat - 0.5)
        circle.do(event, beat)
    again = Circle("", structure="turn_taking").session
    for now, event in circle.events:
        again.handle(event, now)
    again.advance(at(80))
    assert again.summary(at(80)) == circle.beat(80).session.summary(at(80))


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
    assert ground(circle, 20) == "heartbeat"


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
    for structure, settings in (("groove", WALK), ("interlock", ON_BETWEEN)):
        circle = Circle("ana")
        circle.do(Follow(Plan("p", "P", (Step(structure, 1.0, bpm=120.0), Step("talk", 1.0)))), 1)
        circle.do(Change(settings), 21)
        circle.beat(200)
        assert begun(circle) == ([8, 128] if structure == "groove" else [8, 24, 128])
        steps = circle.session.summary(at(128))["plans"][0]["steps"]
        assert [step["real_minutes"] for step in steps] == [1.0, 0.0]
        played = circle.session.plan_as_played(at(128))
        assert played is not None
        assert played.steps[0].settings == settings


def test_a_change_that_is_undone_leaves_a_ramp_of_the_tempo_alone() -> None:
    circle = Circle("ana")
    circle.do(Follow(Plan("p", "P", (Step("groove", 1.0, bpm=120.0),))), 1)
    circle.do(RampTempo(140, 4), 13)
    circle.do(Change(WALK), 17)
    circle.do(UndoChange(), 17.5)
    assert circle.beat(60).session.view(at(60)).pulse.bpm == pytest.approx(140)
