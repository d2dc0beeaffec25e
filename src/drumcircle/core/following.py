"""Following a plan: it runs itself or waits for the facilitator's key, and every step can be stretched,
skipped, played again and paused.

Each step is armed through the one grammar, a bar before its count-in, so that it begins on the first bar
line after the minutes of the step before.
"""

from __future__ import annotations

from drumcircle.core import changing, conduct, grammar, stopping
from drumcircle.core.events import (
    NS,
    Follow,
    LeavePlan,
    MoveInPlan,
    PausePlan,
    SetCeiling,
    StretchStep,
)
from drumcircle.core.lines import next_line
from drumcircle.core.marks import aftercare
from drumcircle.core.plan import Plan, Step, population
from drumcircle.core.plan_check import checked, settings_of, title_of, when_over
from drumcircle.core.running_order import MINUTE, RunningOrder, StepRun
from drumcircle.core.state import State
from drumcircle.core.structures import named
from drumcircle.core.tempo import set_ceiling
from drumcircle.errors import UsageError

JUST_BEGUN = 15 * NS
"""While a step is younger, "again" means the one before."""
WORTH_BEGINNING = MINUTE // 2
"""What is over early begins again only where so much of its step is left, and half of what it has just lasted."""
LONGEST_STRETCH = 60.0

# ---------------------------------------------------------------- commands


def follow(state: State, event: Follow, now: int) -> None:
    """The first step is armed; what its people need is set."""
    plan = checked(event.plan)
    people = population(plan.population)
    if state.order is not None and not state.order.over:
        state.order.finish(now)
    state.order = RunningOrder(plan)
    state.orders.append(state.order)
    ceiling = min(people.loudness_db, state.loudness.ceiling_db)
    set_ceiling(state, SetCeiling(ceiling, state.loudness.hits_a_second), now)
    state.notice(now, f"The plan: {plan.title}, {plan.minutes:g} minutes.")
    if state.running is None and plan.steps[0].bpm is None:
        _set_tempo(state, people.bpm, next_line(state, now), now)
    _arm(state, StepRun.of(plan, 0), now)


def move(state: State, event: MoveInPlan, now: int) -> None:
    """On to the next step, or once more from the beginning of this one."""
    order = _order(state)
    if event.to == "next":
        armed = _armed(state)
        number = order.following if armed is None else armed.number + 1
        if number >= len(order.plan.steps):
            _finish(state, order, now)
            return
    else:
        number = _again(order, now)
    _arm(state, StepRun.of(order.plan, number), now)


def _again(order: RunningOrder, now: int) -> int:
    run = order.current
    if run is None:
        return 0
    return max(0, run.number - 1) if run.gone(now) < JUST_BEGUN else run.number


def pause(state: State, event: PausePlan, now: int) -> None:
    """The clock stands, or goes on; where something else was played meanwhile, the step begins again."""
    order = _order(state)
    run = order.current
    if event.on == order.paused:
        return
    order.paused = event.on
    state.notice(now, "The plan pauses; what is played goes on." if event.on else "The plan goes on.")
    if event.on:
        if _armed(state) is not None:
            grammar.take_back(state, now)
        order.hold(now)
    elif run is None:
        _arm(state, StepRun.of(order.plan, 0), now)
    elif state.running is not None and state.running.step is not run:
        _arm(state, run, now)
    elif not stopping.stopped(state):
        order.go_on(now)


def stretch(state: State, event: StretchStep, now: int) -> None:
    """Its end moves; where the next step was armed or waited for, it is time for this one again."""
    order = _order(state)
    run = order.current
    if run is None:
        raise UsageError("No step of the plan has begun yet.")
    if not -LONGEST_STRETCH <= event.minutes <= LONGEST_STRETCH:
        raise UsageError(
            f"A step is stretched by at most {LONGEST_STRETCH:g} minutes, not {event.minutes:g}."
        )
    gone = run.gone(now)
    run.length = max(gone, run.length + round(event.minutes * MINUTE))
    if state.running is not None and state.running.step is run:
        changing.stretch(state, event.minutes, now)
    if event.minutes > 0 and order.waiting:
        run.length, order.waiting = max(run.length, gone + round(event.minutes * MINUTE)), False
    if event.minutes > 0 and _armed(state) is not None:
        grammar.take_back(state, now)
    longer = "longer" if event.minutes > 0 else "shorter"
    state.notice(now, f"{title_of(order.plan, run.step)}: {abs(event.minutes):g} min {longer}.")


