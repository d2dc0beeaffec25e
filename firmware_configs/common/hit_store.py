"""Hits that the hub does not have safe yet, in memory set aside once, ready to be sent in order."""

import struct

from wire_constants import HIT, RESEND_AFTER_MS, VERSION

RECORD = struct.calcsize(HIT)
CAPACITY = 1024
"""A power of two, and more than ``LEAST_KEPT``: nine minutes of two hits a second."""


class HitStore:
    """Numbers are counted on without wrapping inside; on the wire they are modulo 2^16."""

    def __init__(self, boot, capacity=CAPACITY):
        self._boot = boot
        self._capacity = capacity
        self._memory = bytearray(capacity * RECORD)
        self._records = memoryview(self._memory)
        self._first = 0  # oldest that is kept
        self._cursor = 0  # next to be sent
        self._end = 0
        self._waits_since_ms = 0

    def __len__(self):
        return self._end - self._first

    def add(self, note, velocity, t_us):
        """Keep one more; where there is no room the oldest falls out."""
        if len(self) == self._capacity:
            self._first += 1
            self._cursor = max(self._cursor, self._first)
        place = self._end % self._capacity * RECORD
        struct.pack_into(
            HIT, self._memory, place, VERSION, self._boot, self._end & 0xFFFF, note, velocity, t_us
        )
        self._end += 1

    def unsent(self):
        """The next to be sent as it is on the wire, or None."""
        if self._cursor == self._end:
            return None
        place = self._cursor % self._capacity * RECORD
        return self._records[place : place + RECORD]

    def sent(self, now_ms):
        """What :meth:`unsent` gave is on its way."""
        if self._cursor == self._first:
            self._waits_since_ms = now_ms
        self._cursor += 1

    def ack(self, boot, seq, now_ms):
        """All of this boot up to ``seq`` are safe."""
        safe = ((seq - self._first) & 0xFFFF) + 1
        if boot == self._boot and safe <= len(self):
            self._first += safe
            self._cursor = max(self._cursor, self._first)
            self._waits_since_ms = now_ms

    def again(self):
        """A new connection: everything is unsent."""
        self._cursor = self._first

    def overdue(self, now_ms):
        """Whether something sent has waited too long for its ack."""
        return self._cursor > self._first and now_ms - self._waits_since_ms >= RESEND_AFTER_MS
