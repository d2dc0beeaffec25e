"""The pad's clock: microseconds since its start, never going back, though the board's counter wraps.

``ticks_us`` of MicroPython wraps within minutes (2^30 µs on an ESP32).  In the sampling path times stay wrapped:
beyond 2^30 a number is an object there, and objects fill the heap.
"""


class PadClock:
    """Ask it at least every four minutes; half a turn of the counter cannot be told from none."""

    def __init__(self, time):
        """``time``: the board's time module."""
        self._ticks_us, self._ticks_ms, self._diff = time.ticks_us, time.ticks_ms, time.ticks_diff
        self._last_us, self._last_ms = time.ticks_us(), time.ticks_ms()
        self._us = self._ms = 0

    def us(self):
        """Now, µs."""
        ticks = self._ticks_us()
        self._us += self._diff(ticks, self._last_us)
        self._last_us = ticks
        return self._us

    def ms(self):
        """Now, ms, by a counter of its own; a small number for twelve days."""
        ticks = self._ticks_ms()
        self._ms += self._diff(ticks, self._last_ms)
        self._last_ms = ticks
        return self._ms

    def at(self, ticks):
        """The µs of a moment less than four minutes away, by the board's counter."""
        return self.us() + self._diff(ticks, self._last_us)
