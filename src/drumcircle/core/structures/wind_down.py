"""Wind-down: slower and softer to silence, and the silence stays."""

from __future__ import annotations

from drumcircle.core.pulse import SLOWEST
from drumcircle.core.structures.base import BAR, Setting, Stage
from drumcircle.core.structures.ground import GROUND
from drumcircle.core.structures.guided import Guided
from drumcircle.core.structures.ramping import Course, Ramp


class WindDown(Guided):
    """The pulse slows and fades; after its last bar nothing sounds until something new begins."""

    name = "wind_down"
    title = "Wind-down"
    sentence = "Slower and softer with every bar, until we are still."
    why = "A common end lets what was stirred up settle before people go."
    method = "re-creational"
    domains = ("emotional", "social", "motor")
    measures = ("tracking lag", "slope and correlation of velocity with the target")
    settings = (
        Setting("bars", 16, "bars in all", low=2, high=64, live=BAR),
        Setting("slower", 40, "percent by which the tempo falls", low=0, high=70, live=BAR),
        GROUND,
    )
    lets_pulse_go = True
    pulse = "slows down and fades, a little with every beat"
    leaves_silence = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._from_bpm = self._to_bpm = 0.0
        self._ramp = Ramp(0.0, 0, 0)
        self._loudness = Course(1.0)

    def plan(self, stage: Stage) -> None:
        self._from_bpm = stage.tempo(-1)
        self.aim(stage, 0)

    def aim(self, stage: Stage, beat: int) -> None:
        self._to_bpm = max(SLOWEST, self._from_bpm * (1 - int(self.chosen["slower"]) / 100))
        self._ramp = Ramp(self._to_bpm, 0, self.end)
        self._loudness.lead(beat, self.end, 0.0)

    def change(self, stage: Stage, beat: int) -> None:
        self._ramp.step(stage, beat)
        for what in ("click", "ground"):
            stage.level(what, self._loudness.at(beat), beat)

    def results(self, stage: Stage) -> dict[str, object]:
        return {
            "from_bpm": self._from_bpm,
            "to_bpm": self._to_bpm,
            "tempo": self.following.tempo_rows(stage, 0, self.end, there_and_back=False),
            "loudness": self.following.velocity_rows(stage, 0, self.end, self._loudness.at),
            "group": self.following.group_velocity(0, self.end, self._loudness.at),
        }

    def words(self, beat: float) -> str:
        return f"slower and softer, {self.left(beat)}"
