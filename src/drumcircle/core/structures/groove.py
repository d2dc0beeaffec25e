"""Groove: everyone with the pulse."""

from __future__ import annotations

from drumcircle.core.structures.base import Stage
from drumcircle.core.structures.ground import GROUND, OnGround
from drumcircle.core.structures.judged import judged


class Groove(OnGround):
    """Everyone is invited, all the time; the ground pattern repeats every two beats."""

    name = "groove"
    title = "Groove"
    sentence = "Find the beat in your own way, and stay with it together."
    why = "Playing one beat together is the base of everything else a circle does."
    method = "re-creational"
    domains = ("motor", "social")
    measures = ("asynchrony", "consistency", "lock", "together with the pulse", "participation")
    settings = (GROUND,)
    follows_performance = False

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._players: dict[str, None] = {}
        """Whoever has been in, in the order they came."""

    def start(self, stage: Stage) -> None:
        self.resume(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        for player in stage.players():
            self.joined(stage, player.id, beat)
        self._ground.begin(stage, beat)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._players[player] = None
        stage.invite(player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    def results(self, stage: Stage) -> dict[str, object]:
        return judged(stage, self._players, 0, self.now(stage))
