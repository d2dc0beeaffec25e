"""Which hits of a pad arrived, which are missing, and up to which all are safe.

A pad numbers its hits from 0 at every boot, modulo 2^16, and counts its boots, modulo 2^8.  It keeps each hit
until the cumulative ack covers it, and sends again what stays unacknowledged.
"""

from __future__ import annotations

from drumcircle.core.events import NS

PATIENCE = 10 * NS
"""A gap this old is given up: acks go on past it."""
SETTLING = 3 * NS
"""A pad first heard in the middle of its boot may still send again what came before: no ack until then."""
MOST_OPEN = 2048
"""Missing hits, and hits safe beyond one, remembered for each pad; the oldest fall out.  A longer jump is a
loss for good."""


class Sequence:
    """The hits of one pad, over all its boots; ``now`` is ns on the hub's clock."""

    def __init__(self) -> None:
        self.boot: int | None = None
        self.received = 0
        self.duplicate = 0
        self._lost_before = 0  # in earlier boots, and gaps that fell out of memory
        self._begin(0, 0, None)

    def _begin(self, first: int, now: int, stamp: int | None) -> None:
        """``first`` is the unwrapped number from which on this boot's hits count."""
        self._base = first
        self._first_stamp = stamp
        self._highest = first - 1
        self._safe_to = first - 1  # all up to here is safe or given up
        self._safe_beyond: set[int] = set()
        self._missing: dict[int, int] = {}  # number -> since when, oldest first
        self._settled_at = now if first == 0 else now + SETTLING

    @property
    def lost(self) -> int:
        """Hits that never arrived, as far as is known now."""
        return self._lost_before + len(self._missing)

    def lost_since(self, moment: int) -> int:
        """Of these, what was missing by then already: younger gaps may only wait to be sent again."""
        return self._lost_before + sum(since <= moment for since in self._missing.values())

    @property
    def waits(self) -> bool:
        """Whether something is not acknowledged yet, so that time alone may let the ack move on."""
        return self._safe_to < self._highest

    def receive(self, boot: int, seq: int, now: int, stamp: int | None = None) -> bool:
        """True for a new hit, False for one that has been received before.

        ``stamp`` is the pad's own time of the hit, in any unit: where it differs for the first hit of a boot, the pad was
        booted again by chance into the same boot counter (one that has no memory draws it at random).
        """
        if boot != self.boot or self._begins_again(seq, stamp):
            self._lost_before += len(self._missing)
            self.boot = boot
            self._begin(seq, now, stamp)
        number = self._unwrap(seq)
        if number > self._highest:
            if number - self._highest > MOST_OPEN:
                self._jump_to(number, now, stamp)
            self._open_gap(self._highest + 1, number, now)
            self._highest = number
        elif number < self._base and now < self._settled_at:
            self._open_gap(number + 1, self._base, now)
            self._base = number
            self._first_stamp = stamp
            self._safe_to = number - 1
        elif self._missing.pop(number, None) is None:
            self.duplicate += 1
            return False
        self.received += 1
        return True

    def safe(self, boot: int, seq: int) -> None:
        """This hit is safe now; hits of another boot are nobody's business any more."""
        if boot != self.boot:
            return
        number = self._unwrap(seq)
        if self._safe_to < number <= self._highest:
            self._safe_beyond.add(number)

    def ack(self, now: int) -> tuple[int, int] | None:
        """(boot, last sequence up to which all is safe), or None while nothing can be acknowledged."""
        if self.boot is None or now < self._settled_at:
            return None
        if len(self._safe_beyond) > MOST_OPEN:  # one hit was never made safe: it must not block for ever
            self._safe_to = min(self._safe_beyond) - 1
        while self._safe_to < self._highest:
            following = self._safe_to + 1
            if following in self._safe_beyond:
                self._safe_beyond.remove(following)
            elif now - self._missing.get(following, now) < PATIENCE:
                break
            self._safe_to = following
        return None if self._safe_to < self._base else (self.boot, self._safe_to & 0xFFFF)

    def _begins_again(self, seq: int, stamp: int | None) -> bool:
        return self._unwrap(seq) == self._base <= self._highest and stamp != self._first_stamp

    def _unwrap(self, seq: int) -> int:
        """The number nearest the highest one so far that is ``seq`` modulo 2^16."""
        near = max(self._highest, self._base)
        return near + ((seq - near + 0x8000) & 0xFFFF) - 0x8000

    def _open_gap(self, start: int, end: int, now: int) -> None:
        self._missing.update(dict.fromkeys(range(start, end), now))
        while len(self._missing) > MOST_OPEN:
            del self._missing[next(iter(self._missing))]
            self._lost_before += 1

    def _jump_to(self, number: int, now: int, stamp: int | None) -> None:
        """Begin again at ``number``: the journal keeps order, so what is safe there is safe before it too."""
        self._lost_before += len(self._missing) + number - self._highest - 1
        self._begin(number, now, stamp)
        self._settled_at = now
