"""What tutorials show for a piezo pad: a fixed threshold on the reading, then deaf for a fixed time.

So stands Arduino's own "Knock" and what has grown from it (``if (value > THRESHOLD) { noteOn(map(value, …)); delay(…) }``),
one pad after the other.  The velocity is the reading that was above the threshold.  Knock's threshold is 100 of 1023;
the 30 used here are kinder to soft strokes, and 50 ms are the usual debounce.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

THRESHOLD = 120
"""Counts of 4095: 30 of 1023."""
FULL = 4095
DEBOUNCE_US = 50_000


class PlainTrigger:
    """Fed and asked as the pads' own sensing is."""

    def __init__(self, pads: int) -> None:
        self._deaf_until = [0] * pads
        self._hits: deque[tuple[int, int, int]] = deque()

    def feed(self, t_us: int, values: Sequence[int]) -> None:
        for pad, value in enumerate(values):
            if value > THRESHOLD and t_us >= self._deaf_until[pad]:
                self._deaf_until[pad] = t_us + DEBOUNCE_US
                velocity = 1 + 126 * (value - THRESHOLD) // (FULL - THRESHOLD)
                self._hits.append((pad, t_us, velocity))

    def take(self) -> tuple[int, int, int] | None:
        return self._hits.popleft() if self._hits else None
