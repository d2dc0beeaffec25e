"""Four simulated people and a pulse that leans toward them: the spread of their asynchronies at each alpha.

Each keeps time alone (Wing & Kristofferson 1973, with linear phase correction): the next tap is a beat after the
last one of their inner clock, less half their own asynchrony, and what the pulse will do next they do not know.
The hub's own core hears the taps and moves the pulse.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import pstdev

from drumcircle.core.events import MS, NS, Effect, Hit, Join, PadFound, PulseShown
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig

PLAYERS = 4
CORRECTION = 0.5
CLOCK_MS, MOTOR_MS = 20.0, 15.0
BPM = 120.0
PERIOD = round(60 * NS / BPM)
LEAD_IN = 16
"""Beats left out until nothing is left of how they began."""
GEM_MS = {0.0: 30.5, 0.35: 24.3, 1.0: 33.3}
"""Four people in GEM (2022), ms."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """What came of one alpha."""

    sd_asynchrony_ms: float
    largest_move: float
    """Of the pulse, of one beat to the next, as a share of the beat."""


class _Person:
    def __init__(self, seed: int, number: int) -> None:
        self._dice = random.Random(f"{seed}/{number}")
        self.pad = f"mqtt:p{number}"
        self._clock = 0.0
        self.tap = 0

    def prepare(self, asynchrony: float) -> None:
        """The next tap, ``asynchrony`` after the beat just played."""
        self._clock += PERIOD - CORRECTION * asynchrony + self._dice.gauss(0.0, CLOCK_MS * MS)
        self.tap = round(self._clock + self._dice.gauss(0.0, MOTOR_MS * MS))


class _Beats:
    """When each beat is, from what the circle tells."""

    def __init__(self) -> None:
        self._shown: dict[int, int] = {}
        self._last = -PERIOD

    def take(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, PulseShown):
                self._shown[4 * (effect.bar - 1) + effect.beat - 1] = effect.t

    def time(self, beat: int) -> int:
        """Of the beat after the one asked for last."""
        self._last = self._shown.pop(beat, self._last + PERIOD)
        return self._last


def lean(alpha: float, beats: int, seed: int = 1) -> Leaning:
    """So many beats with ``hold`` at this alpha; the same noise for every alpha."""
    session = Session(SessionConfig(start=0, bpm=BPM, structure=f"hold:alpha={alpha},before=0,ground=none"))
    people = [_Person(seed, number) for number in range(PLAYERS)]
    for person in people:
        session.handle(PadFound(person.pad, person.pad, "mqtt", voiced=True), -NS)
        session.handle(Join(person.pad, person.pad, pads=(person.pad,)), -NS)
    shown, kept = _Beats(), list[int]()
    last, largest = shown.time(-1), 0.0
    for beat in range(beats):
        for person in sorted(people, key=lambda one: one.tap):
            shown.take(session.handle(Hit(person.tap, person.pad, 38, 90), person.tap + MS))
        shown.take(session.advance(max(person.tap for person in people) + 2 * MS))
        time = shown.time(beat)
        if beat:
            largest = max(largest, abs(time - last - PERIOD) / PERIOD)
        last = time
        for person in people:
            if beat >= LEAD_IN:
                kept.append(person.tap - time)
            person.prepare(person.tap - time)
    return Leaning(pstdev(kept) / MS, largest)
