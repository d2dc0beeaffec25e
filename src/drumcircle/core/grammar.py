"""One grammar for every change: armed, counted in, executed on the bar line.

A structure is *committed* a moment before its bar line, early enough that its first cues can go out and
that a hit a little before the line already belongs to it.  The pulse is never touched here.
"""

from __future__ import annotations

from math import floor, inf

from drumcircle.core import conduct, grouping, stopping
from drumcircle.core.events import (
    Arm,
    Cancel,
    EndStructure,
    NextTurn,
    Perform,
    Press,
    StructureBegan,
    StructureEnded,
    TurnBegan,
    TurnEndedByPlaying,
)
from drumcircle.core.lines import bars_later, next_line, ready
from drumcircle.core.running_order import StepRun
from drumcircle.core.stage import RunningStage
from drumcircle.core.state import GRACE, Armed, Closing, Finished, Running, State
from drumcircle.core.structures import named
from drumcircle.core.structures.base import Structure
from drumcircle.errors import UsageError

MAX_COUNT_IN = 2


def arm(state: State, event: Arm, now: int) -> None:
    """Choose what comes next; what was armed before is replaced."""
    if not 0 <= event.count_in <= MAX_COUNT_IN:
        raise UsageError(f"A count-in is 0 to {MAX_COUNT_IN} bars, not {event.count_in}.")
    structure = named(event.structure)(event.settings)
    if state.order is not None:
        state.order.step_aside(now)
    _arm(state, structure, event.count_in, next_line(state, now), None, now)


def arm_step(
    state: State, structure: Structure, run: StepRun, count_in: int, count_from: int, now: int
) -> int:
    """A step of the plan comes next, counted in from the bar line ``count_from``; returns that line."""
    _arm(state, structure, count_in, count_from, run, now)
    assert state.armed is not None
    return state.armed.count_from


def _arm(
    state: State, structure: Structure, count_in: int, count_from: int, step: StepRun | None, now: int
) -> None:
    line = bars_later(state, count_from, count_in)
    state.armed = Armed(structure, dict(structure.chosen), line, count_from, step=step)
    if stopping.stopped(state):
        if state.running is not None and state.stop is not None:
            end_running(state, state.stop.beat, now)
        stopping.resume_at(state, count_from)
    conduct.recue(state, now)
    state.notice(now, f"{state.called(structure, step)} armed.")


def cancel(state: State, _event: Cancel, now: int) -> None:
    """Take back what is armed."""
    if state.armed is None:
        raise UsageError("Nothing is armed.")
    armed, order = state.armed, state.order
    if armed.step is not None and order is not None:
        # "Not yet": the step that is played goes on, and the key brings the next.
        order.waiting, order.paused = armed.step.began is None, armed.step.began is not None
    take_back(state, now)
    state.notice(now, f"{state.called(armed.structure, armed.step)} taken back.")


def take_back(state: State, now: int) -> None:
    """Nothing is armed any more, and no tempo is on its way to it."""
    armed, beat = state.armed, floor(state.beat(now)) + 1
    state.armed = None
    if armed is not None and armed.step is not None and state.pulse.ramping_after(beat):
        state.pulse.set_tempo(state.pulse.bpm_at(beat), beat)
        conduct.retime(state, beat, now)
    conduct.recue(state, now)


def give(state: State, structure: str, settings: dict[str, object], line: int) -> None:
    """A structure given at the start: it begins on ``line`` without count-in."""
    made = named(structure)(settings)
    state.armed = Armed(made, dict(made.chosen), line, line, given=True)


def perform(state: State, event: Perform, now: int) -> None:
    """A performance announces its time 0: a given structure that nobody has played in begins there.

    Even one that is over already, because nobody came; a later announcement only ever moves it earlier.
    """
    state.notice(now, f"{event.name or 'A performance'} begins.")
    earliest = state.pulse.next_bar_line(state.beat(now))
    line = max(earliest, state.pulse.bar_line(state.beat(event.start) + 0.5))
    armed, given, running = state.armed, state.given, state.running
    if armed is not None and armed.given and armed.structure.follows_performance:
        if not armed.announced or line < armed.beat:
            armed.beat = armed.count_from = line
            armed.announced = True
        return
    if given is None or given.heard or not given.structure.follows_performance:
        return
    if running is not None and (running is not given or (given.announced and line >= given.origin)):
        return
    conduct.withdraw_part(state, min(line, given.origin), now)
    _ungrid(state, given, -inf)
    for score in state.scores.values():
        score.invited.cut(-inf)
    state.finished = [done for done in state.finished if done.began != given.began]
    if state.closing is not None and state.closing.running is given:
        state.closing = None
    again = type(given.structure)(dict(given.settings))
    _begin(state, Running(again, line, state.pulse.time_at(line), given.settings, True, True), now)


# ---------------------------------------------------------------- execution


def commit_due(state: State) -> int | None:
    """When what is armed must be committed; while the circle is stopped it waits."""
    return None if state.armed is None or stopping.stopped(state) else ready(state, state.armed.beat)


def commit(state: State, now: int) -> None:
    """The armed structure takes over from its bar line on."""
    armed = state.armed
    if armed is None:
        return
    state.armed = None
    if state.running is not None:
        end_running(state, armed.beat, now)
    began = state.pulse.time_at(armed.beat)
    begins = Running(armed.structure, armed.beat, began, armed.settings, armed.given, armed.announced)
    begins.step, begins.before = armed.step, armed.before
    if begins.step is not None and state.order is not None:
        if begins.step.began is None:
            grouping.for_step(state, begins.step.step, now)
        state.order.began(begins.step, begins.settings, began)
    state.notice(now, f"{state.called(armed.structure, armed.step)} begins.")
    _begin(state, begins, now)
    conduct.recue(state, now)


