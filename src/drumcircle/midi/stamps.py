"""When a note was played, from what the driver says and when we were told.

rtmidi gives each message the time since the one before it on the same port (*delta*), taken by the driver,
and calls us some time later: at once, or after the interpreter was busy with something else.  The deltas
added up are a clock without that delay but with an unknown zero.  The zero is found from the message that
reached us soonest: the least ``arrival - clock`` over the last 30 s.

Deltas are not always sound (the first is 0; macOS may repeat one, python-rtmidi #204; a filtered message
takes its own with it).  Too large a delta mends itself: the clock is ahead, so the message it came with
is the soonest of all and is stamped with its arrival.  Too small a one would leave every later message
stamped too early; this is seen and the clock is set by the arrival again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from drumcircle.core.events import MS, NS

WINDOW = 30 * NS
BUCKET = NS
MOST_BEHIND = 50 * MS
"""Nobody waits longer for the interpreter in a hub of its own; a delta that says so is wrong."""
STILL_BEHIND = 3 * MS
STILL_COUNT = 8
STILL_SPAN = 2 * NS
"""That many messages in a row over that time, each later than STILL_BEHIND, are a clock that runs slow."""


@dataclass(frozen=True, slots=True)
class Delay:
    """What the MIDI system adds on average (``late``) and half the width of what is not known, in ns."""

    late: int = 0
    uncertainty: int = 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """``time`` on the hub's clock, ``raw`` on the driver's (ns since the port's first message)."""

    time: int
    raw: int
    uncertainty: int
    by_arrival: bool


class PortClock:
    """The driver's clock of one port, joined to the hub's.  Constant work a message."""

    def __init__(self, delay: Delay = Delay()) -> None:
        self._delay = delay
        self._driver = 0
        self._least: deque[tuple[int, int]] = deque(maxlen=WINDOW // BUCKET + 1)
        """(bucket of arrival, least offset in it), oldest first."""
        self._late_since: int | None = None
        self._late_count = 0

    def stamp(self, arrival: int, delta: float) -> Stamp:
        """The time of a message that came at ``arrival`` (ns), ``delta`` s after the one before it."""
        sound = 0.0 <= delta < 1e6  # false for NaN, too
        self._driver += round(delta * NS) if sound else 0
        offset = arrival - self._driver
        behind = offset - self._anchor(arrival, offset)
        by_arrival = not sound or behind > MOST_BEHIND or self._runs_slow(arrival, behind)
        doubt = self._delay.uncertainty
        if by_arrival:
            self._set(arrival, offset)
            doubt += min(behind, MOST_BEHIND)
            behind = 0
        return Stamp(arrival - behind - self._delay.late, self._driver, doubt, by_arrival)

    def _anchor(self, arrival: int, offset: int) -> int:
        """The least offset of the window, this one included."""
        bucket = arrival // BUCKET
        least = self._least
        while least and least[0][0] <= bucket - WINDOW // BUCKET:
            least.popleft()
        if least and least[-1][0] == bucket:
            least[-1] = (bucket, min(least[-1][1], offset))
        else:
            least.append((bucket, offset))
        return min(entry[1] for entry in least)

    def _runs_slow(self, arrival: int, behind: int) -> bool:
        if behind <= STILL_BEHIND:
            self._late_since, self._late_count = None, 0
            return False
        if self._late_since is None:
            self._late_since = arrival
        self._late_count += 1
        return self._late_count >= STILL_COUNT and arrival - self._late_since >= STILL_SPAN

    def _set(self, arrival: int, offset: int) -> None:
        self._least.clear()
        self._least.append((arrival // BUCKET, offset))
        self._late_since, self._late_count = None, 0
