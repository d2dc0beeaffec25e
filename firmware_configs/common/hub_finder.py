"""Which address to try next: the one in ``pad.toml``, and where a circle last answered by name."""

import mdns

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 500, 8000
ASK_PAUSE_MS = 1000
LISTEN_EVERY_MS = 20
"""Each look for an answer takes memory for one, whether one has come or not."""
_ANSWER_BYTES = 1024


class HubFinder:
    """``host`` may be empty; ``udp`` makes a socket that does not wait, ``group`` is where it asks, ``chance(n)`` a
    number below n.
    """

    def __init__(self, circle, host, port, udp, group, chance):
        self._circle = circle
        self._told = (host, port) if host else None
        self._found = None
        self._udp = udp
        self._group = group
        self._chance = chance
        self._socket = None
        self._asked_ms = self._listened_ms = -ASK_PAUSE_MS
        self.welcome(0)

    def welcome(self, now_ms):
        """Connected: the next time begins with this address, and soon."""
        self._tries = 0
        self._pause_ms = FIRST_PAUSE_MS
        self._due_ms = now_ms

    def address(self, now_ms):
        """``(host, port)`` to try now, or None while it is too early or none is known."""
        if now_ms < self._due_ms:
            return None
        known = [address for address in (self._told, self._found) if address is not None]
        if not known:
            return None
        address = known[self._tries % len(known)]
        self._tries += 1
        self._due_ms = now_ms + self._pause_ms + self._chance(self._pause_ms)  # not all pads at once
        self._pause_ms = min(2 * self._pause_ms, LONGEST_PAUSE_MS)
        return address

    def later(self, now_ms, pause_ms):
        """This try ended: wait at least so long."""
        self._due_ms = max(self._due_ms, now_ms + max(pause_ms, FIRST_PAUSE_MS))

    def step(self, now_ms):
        """While not connected: ask by name, and take what is answered."""
        try:
            if self._socket is None:
                self._socket = self._udp()
            if now_ms - self._asked_ms >= ASK_PAUSE_MS:
                self._asked_ms = now_ms
                self._socket.sendto(mdns.question(), self._group)
            if now_ms - self._listened_ms < LISTEN_EVERY_MS:
                return
            self._listened_ms = now_ms
            self._answered(mdns.hub_in(self._socket.recv(_ANSWER_BYTES), self._circle), now_ms)
        except OSError:
            pass  # nothing has come, or no network yet

    def rest(self):
        """While connected."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _answered(self, hub, now_ms):
        if hub is None or hub == self._found:
            return
        self._found = hub
        if hub != self._told:  # it moved: try there next, and at once
            self._tries = 0 if self._told is None else 1
            self._due_ms = now_ms
