"""What keys do to a plan: choose one, move in it, pause and stretch its step, keep it as it was played."""

from __future__ import annotations

from dataclasses import replace

from drumcircle.core.events import Follow, LeavePlan, MoveInPlan, PausePlan, StretchStep
from drumcircle.core.plan import Plan
from drumcircle.tui.ask import Choice, Does, Menu, Request, Situation, Step, Typing, send, show
from drumcircle.tui.player_keys import digits, label

ANOTHER_NAME = "such as tuesday-group; small letters, digits, hyphens"


def followed(s: Situation) -> str:
    """Why a key of the plan is of no use now; empty where it is."""
    plan = s.view.plan
    return "" if plan is not None and not plan.over else "No plan is followed; p chooses one."


def plan_page(s: Situation) -> Step:
    """The running order, with what is not done often; or the plans to choose from.  The list is asked for anew."""
    prompt = choosing(s) if followed(s) else Menu("Plan:", _seldom())
    ui = replace(s.ui, page="plan", prompt=prompt, scroll=0, said="")
    return ui, (Request("plans"),)


def _seldom() -> tuple[Choice, ...]:
    return (
        Choice("k", "keep as played…", keep),
        Choice("o", "another…", lambda s: show(s, choosing(s))),
        Choice("l", "leave", lambda s: send(s, LeavePlan())),
    )


def choosing(s: Situation) -> Menu:
    """The plans by number; one that is over can still be kept as it was played."""
    plans = tuple(
        Choice(digits(number), plan.title, follow(plan), label(number))
        for number, plan in enumerate(s.room.plans, 1)
    )
    over = (Choice("k", "keep the last one as played…", keep),) if s.view.plan is not None else ()
    return Menu("Which plan?" if plans else "There is no plan.", (*plans, *over))


def follow(plan: Plan) -> Does:
    return lambda s: send(s, Follow(plan), said=f"{plan.title}: {plan.minutes:g} minutes.")


def keep(s: Situation) -> Step:
    """As a plan of one's own, in the folder ``plans``."""

    def done(text: str, at: Situation) -> Step:
        return replace(at.ui, prompt=None), (Request("keep_plan", {"name": text}), Request("plans"))

    return show(s, Typing("Keep it under the name", done, hint=ANOTHER_NAME, longest=40))


def move(s: Situation) -> Step:
    return send(s, MoveInPlan("next"))


def again(s: Situation) -> Step:
    return send(s, MoveInPlan("again"))


def pause(s: Situation) -> Step:
    assert s.view.plan is not None
    return send(s, PausePlan(not s.view.plan.paused))


def stretch(minutes: float) -> Does:
    return lambda s: send(s, StretchStep(minutes))
