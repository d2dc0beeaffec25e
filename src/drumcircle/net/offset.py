"""What pad and hub tell each other of their clocks, and the seam of what is made of it.

:class:`PadClock` is filled by ``net/clock_sync.py`` with a line through the exchanges of two minutes.  A constant
asymmetry of the path cannot be seen from stamps: half of the shortest round trip is the error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drumcircle.core.events import MS

KEPT = 16
NEEDED = 4
"""Exchanges before a mapping is trusted (a pad begins with a burst, 50 ms apart)."""
LATE = 50 * MS
"""One way only is seen and an exchange comes this much too early, or as many as are needed all this late: the
pad's clock jumped."""
LEAST_ONE_WAY = 1 * MS
"""No less is claimed where the way back was never seen."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One sync/req and its sync/res.  The last two stamps are None where the pad does not report its own."""

    pad_sent_us: int
    hub_received: int
    hub_sent: int | None = None
    pad_received_us: int | None = None

    @property
    def round_trip(self) -> int | None:
        """ns on the way there and back, without the hub's own time."""
        if self.hub_sent is None or self.pad_received_us is None:
            return None
        return (self.pad_received_us - self.pad_sent_us) * 1000 - (self.hub_sent - self.hub_received)

    @property
    def one_way_offset(self) -> int:
        """hub - pad, too large by the time of the way there."""
        return self.hub_received - self.pad_sent_us * 1000


class PadClock(Protocol):
    """What is known of one pad's clock."""

    @property
    def jumps(self) -> int:
        """How often the pad's clock was seen to jump."""

    @property
    def jitter(self) -> int | None:
        """Spread of the way there over the exchanges kept, ns."""

    @property
    def uncertainty(self) -> int | None:
        """Of a hit stamped now, ns; None until synchronised."""

    @property
    def one_way(self) -> bool:
        """Only the way there is known: the pad does not report when answers arrive."""

    def exchange(self, exchange: Exchange) -> bool:
        """One more exchange; a second time with all four stamps once the pad has told its own.

        Whether hits may be mapped otherwise now, or :meth:`agreed_since` answers otherwise.
        """

    def map(self, pad_us: int) -> tuple[int, int] | None:
        """(hub ns, uncertainty ns) of a pad time; None until synchronised, and for times from before a jump."""

    def pad_time(self, hub_ns: int) -> int | None:
        """Pad time in µs of a moment in the hub's; None until synchronised."""

    def agreed_since(self, arrival: int) -> bool:
        """Whether an exchange that was asked for then or later (hub, ns) agreed with the mapping: until then the clock
        had not jumped."""

    def reset(self) -> None:
        """The pad was booted: its clock began anew."""


def middle(exchange: Exchange) -> int:
    """hub - pad if the way there takes as long as the way back; for an exchange with all four stamps."""
    return exchange.one_way_offset - (exchange.round_trip or 0) // 2
