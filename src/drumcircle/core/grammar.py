"""One grammar for every change: armed, counted in, executed on the bar line; stop-all; go on.

A structure is *committed* a moment before its bar line, early enough that its first cues can go out and
that a hit a little before the line already belongs to it.  The pulse is never touched here.
"""

from __future__ import annotations

from math import ceil

from drumcircle.core import conduct
from drumcircle.core.events import (
    MS,
    NS,
    Arm,
    Cancel,
    EndStructure,
    Gap,
    GoOn,
    NextTurn,
    Perform,
    Silence,
    StopAll,
    Stopped,
    StructureBegan,
    StructureEnded,
    TurnBegan,
    TurnEndedByPlaying,
)
from drumcircle.core.stage import RunningStage
from drumcircle.core.state import Armed, Finished, Running, State, Stop
from drumcircle.core.structures import named
from drumcircle.errors import UsageError

MAX_COUNT_IN = 2


def arm(state: State, event: Arm, now: int) -> None:
    """Choose what comes next; what was armed before is replaced."""
    if not 0 <= event.count_in <= MAX_COUNT_IN:
        raise UsageError(f"A count-in is 0 to {MAX_COUNT_IN} bars, not {event.count_in}.")
    structure = named(event.structure)(event.settings)
    first = ceil(state.beat(now + commit_lead(state)))
    line = state.pulse.next_bar_line(first)
    for _ in range(event.count_in):
        line = state.pulse.next_bar_line(line + 1)
    count_from = state.pulse.bars_before(line, event.count_in)
    state.armed = Armed(structure, dict(structure.chosen), line, count_from)
    if state.stop is not None and state.stop.resume is None:
        _forget_stopped(state, now, line, count_from)
    conduct.recue(state, now)
    state.notice(now, f"{structure.title} armed.")


def cancel(state: State, _event: Cancel, now: int) -> None:
    """Take back what is armed."""
    if state.armed is None:
        raise UsageError("Nothing is armed.")
    title = state.armed.structure.title
    state.armed = None
    conduct.recue(state, now)
    state.notice(now, f"{title} taken back.")


def give(state: State, structure: str, settings: dict[str, object], line: int) -> None:
    """A structure given at the start: it begins on ``line`` without count-in."""
    made = named(structure)(settings)
    state.armed = Armed(made, dict(made.chosen), line, line, given=True)


def perform(state: State, event: Perform, now: int) -> None:
    """A performance announces its time 0: a given structure that nobody has played in begins there."""
    state.notice(now, f"{event.name or 'A performance'} begins.")
    earliest = state.pulse.next_bar_line(state.beat(now))
    line = max(earliest, state.pulse.bar_line(state.beat(event.start) + 0.5))
    armed, running = state.armed, state.running
    if armed is not None and armed.given and armed.structure.follows_performance:
        if not armed.announced or line < armed.beat:
            armed.beat = armed.count_from = line
            armed.announced = True
        return
    if running is None or not running.given or not running.structure.follows_performance:
        return
    if running.heard or (running.announced and line >= running.origin):
        return
    again = type(running.structure)(dict(running.settings))
    conduct.withdraw_part(state, min(line, running.origin), now)
    for score in state.scores.values():
        score.invited.cut(-1e18)
    state.running = Running(
        again, line, state.pulse.time_at(line), running.settings, given=True, announced=True
    )
    again.start(RunningStage(state, state.running, now))


# ---------------------------------------------------------------- execution


def commit_lead(state: State) -> int:
    """How long before its bar line a structure is committed, ns."""
    return state.lookahead + MS


def commit_due(state: State) -> int | None:
    """When what is armed must be committed."""
    if state.armed is None:
        return None
    half_beat = state.pulse.time_at(state.armed.beat - 0.5)
    return min(half_beat, state.pulse.time_at(state.armed.beat) - commit_lead(state))


def commit(state: State, now: int) -> None:
    """The armed structure takes over from its bar line on."""
    armed = state.armed
    if armed is None:
        return
    state.armed = None
    if state.running is not None:
        end_running(state, armed.beat, now)
    began = state.pulse.time_at(armed.beat)
    state.running = Running(armed.structure, armed.beat, began, armed.settings, armed.given, armed.announced)
    state.sounding = True
    state.emit(StructureBegan(armed.structure.name, began, armed.settings))
    armed.structure.start(RunningStage(state, state.running, now))
    state.notice(now, f"{armed.structure.title} begins.")
    conduct.recue(state, now)


