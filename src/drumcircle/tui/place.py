"""Where in the bar a moment lies, from the beat times the hub sent: motion never waits for a message."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from drumcircle.core.view import PulseView


@dataclass(frozen=True, slots=True)
class Place:
    bar: int
    """From 1."""
    beat: int
    """From 1."""
    beats: int
    """Beats in the bar."""
    phase: float
    """0 on the beat, towards 1 just before the next."""

    @property
    def along(self) -> float:
        """How far along the bar, 0 to 1."""
        return (self.beat - 1 + self.phase) / self.beats


def place(pulse: PulseView, now: int) -> Place:
    """Bar, beat and phase at ``now`` (ns); after the last beat known it waits at its end."""
    beats = max(pulse.beats_in_bar, 1)
    index = _index(pulse, now)
    begins, length = _beat(pulse, index)
    phase = min(max((now - begins) / length, 0.0), 1.0) if length > 0 else 0.0
    return Place(pulse.bar + index // beats, index % beats + 1, beats, phase)


def beats_until(pulse: PulseView, now: int, at: int) -> int:
    """Whole beats from the beat now sounding to the beat at time ``at``; at least 0."""
    begins, length = _beat(pulse, _index(pulse, now))
    return max(round((at - begins) / length), 0) if length > 0 else 0


def _index(pulse: PulseView, now: int) -> int:
    return max(bisect_right(pulse.beat_times, now) - 1, 0)


def _beat(pulse: PulseView, index: int) -> tuple[int, int]:
    """Start and length in ns of one beat of ``beat_times``."""
    times = pulse.beat_times
    if len(times) < 2:
        return (times[0] if times else 0), 0
    index = min(index, len(times) - 1)
    pair = index if index + 1 < len(times) else index - 1
    return times[index], times[pair + 1] - times[pair]
