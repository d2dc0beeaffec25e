"""One virtual player: hears what the circle is told, and yields hits.  Pure, and the same from the same seed.

Each grid point is decided in turn, at the moment it would be struck, so nobody knows more than was to be
heard by then, and a change of tempo moves what has not been played yet.
"""

from __future__ import annotations

import random
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from drumcircle.core.events import (
    MS,
    CallBegan,
    Effect,
    PulseLit,
    PulseShown,
    Stopped,
    StructureBegan,
    StructureEnded,
    TurnBegan,
)
from drumcircle.sim.heard_pulse import HeardPulse, Point
from drumcircle.sim.timekeeper import Timekeeper
from drumcircle.sim.traits import Traits, names, varied_traits

SOLO = ("turn_taking", "call_and_response")
"""Structures in which one plays on the grid only in one's own turn."""
QUIET = ("talk", "listen")
"""Structures in which sticks are down."""
SOLO_GRID = 2.0
"""A turn is played on halves of the beat."""
ON_BEAT, OFF_BEAT = 0.92, 0.45
OPEN_TURN_BEATS = 8
"""A turn without a given end is played for so long and then left to somebody else."""
HEARD = (PulseShown, PulseLit, StructureBegan, StructureEnded, Stopped, TurnBegan, CallBegan)
"""The effects that mean something to a player."""
FOREVER = 1 << 62
FIRST_NOTE, NOTES = 36, 64


class Struck(NamedTuple):
    """One hit: ns on the hub's clock, MIDI note, velocity 1-127."""

    time: int
    note: int
    velocity: int


