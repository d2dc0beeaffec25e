"""The pulse a recording is judged against: beats somebody marked, a steady one, a MIDI file's, a session's.

A marked pulse ends with its last beat.  The others go on for ever, so only their beginning has an outside.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from drumcircle import measures
from drumcircle.core.events import NS, PulseShown
from drumcircle.core.pulse import Meter as PulseMeter
from drumcircle.errors import FileProblem, UsageError
from drumcircle.formats.beats import read_beats

if TYPE_CHECKING:
    from drumcircle.analysis.recording import Floats
    from drumcircle.formats.smf import Meter, Smf, Tempo

MOST_POINTS = 20_000_000
"""A pulse with more judged points is a mistake of units, and would only fill the memory."""
SPARE_BEATS = 2
_QUARTER, _USUAL_BPM, _USUAL_METER = 4.0, 120.0, "4/4"


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a grid must cover: times in seconds, and beats somebody gave the hits."""

    first_s: float
    last_s: float
    first_beat: float = math.inf
    last_beat: float = -math.inf


class Pulse(ABC):
    """Beats in time."""

    @abstractmethod
    def grid(self, stretch: Stretch, subdivision: float) -> measures.Grid:
        """Judged points, reaching beyond the stretch where the pulse itself does."""

    def row(self, beat: float) -> float | None:
        """How many beats after the pulse's first one the beat of this number lies; ``None``: there is none."""
        return beat if beat >= 0 else None

    @abstractmethod
    def plain(self) -> dict[str, Any]:
        """As it stands in the document."""


@dataclass(frozen=True, slots=True)
class MarkedPulse(Pulse):
    """Beats with numbers, as a beats file has them."""

    path: Path
    numbers: Floats
    time_ms: Floats

    @classmethod
    def read(cls, path: Path) -> MarkedPulse:
        """From a beats CSV.

        Raises:
            FileProblem: it cannot be used.
        """
        beats = read_beats(path)
        return cls(path, np.asarray(beats.beat), np.asarray(beats.time_s) * 1000)

    def grid(self, stretch: Stretch, subdivision: float) -> measures.Grid:
        if (len(self.time_ms) - 1) * subdivision < 1:
            raise FileProblem(self.path, "it has too few beats for this --subdivision; give 1.")
        if len(self.time_ms) * subdivision > MOST_POINTS:
            raise FileProblem(self.path, "it has too many beats for this --subdivision; give 1.")
        return measures.grid(self.time_ms, subdivision)

    def row(self, beat: float) -> float | None:
        low = int(np.searchsorted(self.numbers, beat, side="right")) - 1
        if low < 0:
            return None
        if low == len(self.numbers) - 1:
            return float(low) if beat == self.numbers[low] else None
        return low + float((beat - self.numbers[low]) / (self.numbers[low + 1] - self.numbers[low]))

    def plain(self) -> dict[str, Any]:
        return {
            "source": "beats",
            "file": str(self.path),
            "beats": len(self.time_ms),
            "bpm": float(60_000 / np.median(np.diff(self.time_ms))),
            "start_s": float(self.time_ms[0] / 1000),
            "end_s": float(self.time_ms[-1] / 1000),
        }


@dataclass(frozen=True, slots=True)
class SteadyPulse(Pulse):
    """Beat 0 at ``start_s``, then ``bpm`` a minute without end."""

    bpm: float
    start_s: float = 0.0

    def grid(self, stretch: Stretch, subdivision: float) -> measures.Grid:
        start, period = self.start_s * 1000, 60_000 / self.bpm
        first = min(stretch.first_s * 1000, start + stretch.first_beat * period)
        last = max(stretch.last_s * 1000, start + stretch.last_beat * period)
        if (last - max(first, start)) / period * subdivision > MOST_POINTS:
            raise UsageError(
                f"From the first hit to the last a pulse of {self.bpm:g} BPM has {(last - first) / period:.3g} "
                "beats; check --bpm, and that times are in seconds."
            )
        return measures.steady_grid(self.bpm, start, last, subdivision, first)

    def plain(self) -> dict[str, Any]:
        return {"source": "steady", "bpm": self.bpm, "start_s": self.start_s}


