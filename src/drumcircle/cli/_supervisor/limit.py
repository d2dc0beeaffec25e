"""How often something that crashes is started again."""

from __future__ import annotations

from collections import deque

TIMES, SECONDS = 5, 60.0


class RestartLimit:
    """Five restarts a minute, then no more."""

    def __init__(self, times: int = TIMES, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._restarts: deque[float] = deque(maxlen=times)

    def allows(self, now: float) -> bool:
        """Whether one more restart is allowed at ``now`` (s); an allowed one counts."""
        full = len(self._restarts) == self._restarts.maxlen
        if full and now - self._restarts[0] < self._seconds:
            return False
        self._restarts.append(now)
        return True
