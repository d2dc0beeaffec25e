"""Cues in, frames out: every onset on its own frame.  Pure: no device, no thread, no clock of its own.

Levels: voices and cues add up, the master gain (dB below the ceiling) scales the sum, and what would still
exceed the ceiling is bent, not cut.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drumcircle.audio.recording import Backing, BackingVoice
from drumcircle.audio.voices import RATE, Samples, layer_of, voice
from drumcircle.core.events import MS, Cue, Effect, OutputLatency, Silence, SoundSet, StopRecording, Withdraw
from drumcircle.hub.cuebook import CueBook

CEILING = 0.89
"""Largest sample there can be: 1 dB below full scale."""
KNEE = 0.7
"""Up to here the sum is left as it is."""
POLYPHONY = 24
"""Voices sounding at once; beyond it the oldest are faded out."""
FADE = round(0.030 * RATE)
"""Frames from stop-all to silence."""
STEAL = round(0.005 * RATE)
"""Frames in which a voice makes room for another."""
BEAT_TOO_LATE = 30 * MS
"""A beat later than this misleads more than a missing one."""
ANSWER_TOO_LATE = 250 * MS
"""A hit on a pad is answered even late, but not when nobody remembers it."""

SOUNDED = 256
"""Ids remembered of what has sounded."""
SAME = 250 * MS
"""A beat that has sounded and is handed out again, this close to where it was, is the same beat."""

HEARD = (Cue, Withdraw, Silence, OutputLatency, SoundSet, StopRecording, Backing)
"""The effects that matter here."""


@dataclass(slots=True)
class _Sounding:
    samples: Samples
    onset: int
    gain: float
    fade_from: int | None = None
    fade_frames: int = FADE

    def ends(self) -> int:
        whole = self.onset + self.samples.size
        return whole if self.fade_from is None else min(whole, self.fade_from + self.fade_frames)

    def fade(self, frame: int, frames: int) -> None:
        if self.fade_from is None:
            self.fade_from, self.fade_frames = frame, frames


class Mixer:
    """Guards the waiting cues and the sounding voices; for one thread only."""

    def __init__(self) -> None:
        self.dropped = 0
        """Cues that came too late to be of use."""
        self._cues = CueBook()
        self._sounding: list[_Sounding] = []
        self._sounded: OrderedDict[str, int] = OrderedDict()
        self._early = 0
        self._gain = self._target_gain = 1.0
        self._silence = False
        self._backing = BackingVoice()
        self._stop_backing: int | None = None
        """When the recording fades out, ns."""
        self._mix = np.zeros(0, np.float32)
        self._part = np.zeros(0, np.float32)

    def take(self, effect: Effect | Backing) -> None:
        """One of :data:`HEARD`; others are ignored."""
        if isinstance(effect, Backing):
            self._backing.take(effect)
            self._stop_backing = None
            return
        self._cues.take(effect)
        if isinstance(effect, Silence):
            self._silence = True
        elif isinstance(effect, OutputLatency) and effect.channel == "sound":
            self._early = round((effect.ms or 0.0) * MS)
        elif isinstance(effect, StopRecording):
            self._stop_backing = effect.due
        elif isinstance(effect, SoundSet):
            self._target_gain = min(1.0, 10 ** (effect.gain_db / 20))

    def render(
        self, start: int, frames: int, time_of: Callable[[int], int], frame_at: Callable[[int], int]
    ) -> Samples | None:
        """Frames ``start`` to ``start + frames``, mono; None where there is nothing to hear.

        ``time_of(frame)`` and ``frame_at(ns)`` relate frames to the hub's clock.  What is returned is the
        mixer's own buffer, good until the next call.
        """
        self._fade_if_silenced(start)
        self._begin_due(start, time_of(start), time_of(start + frames), frame_at)
        backing = self._backed(start, frames, frame_at)
        if not self._sounding and backing is None:
            self._gain = self._target_gain
            return None
        self._make_room(frames)
        mix = self._mix[:frames]
        mix.fill(0.0)
        if backing is not None:
            mix += backing
        for sounding in self._sounding:
            self._add(sounding, start, mix)
        self._sounding = [s for s in self._sounding if s.ends() > start + frames]
        self._scale(mix)
        return mix

    def _backed(self, start: int, frames: int, frame_at: Callable[[int], int]) -> Samples | None:
        """What the recording adds."""
        due = self._backing.due
        if due is None:
            return None
        self._backing.begins(start, frame_at(due - self._early))
        if self._stop_backing is not None:
            self._backing.fade(frame_at(self._stop_backing - self._early))
        return self._backing.render(start, frames)

    def _fade_if_silenced(self, start: int) -> None:
        if self._silence:
            self._silence = False
            self._backing.fade(start, FADE)
            for sounding in self._sounding:
                sounding.fade(start, FADE)

    def _begin_due(self, start: int, begins: int, ends: int, frame_at: Callable[[int], int]) -> None:
        for cue in self._cues.pop_due(ends + self._early):
            due = cue.due - self._early
            too_late = due + BEAT_TOO_LATE if cue.player is None else cue.due + ANSWER_TOO_LATE
            if begins > too_late:
                self.dropped += 1
            elif not self._has_sounded(cue):
                self._begin(cue, max(start, frame_at(due)))
        crowd = len(self._sounding) - POLYPHONY
        for sounding in self._sounding[: max(0, crowd)]:
            sounding.fade(start, STEAL)
        del self._sounding[: max(0, crowd - POLYPHONY)]

    def _begin(self, cue: Cue, onset: int) -> None:
        samples = voice(cue.voice, layer_of(cue.gain))
        self._sounding.append(_Sounding(samples, onset, min(1.0, cue.gain)))

    def _has_sounded(self, cue: Cue) -> bool:
        """Sent early by a latency, a beat may have left already when a change hands it out once more."""
        if cue.player is not None:
            return False
        before = self._sounded.get(cue.id)
        self._sounded[cue.id] = cue.due
        if len(self._sounded) > SOUNDED:
            self._sounded.popitem(last=False)
        return before is not None and abs(cue.due - before) < SAME

    def _make_room(self, frames: int) -> None:
        if self._mix.size < frames:
            self._mix = np.zeros(frames, np.float32)
            self._part = np.zeros(frames, np.float32)

    def _add(self, sounding: _Sounding, start: int, mix: Samples) -> None:
        first = max(start, sounding.onset)
        last = min(start + mix.size, sounding.ends())
        if first >= last:
            return
        part = self._part[: last - first]
        np.multiply(
            sounding.samples[first - sounding.onset : last - sounding.onset],
            np.float32(sounding.gain),
            out=part,
        )
        if sounding.fade_from is not None:
            part *= _fading(first, last, sounding.fade_from, sounding.fade_frames)
        mix[first - start : last - start] += part

    def _scale(self, mix: Samples) -> None:
        """Master gain (a change is spread over the block), then the ceiling."""
        if self._gain != self._target_gain:
            mix *= np.linspace(self._gain, self._target_gain, mix.size, dtype=np.float32)
            self._gain = self._target_gain
        elif self._gain != 1.0:
            mix *= np.float32(self._gain)
        if mix.max() > KNEE or mix.min() < -KNEE:
            _bend(mix)


def _fading(first: int, last: int, fade_from: int, frames: int) -> Samples:
    ramp = 1.0 - (np.arange(first, last, dtype=np.float32) - np.float32(fade_from)) / np.float32(frames)
    faded: Samples = np.clip(ramp, 0.0, 1.0)
    return faded


def _bend(mix: Samples) -> None:
    """In place: unchanged up to the knee, from there ever flatter toward the ceiling."""
    room = CEILING - KNEE
    over = np.abs(mix) > KNEE
    loud = mix[over]
    mix[over] = np.sign(loud) * (KNEE + room * np.tanh((np.abs(loud) - KNEE) / room))
