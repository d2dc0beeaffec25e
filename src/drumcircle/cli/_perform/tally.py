"""What was sent, to whom, and how late."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any

from drumcircle.core.events import MS


def count_of(number: int, thing: str) -> str:
    """``1 hit``, ``2 hits``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


class Tally:
    """Counts hits as they are sent; any one thread writes, others may read."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        """Hits that could not be handed over because the other side was away."""
        self._lateness = array("q")

    def count(self, pad: str, late: int) -> None:
        """One hit of ``pad`` left, ``late`` ns after it was due."""
        self.sent[pad] += 1
        self._lateness.append(late)

    def lose(self, pad: str) -> None:
        """One hit of ``pad`` could not leave."""
        self.lost[pad] += 1

    def lateness_ms(self, share: float) -> float | None:
        """The lateness that this share of the hits did not exceed; None before the first."""
        if not self._lateness:
            return None
        ordered = sorted(self._lateness)
        return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] / MS

    def plain(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "sent": self.sent.total(),
            "lost": self.lost.total(),
            "pads": {pad: {"sent": self.sent[pad], "lost": self.lost[pad]} for pad in self.pads()},
            "lateness_ms": {
                "p50": self.lateness_ms(0.5),
                "p99": self.lateness_ms(0.99),
                "max": self.lateness_ms(1),
            },
        }

    def words(self) -> str:
        """One sentence for a person."""
        each = ", ".join(f"{pad} {self.sent[pad]}" for pad in self.pads())
        p99 = self.lateness_ms(0.99)
        late = "" if p99 is None else f"; sent at most {p99:.2f} ms after they were due (p99)"
        lost = f"; {self.lost.total()} were not taken" if self.lost else ""
        return f"{count_of(self.sent.total(), 'hit')} sent{f' ({each})' if each else ''}{late}{lost}."

    def pads(self) -> list[str]:
        """Every pad that had something to play so far."""
        return sorted(self.sent | self.lost)
