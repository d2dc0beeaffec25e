"""The ground: a low drum under the click, the same every two beats, for every structure that has one."""

from __future__ import annotations

from drumcircle.core.spans import Spans
from drumcircle.core.structures.base import BAR, Setting, Stage, Structure, Value, Wake

GROUNDS: dict[str, tuple[tuple[float, float], ...]] = {
    "click": (),
    "heartbeat": ((0.0, 0.7), (0.5, 0.5)),
    "walk": ((0.0, 0.7), (1.0, 0.6)),
    "none": (),
}
"""(beat, gain) of the low drum, over two beats."""
LENGTH = 2
AHEAD = 1.5
"""Beats by which two more are handed out ahead."""
GROUND = Setting("ground", "heartbeat", "what sounds under the click", choices=tuple(GROUNDS), live=BAR)


def loudest(name: str) -> float:
    """Gain of the loudest stroke of a ground; 1 where it has none."""
    return max((gain for _, gain in GROUNDS[name]), default=1.0)


class Ground:
    """What sounds under the click; handed out two beats at a time."""

    def __init__(self, name: str) -> None:
        self._strokes = GROUNDS[name]
        self._next = 0
        self._paused = Spans()

    def begin(self, stage: Stage, beat: int) -> None:
        """From this local beat on."""
        self._next = beat
        self.play(stage)

    def change(self, stage: Stage, name: str, beat: int) -> None:
        """Something else sounds from this local beat on."""
        self._strokes = GROUNDS[name]
        stage.hush("ground:", beat)
        self.begin(stage, beat)

    def wake(self) -> Wake | None:
        """When the next two beats must be handed out."""
        return Wake(self._next - AHEAD) if self._strokes else None

    def pause(self, start: float, end: float) -> None:
        """Nothing sounds on ``[start, end)``."""
        self._paused.add(start, end)

    def play(self, stage: Stage) -> None:
        """Hand out two more beats."""
        for offset, gain in self._strokes:
            beat = self._next + offset
            if beat not in self._paused:
                stage.cue(beat, "drum", gain, f"ground:{beat}")
        self._next += LENGTH


class OnGround(Structure):
    """A structure that has the ground under it and steps of its own above."""

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._ground = Ground(str(self.chosen[GROUND.name]))
        self._over: float | None = None

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        before, name = self.chosen[GROUND.name], chosen[GROUND.name]
        super().adopt(stage, chosen, beat)
        if name != before:
            self._ground.change(stage, str(name), beat)

    def next_step(self) -> float | None:
        """The local beat of the next step; None: nothing but the ground goes on."""
        return None

    def step(self, stage: Stage) -> None:
        """That beat has come."""

    def close(self, stage: Stage, beat: float) -> None:
        self._over = beat

    def now(self, stage: Stage) -> float:
        """The local beat of this moment; once it is over, that of its end."""
        return stage.beat if self._over is None else self._over

    def wake(self) -> Wake | None:
        ground, step = self._ground.wake(), self.next_step()
        if step is None or (ground is not None and ground.beat <= step):
            return ground
        return Wake(step)

    def act(self, stage: Stage) -> None:
        if self.wake() == self._ground.wake():
            self._ground.play(stage)
        else:
            self.step(stage)
