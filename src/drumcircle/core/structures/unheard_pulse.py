"""A pulse that is silent and goes with whoever plays, so that its return is in their tempo and phase."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from drumcircle.core.pulse import FASTEST, MINUTE, SLOWEST
from drumcircle.core.structures.base import Played, Stage
from drumcircle.core.structures.group_tempo import AHEAD, ALIKE, GroupTempo

LEAD = 1.0
"""Beats before a bar line at which the pulse is brought there: the line then lies as they play."""


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
        """The pulse takes the tempo and the phase of these players, if they have one; the next beats bring it there.

        Their tempo as they play it, as far as a pulse can go; where they play twice or half as often as it, it stays.
        """
        found = self._group.find(stage.time(stage.beat), players)
        if found is None:
            return False
        bpm = found.bpm * _octave(found.bpm, stage.tempo(stage.beat))
        bpm = min(FASTEST, max(SLOWEST, bpm))
        beat = max(stage.movable(), ceil(stage.beat))
        while stage.time(beat) - stage.time(stage.beat) < AHEAD:
            beat += 1
        period = MINUTE / bpm
        steps = round((stage.time(beat) - found.anchor) / period)
        due = found.anchor + round(steps * period)
        if due - stage.time(stage.beat) < AHEAD / 2:
            due += round(period)
        stage.land(beat, due, bpm, journalled=found.journalled)
        return True


def _octave(bpm: float, pulse: float) -> float:
    """By what a tempo is counted where it is the pulse's own, in halves or doubles."""
    return next((factor for factor in (1.0, 0.5, 2.0) if abs(bpm * factor - pulse) <= ALIKE * pulse), 1.0)
