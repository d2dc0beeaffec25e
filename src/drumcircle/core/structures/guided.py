"""So many bars in which everybody plays and the circle changes a little with every beat."""

from __future__ import annotations

from drumcircle.core.structures.base import Played, Stage, Value
from drumcircle.core.structures.following import Following
from drumcircle.core.structures.ground import GROUND, OnGround


class Guided(OnGround):
    """What is common to changes of pace and of loudness; they have a setting ``bars`` and end by themselves."""

    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self.end = 0
        """The local beat at which it is over."""
        self.following = Following()
        self.players: dict[str, None] = {}
        """Whoever has been in, in the order they came."""
        self._next = 0

    def plan(self, stage: Stage) -> None:
        """:attr:`end` is known and beat 0 a moment away."""

    def aim(self, stage: Stage, beat: int) -> None:
        """:attr:`end`, or what is to be reached there, is another from this beat on."""

    def change(self, stage: Stage, beat: int) -> None:
        """What is different from this beat on, half a beat ahead of it."""

    def start(self, stage: Stage) -> None:
        self.end = int(self.chosen["bars"]) * stage.beats_in_bar
        self.plan(stage)
        self._go_on(stage, 0)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """It ends as if it had been so many bars long from the beginning, but plays one more at least."""
        before = self.chosen
        super().adopt(stage, chosen, beat)
        if chosen["bars"] != before["bars"]:
            self.end = max(int(chosen["bars"]) * stage.beats_in_bar, stage.bar_line(beat + 1))
        if chosen != {**before, GROUND.name: chosen[GROUND.name]}:
            self.aim(stage, beat)

    def resume(self, stage: Stage, beat: int) -> None:
        self.following.go_back(beat)
        self._go_on(stage, beat)

    def _go_on(self, stage: Stage, beat: int) -> None:
        self._next = beat
        self._ground.begin(stage, beat)
        for player in stage.players():
            self.joined(stage, player.id, beat)

    def next_step(self) -> float:
        return self._next - 0.5

    def step(self, stage: Stage) -> None:
        beat, self._next = self._next, self._next + 1
        if beat < self.end:
            self.change(stage, beat)
        else:
            stage.finish(self.end)

    def hit(self, stage: Stage, played: Played) -> None:
        self.following.hear(stage, played)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self.players[player] = None
        stage.invite(player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    def left(self, beat: float) -> str:
        """How much is left, in words."""
        return f"{max(0, self.end - int(beat))} beats left"

    def forget(self) -> None:
        self.following.forget()
