"""A guided test of pads as a state machine: hit one, then six times as the dots light; ``now`` is an argument.

Whatever pad is hit while none is being tested is the next one, so nobody has to follow an order, and a device
without a profile is tested as well as one with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from drumcircle.core.events import MS
from drumcircle.link.messages import HeardHit

STRENGTHS = ("softly", "softly", "as usual", "as usual", "hard", "hard")
"""How each of the hits of a round is asked for."""
LEAD = 1_200 * MS
"""From the hit that chooses a pad to its first dot."""
PACE = 800 * MS
"""From dot to dot; a bounce is over long before the next."""
ENDS = LEAD + (len(STRENGTHS) - 1) * PACE + 600 * MS
"""Length of a round."""
ALONG = 30 * MS
"""What sounds so close to a hit is one of its neighbours."""
REST = 1_000 * MS
"""So long after a round its own pad begins no other."""


@dataclass(slots=True)
class Round:
    """One pad's test; times in ns on the hub's clock."""

    key: str
    chosen: HeardHit
    hits: list[HeardHit] = field(default_factory=list)
    """Everything heard meanwhile, of any pad."""

    @property
    def beats(self) -> list[int]:
        """When the dots light."""
        return [self.chosen.time + LEAD + number * PACE for number in range(len(STRENGTHS))]

    @property
    def ends(self) -> int:
        return self.chosen.time + ENDS

    def beat_at(self, now: int) -> int:
        """How many dots are lit."""
        return sum(beat <= now for beat in self.beats)


def key_of(hit: HeardHit) -> str:
    """USB pads are told apart by note; any other device is one pad."""
    return f"{hit.pad}#{hit.note}" if hit.pad.startswith("usb:") else hit.pad


class Check:
    """``only``: the device it is about; None: all."""

    def __init__(self, only: str | None = None) -> None:
        self.only = only
        self._plan: tuple[str, ...] = ()
        self._left_out: set[str] = set()
        self._over = False
        self.current: Round | None = None
        self.last: Round | None = None
        self.rounds: dict[str, Round] = {}
        """By pad key, in the order of testing."""

    def expect(self, keys: Sequence[str]) -> None:
        """These pads are known to be there (it may change as devices come and go)."""
        self._plan = tuple(keys)

    @property
    def total(self) -> int:
        """Pads that are known to be there or have been tested."""
        return len(dict.fromkeys((*self._plan, *self.rounds)))

    def next_up(self) -> str | None:
        """The pad to ask for; None where all known ones are done."""
        done = self._left_out.union(self.rounds)
        return next((key for key in self._plan if key not in done), None)

    @property
    def over(self) -> bool:
        """Finished, or every known pad is done."""
        return self._over or (bool(self._plan) and self.current is None and self.next_up() is None)

    def finish(self) -> None:
        """End here; a round under way does not count."""
        self._over, self.current = True, None

    def skip(self) -> None:
        """Leave out the pad that is asked for, or being tested."""
        key = self.current.key if self.current is not None else self.next_up()
        self.current = None
        if key is not None:
            self._left_out.add(key)

    def hear(self, hit: HeardHit) -> None:
        """A hit, in the order they are told."""
        if hit.pad.startswith("sim:") or self._over:
            return
        self.advance(hit.time)
        if self.current is None:
            self._choose(hit)
        elif self._is_louder_start(self.current, hit):
            self.current = Round(key_of(hit), hit)
        else:
            self.current.hits.append(hit)

    def advance(self, now: int) -> None:
        """The time is ``now``."""
        if self.current is not None and now >= self.current.ends:
            self.rounds.pop(self.current.key, None)  # tested anew, it is the last
            self.rounds[self.current.key] = self.last = self.current
            self.current = None

    def _choose(self, hit: HeardHit) -> None:
        again = self.last is not None and key_of(hit) == self.last.key and hit.time < self.last.ends + REST
        if not again and self.only in (None, hit.pad):
            self.current = Round(key_of(hit), hit)

    def _is_louder_start(self, current: Round, hit: HeardHit) -> bool:
        """Of several that sound at the first stroke the loudest was meant."""
        close = hit.time - current.chosen.time < ALONG and self.only in (None, hit.pad)
        return close and hit.velocity > current.chosen.velocity and key_of(hit) != current.key
