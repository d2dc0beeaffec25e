"""When a pad's hits happened: told at once where that is sure, held where the pad's clock must tell more first.

A hit that arrives as a hit does, a network's way after its own time, is placed at once.  One from before the first
fit waits for it.  One that seems to come from the future or from long ago is either a late one or the work of a clock
that jumped: it waits for an exchange made after it, which tells the two apart.  Nothing waits for another, for every
hit carries its time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drumcircle.core.events import MS, NS
from drumcircle.net.offset import PadClock
from drumcircle.net.wire import LATEST_US, HitMessage

LEAST_ORDINARY, MOST_ORDINARY = 25 * MS, 50 * MS
"""So much longer than the clock's uncertainty, or twice what ways vary by, a hit may have been under way without
further question.  (A clock that jumped by less goes unseen until its next exchange.)"""
STAMPS = 1 * MS
"""What the two stamps of one moment may err."""
PAST = 3600 * NS
"""No hit is believed to be older; a pad that keeps a thousand and plays once in four seconds has none that is."""
ASKS_WITHIN = 3 * NS // 2
"""A pad that has not asked for the time so long after its first hit does not ask at all."""
FITS_WITHIN = 5 * NS
"""A pad that asks has a fit by then, also one that asks once a second because it has not noticed that the hub is another."""
AGREES_WITHIN = 6 * NS
"""A clock that jumped has a new fit by then, at one exchange a second."""
MOST_HELD = 1024
"""Hits held for one pad; beyond them they are placed as if they had waited."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A hit as it came: what the pad said, and when that arrived (ns, hub)."""

    said: HitMessage
    arrival: int

    @property
    def pad_us(self) -> int | None:
        """The pad's own time, if it told one that can be."""
        told = self.said.t_us
        return told if told is not None and told < LATEST_US else None


@dataclass(frozen=True, slots=True)
class Placed:
    """When a hit happened, in hub time.  ``doubtful``: nothing tells; ``time`` is only the best guess.  ``impossible``:
    a sound clock, and a stamp of it that cannot be."""

    time: int
    uncertainty: int | None = None
    by_arrival: bool = False
    doubtful: bool = False
    impossible: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    hit: Stamped
    strange: bool
    """The clock was known and the hit did not fit it."""


def place_at_once(clock: PadClock, pad_us: int | None, arrival: int) -> Placed:
    """For roads on which nothing is sent again: a hit that does not come as a hit does counts at its arrival."""
    mapped = None if pad_us is None else clock.map(pad_us)
    placed = None if mapped is None else _if_ordinary(clock, mapped, arrival)
    return placed or Placed(arrival, by_arrival=True)


def _if_ordinary(clock: PadClock, mapped: tuple[int, int], arrival: int) -> Placed | None:
    """A mapped hit that arrives a network's way after its own time."""
    time, uncertainty = mapped
    longest = min(max(LEAST_ORDINARY, 2 * (clock.jitter or 0)), MOST_ORDINARY)
    if time - arrival <= uncertainty + STAMPS and arrival - time <= uncertainty + longest:
        return Placed(min(time, arrival), uncertainty)
    return None


class Placing:
    """The hits of one pad."""

    def __init__(self, clock: PadClock) -> None:
        self._clock = clock
        self._held: list[_Held] = []
        self._asks: bool | None = None

    @property
    def holds(self) -> bool:
        """Whether a hit waits."""
        return bool(self._held)

    def asked(self) -> None:
        """The pad asked for the time."""
        self._asks = True

    def place(self, hit: Stamped) -> Placed | None:
        """When it happened; None: held, until :meth:`learned` or :meth:`expired` tell."""
        placed = self._placed(hit)
        if placed is None:
            if len(self._held) >= MOST_HELD:
                return self._given_up(_Held(hit, strange=self._clock.uncertainty is not None))
            self._held.append(_Held(hit, strange=self._clock.uncertainty is not None))
        return placed

    def learned(self) -> Iterator[tuple[Stamped, Placed]]:
        """The clock knows more: those held that can be placed now."""
        if self._clock.uncertainty is None:
            return
        held, self._held = self._held, []
        for one in held:
            placed = self._placed(one.hit)
            if placed is None:
                self._held.append(one)
            else:
                yield one.hit, placed

    def expired(self, now: int) -> Iterator[tuple[Stamped, Placed]]:
        """Those held that have waited too long."""
        patience, count = self._patience(), 0
        for one in self._held:  # in order of arrival
            if now - one.hit.arrival < patience:
                break
            count += 1
        if not count:
            return
        if self._asks is None:
            self._asks = False
        gone, self._held = self._held[:count], self._held[count:]
        for one in gone:
            yield one.hit, self._placed(one.hit) or self._given_up(one)

    def ended(self) -> Iterator[tuple[Stamped, Placed]]:
        """Nothing more will be learned: all that are held."""
        held, self._held = self._held, []
        for one in held:
            yield one.hit, self._placed(one.hit) or self._given_up(one)

    def rebooted(self) -> Iterator[tuple[Stamped, Placed]]:
        """The clock begins anew: what was held can never be placed."""
        held, self._held, self._asks = self._held, [], None
        for one in held:
            yield one.hit, Placed(one.hit.arrival, doubtful=True)

    def _placed(self, hit: Stamped) -> Placed | None:
        clock, pad_us = self._clock, hit.pad_us
        if pad_us is None or (clock.uncertainty is None and self._asks is False):
            return Placed(hit.arrival, by_arrival=True)
        mapped = clock.map(pad_us)
        if mapped is None:  # before the first fit, or from before a jump
            return None if clock.uncertainty is None else Placed(hit.arrival, doubtful=True)
        ordinary = _if_ordinary(clock, mapped, hit.arrival)
        if ordinary is not None or not clock.agreed_since(hit.arrival):
            return ordinary
        time, uncertainty = mapped
        if hit.arrival < time:  # the clock is sound, so the stamp is not
            return Placed(hit.arrival, by_arrival=True, impossible=True)
        if hit.arrival - time > PAST:  # it may have been sent again, so its arrival tells nothing either
            return Placed(hit.arrival, doubtful=True, impossible=True)
        return Placed(time, uncertainty)

    def _patience(self) -> int:
        if self._clock.uncertainty is not None or self._clock.jumps:
            return AGREES_WITHIN
        return FITS_WITHIN if self._asks else ASKS_WITHIN

    def _given_up(self, one: _Held) -> Placed:
        """It has waited in vain: it came as it came, unless a clock was there that it contradicted."""
        return Placed(one.hit.arrival, by_arrival=not one.strange, doubtful=one.strange)
