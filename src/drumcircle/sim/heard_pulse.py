"""The pulse as somebody hears it: the beats shown so far, and the ones that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from drumcircle.core.events import PulseShown
from drumcircle.core.pulse import MINUTE, Meter

REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a player's grid: its time (ns), the way to the next one (ns), and whether a bar begins."""

    time: int
    spacing: float
    bar_line: bool


@dataclass(frozen=True, slots=True)
class _Shown:
    time: int
    beat: int
    """From 0, in the bar."""
    period: float
    beats_in_bar: int

    def after(self, time: float, subdivision: float) -> Point:
        """The first point later than ``time``, and not before this beat."""
        spacing = self.period / subdivision
        first = self.beat * subdivision
        index = max(floor(first + (time - self.time) / spacing + 1e-9) + 1, _ceil(first))
        at = self.time + round((index - first) * spacing)
        beat = index / subdivision
        return Point(at, spacing, abs(beat % self.beats_in_bar) < 1e-9)


class HeardPulse:
    """Grows by :class:`PulseShown`; a beat shown again, or an earlier one, replaces what followed it."""

    def __init__(self) -> None:
        self._shown: list[_Shown] = []

    def take(self, shown: PulseShown) -> None:
        """Hear of one beat."""
        meter = Meter.parse(shown.meter)
        self._shown = [s for s in self._shown if s.time < shown.t][1 - REMEMBERED :]
        self._shown.append(_Shown(shown.t, shown.beat - 1, MINUTE / shown.bpm, meter.beats))

    def after(self, time: float, subdivision: float) -> Point | None:
        """The first grid point later than ``time``; None while no pulse was heard."""
        if not self._shown:
            return None
        index = max((i for i, s in enumerate(self._shown) if s.time <= time), default=0)
        point = self._shown[index].after(time, subdivision)
        for later in self._shown[index + 1 :]:
            # The beat as it was shown replaces the beat as it was expected.
            if point.time < later.time - point.spacing / 2:
                break
            point = later.after(later.time - 1, subdivision)
        return point


def _ceil(value: float) -> int:
    return -floor(-value + 1e-9)
