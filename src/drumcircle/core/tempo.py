"""Commands about the pulse and what is heard of it."""

from __future__ import annotations

from math import floor
from statistics import median

from drumcircle.core import conduct
from drumcircle.core.events import (
    MS,
    NudgeTempo,
    PulseFollowed,
    RampTempo,
    SetCeiling,
    SetLatency,
    SetMeter,
    SetSound,
    SetTempo,
    TapTempo,
)
from drumcircle.core.fields import MAX_LATENCY_MS
from drumcircle.core.pulse import FASTEST, MINUTE, SLOWEST, Meter, checked_bpm
from drumcircle.core.stage import RunningStage
from drumcircle.core.state import State
from drumcircle.errors import UsageError

TAPS = 8
ENOUGH_TAPS = 4
LONGEST_TAP = 2_200 * MS


def set_tempo(state: State, event: SetTempo, now: int) -> None:
    """From the next beat on; that beat keeps its time."""
    _change(state, event.bpm, now)


def nudge(state: State, event: NudgeTempo, now: int) -> None:
    beat = _next_beat(state, now)
    bpm = state.pulse.final_bpm() if state.pulse.ramping_after(beat) else state.pulse.bpm_at(beat)
    _change(state, min(max(bpm + event.delta, SLOWEST), FASTEST), now)


def tap(state: State, event: TapTempo, now: int) -> None:
    """The median of the last intervals, from the fourth tap on; the phase stays."""
    if state.taps and not 0 < event.time - state.taps[-1] <= LONGEST_TAP:
        state.taps.clear()
    state.taps.append(event.time)
    del state.taps[:-TAPS]
    if len(state.taps) >= ENOUGH_TAPS:
        intervals = [b - a for a, b in zip(state.taps, state.taps[1:], strict=False)]
        _change(state, min(max(MINUTE / median(intervals), SLOWEST), FASTEST), now)


def ramp(state: State, event: RampTempo, now: int) -> None:
    """From the next bar line on, one step a beat over ``bars`` bars."""
    if not 1 <= event.bars <= 256:
        raise UsageError(f"A ramp takes 1 to 256 bars, not {event.bars}.")
    line = state.pulse.next_bar_line(_next_beat(state, now))
    state.pulse.ramp(checked_bpm(event.bpm), line, event.bars * state.pulse.meter_at(line).beats)
    conduct.retime(state, line, now)


def _change(state: State, bpm: float, now: int) -> None:
    beat = _next_beat(state, now)
    state.pulse.set_tempo(bpm, beat)
    conduct.retime(state, beat, now)


def _next_beat(state: State, now: int) -> int:
    return floor(state.beat(now)) + 1


def follow_fact(state: State, event: PulseFollowed, now: int) -> None:
    """Replay: what unjournalled hits did to the pulse."""
    state.pulse.land(event.beat, event.time, event.bpm, event.at)
    conduct.retime(state, state.pulse.beat_at(event.at), now, event.beat)
    running = state.running
    if running is not None:
        stage = RunningStage(state, running, now)
        running.structure.moved_fact(stage, event.beat - running.origin, event.bpm)


def set_meter(state: State, event: SetMeter, now: int) -> None:
    """From the first bar line whose cues are still to be handed out."""
    meter = Meter.parse(event.meter)
    line = state.pulse.next_bar_line(max(state.next_beat, _next_beat(state, now)))
    if state.armed is not None:
        raise UsageError("The metre can change once what is armed has begun, or after Escape.")
    state.meter_pending = (meter, line)
    state.notice(now, f"{meter} from the next bar.")


def set_latency(state: State, event: SetLatency, now: int) -> None:
    """Known from the next bar line on."""
    if event.ms is not None and not 0 <= event.ms <= MAX_LATENCY_MS:
        raise UsageError(f"An output latency is from 0 to {MAX_LATENCY_MS:g} ms, not {event.ms:g}.")
    line = state.pulse.next_bar_line(max(state.next_beat, _next_beat(state, now)))
    state.latency_pending[event.channel] = (event.ms, line)


def set_sound(state: State, event: SetSound, now: int) -> None:
    if not -60 <= event.gain_db <= 0:
        raise UsageError(f"Loudness is from -60 to 0 dB, not {event.gain_db:g}.")
    # Nothing gets more than 6 dB louder at once.
    state.gain_db = min(event.gain_db, state.gain_db + 6.0, state.loudness.ceiling_db)
    changed = state.click != event.click
    state.click = event.click
    state.sound_set()
    if changed:
        conduct.recue(state, now)


def set_ceiling(state: State, event: SetCeiling, now: int) -> None:
    if not -60 <= event.loudness_db <= 0:
        raise UsageError(f"The ceiling of loudness is from -60 to 0 dB, not {event.loudness_db:g}.")
    if not (event.hits_a_second == 0 or 1 <= event.hits_a_second <= 1000):
        raise UsageError(f"A ceiling of hits is from 1 to 1000 a second, or 0, not {event.hits_a_second:g}.")
    state.loudness.ceiling_db = event.loudness_db
    state.loudness.hits_a_second = event.hits_a_second
    if state.gain_db > event.loudness_db:
        state.gain_db = event.loudness_db
        state.sound_set()
    conduct.relevel(state, now)
