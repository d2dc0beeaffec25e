"""When to ask the hub for the time: a burst when it is first heard (again), then once a second and after hits."""

import struct

from wire_constants import (
    AFTER_HIT_MS,
    BURST,
    BURST_PAUSE_MS,
    HUB_AWAY_AFTER_MS,
    SYNC_PAUSE_MS,
    SYNC_REQUEST,
    SYNC_RESPONSE,
    VERSION,
)

REQUEST_BYTES = struct.calcsize(SYNC_REQUEST)
RESPONSE_BYTES = struct.calcsize(SYNC_RESPONSE)
LISTEN_MS = 200
"""So long after a question the socket is looked at as often as can be: the answer's stamp is as true as that."""
NEVER = -(1 << 20)


class SyncAsker:
    """Times in ms of one clock; stamps on the wire in µs of the pad's clock."""

    def __init__(self, boot):
        self._boot = boot
        self._id = 0
        self._left = 0  # of the burst
        self._due_ms = 0
        self._asked_ms = NEVER
        self._answered_ms = NEVER
        self._open = -1
        self.packed = bytearray(REQUEST_BYTES)

    def connected(self, now_ms):
        """A broker, perhaps another one: a burst as soon as a hub answers."""
        self._left = BURST
        self._due_ms = now_ms

    def hit(self, now_ms):
        """The radio is awake shortly after."""
        self._due_ms = min(self._due_ms, now_ms + AFTER_HIT_MS)

    def hub_heard(self, now_ms):
        """Whether a hub answered lately."""
        return now_ms - self._answered_ms < HUB_AWAY_AFTER_MS

    def due(self, now_ms):
        """Whether to ask now."""
        return now_ms >= self._due_ms

    def listens(self, now_ms):
        """Whether an answer may come at any moment."""
        return self._open >= 0 and now_ms - self._asked_ms < LISTEN_MS

    def ask(self, now_ms, now_us):
        """The question, to be written at once; ``packed`` holds it."""
        self._id = (self._id + 1) & 0xFFFF
        struct.pack_into(SYNC_REQUEST, self.packed, 0, VERSION, self._boot, self._id, now_us)
        if self._left:
            self._left -= 1
        self._due_ms = now_ms + (BURST_PAUSE_MS if self._left else SYNC_PAUSE_MS)
        self._asked_ms = now_ms
        self._open = self._id
        return self.packed

    def answer(self, payload, now_ms):
        """The id to report for a ``sync/res``, or None if it is not for this boot."""
        if len(payload) != RESPONSE_BYTES or payload[0] != VERSION:
            return None
        _, boot, number, _, _, _ = struct.unpack(SYNC_RESPONSE, payload)
        if boot != self._boot:
            return None
        if not self.hub_heard(now_ms) and not self._left:
            self._left = BURST
            self._due_ms = now_ms
        self._answered_ms = now_ms
        if number == self._open:
            self._open = -1
        return number
