"""Suggestions for the facilitator: rules that watch the group, at most one at a time, off by default.

A rule is a pure function of what was seen; it gives words, the reason with its numbers, and one thing that
taking it would do.  Nothing is ever done unless it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from drumcircle.core.events import NS, Arm, Command, RampTempo, Rest, SetSound, StopAll

FALLING_OVER = 8
"""Values of the togetherness line, one every two beats: 16 beats."""
FALL, WOBBLE = 0.15, 0.02
SILENT_FOR = 120 * NS
HALF, HITS_OVER, ENOUGH_HITS, ENOUGH_PLAYERS = 0.5, 60 * NS, 40, 3
SLOWER, LOUDER_DB, QUIET_DB, CALM_BPM = 0.95, 3.0, -3.0, 60.0

LOOKS_EVERY = 4 * NS
STANDS_FOR = 45 * NS
REST_BETWEEN = 60 * NS
"""After one is answered or gone, nothing is said for so long."""
SAME_AGAIN = 300 * NS
"""The same thing about the same person is not said again for so long."""


@dataclass(frozen=True, slots=True)
class PlayerSeen:
    """One player who takes part, has a pad and may play now."""

    id: str
    title: str
    """Shape and alias."""
    since: int
    """Since when they could have played without a break: the later of their invitation and their last hit."""
    hits: int
    """In the last :data:`HITS_OVER`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What rules look at."""

    now: int
    together: tuple[float | None, ...]
    """One value every two beats, oldest first, of what runs now."""
    players: tuple[PlayerSeen, ...]
    bpm: float
    click: bool
    gain_db: float
    ceiling_db: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``topic`` tells two apart: the same is not said again soon."""

    topic: str
    words: str
    reason: str
    offer: Command


def falling(seen: Seen) -> Iterator[Suggestion]:
    """Togetherness has fallen for 16 beats: slower, louder, or a pause."""
    line = seen.together[-FALLING_OVER - 1 :]
    values = [value for value in line if value is not None]
    if len(values) <= FALLING_OVER or values[0] - values[-1] < FALL:
        return
    if any(after > before + WOBBLE for before, after in pairwise(values)):
        return
    reason = f"togetherness has fallen for 16 beats, from {values[0]:.2f} to {values[-1]:.2f}"
    slower = round(seen.bpm * SLOWER)
    if seen.bpm > CALM_BPM:
        yield Suggestion("falling:slower", f"go to {slower} BPM?", reason, RampTempo(float(slower), 2))
    louder = min(seen.gain_db + LOUDER_DB, seen.ceiling_db, 0.0)
    if seen.gain_db <= QUIET_DB and louder > seen.gain_db:
        yield Suggestion(
            "falling:louder",
            f"click and ground {LOUDER_DB:g} dB louder?",
            reason,
            SetSound(seen.click, louder),
        )
    yield Suggestion("falling:pause", "a pause?", reason, StopAll())


def silent(seen: Seen) -> Iterator[Suggestion]:
    """Somebody has not played for two minutes: a rest, so that they are not scored as missing."""
    for player in seen.players:
        lasting = seen.now - player.since
        if lasting >= SILENT_FOR:
            reason = (
                f"{player.title} has not played for {lasting // (60 * NS)} min {lasting // NS % 60:02d} s"
            )
            yield Suggestion(
                f"silent:{player.id}", "ask them, or let them rest?", reason, Rest(player.id, True)
            )


def one_sided(seen: Seen) -> Iterator[Suggestion]:
    """One player makes half of all hits: turns."""
    total = sum(player.hits for player in seen.players)
    if len(seen.players) < ENOUGH_PLAYERS or total < ENOUGH_HITS:
        return
    for player in seen.players:
        if player.hits >= HALF * total:
            reason = f"{player.title} made {player.hits} of the last minute's {total} hits"
            yield Suggestion(f"one_sided:{player.id}", "offer turns?", reason, Arm("turn_taking", {}))


RULES: tuple[Callable[[Seen], Iterator[Suggestion]], ...] = (falling, silent, one_sided)
"""In the order in which they may speak."""


@dataclass(slots=True)
class Adviser:
    """Guards the rate: one at a time, rests between, nothing twice within five minutes."""

    on: bool = False
    number: int = 0
    current: Suggestion | None = None
    said_at: int = 0
    looks_at: int = 0
    """When the rules are asked next."""
    said: dict[str, int] = field(default_factory=dict)
    """Topic -> when it was last said."""

    def switch(self, on: bool, now: int) -> None:
        self.on, self.current, self.looks_at = on, None, now + LOOKS_EVERY

    def expire(self, now: int) -> Suggestion | None:
        """What has stood long enough is gone; which."""
        gone = self.current
        if gone is None or now - self.said_at < STANDS_FOR:
            return None
        self.close(now)
        return gone

    def close(self, now: int) -> None:
        self.current, self.looks_at = None, now + REST_BETWEEN

    def look(self, seen: Seen) -> Suggestion | None:
        """The first rule that has something new to say."""
        self.looks_at = seen.now + LOOKS_EVERY
        for rule in RULES:
            for found in rule(seen):
                last = self.said.get(found.topic)
                if last is None or seen.now - last >= SAME_AGAIN:
                    self.current, self.said_at = found, seen.now
                    self.said[found.topic] = seen.now
                    self.number += 1
                    self.looks_at = seen.now + STANDS_FOR
                    return found
        return None
