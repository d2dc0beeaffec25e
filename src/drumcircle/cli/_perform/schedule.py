"""When each hit of a performance is due, and on which bar line the performance begins.

Times within a performance are ns after its time 0, which is a bar line of the circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from math import floor, inf
from operator import attrgetter

from drumcircle.core.events import NS, PulseShown
from drumcircle.core.pulse import MINUTE, Meter
from drumcircle.formats.performance import Part


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of a file is played, in seconds of the file (half open), and how many times as fast."""

    from_s: float = 0.0
    to_s: float = inf
    speed: float = 1.0

    def __contains__(self, time_s: float) -> bool:
        return self.from_s <= time_s < self.to_s

    def offset(self, time_s: float) -> int:
        """ns from the performance's time 0 to this time of the file."""
        return round(time_s * NS / self.speed)


@dataclass(frozen=True, slots=True)
class Due:
    """One hit of one pad, ``offset`` ns after time 0."""

    offset: int
    pad: str
    note: int
    velocity: int


def schedule(parts: tuple[Part, ...], stretch: Stretch) -> tuple[Due, ...]:
    """All hits of a stretch in the order they are due."""
    columns = (
        [Due(stretch.offset(hit.time_s), part.name, hit.note, hit.velocity) for hit in part.hits
         if hit.time_s in stretch]
        for part in parts
    )  # fmt: skip
    return tuple(merge(*columns, key=attrgetter("offset")))


def first_bar_line(shown: PulseShown, earliest: int) -> int:
    """The first bar line at or after ``earliest`` of the pulse as it was last shown, ns on its clock."""
    beats = Meter.parse(shown.meter).beats
    period = MINUTE / shown.bpm

    def line(bar: int) -> int:
        return shown.t + round((bar * beats - (shown.beat - 1)) * period)

    bar = floor((earliest - line(0)) / (beats * period))
    while line(bar) < earliest:
        bar += 1
    return line(bar)


def beginning(shown: PulseShown | None, now: int, stretch: Stretch, lead: int) -> int:
    """The performance's time 0: the earliest bar line that leaves ``lead`` ns before the stretch begins.

    With ``from_s`` above 0 it may lie in the past.  Without a pulse it is no bar line, only soon.
    """
    earliest = now + lead - stretch.offset(stretch.from_s)
    return earliest if shown is None else first_bar_line(shown, earliest)


def is_fresh(shown: PulseShown, now: int) -> bool:
    """Was this pulse shown within the last two bars or so (or for a bar to come)?

    A broker retains the pulse of a circle that ended long ago; nothing follows from it.
    """
    bar = Meter.parse(shown.meter).beats * MINUTE / shown.bpm
    return abs(now - shown.t) <= 2 * bar + NS
