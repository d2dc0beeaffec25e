"""Stop-all and going on; the gap a machine that slept leaves behind.

The pulse runs on unheard.  What was running goes on with the bar in which it was stopped.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from drumcircle.core import conduct
from drumcircle.core.events import NS, Gap, GoOn, Silence, StopAll, Stopped
from drumcircle.core.lines import bars_later, next_line, ready
from drumcircle.core.stage import RunningStage
from drumcircle.core.state import State, Stop
from drumcircle.errors import UsageError


def stopped(state: State) -> bool:
    """Is it stopped, and nobody has asked to go on?"""
    return state.stop is not None and state.stop.resume is None


def stop_all(state: State, _event: StopAll, now: int) -> None:
    """Silence now; scoring off; the pulse goes on unheard."""
    if stopped(state):
        return
    state.emit(Silence())
    state.sent.clear()
    _stop(state, state.beat(now))
    state.notice(now, "Stopped. SPACE goes on.")
    state.emit(Stopped(True, now))


def _stop(state: State, beat: float) -> None:
    # Stopped again before it went on: it is still where it was stopped first.
    since = beat if state.stop is None else state.stop.beat
    state.planned.clear()
    state.stop = Stop(since)
    state.silent.add(beat)
    if state.order is not None:
        state.order.hold(state.pulse.time_at(beat))


def go_on(state: State, _event: GoOn, now: int) -> None:
    """Go on where it was, from the next bar line."""
    if not stopped(state):
        raise UsageError("Nothing is stopped.")
    line = next_line(state, now)
    resume_at(state, line)
    conduct.recue(state, now)
    state.notice(now, "Going on at the next bar.")
    state.emit(Stopped(False, state.pulse.time_at(line)))


def resume_at(state: State, line: int) -> None:
    """Silence ends at this bar line; what is armed keeps its count-in."""
    if state.stop is not None:
        state.stop.resume = line
    state.silent.cut(line)
    armed = state.armed
    if armed is not None and armed.count_from < line:
        bars = state.pulse.bar_at(armed.beat)[0] - state.pulse.bar_at(armed.count_from)[0]
        armed.count_from, armed.beat = line, bars_later(state, line, bars)


def resume_due(state: State) -> int | None:
    """When a stopped structure must be set going again."""
    if state.stop is None or state.stop.resume is None:
        return None
    return ready(state, state.stop.resume)


def resume(state: State, now: int) -> None:
    """The structure goes on with the bar in which it was stopped."""
    stop = state.stop
    if stop is None or stop.resume is None:
        return
    state.stop = None
    running = state.running
    if running is not None:
        local = max(running.since, state.pulse.bar_line(stop.beat) - running.origin)
        running.origin, running.since = stop.resume - local, local
        running.origins.append((local, running.origin))
        running.changes = [replace(each, beat=min(each.beat, local)) for each in running.changes]
        running.structure.resume(RunningStage(state, running, now), local)
    if state.order is not None:
        state.order.go_on(state.pulse.time_at(stop.resume))
    conduct.recue(state, now)


def gap(state: State, event: Gap, now: int) -> None:
    """The hub did not run for a while: nothing inside is judged, and the structure goes on after it."""
    asked = stopped(state)
    if not asked:
        _stop(state, state.beat(event.start))
    state.next_beat = max(state.next_beat, ceil(state.beat(now)))
    seconds = max(event.missing, event.end - event.start) / NS
    words = "The computer slept" if event.reason == "suspended" else "The hub was restarted"
    state.notice(
        now,
        f"{words}: {seconds:.1f} s are missing from the figures; the pulse kept its phase. {event.recovered}".strip(),
        "warning",
    )
    if not asked:
        resume_at(state, next_line(state, now))
    conduct.show_pulse(state, state.pulse.next_bar_line(state.beat(now)))
    conduct.recue(state, now)