def leave(state: State, _event: LeavePlan, now: int) -> None:
    """What runs goes on without it; what it has armed is taken back."""
    order = _order(state)
    if _armed(state) is not None:
        grammar.take_back(state, now)
    order.finish(now)
    state.notice(now, "The plan is left; what is played goes on.")


def _order(state: State) -> RunningOrder:
    if state.order is None or state.order.over:
        raise UsageError("No plan is followed; choose one first.")
    return state.order


def _armed(state: State) -> StepRun | None:
    """The step of the plan that is armed and has not begun."""
    run = None if state.armed is None else state.armed.step
    return run if run is not None and run.began is None else None


# ---------------------------------------------------------------- by itself


def due(state: State) -> int | None:
    """When the plan goes on by itself: the next step is armed, is waited for, or the last one is over."""
    order = state.order
    if order is None or order.over or order.paused or order.waiting or state.armed is not None:
        return None
    run = order.current
    if run is None or state.stop is not None:
        return None
    if run.over is not None and when_over(run.step) != "stay":
        return run.over
    end = run.end
    if end is None:
        return None
    step = _next(order)
    if step is None or step.waits:
        return end
    line = state.pulse.next_bar_line(state.beat(end))
    return state.pulse.time_at(state.pulse.bars_before(line, _count_in(order.plan) + 1))


def go_on(state: State, now: int) -> None:
    """What :func:`due` has said."""
    order = state.order
    if order is None or order.current is None:
        return
    run, step = order.current, _next(order)
    if run.over is not None and when_over(run.step) == "again" and _is_worth_beginning(state, run, now):
        _arm(state, run, now)
    elif step is None:
        _finish(state, order, now)
    elif step.waits:
        order.waiting = True
        state.notice(now, f"Time for {title_of(order.plan, step)}; the plan waits for the key.")
    else:
        _arm(state, StepRun.of(order.plan, order.following), now)


def _is_worth_beginning(state: State, run: StepRun, now: int) -> bool:
    """What would be cut off before it has come to anything is not."""
    closing = state.closing
    if closing is not None and closing.running.step is run:
        lasted = now - closing.running.began
    else:
        lasted = next((done.ended - done.began for done in reversed(state.finished) if done.step is run), 0)
    return run.length - run.gone(now) >= max(WORTH_BEGINNING, lasted // 2)


def _next(order: RunningOrder) -> Step | None:
    return order.plan.steps[order.following] if order.following < len(order.plan.steps) else None


def _finish(state: State, order: RunningOrder, now: int) -> None:
    """The last step closes on the next bar line."""
    running = state.running
    if running is not None and running.step is not None and running.until is None:
        running.until = max(state.pulse.next_bar_line(state.beat(now)), running.origin)
    order.finish(now)
    state.notice(now, f"The plan is over: {order.plan.title}.")
    care = aftercare(state)
    if care:
        state.notice(now, care, "loud", "therapist")


# ---------------------------------------------------------------- arming


def _count_in(plan: Plan) -> int:
    return population(plan.population).count_in


def _arm(state: State, run: StepRun, now: int) -> None:
    """Through the one grammar, on the line it must begin on."""
    order = _order(state)
    structure = named(run.step.structure)(settings_of(run.step) if run.began is None else run.settings)
    line = _line(state, order, now)
    count_from = grammar.arm_step(state, structure, run, _count_in(order.plan), line, now)
    if run.step.bpm is not None and run.began is None:
        _lead_tempo(state, run.step.bpm, count_from, now)


def _line(state: State, order: RunningOrder, now: int) -> int:
    """The bar line of the count-in: as its time is over, or the next one."""
    soonest = next_line(state, now)
    run = order.current
    if run is None or run.end is None or run.over is not None:
        return soonest
    line = state.pulse.next_bar_line(state.beat(run.end))
    planned = state.pulse.bars_before(line, _count_in(order.plan))
    return planned if soonest <= planned <= soonest + 2 * state.pulse.meter_at(line).beats else soonest


def _lead_tempo(state: State, bpm: float, line: int, now: int) -> None:
    """Nobody plays: at once.  Else step by step over the count-in, so that it is reached as the step begins."""
    assert state.armed is not None
    beats = state.armed.beat - line
    if state.running is None or beats == 0:
        _set_tempo(state, bpm, line, now)
    else:
        state.pulse.ramp(bpm, line, beats)
        conduct.retime(state, line, now)


def _set_tempo(state: State, bpm: float, line: int, now: int) -> None:
    state.pulse.set_tempo(bpm, line)
    conduct.retime(state, line, now)
