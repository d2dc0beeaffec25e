"""Notices that the machine slept: between two looks more time passed in the world than for the program."""

from __future__ import annotations

import time

MIN_GAP = 1_500_000_000


class SleepWatch:
    """Compares clocks that stop with the machine to clocks that do not."""

    def __init__(self) -> None:
        self._last = _clocks()

    def slept(self) -> int:
        """ns the machine was suspended since the last call; 0 where it was not."""
        before, self._last = self._last, _clocks()
        stalled = self._last[0] - before[0]
        passed = self._last[1] - before[1]
        return passed - stalled if passed - stalled > MIN_GAP else 0


def _clocks() -> tuple[int, int]:
    """(a clock that stops in suspend, one that goes on), ns."""
    running = getattr(time, "CLOCK_BOOTTIME", None)
    if running is not None:
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC), time.clock_gettime_ns(running)
    # macOS: perf_counter stands still in sleep, monotonic too; the wall clock goes on.
    return time.perf_counter_ns(), time.time_ns()
