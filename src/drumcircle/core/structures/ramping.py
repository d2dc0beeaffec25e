"""What goes a little way every beat, so that a stop, a nudge or a late joiner never makes it jump."""

from __future__ import annotations

from drumcircle.core.structures.base import Stage


class Ramp:
    """To ``goal`` over the beats ``[start, end)``, one step a beat from wherever the pulse is."""

    def __init__(self, goal: float, start: int, end: int) -> None:
        self.goal, self.start, self.end = goal, start, end

    def step(self, stage: Stage, beat: int) -> None:
        """The step that belongs to this beat."""
        if not self.start <= beat < self.end:
            return
        left = self.end - beat
        at = max(beat, stage.movable())
        now = stage.tempo(beat - 1)
        stage.set_tempo(now + (self.goal - now) / left, at)


class Course:
    """A loudness that goes evenly from goal to goal; what was asked for on the way there stays as it was."""

    def __init__(self, first: float) -> None:
        self._legs = [(0, first, 1, first)]
        """(from beat, value there, to beat, value there)"""

    def lead(self, start: int, end: int, goal: float) -> None:
        """From local beat ``start`` on to ``goal`` at ``end``."""
        self._legs.append((start, self.at(start), end, goal))

    @property
    def rise(self) -> float:
        """How far the last goal is above where it was led from."""
        _, first, _, goal = self._legs[-1]
        return goal - first

    def at(self, beat: float) -> float:
        """What this beat is meant to have."""
        start, first, end, goal = next((leg for leg in reversed(self._legs) if leg[0] <= beat), self._legs[0])
        return first + (goal - first) * min(1.0, max(0.0, (beat - start) / max(1, end - start)))
