"""The ladder of call and response: simpler calls after two low echoes, harder ones after three high ones."""

from __future__ import annotations

from drumcircle.core.structures.base import Stage

LOW, HIGH = 0.3, 0.7
"""Median F1 above chance under which an echo is low, and over which it is high."""
EASIEST, HARDEST = 1, 3
LOW_IN_A_ROW, HIGH_IN_A_ROW = 2, 3


class Ladder:
    """The level of the next call; every step is told to the therapist with its reason."""

    def __init__(self, level: int) -> None:
        self.level = level
        self._low = self._high = 0

    def step(self, stage: Stage, above_chance: float | None) -> None:
        """One more echo of the group; None: it says nothing."""
        if above_chance is None:
            return
        self._low = self._low + 1 if above_chance < LOW else 0
        self._high = self._high + 1 if above_chance > HIGH else 0
        if self._low == LOW_IN_A_ROW and self.level > EASIEST:
            self._move(stage, -1, f"two echoes under {LOW} above chance")
        elif self._high == HIGH_IN_A_ROW and self.level < HARDEST:
            self._move(stage, 1, f"three echoes over {HIGH} above chance")

    def _move(self, stage: Stage, by: int, why: str) -> None:
        self.level += by
        self._low = self._high = 0
        harder = "harder" if by > 0 else "simpler"
        stage.say(f"Calls get {harder}, level {self.level}: {why}.", scope="therapist")
