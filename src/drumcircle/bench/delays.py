"""Ways between a pad and the hub, in virtual time: how long each message takes, in order within a connection.

All times are ns of the hub's clock.  Nothing waits: a path answers when a message sent now will arrive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from random import Random

from drumcircle.core.events import MS, NS

BEACON = 102_400_000
"""ns between two beacons (100 time units of 1024 µs): when a sleeping radio asks for what waits for it."""
AWAKE = 50 * MS
"""A radio stays awake this long after a frame (ESP-IDF's default minimum active time)."""
WAKING_MS = (1.0, 6.0)
"""What a sleeping radio needs before it can send."""

Delay = Callable[[Random], float]
"""ms that one message is under way."""


def good_wifi(dice: Random) -> float:
    """A quiet channel; one frame in fifty must be sent again and again."""
    again = dice.uniform(5, 40) if dice.random() < 0.02 else 0.0
    return 1.0 + dice.expovariate(1 / 0.6) + again


def pareto(dice: Random) -> float:
    """Mean 10 ms, deviation 15 ms, Pareto of shape 3, as Linux' netem makes ``delay 10ms 15ms distribution
    pareto``: its table ends 4 deviations from the mean."""
    shape = 3.0
    mean, deviation = shape / (shape - 1), sqrt(shape / ((shape - 1) ** 2 * (shape - 2)))
    drawn: float = ((1 - dice.random()) ** (-1 / shape) - mean) / deviation
    return 10 + 15 * min(drawn, 4.0)


def slower_by_4_ms(dice: Random) -> float:
    """The way that is always longer than the way back."""
    return 4.0 + good_wifi(dice)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a network does to messages."""

    name: str
    up: Delay
    down: Delay
    power_save: bool = False
    outage: int = 0
    """ns without any, from the middle of the time on."""


PROFILES = (
    Profile("good Wi-Fi", good_wifi, good_wifi),
    Profile("10 + Pareto 15 ms", pareto, pareto),
    Profile("power save", good_wifi, good_wifi, power_save=True),
    Profile("4 ms asymmetry", slower_by_4_ms, good_wifi),
    Profile("30 s outage", good_wifi, good_wifi, outage=30 * NS),
)


class Path:
    """One pad's connection from ``joined`` to ``until``; ask in order of time.

    Over TCP messages stay in order: one that is late holds up those behind it.  Datagrams overtake each other.
    """

    def __init__(
        self, profile: Profile, dice: Random, joined: int, until: int, *, in_order: bool = True
    ) -> None:
        self._in_order = in_order
        self._profile = profile
        self._dice = dice
        self.down_from = (joined + until) // 2
        self.back = self.down_from + profile.outage
        self._beacon = joined - dice.randrange(BEACON)
        self._awake_until = joined
        self._last_up = self._last_down = joined

    def connected(self, now: int) -> bool:
        """Whether anything can be sent; from ``back`` on it can again."""
        return not self.down_from <= now < self.back

    def up(self, sent: int) -> int | None:
        """When a message of the pad arrives at the hub; None if never."""
        delay = self._profile.up(self._dice)
        if self._profile.power_save and sent > self._awake_until:
            delay += self._dice.uniform(*WAKING_MS)
        arrival = sent + round(delay * MS)
        if self._in_order:
            arrival = self._last_up = max(self._last_up + 1, arrival)
        return self._arrives(sent, arrival)

    def down(self, sent: int) -> int | None:
        """When a message of the hub arrives at the pad; None if never."""
        arrival = sent + round(self._profile.down(self._dice) * MS)
        if self._profile.power_save and arrival > self._awake_until:
            arrival += -(arrival - self._beacon) % BEACON
        if self._in_order:
            arrival = self._last_down = max(self._last_down + 1, arrival)
        return self._arrives(sent, arrival)

    def _arrives(self, sent: int, arrival: int) -> int | None:
        if self._profile.outage and sent < self.back and arrival >= self.down_from:
            return None
        self._awake_until = max(self._awake_until, arrival + AWAKE)
        return arrival
