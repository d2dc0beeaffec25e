"""The plan, marks, suggestions and settings of what runs, at the dashboard: keys, pictures, plain lines."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from drumcircle.core.codec import encode_event
from drumcircle.core.events import (
    NS,
    AnswerSuggestion,
    Change,
    Command,
    Follow,
    LeavePlan,
    Mark,
    MoveInPlan,
    PausePlan,
    Remark,
    Rest,
    StretchStep,
    Suggest,
    TapTempo,
    UndoChange,
)
from drumcircle.core.plan import Plan, Step
from drumcircle.core.structures import named
from drumcircle.core.view import MarkView, PlanView, SessionView, StepView, StructureView, SuggestionView
from drumcircle.tui.actions import ACTIONS, KEYED
from drumcircle.tui.ask import Menu, Order, Request, Room, Send, Situation, Ui
from drumcircle.tui.ink import text_of
from drumcircle.tui.picture import picture
from drumcircle.tui.plain import tell
from drumcircle.tui.press import press
from drumcircle.tui.source import Ended, Viewed
from tui_views import BEGAN, NOW, FrozenSource, groove

EVENING = Plan("evening", "An evening", (Step("groove", 5.0), Step("talk", 3.0)))
THERAPIST = Ui(therapist=True)


def steps(now: int, *titles: str) -> tuple[StepView, ...]:
    states = {now: "now", now + 1: "next"}
    return tuple(
        StepView(title, "groove", 5.0, states.get(n, "done" if n < now else "later"), f"Say {title}.")  # type: ignore[arg-type]
        for n, title in enumerate(titles)
    )


def planned(now: int = 1, left: int | None = 252 * NS, **changes: object) -> SessionView:
    """The second of four steps, with 4:12 left."""
    plan = PlanView("evening", "An evening", steps(now, "Settle", "Echo", "Turns", "Reflect"), left, True)
    return groove(6, plan=replace(plan, **changes))  # type: ignore[arg-type]


def after(keys: list[str], view: SessionView, ui: Ui | None = None) -> tuple[Ui, list[Order]]:
    known = Room(view, connected=True, plans=(EVENING,))
    state, orders = ui or Ui(), []
    for key in keys:
        state, sent = press(key, Situation(state, known, NOW))
        orders += sent
    return state, orders


def sent(keys: list[str], view: SessionView, ui: Ui | None = None) -> list[Command]:
    return [order.event for order in after(keys, view, ui)[1] if isinstance(order, Send)]


def words(view: SessionView, size: tuple[int, int] = (80, 24), ui: Ui | None = None, now: int = NOW) -> str:
    return text_of(picture(Situation(ui or Ui(), Room(view, connected=True, plans=(EVENING,)), now), *size))


# ---------------------------------------------------------------- the plan


def test_p_shows_the_plans_and_a_number_follows_one() -> None:
    ui, orders = after(["p"], groove(6))
    assert (ui.page, orders) == ("plan", [Request("plans")])
    assert "1  An evening   8 min" in words(groove(6), ui=ui)
    assert sent(["p", "1"], groove(6)) == [Follow(EVENING)]


def test_one_key_each_moves_pauses_and_stretches() -> None:
    view = planned()
    assert sent([".", ",", "P", ";", ":"], view) == [
        MoveInPlan("next"), MoveInPlan("again"), PausePlan(True), StretchStep(1.0), StretchStep(-1.0),
    ]  # fmt: skip
    assert sent(["P"], planned(paused=True)) == [PausePlan(False)]


def test_the_same_keys_work_on_the_page_of_the_plan_and_leave_it_open() -> None:
    ui, orders = after(["p", ";", "."], planned())
    assert [order.event for order in orders if isinstance(order, Send)] == [
        StretchStep(1.0),
        MoveInPlan("next"),
    ]
    assert ui.page == "plan"


def test_without_a_plan_its_keys_say_so() -> None:
    for key in (".", ",", "P", ";", ":"):
        ui, orders = after([key], groove(6))
        assert orders == []
        assert ui.said == "No plan is followed; p chooses one."


def test_a_plan_is_kept_as_it_was_played_or_left_from_its_page() -> None:
    keys = ["p", "k", *"our-tuesday", "enter"]
    assert Request("keep_plan", {"name": "our-tuesday"}) in after(keys, planned())[1]
    assert Request("keep_plan", {"name": "our-tuesday"}) in after(keys, planned(over=True))[1]
    assert sent(["p", "l"], planned()) == [LeavePlan()]
    assert sent(["p", "o", "1"], planned()) == [Follow(EVENING)]


def test_the_plan_is_one_line_beside_now_and_next() -> None:
    for ui in (Ui(), THERAPIST):
        assert "2 of 4   4:12 left   then Turns" in words(planned(), ui=ui)
    assert "PLAN" not in words(groove(6))


def test_the_time_left_runs_between_two_pictures_and_stands_where_it_is_paused() -> None:
    assert "4:10 left" in words(planned(), now=NOW + 2 * NS)
    assert "4:12 left, paused" in words(planned(paused=True, running=False), now=NOW + 2 * NS)
    assert "0:30 over its time" in words(planned(left=-30 * NS))


def test_a_plan_that_waits_says_which_key_goes_on() -> None:
    assert ". goes on" in words(planned(waiting=True))


def test_the_page_tells_now_next_time_left_and_what_to_say() -> None:
    page = words(planned(), ui=Ui(page="plan"))
    assert "▶  2  Echo" in page
    assert "4:12 left" in page
    assert "say now   “Say Echo.”" in page
    assert "say next  “Say Turns.”" in page


def test_a_long_plan_shows_the_steps_around_the_present_one() -> None:
    titles = [f"Step {n}" for n in range(1, 31)]
    view = groove(6, plan=PlanView("long", "Long", steps(20, *titles), NS, True))
    page = words(view, ui=Ui(page="plan"))
    assert "▶ 21  Step 21" in page
    assert "say next" in page
    assert "Step 1 " not in page


async def test_plain_lines_tell_each_step_and_what_to_say_next() -> None:
    source = FrozenSource(groove(3))
    source.later = [Viewed(planned(1)), Viewed(planned(1)), Viewed(planned(2)), Ended("Over.")]
    lines: list[str] = []

    async def typed():  # type: ignore[no-untyped-def]
        return
        yield ""

    await asyncio.wait_for(tell(source, lines.append, typed(), watching=False), 10)
    told = [line.partition("plan: ")[2] for line in lines if "plan: " in line]
    assert told == [
        "2 of 4, Echo; then Turns, say “Say Turns.”",
        "3 of 4, Turns; then Reflect, say “Say Reflect.”",
    ]


# ---------------------------------------------------------------- marks


def test_one_key_marks_and_a_second_may_say_what_it_was() -> None:
    assert sent(["m"], groove(6)) == [Mark()]
    assert sent(["m", "X"], groove(6)) == [Mark(), Remark(0, "distress")]
    assert sent(["m", "N", *"left_early", "enter"], groove(6)) == [Mark(), Remark(0, text="left early")]


def test_after_a_mark_every_key_does_what_it_always_does() -> None:
    ui, _ = after(["m"], groove(6))
    assert isinstance(ui.prompt, Menu)
    kinds = {choice.key for choice in ui.prompt.choices}
    assert kinds & set(KEYED) <= {"N"}
    assert sent(["m", "b"], groove(6)) == [Mark(), TapTempo(NOW)]


def test_words_are_written_to_a_mark_later() -> None:
    marks = (MarkView(7, BEGAN + 600 * NS, "moment", ""), MarkView(8, BEGAN + 700 * NS, "distress", ""))
    view = groove(6, marks=marks, aftercare="Distress was marked at 11:40: see to them.")
    ui, _ = after(["W"], view)
    assert "11:40  distress" in words(view, ui=ui)
    assert "see to them" in words(view, ui=ui)
    assert sent(["W", "2", *"sat_with", "enter"], view) == [Remark(8, text="sat with")]


def test_aftercare_is_told_in_the_therapist_view_and_before_leaving_and_never_by_its_reason_on_a_wall() -> (
    None
):
    view = groove(6, aftercare="Distress was marked at 11:40: see to them before they leave.")
    assert "Distress was marked" in words(view, ui=THERAPIST)
    leaving = words(view, ui=after(["q"], view)[0])
    assert "your marks ask for aftercare" in leaving
    assert "Distress" not in leaving


# ---------------------------------------------------------------- suggestions


def suggested() -> SessionView:
    offer = encode_event(Rest("blue", True))
    found = SuggestionView(3, "ask them, or let them rest?", "▲ blue has not played for 2 min 04 s", offer)
    return groove(6, suggests=True, suggestion=found)


def test_a_suggestion_is_taken_or_dismissed_with_one_key_and_both_are_logged() -> None:
    told = ("▲ blue has not played for 2 min 04 s", "ask them, or let them rest?")
    assert sent(["y"], suggested(), THERAPIST) == [AnswerSuggestion(3, True, *told), Rest("blue", True)]
    assert sent(["z"], suggested(), THERAPIST) == [AnswerSuggestion(3, False, *told)]
    assert sent(["Y"], groove(6), THERAPIST) == [Suggest(True)]


def test_suggestions_are_for_the_therapist_view_only() -> None:
    assert "has not played" in words(suggested(), (120, 40), ui=THERAPIST)
    assert "has not played" not in words(suggested(), (120, 40))
    for key in ("y", "z", "Y"):
        assert sent([key], suggested()) == []


# ---------------------------------------------------------------- settings of what runs


def test_the_settings_of_what_runs_are_changed_from_where_they_are() -> None:
    assert sent(["E", "right", "enter"], groove(6)) == [Change({"ground": "walk"})]
    assert sent(["E", "enter"], groove(6)) == []


def test_the_panel_says_what_a_change_does_and_that_it_is_not_counted_in() -> None:
    view = groove(6)
    shown = words(view, (100, 30), ui=after(["E"], view)[0])
    assert "what sounds under the click; from the next bar on." in " ".join(shown.split())
    assert "Enter change it" in shown
    assert "count in" not in shown


def test_the_panel_marks_what_begins_anew_and_says_so_once_that_is_changed() -> None:
    settings = {each.name: str(each.default) for each in named("hold").settings}
    view = groove(6, structure=StructureView("hold", "Hold", 0, "", tuple(settings.items())))
    ui = after(["E"], view)[0]
    marked = [line for line in words(view, (100, 30), ui=ui).splitlines() if "↺" in line]
    assert len(marked) == 1
    assert "before" in marked[0]
    ui = after(["E", "down", "down", "right"], view)[0]
    shown = words(view, (100, 30), ui=ui)
    assert "↺ begins anew on the next bar line." in " ".join(shown.split())
    assert "Enter begin anew" in shown


def test_a_change_is_undone_with_one_key() -> None:
    assert sent(["U"], groove(6, changed=True)) == [UndoChange()]
    assert sent(["U"], groove(6)) == []


def test_every_new_key_is_in_the_table_and_so_on_the_palette() -> None:
    assert {".", ",", "P", ";", ":", "p", "W", "y", "z", "Y", "E", "U"} <= {action.key for action in ACTIONS}
