"""How long something that is not counted in beats has gone on; a stop does not count."""

from __future__ import annotations

from drumcircle.core.events import NS
from drumcircle.core.structures.base import BAR, Setting, Stage, Structure, Value, Wake

MINUTE_NS = 60 * NS
MINUTES = "minutes"


class Timed(Structure):
    """Silent, unjudged, so many minutes long; at rest afterwards.  Has a setting ``minutes``."""

    leaves_silence = True
    follows_performance = False

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._whole = round(float(self.chosen[MINUTES]) * MINUTE_NS)
        self.elapsed = 0
        """ns; as far as whole beats have been counted."""
        self._counted = 0
        """The local beat up to which the time that has gone is counted."""

    def start(self, stage: Stage) -> None:
        self._go_on(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        self._go_on(stage, beat)

    def _go_on(self, stage: Stage, beat: int) -> None:
        self._counted = beat
        stage.level("click", 0.0, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._whole = round(float(chosen[MINUTES]) * MINUTE_NS)

    def wake(self) -> Wake | None:
        return Wake(self._counted + 1)

    def act(self, stage: Stage) -> None:
        beat = self._counted + 1
        self.elapsed += stage.time(beat) - stage.time(self._counted)
        self._counted = beat
        if self.elapsed >= self._whole:
            stage.finish(beat)
        else:
            self.beat(stage, beat)

    def beat(self, stage: Stage, beat: int) -> None:
        """Another beat has gone."""

    def results(self, stage: Stage) -> dict[str, object]:
        return {MINUTES: self.elapsed / MINUTE_NS}

    def left(self) -> str:
        """What is left, as a clock shows it."""
        seconds = max(0, -(-(self._whole - self.elapsed) // NS))
        return f"{seconds // 60}:{seconds % 60:02d} left"


def minutes(default: float) -> Setting:
    """How long it lasts."""
    return Setting(MINUTES, default, "minutes it lasts", low=0.1, high=90, live=BAR)
