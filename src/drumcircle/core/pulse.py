"""The one shared pulse: beat <-> time, bars, tempo changes and ramps.

The pulse is a list of segments of constant tempo.  A change of tempo begins at a beat and that beat keeps
its time, so the phase never jumps; a ramp is a staircase with one step a beat.  Where the pulse follows
people it *lands*: the way from this moment to a beat is stretched or shortened, and no moment is skipped or
comes twice.  Beat 0 is the first bar line; beats before it exist too (the first segment runs on backwards).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from math import ceil, floor, inf
from typing import NamedTuple

from drumcircle.errors import UsageError

SLOWEST, FASTEST = 30.0, 240.0
MINUTE = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Meter:
    """``beats`` in a bar, each a 1/``unit`` note.  BPM counts these beats."""

    beats: int
    unit: int

    def __str__(self) -> str:
        return f"{self.beats}/{self.unit}"

    @classmethod
    def parse(cls, text: str) -> Meter:
        """``'4/4'`` or ``'6/8'``.

        Raises:
            UsageError: not n/4 or n/8 with n from 1 to 32.
        """
        upper, _, lower = text.strip().partition("/")
        if not (upper.isdigit() and lower in ("4", "8") and 1 <= int(upper) <= 32):
            raise UsageError(f"{text!r} is not a metre: write n/4 or n/8, such as 4/4 or 6/8.")
        return cls(int(upper), int(lower))


def checked_bpm(bpm: float) -> float:
    """The tempo itself, if a group can play it.

    Raises:
        UsageError: outside 30-240 BPM, or not a number.
    """
    if not SLOWEST <= bpm <= FASTEST:
        raise UsageError(f"{bpm:g} BPM is outside {SLOWEST:g} to {FASTEST:g}.")
    return float(bpm)


@dataclass(frozen=True, slots=True)
class _Segment:
    beat: float
    time: int
    bpm: float
    period: float


@dataclass(frozen=True, slots=True)
class _Bars:
    beat: int
    bar: int
    meter: Meter


class Pulse:
    """Beat <-> time, both ways exact to the nanosecond; grows only by what people command."""

    def __init__(self, start: int, bpm: float, meter: Meter) -> None:
        bpm = checked_bpm(bpm)
        self._segments = [_Segment(0.0, start, bpm, MINUTE / bpm)]
        # The first segment runs on backwards: nothing takes its place, not even a change at beat 0.
        self._beats = [-inf]
        self._times: list[float] = [-inf]
        self._bars = [_Bars(0, 0, meter)]
        self._landed = False
        """Some beat has more than one tempo."""

    # ---- beat <-> time

    def beat_at(self, time: int) -> float:
        """Beat position of a time (fractional, may be negative)."""
        times = self._times
        index = 0 if len(times) == 1 else bisect_right(times, time) - 1
        segment = self._segments[index]
        return segment.beat + (time - segment.time) / segment.period

    def nearest_beat(self, time: int) -> tuple[float, int]:
        """Beat position of a time, and the whole beat nearest to it (the earlier of two equally near)."""
        beat = self.beat_at(time)
        low = floor(beat)
        # Where the tempo is one within a beat no nanosecond decides.
        if not self._landed and abs(beat - low - 0.5) > 1e-3:
            return beat, low if beat - low < 0.5 else low + 1
        return beat, low if time - self.time_at(low) <= self.time_at(low + 1) - time else low + 1

    def time_at(self, beat: float) -> int:
        """Time of a beat position, ns."""
        beats = self._beats
        segment = self._segments[0 if len(beats) == 1 else bisect_right(beats, beat) - 1]
        return segment.time + round((beat - segment.beat) * segment.period)

    def bpm_at(self, beat: float) -> float:
        """Tempo in force from ``beat`` on, beats a minute."""
        return self._segment(beat).bpm

    def period_at(self, beat: float) -> float:
        """Length of a beat at the pace in force from ``beat`` on, ns."""
        return self._segment(beat).period

    def _segment(self, beat: float) -> _Segment:
        beats = self._beats
        return self._segments[0 if len(beats) == 1 else bisect_right(beats, beat) - 1]

    # ---- tempo

    def set_tempo(self, bpm: float, beat: int) -> None:
        """From ``beat`` on, ``bpm``; whatever was planned after it is dropped; the beat keeps its time."""
        bpm = checked_bpm(bpm)
        time = self.time_at(beat)
        self._cut(beat)
        self._append(_Segment(float(beat), time, bpm, MINUTE / bpm))

    def land(self, beat: int, time: int, bpm: float, now: int) -> None:
        """``beat`` comes at ``time`` and ``bpm`` from it on; from ``now`` to it the pulse goes evenly.

        Whatever was planned after ``now`` is dropped.

        Raises:
            ValueError: the beat has come by ``now``, or would come before it.
        """
        since, bpm = self.beat_at(now), checked_bpm(bpm)
        if beat <= since or time <= now:
            raise ValueError(f"beat {beat} cannot land {time - now} ns after beat {since:g}")
        before = self.bpm_at(since)
        self._cut(since)
        self._append(_Segment(since, now, before, (time - now) / (beat - since)))
        self._append(_Segment(float(beat), time, bpm, MINUTE / bpm))
        self._landed = True

    def ramp(self, bpm: float, beat: int, beats: int) -> None:
        """From ``beat`` on, ``beats`` equal steps of tempo, one a beat, the last one to ``bpm``."""
        first, target = self.bpm_at(beat), checked_bpm(bpm)
        for step in range(max(1, beats)):
            share = (step + 1) / max(1, beats)
            self.set_tempo(first + (target - first) * share, beat + step)

    def final_bpm(self) -> float:
        """The tempo once every planned step is taken."""
        return self._segments[-1].bpm

    def ramping_after(self, beat: float) -> bool:
        """Is another step of tempo planned after this beat?"""
        return self._segments[-1].beat > beat

    def _cut(self, beat: float) -> None:
        keep = bisect_left(self._beats, beat)
        del self._segments[keep:], self._beats[keep:], self._times[keep:]

    def _append(self, segment: _Segment) -> None:
        self._segments.append(segment)
        self._beats.append(segment.beat)
        self._times.append(segment.time)

    # ---- bars

    def set_meter(self, meter: Meter, beat: int) -> None:
        """From the bar line ``beat`` on, another metre.

        Raises:
            ValueError: ``beat`` is not a bar line.
        """
        bar, in_bar = self.bar_at(beat)
        if in_bar:
            raise ValueError(f"beat {beat} is not a bar line")
        self._bars = [b for b in self._bars if b.beat < beat] + [_Bars(beat, bar, meter)]

    def meter_at(self, beat: float) -> Meter:
        """The metre in force at a beat."""
        return self._bars_at(beat).meter

    def bar_at(self, beat: float) -> tuple[int, int]:
        """(bar, beat in the bar), both from 0, of the beat that is sounding at this position."""
        part = self._bars_at(beat)
        bars, in_bar = divmod(floor(beat) - part.beat, part.meter.beats)
        return part.bar + bars, in_bar

    def bar_line(self, beat: float) -> int:
        """The bar line at or before this position, as a beat."""
        return floor(beat) - self.bar_at(beat)[1]

    def next_bar_line(self, beat: float) -> int:
        """The first bar line at or after this position, as a beat."""
        whole = ceil(beat)
        line = self.bar_line(whole)
        return line if line == whole else line + self.meter_at(line).beats

    def bars_before(self, line: int, bars: int) -> int:
        """The bar line ``bars`` bars before the bar line ``line``."""
        for _ in range(bars):
            line = self.bar_line(line - 1)
        return line

    def _bars_at(self, beat: float) -> _Bars:
        for part in reversed(self._bars):
            if part.beat <= beat:
                return part
        return self._bars[0]


class Placed(NamedTuple):
    """Where a hit lies on a grid: the nearest point (in beats), how far from it, and the point's spacing.

    Made for every hit: a named tuple takes half the time of a frozen dataclass.
    """

    point: float
    asynchrony: int
    spacing: int
    period: int


def place(pulse: Pulse, time: int, subdivision: float) -> Placed:
    """The judged grid point nearest to ``time`` (the earlier one of two equally near).

    ``subdivision`` points a beat (1/4: one in four beats).  ``spacing`` and ``period`` run from the matched
    point to the next point and to one beat later, as MEASURES defines T where beats vary.
    """
    low = floor(pulse.beat_at(time) * subdivision)
    first = pulse.time_at(low / subdivision)
    second = pulse.time_at((low + 1) / subdivision)
    index = low if time - first <= second - time else low + 1
    point = index / subdivision
    here = first if index == low else second
    following = second if index == low else pulse.time_at((low + 2) / subdivision)
    beat_later = following if subdivision == 1.0 else pulse.time_at(point + 1.0)
    return Placed(point, time - here, following - here, beat_later - here)
