"""What was made of strokes: which were missed, which hits nobody played, how far off in time and in velocity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from drumcircle.sim.piezo import COUNTS_PER_VOLT, FULL, Pad, Piezos, Stroke

EARLIEST_US = -1_000
LATEST_US = 12_000
"""A hit so long after the first touch, or so little before it, is that stroke's."""

Hit = tuple[int, int, int]
"""(pad, µs, velocity)"""


class Senses(Protocol):
    """What is fed with samples and asked for hits."""

    def feed(self, t_us: int, values: Sequence[int], /) -> None: ...

    def take(self) -> Hit | None: ...


@dataclass(frozen=True, slots=True)
class Scale:
    """Which counts above the quiet signal are velocity 1 and 127."""

    least: int
    full: int

    def velocity(self, stroke: Stroke, pad: Pad, offset: float) -> float:
        """What a perfect reading of the stroke's peak would give."""
        peak = min(stroke.force * pad.volts * COUNTS_PER_VOLT, FULL - offset)
        return 1 + 126 * max(0.0, min(1.0, (peak - self.least) / (self.full - self.least)))


@dataclass(slots=True)
class Tally:
    """Of any number of takes."""

    strokes: int = 0
    missed: int = 0
    false: int = 0
    length_us: int = 0
    late_ms: list[float] = field(default_factory=list)
    """From first touch to stamp, of strokes that were heard."""
    velocity_errors: list[float] = field(default_factory=list)

    def add(self, played: Piezos, strokes: Sequence[Stroke], hits: Sequence[Hit], scale: Scale) -> None:
        """Each hit belongs to the first stroke on its pad that it may belong to and that has none yet."""
        waiting = sorted(strokes, key=lambda stroke: stroke.at_us)
        self.strokes += len(waiting)
        for pad, t_us, velocity in sorted(hits, key=lambda hit: hit[1]):
            stroke = next((one for one in waiting if one.pad == pad and _is_of(t_us, one)), None)
            if stroke is None:
                self.false += 1
                continue
            waiting.remove(stroke)
            self.late_ms.append((t_us - stroke.at_us) / 1000)
            true = scale.velocity(stroke, played.pads[pad], played.around.offset)
            self.velocity_errors.append(abs(velocity - true))
        self.missed += len(waiting)

    @property
    def missed_percent(self) -> float:
        return 100 * self.missed / self.strokes

    @property
    def false_a_minute(self) -> float:
        return self.false * 60e6 / self.length_us


def sensed(senses: Senses, times_us: Sequence[int], samples: Iterable[Sequence[int]]) -> list[Hit]:
    """All hits, asked for after every sample as a pad's program does."""
    hits = []
    for t_us, values in zip(times_us, samples, strict=True):
        senses.feed(t_us, values)
        while (hit := senses.take()) is not None:
            hits.append(hit)
    return hits


def _is_of(t_us: int, stroke: Stroke) -> bool:
    return EARLIEST_US <= t_us - stroke.at_us <= LATEST_US
