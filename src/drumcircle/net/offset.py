"""From a pad's clock to the hub's, and how sure that is.

The seam is :class:`PadClock`.  :class:`BestOfSixteen` fills it with the best of the last 16 exchanges;
``net/clock_sync.py`` with a line through those of two minutes.  A constant asymmetry of the path cannot be seen
from stamps: half of the shortest round trip is the error.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from drumcircle.core.events import MS, NS

KEPT = 16
NEEDED = 4
"""Exchanges before a mapping is trusted (a pad begins with a burst, 50 ms apart)."""
SLACK = 5 * MS
"""What two clocks may drift apart, and a stamp err, between exchanges, before it is a jump."""
LATE = 50 * MS
"""One way only is seen and an exchange comes this much too early, or as many as are needed all this late: the
pad's clock jumped."""
FUTURE = 50 * MS
"""A hit mapped further than this after its arrival was mapped wrongly."""
PAST = 600 * NS
"""A hit mapped further than this before its arrival was mapped wrongly."""
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


@dataclass(frozen=True, slots=True)
class Estimate:
    """hub - pad in ns, and half the width of where it must lie."""

    offset: int
    uncertainty: int


@dataclass(frozen=True, slots=True)
class Placed:
    """When a hit happened, in hub time."""

    time: int
    uncertainty: int | None
    by_arrival: bool


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

    def exchange(self, exchange: Exchange) -> None:
        """One more exchange; a second time with all four stamps once the pad has told its own."""

    def map(self, pad_us: int) -> tuple[int, int] | None:
        """(hub ns, uncertainty ns) of a pad time; None until synchronised."""

    def reset(self) -> None:
        """The pad was booted: its clock began anew."""


class BestOfSixteen:
    """Of the last 16 exchanges the one with the shortest round trip; where pads do not report theirs, the
    earliest arrival."""

    def __init__(self) -> None:
        self.jumps = 0
        self._kept: deque[Exchange] = deque(maxlen=KEPT)
        self._estimate: Estimate | None = None

    @property
    def jitter(self) -> int | None:
        if len(self._kept) < NEEDED:
            return None
        offsets = [e.one_way_offset for e in self._kept]
        return max(offsets) - min(offsets)

    @property
    def uncertainty(self) -> int | None:
        return None if self._estimate is None else self._estimate.uncertainty

    @property
    def one_way(self) -> bool:
        return self._estimate is not None and all(kept.round_trip is None for kept in self._kept)

    def reset(self) -> None:
        self._kept.clear()
        self._estimate = None

    def exchange(self, exchange: Exchange) -> None:
        if not (self._begin(exchange) if exchange.round_trip is None else self._complete(exchange)):
            return
        if self._estimate is not None and _contradicts(exchange, self._estimate):
            self._jumped([exchange])
        elif self._stepped_back():
            self._jumped(list(self._kept)[-NEEDED:])
        self._estimate = _best(self._kept) if len(self._kept) >= NEEDED else None

    def map(self, pad_us: int) -> tuple[int, int] | None:
        if self._estimate is None:
            return None
        return pad_us * 1000 + self._estimate.offset, self._estimate.uncertainty

    def _begin(self, exchange: Exchange) -> bool:
        if self._kept and exchange.pad_sent_us <= self._kept[-1].pad_sent_us:
            self._jumped([])
        self._kept.append(exchange)
        return True

    def _complete(self, exchange: Exchange) -> bool:
        """Replace the two stamps kept by all four; False if it is no longer kept, or says the impossible."""
        for index, kept in enumerate(self._kept):
            if kept.pad_sent_us == exchange.pad_sent_us and (exchange.round_trip or 0) > 0:
                self._kept[index] = exchange
                return True
        return False

    def _jumped(self, still_true: list[Exchange]) -> None:
        self.jumps += 1
        self.reset()
        self._kept.extend(still_true)

    def _stepped_back(self) -> bool:
        """One late exchange may be the network; as many in a row as make an estimate are the pad's clock.

        Where pads report all four stamps, contradictions tell sooner.
        """
        if self._estimate is None or len(self._kept) <= NEEDED:
            return False
        late = self._estimate.offset + LATE
        latest = list(self._kept)[-NEEDED:]
        return all(e.round_trip is None and e.one_way_offset > late for e in latest)


def place(clock: PadClock, pad_us: int | None, arrival: int) -> Placed:
    """When a hit happened; by its arrival where the pad's time is unknown, or maps to where no hit can be."""
    mapped = None if pad_us is None else clock.map(pad_us)
    if mapped is None or not arrival - PAST <= mapped[0] <= arrival + FUTURE:
        return Placed(arrival, None, by_arrival=True)
    return Placed(min(mapped[0], arrival), mapped[1], by_arrival=False)


def _contradicts(exchange: Exchange, estimate: Estimate) -> bool:
    """Whether no clock without a jump can have made both."""
    trip = exchange.round_trip
    if trip is None:  # it would have arrived before it was sent
        return exchange.one_way_offset < estimate.offset - estimate.uncertainty - LATE
    return abs(middle(exchange) - estimate.offset) > trip // 2 + estimate.uncertainty + SLACK


def middle(exchange: Exchange) -> int:
    """hub - pad if the way there takes as long as the way back; for an exchange with all four stamps."""
    return exchange.one_way_offset - (exchange.round_trip or 0) // 2


def _best(kept: deque[Exchange]) -> Estimate:
    trips = [(e.round_trip, e) for e in kept if e.round_trip is not None]
    if trips:
        trip, exchange = min(trips, key=lambda one: one[0])
        return Estimate(middle(exchange), trip // 2)
    offsets = sorted(e.one_way_offset for e in kept)
    spread = offsets[len(offsets) // 2] - offsets[0]
    return Estimate(offsets[0], max(spread, LEAST_ONE_WAY))
