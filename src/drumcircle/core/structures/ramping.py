"""A tempo that goes a little way every beat, so that a stop, a nudge or a late joiner never makes it jump."""

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
