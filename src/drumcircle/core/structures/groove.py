"""Groove: everyone with the pulse."""

from __future__ import annotations

from drumcircle.core.structures.base import Setting, Stage, Structure, Wake

GROUNDS: dict[str, tuple[tuple[float, float], ...]] = {
    "click": (),
    "heartbeat": ((0.0, 0.7), (0.5, 0.5)),
    "walk": ((0.0, 0.7), (1.0, 0.6)),
    "none": (),
}
"""(beat, gain) of the low drum under the click, over two beats."""


class Groove(Structure):
    """Everyone is invited, all the time; the ground pattern repeats every two beats."""

    name = "groove"
    title = "Groove"
    sentence = "Find the beat in your own way, and stay with it together."
    why = "Playing one beat together is the base of everything else a circle does."
    method = "re-creational"
    domains = ("motor", "social")
    measures = ("asynchrony", "consistency", "lock", "together with the pulse", "participation")
    settings = (Setting("ground", "heartbeat", "what sounds under the click", choices=tuple(GROUNDS)),)
    follows_performance = False

    def start(self, stage: Stage) -> None:
        self._from(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        self._from(stage, beat)

    def _from(self, stage: Stage, beat: int) -> None:
        self._next = beat
        for player in stage.players():
            stage.invite(player.id, beat)
        self._ground(stage)

    def wake(self) -> Wake | None:
        return Wake(self._next - 1.5) if GROUNDS[str(self.chosen["ground"])] else None

    def act(self, stage: Stage) -> None:
        self._ground(stage)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        stage.invite(player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    def _ground(self, stage: Stage) -> None:
        for beat, gain in GROUNDS[str(self.chosen["ground"])]:
            stage.cue(self._next + beat, "drum", gain, f"ground:{self._next + beat}")
        self._next += 2
