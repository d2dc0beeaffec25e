"""Dynamics: louder or softer together; click and ground show the way."""

from __future__ import annotations

from drumcircle.core.structures.base import Setting, Stage
from drumcircle.core.structures.ground import GROUND, GROUNDS
from drumcircle.core.structures.guided import Guided

FULL = 127


class Dynamics(Guided):
    """Click and ground go from one loudness to another, a little every beat; it is over at the last bar line."""

    name = "dynamics"
    title = "Louder and softer"
    sentence = "Play as loud as the ground: grow with it, and come down with it."
    why = "Control of force, and hearing how loud one is among the others."
    method = "re-creational"
    domains = ("motor", "social", "emotional")
    measures = ("slope and correlation of velocity with the target",)
    settings = (
        Setting("from", 40, "loudness at the start, as the velocity of a hit", low=10, high=FULL),
        Setting("to", 110, "loudness at the end", low=10, high=FULL),
        Setting("bars", 8, "bars in all", low=1, high=64),
        GROUND,
    )

    def plan(self, stage: Stage) -> None:
        self.change(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        self.change(stage, beat)
        super().resume(stage, beat)

    def change(self, stage: Stage, beat: int) -> None:
        loudness = self._target(beat) / FULL
        loudest = max((gain for _, gain in GROUNDS[str(self.chosen["ground"])]), default=1.0)
        stage.level("click", loudness, beat)
        stage.level("ground", loudness / loudest, beat)

    def _target(self, beat: float) -> float:
        """The velocity this beat is meant to have."""
        first, last = int(self.chosen["from"]), int(self.chosen["to"])
        return first + (last - first) * min(1.0, max(0.0, beat / max(1, self.end - 1)))

    def results(self, stage: Stage) -> dict[str, object]:
        return {
            "players": self.following.velocity_rows(stage, 0, self.end, self._target),
            "group": self.following.group_velocity(0, self.end, self._target),
        }

    def words(self, beat: float) -> str:
        first, last = int(self.chosen["from"]), int(self.chosen["to"])
        way = "louder" if last > first else "softer" if last < first else "as loud as it is"
        return f"{way}, {self.left(beat)}"
