"""People with a tempo of their own, who go with the ground once they hear one; virtual time, seeded."""

from __future__ import annotations

import random
from itertools import islice

from core_circle import ARRIVES, Circle
from drumcircle.core.events import MS, NS, Cue, Hit, PulseShown
from drumcircle.sim.heard_pulse import HeardPulse

PERIOD_NS = 60 * NS


class Person:
    """Plays every beat of their own tempo, ``sd_ms`` around it; from the first ground on, of the pulse."""

    def __init__(
        self, name: str, bpm: float, sd_ms: float, seed: int, phase: int, *, velocity: int = 90
    ) -> None:
        self.name, self.sd, self.velocity = name, sd_ms * MS, velocity
        self.period = PERIOD_NS / bpm
        self.rng = random.Random(f"{seed}/{name}")
        self.follows = self.lost = False
        self.every = 1.0
        """Points a beat once they follow."""
        self._point = float(phase)
        self.next = self._moment()

    def _moment(self) -> int:
        return round(self._point + self.rng.gauss(0.0, self.sd))

    def go_on(self, pulse: HeardPulse, now: int) -> None:
        """Decide about the next hit."""
        point = pulse.after(self._point + 0.5 * self.period, self.every) if self.follows else None
        if point is None:
            self._point += self.period
        else:
            self._point, self.period = float(point.time), point.spacing
        if self.lost:
            self._point = now + self.rng.uniform(0.4, 1.6) * self.period
        self.next = max(now + 1, self._moment())


class Band:
    """Guards the order in which they play."""

    def __init__(self, circle: Circle, *people: Person, follow: bool = True) -> None:
        self.circle, self.people, self._follow = circle, people, follow
        self._pulse, self._taken = HeardPulse(), 0
        for person in people:
            circle.seat(person.name)

    def until(self, time: int) -> Band:
        """Everybody plays up to a moment."""
        while (person := min(self.people, key=lambda p: p.next)).next <= time:
            self.circle.until(person.next + ARRIVES - 1)
            self._listen()
            self.circle.tell(
                Hit(person.next, f"link:{person.name}", 38, person.velocity), person.next + ARRIVES
            )
            person.go_on(self._pulse, person.next)
        self.circle.until(time)
        return self

    def _listen(self) -> None:
        log = self.circle.log
        for _, effect in islice(log, self._taken, None):
            if isinstance(effect, PulseShown):
                self._pulse.take(effect)
            elif isinstance(effect, Cue) and effect.id.startswith("part:ground") and self._follow:
                for person in self.people:
                    person.follows = True
        self._taken = len(log)
