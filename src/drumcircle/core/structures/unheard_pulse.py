"""A pulse that is silent and goes with whoever plays, so that its return is in their tempo and phase."""

from __future__ import annotations

from collections.abc import Iterable
from math import log2

from drumcircle.core.structures.base import Played, Stage
from drumcircle.core.structures.group_tempo import GroupTempo, meet


class UnheardPulse:
    """Guards what was played lately; moves the pulse when it is told to."""

    def __init__(self) -> None:
        self._group = GroupTempo()

    def hear(self, played: Played) -> None:
        """One hit."""
        self._group.hear(played)

    def forget(self) -> None:
        """What was played so far says nothing of what comes."""
        self._group.forget()

    def follow(self, stage: Stage, players: Iterable[str]) -> bool:
        """The pulse takes the tempo, in the octave nearest to its own, and the phase of these players, if they have one."""
        found = self._group.find(stage.time(stage.beat), players)
        if found is None:
            return False
        meet(stage, found.octave(2.0 ** round(log2(stage.tempo(stage.beat) / found.bpm))))
        return True
