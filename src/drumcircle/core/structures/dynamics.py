"""Dynamics: louder or softer together; click and ground show the way."""

from __future__ import annotations

from drumcircle.core.structures.base import BAR, Setting, Stage
from drumcircle.core.structures.ground import GROUND, loudest
from drumcircle.core.structures.guided import Guided
from drumcircle.core.structures.ramping import Course

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
        Setting("to", 110, "loudness at the end", low=10, high=FULL, live=BAR),
        Setting("bars", 8, "bars in all", low=1, high=64, live=BAR),
        GROUND,
    )

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._target = Course(int(self.chosen["from"]))
        """The velocity each beat is meant to have."""

    def plan(self, stage: Stage) -> None:
        self.aim(stage, 0)
        self.change(stage, 0)

    def aim(self, stage: Stage, beat: int) -> None:
        self._target.lead(beat, self.end - 1, int(self.chosen["to"]))

    def resume(self, stage: Stage, beat: int) -> None:
        self.change(stage, beat)
        super().resume(stage, beat)

    def change(self, stage: Stage, beat: int) -> None:
        loudness = self._target.at(beat) / FULL
        stage.level("click", loudness, beat)
        stage.level("ground", loudness / loudest(str(self.chosen["ground"])), beat)

    def results(self, stage: Stage) -> dict[str, object]:
        return {
            "players": self.following.velocity_rows(stage, 0, self.end, self._target.at),
            "group": self.following.group_velocity(0, self.end, self._target.at),
        }

    def words(self, beat: float) -> str:
        rise = self._target.rise
        way = "louder" if rise > 0 else "softer" if rise < 0 else "as loud as it is"
        return f"{way}, {self.left(beat)}"
