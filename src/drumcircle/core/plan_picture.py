"""The running order, marks and suggestions as a display sees them; reads only."""

from __future__ import annotations

from typing import Literal

from drumcircle.core.codec import encode_event
from drumcircle.core.plan_check import say_of, title_of
from drumcircle.core.running_order import MINUTE, RunningOrder
from drumcircle.core.state import State
from drumcircle.core.view import MARKS_SHOWN, MarkView, PlanView, StepView, SuggestionView


def plan(state: State, now: int) -> PlanView | None:
    """The plan that is followed, or was last."""
    order = state.order
    if order is None:
        return None
    run = order.current
    going = run is not None and not order.over
    return PlanView(
        order.plan.name, order.plan.title,
        tuple(_step(order, number, _coming(state, order)) for number in range(len(order.plan.steps))),
        run.length - run.gone(now) if going and run is not None else None,
        going and run is not None and run.since is not None,
        order.paused, order.waiting, order.over,
    )  # fmt: skip


def _coming(state: State, order: RunningOrder) -> int:
    """The number of the step that is armed, or that would come next."""
    armed = None if state.armed is None else state.armed.step
    return armed.number if armed is not None and armed.began is None else order.following


def _step(order: RunningOrder, number: int, coming: int) -> StepView:
    step, minutes = order.plan.steps[number], order.plan.steps[number].minutes
    played = [run for run in order.runs if run.number == number]
    if played:
        minutes = round(played[-1].length / MINUTE, 2)
    where: Literal["done", "now", "next", "later"] = "done" if played else "later"
    if order.current is not None and number == order.current.number and not order.over:
        where = "now"
    elif number == coming and not order.over:
        where = "next"
    return StepView(title_of(order.plan, step), step.structure, minutes, where, say_of(step), step.waits)


def title(state: State) -> str:
    """What the session is called: as the plan labels it."""
    labels = {} if state.order is None else state.order.plan.labels
    return labels.get("session", state.config.title)


def group(state: State) -> str:
    """What the people together are called."""
    labels = {} if state.order is None else state.order.plan.labels
    return labels.get("group", "circle")


def changed(state: State) -> bool:
    """Is there a change of settings to undo?"""
    running, armed = state.running, state.armed
    return (running is not None and running.before is not None) or (
        armed is not None and armed.before is not None
    )


def marks(state: State) -> tuple[MarkView, ...]:
    """The last ones, numbered from the first of the session."""
    first = max(0, len(state.marks) - MARKS_SHOWN)
    return tuple(
        MarkView(number, time, kind, text)
        for number, (time, kind, text) in enumerate(state.marks[first:], first + 1)
    )


def suggestion(state: State) -> SuggestionView | None:
    """The one that stands."""
    adviser = state.adviser
    if adviser.current is None:
        return None
    found = adviser.current
    return SuggestionView(adviser.number, found.words, found.reason, encode_event(found.offer))
