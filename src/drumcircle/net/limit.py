"""How much of one pad a hub listens to: far more than anybody plays, far less than would starve the others."""

from __future__ import annotations

from drumcircle.core.events import NS


class Allowance:
    """A bucket that fills with time; what finds it empty is refused."""

    def __init__(self, a_second: float, at_once: int) -> None:
        """``at_once``: how many beyond the pace may come together."""
        self._cost = round(NS / a_second)
        self._most = at_once * self._cost
        self._full_at = 0
        self.refused_at: int | None = None
        """When the last one was refused."""

    def spend(self, now: int) -> bool:
        """Whether one more is allowed at ``now`` (ns)."""
        if self._full_at - now > self._most:
            self.refused_at = now
            return False
        self._full_at = max(self._full_at, now) + self._cost
        return True
