"""The tempo and the phase a group has of its own, and the pulse that takes them.

Each active player's median interval of the last 20 s, folded by octaves into 40-160 BPM, then moved by octaves
to within a factor of the square root of 2 of the group's median.  There is a common tempo where at least 60 %
of the players lie within 8 % of the median.  Its phase is the mean direction of what they played in the last
eight beats.
"""

from __future__ import annotations

from cmath import phase, rect
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt, tau
from statistics import median
from typing import NamedTuple

from drumcircle.core.events import MS, NS
from drumcircle.core.pulse import MINUTE
from drumcircle.core.structures.base import Played, Stage

LISTENS = 20 * NS
SLOWEST, FASTEST = 40.0, 160.0
ALIKE, MOST = 0.08, 0.6
ENOUGH = 5
"""Intervals a player must have played to have a tempo."""
PHASE_BEATS = 8
AHEAD = 300 * MS
"""The pulse meets the group at a beat at least so far ahead: its cues can still go out."""
KEPT = 512


@dataclass(frozen=True, slots=True)
class CommonTempo:
    """A tempo that most of a group share."""

    bpm: float
    anchor: int
    """A moment on the group's beat, ns."""
    loudness: float
    """Mean velocity of what was played, 0-1."""
    journalled: bool
    """Every hit it was found from is journalled."""

    def octave(self, factor: float) -> CommonTempo:
        """The same beat counted ``factor`` times as fast."""
        return CommonTempo(self.bpm * factor, self.anchor, self.loudness, self.journalled)


class _Heard(NamedTuple):
    time: int
    velocity: int
    journalled: bool


class GroupTempo:
    """Guards what was played in the last seconds, by player."""

    def __init__(self) -> None:
        self._heard: dict[str, deque[_Heard]] = {}

    def hear(self, played: Played) -> None:
        """One hit."""
        heard = self._heard.setdefault(played.player, deque(maxlen=KEPT))
        heard.append(_Heard(played.time, played.velocity, played.journalled))

    def forget(self) -> None:
        """What was played so far does not count any more."""
        self._heard.clear()

    def find(self, now: int, players: Iterable[str]) -> CommonTempo | None:
        """What most of these players share at ``now``; None: no common tempo."""
        recent = {player: self._recent(player, now) for player in players}
        own = {
            player: own_tempo([hit.time for hit in hits])
            for player, hits in recent.items()
            if len(hits) > ENOUGH
        }
        bpm = common_tempo(list(own.values()))
        if bpm is None:
            return None
        hits = [hit for player in own for hit in recent[player]]
        return CommonTempo(
            bpm,
            now + _phase(now, MINUTE / bpm, [recent[player] for player in own]),
            sum(hit.velocity for hit in hits) / (127 * len(hits)),
            all(hit.journalled for hit in hits),
        )

    def _recent(self, player: str, now: int) -> list[_Heard]:
        heard = self._heard.get(player, deque())
        while heard and heard[0].time < now - LISTENS:
            heard.popleft()
        return sorted(heard)


def own_tempo(times: list[int]) -> float:
    """BPM from the median interval of ascending times (ns, two at least), folded into 40-160."""
    bpm = MINUTE / max(1.0, median([b - a for a, b in pairwise(times)]))
    while bpm < SLOWEST:
        bpm *= 2
    while bpm > FASTEST:
        bpm /= 2
    return bpm


def common_tempo(tempi: list[float]) -> float | None:
    """The median of tempi once each is moved by octaves towards the group's; None where too few lie near it."""
    if not tempi:
        return None
    middle = median(tempi)
    near = [_towards(bpm, middle) for bpm in tempi]
    bpm = median(near)
    alike = sum(abs(other - bpm) <= ALIKE * bpm for other in near)
    return bpm if alike >= MOST * len(near) else None


def _towards(bpm: float, middle: float) -> float:
    while bpm < middle / sqrt(2):
        bpm *= 2
    while bpm > middle * sqrt(2):
        bpm /= 2
    return bpm


def _phase(now: int, period: float, players: list[list[_Heard]]) -> int:
    """How long after ``now`` (or before) the players' beat lies, ns; each counts as much as they agree with themselves."""
    whole = 0j
    for hits in players:
        late = [hit for hit in hits if hit.time > now - PHASE_BEATS * period]
        if late:
            whole += sum(rect(1.0, tau * (hit.time - now) / period) for hit in late) / len(late)
    return round(phase(whole) / tau * period)


def meet(stage: Stage, found: CommonTempo) -> int:
    """The pulse takes the group's tempo and phase; the local beat from which on it has them."""
    beat = max(stage.movable(), ceil(stage.beat + 0.5))
    period = MINUTE / found.bpm
    earliest = stage.time(stage.beat) + AHEAD
    steps = max(round((stage.time(beat) - found.anchor) / period), ceil((earliest - found.anchor) / period))
    stage.land(beat, found.anchor + round(steps * period), found.bpm, journalled=found.journalled)
    return beat
