"""The hub's clock as a client knows it, from pings over the link."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ping:
    """One ping: left and came back on our clock, was received and answered on the hub's (all ns)."""

    left: int
    received: int
    sent: int
    back: int

    @property
    def least_offset(self) -> int:
        """Hub minus ours is at least this: the answer did not come back before it was sent."""
        return self.sent - self.back

    @property
    def most_offset(self) -> int:
        """Hub minus ours is at most this: the question was not received before it left."""
        return self.received - self.left


class HubClock:
    """Hub time minus our time, by the best of the last pings.

    All processes of one machine share one ``perf_counter_ns``: where no ping contradicts an offset of
    nothing, it is nothing, exactly.  Else it is the middle of what the best ping allows.
    """

    def __init__(self, pings: int = 16) -> None:
        self._pings: deque[Ping] = deque(maxlen=pings)

    def add(self, ping: Ping) -> None:
        self._pings.append(ping)

    def forget(self) -> None:
        """Another hub process may have another clock."""
        self._pings.clear()

    @property
    def known(self) -> bool:
        return bool(self._pings)

    def offset(self) -> int:
        """Hub time minus ours in ns; nothing before the first ping."""
        if all(ping.least_offset <= 0 <= ping.most_offset for ping in self._pings):
            return 0
        best = min(self._pings, key=lambda ping: ping.most_offset - ping.least_offset)
        return (best.least_offset + best.most_offset) // 2