def _begin(state: State, running: Running, now: int) -> None:
    state.loudness.release(running.origin)
    state.running = running
    state.given = running if running.given else None
    state.sounding = True
    state.emit(StructureBegan(running.structure.name, running.began, running.settings))
    running.structure.start(RunningStage(state, running, now))


def end_running(state: State, beat: float, now: int) -> None:
    """The running structure is over at ``beat``; the ground goes on, and hits before ``beat`` still count."""
    running = state.running
    if running is None:
        return
    settle(state, now)
    ended = state.pulse.time_at(beat)
    for score in state.scores.values():
        score.invited.cut(beat)
    conduct.withdraw_part(state, beat, now)
    state.loudness.release(beat, silent=running.structure.leaves_silence)
    _ungrid(state, running, beat)
    state.running, state.closing = None, Closing(running, beat)
    if running.structure.turn_view(beat - running.origin) is not None:
        state.emit(TurnBegan(None, ended))
    state.emit(StructureEnded(running.structure.name, ended))
    if running.step is not None and state.order is not None:
        state.order.structure_over(running.step, ended)
    state.notice(now, f"{state.called(running.structure, running.step)} is over.")
    due = settle_due(state)
    if due is not None and due <= now:
        settle(state, now)


def abandon(state: State, now: int) -> None:
    """After a fault of ours: no structure is asked anything any more; the pulse and the ground go on."""
    beat = state.beat(now)
    for score in state.scores.values():
        score.invited.cut(beat)
    conduct.withdraw_part(state, beat, now)
    state.loudness.release(beat)
    if state.running is not None:
        _ungrid(state, state.running, beat)
        state.emit(StructureEnded(state.running.structure.name, now))
    if state.order is not None:
        state.order.step_aside(now)
    state.armed = state.running = state.closing = state.given = None
    state.notice(
        now, "drumcircle failed and ended what was going on; the pulse goes on. Choose what is next.", "loud"
    )


def _ungrid(state: State, running: Running, beat: float) -> None:
    """Everybody is judged on their own grid again."""
    for player in running.regridded:
        state.score(player).set_subdivision(beat, state.roster.players[player].subdivision)


def settle_due(state: State) -> int | None:
    """When the last hits of a structure that is over have come."""
    return None if state.closing is None else state.pulse.time_at(state.closing.beat) + GRACE


def settle(state: State, now: int) -> None:
    """The results of a structure that is over are final."""
    closing = state.closing
    if closing is None:
        return
    running, structure = closing.running, closing.running.structure
    stage = RunningStage(state, running, now)
    structure.close(stage, closing.beat - running.origin)
    state.closing = None
    ended = state.pulse.time_at(closing.beat)
    results = structure.record(stage)
    state.finished.append(Finished(structure.name, running.began, ended, running.settings, results))


def end_structure(state: State, _event: EndStructure, now: int) -> None:
    """Close on the next bar line (the same moment a new structure would begin)."""
    running = state.running
    if running is None:
        raise UsageError("No structure is running.")
    if state.stop is not None:
        end_running(state, state.stop.beat, now)
        return
    line = state.pulse.next_bar_line(state.beat(now))
    running.until = max(line, running.origin)
    state.notice(now, f"{state.called(running.structure, running.step)} ends with this bar.")


def end_due(state: State) -> int | None:
    """When the running structure, asked to close, must be ended."""
    running = state.running
    return None if running is None or running.until is None else ready(state, running.until)


def end(state: State, now: int) -> None:
    """The bar in which the running structure was asked to close is over."""
    if state.running is not None and state.running.until is not None:
        end_running(state, state.running.until, now)


def wake_due(state: State) -> int | None:
    """When the running structure wants to act."""
    running = state.running
    if running is None or state.stop is not None:
        return None
    wake = running.structure.wake()
    return None if wake is None else state.pulse.time_at(running.origin + wake.beat) + wake.delay


def wake(state: State, now: int) -> None:
    """The running structure acts."""
    if state.running is not None:
        state.running.structure.act(RunningStage(state, state.running, now))


def next_turn(state: State, event: NextTurn, now: int) -> None:
    """Pass the turn on."""
    if state.running is None:
        raise UsageError("No structure is running, so there is no turn to pass on.")
    if state.stop is not None:
        raise UsageError("The circle is stopped; go on first, then pass the turn on.")
    stage = RunningStage(state, state.running, now)
    state.running.structure.next_turn(stage, event.player, stage.beat)


def press(state: State, event: Press, now: int) -> None:
    """A key of the structure's own."""
    if state.running is None:
        raise UsageError("No structure is running, so it has no keys.")
    if state.stop is not None:
        raise UsageError("The circle is stopped; go on first.")
    stage = RunningStage(state, state.running, now)
    state.running.structure.press(stage, event.key, stage.beat)


def turn_fact(state: State, event: TurnEndedByPlaying, now: int) -> None:
    """Replay: what unjournalled hits did to the turn."""
    if state.running is not None:
        stage = RunningStage(state, state.running, now)
        end = state.beat(event.time) - state.running.origin
        state.running.structure.turn_fact(stage, event.player, end)