def end_running(state: State, beat: float, now: int) -> None:
    """The running structure is over at ``beat``; the ground goes on."""
    running = state.running
    if running is None:
        return
    stage = RunningStage(state, running, now)
    ended = state.pulse.time_at(beat)
    for score in state.scores.values():
        score.invited.cut(beat)
    conduct.withdraw_part(state, beat, now)
    results = running.structure.results(stage)
    title, name = running.structure.title, running.structure.name
    state.finished.append(Finished(name, running.began, ended, running.settings, results))
    state.running = None
    if running.structure.turn_view(beat - running.origin) is not None:
        state.emit(TurnBegan(None, ended))
    state.emit(StructureEnded(name, ended))
    state.notice(now, f"{title} is over.")


def end_structure(state: State, _event: EndStructure, now: int) -> None:
    """Close on the next bar line (the same moment a new structure would begin)."""
    if state.running is None:
        raise UsageError("No structure is running.")
    line = state.pulse.next_bar_line(state.beat(now))
    end_running(state, line, now)


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
    beat = state.beat(now) - state.running.origin
    state.running.structure.next_turn(RunningStage(state, state.running, now), event.player, beat)


def turn_fact(state: State, event: TurnEndedByPlaying, now: int) -> None:
    """Replay: what unjournalled hits did to the turn."""
    if state.running is not None:
        stage = RunningStage(state, state.running, now)
        state.running.structure.turn_fact(stage, event.player, event.time)


# ---------------------------------------------------------------- stop and go on


def stop_all(state: State, _event: StopAll, now: int) -> None:
    """Silence now; scoring off; the pulse goes on unheard."""
    if state.stop is not None and state.stop.resume is None:
        return
    state.emit(Silence())
    state.sent.clear()
    _stop(state, state.beat(now), "asked")
    state.notice(now, "Stopped. SPACE goes on.")
    state.emit(Stopped(True, now))


def _stop(state: State, beat: float, why: str) -> None:
    state.planned.clear()
    state.stop = Stop(beat, "gap" if why == "gap" else "asked")
    state.silent.add(beat)


def go_on(state: State, _event: GoOn, now: int) -> None:
    """Go on where it was, from the next bar line."""
    stop = state.stop
    if stop is None or stop.resume is not None:
        raise UsageError("Nothing is stopped.")
    line = state.pulse.next_bar_line(state.beat(now + commit_lead(state)))
    stop.resume = line
    state.silent.cut(line)
    conduct.recue(state, now)
    state.notice(now, "Going on at the next bar.")
    state.emit(Stopped(False, state.pulse.time_at(line)))


def resume_due(state: State) -> int | None:
    """When a stopped structure must be set going again."""
    if state.stop is None or state.stop.resume is None:
        return None
    return state.pulse.time_at(state.stop.resume) - commit_lead(state)


def resume(state: State, now: int) -> None:
    """The structure goes on with the bar in which it was stopped."""
    stop = state.stop
    if stop is None or stop.resume is None:
        return
    state.stop = None
    running = state.running
    if running is not None:
        stopped_bar = max(running.origin, state.pulse.bar_line(stop.beat))
        local = stopped_bar - running.origin
        running.origin = stop.resume - local
        running.structure.resume(RunningStage(state, running, now), local)
    conduct.recue(state, now)


def gap(state: State, event: Gap, now: int) -> None:
    """The hub did not run for a while: nothing inside is judged, and the structure goes on after it."""
    asked = state.stop is not None and state.stop.resume is None
    if not asked:
        _stop(state, state.beat(event.start), "gap")
    state.next_beat = max(state.next_beat, ceil(state.beat(now)))
    seconds = max(event.missing, event.end - event.start) / NS
    words = "The computer slept" if event.reason == "suspended" else "The hub was restarted"
    state.notice(
        now, f"{words}: {seconds:.0f} s are missing from the figures; the pulse kept its phase.", "warning"
    )
    if not asked and state.stop is not None:
        line = state.pulse.next_bar_line(state.beat(now + commit_lead(state)))
        state.stop.resume = line
        state.silent.cut(line)
    conduct.show_pulse(state, state.pulse.next_bar_line(state.beat(now)))
    conduct.recue(state, now)


def _forget_stopped(state: State, now: int, line: int, count_from: int) -> None:
    """Arming while stopped ends what was stopped; silence lasts until the count-in."""
    if state.running is not None and state.stop is not None:
        end_running(state, state.stop.beat, now)
    state.silent.cut(line)
    if state.stop is not None:
        state.stop.resume = count_from
