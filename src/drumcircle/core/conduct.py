"""The conductor: hands out what must sound or light on each beat, ahead of time, replaceable by id.

The click of a beat is ``beat:<n>``; a structure's cues are ``part:<name>``, those of its ground
``part:ground:<...>``.  A change of tempo sends every cue that is still ahead again with its new time; how
loud each leaves is decided in ``loudness.py``.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import Literal

from drumcircle.core.events import MS, NS, Cue, OutputLatency, PulseLit, PulseShown, Withdraw
from drumcircle.core.loudness import GROUND
from drumcircle.core.state import LOOKAHEAD, State

TOGETHER_EVERY = 2
TOGETHER_OVER = 8
REPLACED = 50 * MS
"""A cue that leaves later than this can still be replaced, on the wire of a pad too."""


def tick_due(state: State) -> int:
    """When the cues of the next beat must be handed out."""
    return state.pulse.time_at(state.next_beat) - state.lookahead


def tick(state: State) -> None:
    """Hand out everything of one more beat."""
    beat = state.next_beat
    state.next_beat += 1
    _, in_bar = state.pulse.bar_at(beat)
    if in_bar == 0:
        bar_line(state, beat)
    light(state, beat)
    if in_bar == 0 or state.pulse.bpm_at(beat) != state.pulse.bpm_at(beat - 1):
        show_pulse(state, beat)
    if beat % TOGETHER_EVERY == 0:
        state.together_line.append(state.together.over(beat - TOGETHER_OVER, beat - 0.5))
    send_click(state, beat, in_bar)
    for at, cue in _thinned(state, beat, state.planned.pop(beat, [])):
        send(state, at, replace(cue, due=state.pulse.time_at(at)))


def light(state: State, beat: int) -> None:
    """Tell lights where they begin to show the beat, or must not any more; a count is always seen."""
    armed = state.armed
    counted = armed is not None and armed.count_from <= beat < armed.beat
    lit = counted or state.loudness.lit(beat)
    if lit != state.lit:
        state.lit = lit
        state.emit(PulseLit(lit, state.pulse.time_at(beat)))
        if lit:
            show_pulse(state, beat)


def send_click(state: State, beat: int, in_bar: int) -> None:
    """Hand out what is heard of the pulse itself on a beat."""
    voice = click_voice(state, beat, in_bar)
    if voice is not None:
        gain = 1.0 if voice == "accent" else 0.8
        send(state, beat, Cue(f"beat:{beat}", state.pulse.time_at(beat), voice, gain))


def _thinned(state: State, beat: int, cues: list[tuple[float, Cue]]) -> list[tuple[float, Cue]]:
    """No more of a structure's strokes in one beat than the ceiling of hits a second allows."""
    if not state.loudness.hits_a_second:
        return cues
    most = max(1, int(state.loudness.hits_a_second * state.pulse.period_at(beat) / NS))
    ground = [entry for entry in cues if entry[1].id.startswith(GROUND)]
    strokes = [entry for entry in cues if not entry[1].id.startswith(GROUND)]
    return ground + strokes[:most]


def click_voice(state: State, beat: int, in_bar: int) -> Literal["accent", "click", "count"] | None:
    """What is heard on a beat; None: nothing."""
    if silent_at(state, beat):
        return None
    armed = state.armed
    if armed is not None and armed.count_from <= beat < armed.beat:
        return "count"
    if not (state.sounding and state.click):
        return None
    return "accent" if in_bar == 0 else "click"


def silent_at(state: State, beat: float) -> bool:
    """Is the circle stopped at this beat?"""
    return beat in state.silent


def bar_line(state: State, beat: int) -> None:
    """What waits for a bar line happens."""
    if state.meter_pending is not None and state.meter_pending[1] <= beat:
        state.pulse.set_meter(state.meter_pending[0], beat)
        state.meter_pending = None
    for channel, (ms, line) in list(state.latency_pending.items()):
        if line <= beat:
            del state.latency_pending[channel]
            state.latency[channel] = ms
            state.emit(OutputLatency(channel, ms))


def show_pulse(state: State, beat: int) -> None:
    """Tell the world about a beat, ahead of its time."""
    bar, in_bar = state.pulse.bar_at(beat)
    meter = str(state.pulse.meter_at(beat))
    bpm = state.pulse.bpm_at(beat)
    state.emit(PulseShown(state.pulse.time_at(beat), bar + 1, in_bar + 1, bpm, meter))


def plan(state: State, beat: float, cue: Cue) -> None:
    """A cue at a beat: kept until its beat is handed out, or sent at once if it has been already."""
    if floor(beat) < state.next_beat:
        send(state, beat, replace(cue, due=state.pulse.time_at(beat)))
        return
    slot = state.planned.setdefault(floor(beat), [])
    slot[:] = [(b, c) for b, c in slot if c.id != cue.id]
    slot.append((beat, cue))


def send(state: State, beat: float, cue: Cue) -> None:
    """Hand a cue out, as loud as it may be, and remember it while it can still be replaced."""
    state.sent.append((beat, cue))
    gain = state.loudness.gain(cue, beat, state.pulse.bar_at(beat)[0], state.gain_db)
    if gain > 0:
        state.emit(cue if gain == cue.gain else replace(cue, gain=gain))


def retime(state: State, beat: float, now: int, shown: int | None = None) -> None:
    """The pace changes at ``beat``: every cue after it gets its new time, and ``shown`` (or it) is told."""
    ahead = [(b, cue) for b, cue in state.sent if b > beat and cue.due > now]
    state.sent.clear()
    for at, cue in ahead:
        send(state, at, replace(cue, due=state.pulse.time_at(at)))
    show_pulse(state, ceil(beat) if shown is None else shown)


def movable(state: State, now: int) -> int:
    """The first whole beat whose time may still change: what was handed out for it can be replaced everywhere."""
    early = state.lookahead - LOOKAHEAD + REPLACED
    return floor(state.beat(now + early)) + 1


def relevel(state: State, now: int) -> None:
    """The structure's loudness changed: what was handed out is made anew."""
    ahead = [(b, cue) for b, cue in state.sent if cue.id.startswith(GROUND) and cue.due > now]
    kept = [(b, cue) for b, cue in state.sent if not cue.id.startswith(GROUND)]
    state.sent.clear()
    state.sent.extend(kept)
    state.emit(Withdraw(GROUND, now))
    for beat, cue in ahead:
        send(state, beat, cue)
    recue(state, now)
    light(state, ceil(state.beat(now)))


def recue(state: State, now: int) -> None:
    """What is heard changed (click, count-in, stop): the clicks already handed out are made anew."""
    first = ceil(state.beat(now))
    state.emit(Withdraw("beat:", now))
    for beat in range(first, state.next_beat):
        send_click(state, beat, state.pulse.bar_at(beat)[1])


def withdraw_part(state: State, beat: float, now: int, prefix: str = "part:") -> None:
    """Take back the structure's own cues from ``beat`` on, or those of them whose ids begin with ``prefix``."""
    since = max(now, state.pulse.time_at(beat) - 5 * MS)
    state.emit(Withdraw(prefix, since))
    for slot, cues in list(state.planned.items()):
        state.planned[slot] = _kept(cues, beat, prefix)
    sent = _kept(list(state.sent), beat, prefix)
    state.sent.clear()
    state.sent.extend(sent)


def _kept(cues: list[tuple[float, Cue]], beat: float, prefix: str) -> list[tuple[float, Cue]]:
    return [(b, c) for b, c in cues if b < beat or not c.id.startswith(prefix)]
