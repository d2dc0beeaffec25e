"""Tempo ramp: faster or slower together, straight or there and back; one step a beat."""

from __future__ import annotations

from drumcircle.core.pulse import FASTEST, SLOWEST
from drumcircle.core.structures.base import BAR, Setting, Stage
from drumcircle.core.structures.ground import GROUND
from drumcircle.core.structures.guided import Guided
from drumcircle.core.structures.judged import judged
from drumcircle.core.structures.ramping import Ramp

BACK = "there_and_back"


class TempoRamp(Guided):
    """The pulse goes to another tempo, and perhaps back; it is over at the last bar line."""

    name = "tempo_ramp"
    title = "Faster and slower"
    sentence = "Stay with the beat while it changes its pace."
    why = "Following a change together takes listening ahead, and is a game of its own."
    method = "re-creational"
    domains = ("motor", "cognitive", "social")
    measures = ("tracking lag", "prediction–tracking ratio there and back", "asynchrony")
    settings = (
        Setting("to", 120.0, "beats a minute to go to", low=SLOWEST, high=FASTEST, live=BAR),
        Setting("bars", 16, "bars in all", low=2, high=128, live=BAR),
        Setting("way", "straight", "there, or there and back", choices=("straight", BACK)),
        GROUND,
    )
    lets_pulse_go = True
    pulse = "goes to another tempo, a little with every beat"

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._back = self.chosen["way"] == BACK
        self._from_bpm = 0.0
        self._ramps: tuple[Ramp, ...] = ()

    def plan(self, stage: Stage) -> None:
        self._from_bpm = stage.tempo(-1)
        self.aim(stage, 0)

    def aim(self, stage: Stage, beat: int) -> None:
        turn = self.end // 2 if self._back else self.end
        there = Ramp(float(self.chosen["to"]), 0, turn)
        self._ramps = (there, Ramp(self._from_bpm, turn, self.end))

    def change(self, stage: Stage, beat: int) -> None:
        for ramp in self._ramps:
            ramp.step(stage, beat)

    def results(self, stage: Stage) -> dict[str, object]:
        return {
            "from_bpm": self._from_bpm,
            "to_bpm": float(self.chosen["to"]),
            "there_and_back": self._back,
            "players": self.following.tempo_rows(stage, 0, self.end, self._back),
            "on_the_beat": judged(stage, self.players, 0, self.now(stage)),
        }

    def words(self, beat: float) -> str:
        goal = next((ramp.goal for ramp in self._ramps if beat < ramp.end), float(self.chosen["to"]))
        return f"to {goal:.0f}, {self.left(beat)}"
