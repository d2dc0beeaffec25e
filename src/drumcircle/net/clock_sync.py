"""A networked pad's clock: its offset and drift from all exchanges of the last two minutes.

Pure and without a clock of its own: time is what exchanges tell.  A line is fitted when an exchange brings
something new; mapping a hit is a multiplication.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from drumcircle.core.events import MS
from drumcircle.net.clock_line import Line, Sample, line_through, line_under
from drumcircle.net.offset import KEPT, LATE, NEEDED, Exchange, middle

WINDOW_US = 120_000_000
PLENTY = 32
"""From so many exchanges on only the best of each second is kept: a burst counts whole, an hour costs no more."""
SECOND_US = 1_000_000
STAMPS = 1 * MS
"""What the two stamps of one moment may err, before they contradict the line."""
SHARP = 1 * MS
"""An exchange whose two ways cannot differ from the shortest ones' by more tells where the line is."""
STRAYING = MS // 2
STRAYS = 8
"""As many exchanges further than this from the line, all on one side, without their round trips to explain it and
no sharp one on the line between them: the clock took a step too small to be seen at once, or the path is another."""


class FittedClock:
    """A :class:`~drumcircle.net.offset.PadClock`; see ``docs/wire.md`` for what it promises."""

    def __init__(self) -> None:
        self.jumps = 0
        self._line: Line | None = None
        self._forget()

    def _forget(self) -> None:
        self._valid_from = 0
        self._agreed_at: int | None = None
        self._jitter: int | None = None
        """Of the exchanges there are now, once it has been asked for."""
        self._asked: deque[Exchange] = deque(maxlen=KEPT)
        self._there: deque[Sample] = deque()  # ways there, as long as the pad reports no way back
        self._whole: deque[Sample] = deque()
        self._strays: list[Sample] = []
        self._above = False

    @property
    def jitter(self) -> int | None:
        if self._jitter is None and len(self._asked) >= NEEDED:
            offsets = [asked.one_way_offset for asked in self._asked]
            self._jitter = max(offsets) - min(offsets)
        return self._jitter

    @property
    def uncertainty(self) -> int | None:
        if self._line is None or not self._asked:
            return None
        return self._line.uncertainty_at(self._asked[-1].pad_sent_us)

    @property
    def one_way(self) -> bool:
        return self._line is not None and self._line.one_way

    def reset(self) -> None:
        self._line = None
        self._forget()

    def map(self, pad_us: int) -> tuple[int, int] | None:
        if self._line is None or pad_us < self._valid_from:
            return None
        return pad_us * 1000 + self._line.offset_at(pad_us), self._line.uncertainty_at(pad_us)

    def pad_time(self, hub_ns: int) -> int | None:
        return None if self._line is None else self._line.pad_us(hub_ns)

    def agreed_since(self, arrival: int) -> bool:
        return self._agreed_at is not None and arrival <= self._agreed_at

    def exchange(self, exchange: Exchange) -> bool:
        line, agreed_at, trip = self._line, self._agreed_at, exchange.round_trip
        if trip is None:
            self._begin(exchange)
        elif trip > 0 and self._expects(exchange.pad_sent_us):
            self._complete(Sample(exchange.pad_sent_us, middle(exchange), trip), exchange.hub_received)
        return self._line is not line or self._agreed_at != agreed_at

    def _agrees(self, hub_received: int) -> None:
        """Reports may come in another order than what they report."""
        self._agreed_at = max(hub_received, self._agreed_at or hub_received)

    # ------------------------------------------------------------ two stamps

    def _begin(self, asked: Exchange) -> None:
        if self._went_back(asked) or self._came_too_early(asked):
            self._jumped(asked.pad_sent_us, ())
        self._asked.append(asked)
        self._jitter = None
        if self._whole:
            return
        if self._stays_late():
            latest = list(self._asked)[-NEEDED:]
            self._jumped(latest[0].pad_sent_us, latest)
            self._there.extend(_way_there(one) for one in latest)
        elif _keep(self._there, _way_there(asked)) and len(self._there) >= NEEDED:
            self._line = line_under(self._there)
        line = self._line
        if (
            line is not None
            and line.one_way
            and asked.one_way_offset <= line.offset_at(asked.pad_sent_us) + LATE
        ):
            self._agrees(asked.hub_received)

    def _went_back(self, asked: Exchange) -> bool:
        """A counter wrapped, or was set."""
        return bool(self._asked) and asked.pad_sent_us <= self._asked[-1].pad_sent_us

    def _came_too_early(self, asked: Exchange) -> bool:
        """It would have arrived before it was sent."""
        if self._line is None:
            return False
        earliest = self._line.offset_at(asked.pad_sent_us) - self._line.uncertainty_at(asked.pad_sent_us)
        return asked.one_way_offset < earliest - (LATE if self._line.one_way else STAMPS)

    def _stays_late(self) -> bool:
        """One late request may be the network, and many that arrive together a network or a hub that stood still; as
        many in a row as make an estimate, alike in how late they are, are the pad's clock."""
        line = self._line
        if line is None or len(self._asked) <= NEEDED:
            return False
        latest = list(self._asked)[-NEEDED:]
        late = [asked.one_way_offset - line.offset_at(asked.pad_sent_us) for asked in latest]
        asked_over = (latest[-1].pad_sent_us - latest[0].pad_sent_us) * 1000
        return min(late) > LATE and max(late) - min(late) < asked_over // 2

    # ------------------------------------------------------------ four stamps

    def _expects(self, sent_us: int) -> bool:
        """Asked before, on the clock as it is now, and not answered yet."""
        if self._whole and sent_us <= self._whole[-1].pad_us:
            return False
        return any(asked.pad_sent_us == sent_us for asked in self._asked)

    def _complete(self, whole: Sample, hub_received: int) -> None:
        self._there.clear()
        if self._contradicts(whole):
            self._begin_with([whole])
        elif self._strays_from_line(whole):
            if len(self._strays) < STRAYS:
                return
            self._begin_with(self._strays)
        elif not _keep(self._whole, whole):
            self._agrees(hub_received)
            return
        if len(self._whole) >= NEEDED:
            self._line = line_through(self._whole, self._line)
            self._agrees(hub_received)

    def _contradicts(self, whole: Sample) -> bool:
        """Whether no clock without a jump can have made it and the line."""
        line = self._line
        if line is None or line.one_way:
            return False
        off = abs(whole.offset - line.offset_at(whole.pad_us))
        return off > whole.trip // 2 + line.uncertainty_at(whole.pad_us) + STAMPS

    def _strays_from_line(self, whole: Sample) -> bool:
        """Whether it is kept aside, as one of a row of strays; a line through few may itself be far off."""
        line = self._line
        if line is None or line.one_way or len(self._whole) < PLENTY:
            return False
        off = whole.offset - line.offset_at(whole.pad_us)
        ways_differ = abs(whole.trip // 2 - line.bias)
        strays = abs(off) > ways_differ + line.fit_at(whole.pad_us) + STRAYING
        if strays and self._strays and (off > 0) != self._above:
            self._strays.clear()
        if strays:
            self._above = off > 0
            self._strays.append(whole)
        elif ways_differ <= SHARP:
            self._strays.clear()
        return strays

    def _begin_with(self, wholes: list[Sample]) -> None:
        since_us = wholes[0].pad_us
        self._jumped(since_us, [asked for asked in self._asked if asked.pad_sent_us >= since_us])
        self._whole.extend(wholes)

    def _jumped(self, since_us: int, still_true: Iterable[Exchange]) -> None:
        """Forget all from before; what the pad stamped before ``since_us`` cannot be told apart from it."""
        self.jumps += 1
        self.reset()
        self._valid_from = since_us
        self._asked.extend(still_true)
        self._jitter = None


def _keep(kept: deque[Sample], new: Sample) -> bool:
    """Of one second only the best, once there are plenty; False if that is not the new one."""
    if len(kept) >= PLENTY and kept[-1].pad_us // SECOND_US == new.pad_us // SECOND_US:
        if (new.trip, new.offset) >= (kept[-1].trip, kept[-1].offset):
            return False
        kept.pop()
    kept.append(new)
    while len(kept) > NEEDED and kept[0].pad_us < new.pad_us - WINDOW_US:
        kept.popleft()
    return True


def _way_there(asked: Exchange) -> Sample:
    return Sample(asked.pad_sent_us, asked.one_way_offset)
