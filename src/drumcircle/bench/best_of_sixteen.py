"""The best of the last 16 exchanges: what most programs that ask for the time take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from drumcircle.core.events import MS
from drumcircle.net.offset import KEPT, LATE, LEAST_ONE_WAY, NEEDED, Exchange, middle

SLACK = 5 * MS
"""What two clocks may drift apart, and a stamp err, between exchanges, before it is a jump."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """hub - pad in ns, and half the width of where it must lie."""

    offset: int
    uncertainty: int


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


def _contradicts(exchange: Exchange, estimate: Estimate) -> bool:
    """Whether no clock without a jump can have made both."""
    trip = exchange.round_trip
    if trip is None:  # it would have arrived before it was sent
        return exchange.one_way_offset < estimate.offset - estimate.uncertainty - LATE
    return abs(middle(exchange) - estimate.offset) > trip // 2 + estimate.uncertainty + SLACK


def _best(kept: deque[Exchange]) -> Estimate:
    trips = [(e.round_trip, e) for e in kept if e.round_trip is not None]
    if trips:
        trip, exchange = min(trips, key=lambda one: one[0])
        return Estimate(middle(exchange), trip // 2)
    offsets = sorted(e.one_way_offset for e in kept)
    spread = offsets[len(offsets) // 2] - offsets[0]
    return Estimate(offsets[0], max(spread, LEAST_ONE_WAY))