class VirtualPlayer:
    """Guards one player's timekeeper and what they have understood of the circle.

    ``name`` is their id, their alias and the last part of their pad's id.
    """

    def __init__(self, name: str, seed: int, traits: Traits | None = None, note: int = 38) -> None:
        self.name, self.note = name, note
        self.traits = traits or varied_traits(seed, name)
        self.asynchrony: int | None = None
        """Of the last hit on the grid, ns; None while not playing."""
        self._rng = random.Random(f"player/{seed}/{name}")
        self._timekeeper = Timekeeper(self.traits, self._rng)
        self._pulse = HeardPulse()
        self._let_go: int | None = None
        """Since when no pulse leads; None: one does."""
        self._led_from = -FOREVER
        self._begins: list[tuple[int, str]] = []
        """(since, structure or ''), in order of time."""
        self._turn = (FOREVER, FOREVER)
        self._silent = (FOREVER, FOREVER)
        self._loose: list[Struck] = []
        """A heap of hits that do not come from the grid: echoes, slips, double triggers."""
        self._after = float(-FOREVER)
        """The next point is the first later than this."""
        self._bars_out = 0

    @property
    def pad(self) -> str:
        """The device this player's hits come from."""
        return f"sim:{self.name}"

    # ---- hearing

    def take(self, effect: Effect, now: int) -> None:
        """Hear one effect of the circle at ``now`` (ns)."""
        if isinstance(effect, PulseShown):
            self._pulse.take(effect)
        elif isinstance(effect, PulseLit):
            self._let_go, self._led_from = (
                (self._let_go, effect.time) if effect.on else (effect.time, FOREVER)
            )
        elif isinstance(effect, StructureBegan):
            self._change(effect.time, effect.name)
        elif isinstance(effect, StructureEnded):
            self._change(effect.time, "")
        elif isinstance(effect, Stopped):
            self._silent = (effect.time, FOREVER) if effect.on else (self._silent[0], effect.time)
        elif isinstance(effect, TurnBegan):
            self._hear_turn(effect, now)
        elif isinstance(effect, CallBegan) and effect.caller != self.name:
            self._learn_call(effect, now)

    def _change(self, time: int, structure: str) -> None:
        self._begins = [begun for begun in self._begins[-4:] if begun[0] < time]
        self._begins.append((time, structure))
        self._loose = [hit for hit in self._loose if hit.time < time]
        heapify(self._loose)

    def _hear_turn(self, turn: TurnBegan, now: int) -> None:
        """My turn runs from its start to its end; somebody else's ends it."""
        if turn.player != self.name:
            start, end = self._turn
            self._turn = (start, min(end, turn.time))
            return
        point = self._pulse.after(turn.time - MS, SOLO_GRID)
        spacing = round(point.spacing) if point else 0
        end = turn.until or turn.time + round(OPEN_TURN_BEATS * SOLO_GRID * spacing)
        self._turn = (turn.time, end)
        if self._rng.random() < self.traits.early_in:
            self._strike_loose(turn.time - spacing, now)
        if turn.until and self._rng.random() < self.traits.over_run:
            self._strike_loose(turn.until, now)

    def _learn_call(self, call: CallBegan, now: int) -> None:
        """Each stroke comes back in its place, or is left out, or has one too many beside it."""
        rng, traits = self._rng, self.traits
        shift = call.echo_end - call.echo_start + traits.mean_asynchrony_ms * MS
        shortest = min((b - a for a, b in pairwise(call.onsets)), default=0)
        for onset in call.onsets:
            if rng.random() >= traits.echo_miss:
                self._strike_loose(onset + shift + rng.gauss(0.0, traits.echo_sd_ms * MS), now)
            if shortest and rng.random() < traits.echo_extra:
                self._strike_loose(onset + shift + shortest / 2, now)

    def _strike_loose(self, time: float, now: int) -> None:
        struck = Struck(round(time), self.note, self._velocity(bar_line=False))
        if struck.time > now:
            heappush(self._loose, struck)

    # ---- playing

    def next_due(self) -> int | None:
        """When this player decides next, ns; None while there is nothing to decide."""
        point = self._next_point()
        due = None if point is None else self._moment(point)
        loose = self._loose[0].time if self._loose else None
        return min((time for time in (due, loose) if time is not None), default=None)

    def play(self, until: int, others: float | None = None) -> list[Struck]:
        """Hits due at or before ``until``, in order; ``others`` is the others' mean asynchrony, ns."""
        struck: list[Struck] = []
        while (due := self.next_due()) is not None and due <= until:
            if self._loose and self._loose[0].time == due:
                struck.append(heappop(self._loose))
            else:
                struck += self._decide(others)
        return [hit for hit in struck if not self._silent[0] <= hit.time < self._silent[1]]

    def _decide(self, others: float | None) -> list[Struck]:
        point = self._next_point()
        if point is None:
            return []
        moment = self._moment(point)
        self._after = point.time + point.spacing / 2
        if not self._plays(point):
            self.asynchrony = None
            self._timekeeper.passed()
            return []
        self.asynchrony = moment - point.time
        self._timekeeper.struck(self.asynchrony, point.spacing, others, led=self._led_at(point.time))
        hit = Struck(moment, self.note, self._velocity(point.bar_line))
        self._perhaps_again(hit)
        return [hit]

    def _led_at(self, time: int) -> bool:
        """Does a pulse lead then, or does this player carry the time alone?"""
        return self._let_go is None or not self._let_go <= time < self._led_from

    def _perhaps_again(self, hit: Struck) -> None:
        """A worn pad fires twice."""
        if self._rng.random() < self.traits.double_trigger:
            again = hit.time + round(self._rng.uniform(14.0, 36.0) * MS)
            heappush(self._loose, Struck(again, hit.note, max(1, hit.velocity // 2)))

    def _plays(self, point: Point) -> bool:
        structure = self._structure_at(point)
        if not structure or structure in QUIET or self._silent[0] <= point.time < self._silent[1]:
            return False
        if structure in SOLO:
            return self._plays_solo(point)
        return not self._out(point) and self._rng.random() >= self.traits.miss

    def _plays_solo(self, point: Point) -> bool:
        start, end = self._turn
        if not start - MS <= point.time < end - MS:
            return False
        off_beat = round((point.time - start) / point.spacing) % 2
        return self._rng.random() < (OFF_BEAT if off_beat else ON_BEAT)

    def _out(self, point: Point) -> bool:
        """Has this player stopped for some bars?"""
        if point.bar_line:
            if self._bars_out:
                self._bars_out -= 1
            elif self._rng.random() < self.traits.drop_out:
                self._bars_out = self._rng.randint(2, 6)
        return self._bars_out > 0

    def _velocity(self, bar_line: bool) -> int:
        traits = self.traits
        force = self._rng.gauss(traits.velocity, traits.velocity_sd) + (traits.accent if bar_line else 0.0)
        return min(127, max(1, round(force)))

    # ---- the grid

    def _moment(self, point: Point) -> int:
        return point.time + self._timekeeper.asynchrony(point.spacing)

    def _next_point(self) -> Point | None:
        """The next point to decide about, where the pulse is now expected."""
        point = self._pulse.after(self._after, self.traits.subdivision)
        if point is not None and self._structure_at(point) in SOLO:
            half = self._pulse.after(self._after, SOLO_GRID)
            if half is not None and self._structure_at(half) in SOLO:
                return half
        return point

    def _structure_at(self, point: Point) -> str:
        structure = ""
        for since, begun in self._begins:
            if since <= point.time + MS:
                structure = begun
        return structure


def virtual_players(count: int, seed: int, taken: frozenset[str] = frozenset()) -> list[VirtualPlayer]:
    """``count`` different people, by aliases nobody in ``taken`` has; the same from the same seed."""
    return [
        VirtualPlayer(name, seed, note=FIRST_NOTE + number % NOTES)
        for number, name in enumerate(names(count, taken))
    ]