@dataclass(frozen=True, slots=True)
class MappedPulse(Pulse):
    """A MIDI file's tempo map and metre; a beat is the metre's unit, as everywhere in drumcircle."""

    path: Path
    tempos: tuple[Tempo, ...]
    meters: tuple[Meter, ...]

    @classmethod
    def of(cls, path: Path, smf: Smf) -> MappedPulse | None:
        """``None`` where the file has no tempo."""
        return cls(path, smf.tempos, smf.meters) if smf.tempos else None

    def grid(self, stretch: Stretch, subdivision: float) -> measures.Grid:
        quarters = _Quarters.of(self.tempos)
        slowest_s = max(quarters.slowest_s, 1e-6)
        until = stretch.last_s + (SPARE_BEATS + 1 / subdivision) * slowest_s * _QUARTER / self._coarsest()
        starts = self._starts(until)
        parts = [
            self._beats(quarters, meter, from_s, to_s, subdivision)
            for (from_s, meter), (to_s, _) in zip(starts, [*starts[1:], (until, "")], strict=True)
        ]
        return measures.grid(np.concatenate(parts) * 1000, subdivision)

    def _starts(self, until: float) -> list[tuple[float, str]]:
        """(time, metre) of each metre; a new one begins on a bar line, wherever the file puts it."""
        starts = {0.0: _USUAL_METER} | {m.time_s: m.meter for m in self.meters if m.time_s < until}
        return sorted(starts.items())

    def _coarsest(self) -> float:
        return min((_unit(meter.meter) for meter in self.meters), default=_QUARTER)

    def _beats(
        self, quarters: _Quarters, meter: str, from_s: float, to_s: float, subdivision: float
    ) -> Floats:
        first, last = quarters.at(np.array([from_s, to_s]))
        count = (last - first) * _unit(meter) / _QUARTER
        if count * subdivision > MOST_POINTS:
            raise FileProblem(
                self.path,
                f"its tempo map and metre make {count:.3g} beats, which nobody plays; give --bpm instead.",
            )
        # A beat that all but falls together with the next metre's first one is that one.
        beats = np.arange(max(np.ceil(count - 1e-6), 1.0))
        return quarters.time_s(first + beats * _QUARTER / _unit(meter))

    def plain(self) -> dict[str, Any]:
        return {
            "source": "midi",
            "bpm": self.tempos[0].bpm,
            "meter": self.meters[0].meter if self.meters else None,
            "start_s": 0.0,
            "tempo_changes": len(self.tempos) - 1,
        }


def _unit(meter: str) -> float:
    return float(meter.partition("/")[2])


@dataclass(frozen=True, slots=True)
class _Quarters:
    """Time <-> quarter notes, by a tempo map."""

    times: Floats
    positions: Floats
    per_s: Floats

    @classmethod
    def of(cls, tempos: Sequence[Tempo]) -> _Quarters:
        bpm_at = {0.0: _USUAL_BPM} | {tempo.time_s: tempo.bpm for tempo in tempos}
        times = np.array(sorted(bpm_at))
        per_s = np.array([bpm_at[time] / 60 for time in times])
        positions = np.concatenate([[0.0], np.cumsum(np.diff(times) * per_s[:-1])])
        return cls(times, positions, per_s)

    @property
    def slowest_s(self) -> float:
        return float(1 / self.per_s.min())

    def at(self, time_s: Floats) -> Floats:
        i = np.maximum(np.searchsorted(self.times, time_s, side="right") - 1, 0)
        return self.positions[i] + (time_s - self.times[i]) * self.per_s[i]

    def time_s(self, quarters: Floats) -> Floats:
        i = np.maximum(np.searchsorted(self.positions, quarters, side="right") - 1, 0)
        return self.times[i] + (quarters - self.positions[i]) / self.per_s[i]


@dataclass(frozen=True, slots=True)
class SessionPulse(Pulse):
    """A session's pulse from the first bar line that was shown, exact between the beats that were shown."""

    shown: tuple[PulseShown, ...]
    zero: int
    """Time 0 of the recording, ns on the hub's clock."""
    bars_before: int
    """The recording begins so many bars before the first bar line."""

    def grid(self, stretch: Stretch, subdivision: float) -> measures.Grid:
        times: list[Floats] = [self._before(self.shown[0])]
        for shown, then in zip(self.shown, self.shown[1:], strict=False):
            beats = _beats_between(shown, then)
            times.append(shown.t + np.arange(beats, dtype=np.float64) * ((then.t - shown.t) / beats))
        last = self.shown[-1]
        period = 60 * NS / last.bpm
        left = max(self.zero + stretch.last_s * NS - last.t, 0.0) / period
        times.append(last.t + np.arange(int(left) + SPARE_BEATS + 1 / subdivision, dtype=np.float64) * period)
        return measures.grid((np.concatenate(times) - self.zero) / 1e6, subdivision)

    def _before(self, first: PulseShown) -> Floats:
        """The beats from time 0 to the first bar line, of the first tempo."""
        beats = self.bars_before * PulseMeter.parse(first.meter).beats
        return first.t - np.arange(beats, 0, -1, dtype=np.float64) * (60 * NS / first.bpm)

    def plain(self) -> dict[str, Any]:
        first = self.shown[0]
        return {
            "source": "session",
            "bpm": first.bpm,
            "meter": first.meter,
            "start_s": (first.t - self.zero) / NS,
            "tempo_changes": sum(a.bpm != b.bpm for a, b in zip(self.shown, self.shown[1:], strict=False)),
        }


def _beats_between(shown: PulseShown, then: PulseShown) -> int:
    return (then.bar - shown.bar) * PulseMeter.parse(shown.meter).beats + then.beat - shown.beat
