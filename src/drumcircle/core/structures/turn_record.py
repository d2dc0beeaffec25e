"""Who played what in whose turn, kept by whole beats, and the figures of each turn made from it.

A hit belongs to the turn that holds the beat nearest to it.  A hit outside its player's turns counts once:
before or after that player's own turn that is nearest in beats, after where both are equally near.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from drumcircle.core.events import MS
from drumcircle.core.structures.base import Played, Stage
from drumcircle.core.structures.turn_order import Place

STRAYS_LIMIT = 100_000
"""Hits out of turn that are kept for one player; a pad somebody leans on fills no memory."""


@dataclass(slots=True)
class Struck:
    """What was played on one beat of a turn."""

    count: int
    first: Played
    last: Played
    entry: int
    """From the scheduled start of the turn to the first hit here, ns."""
    epoch: int
    """How often the circle had gone on after a stop: across one no interval is taken."""


@dataclass(slots=True)
class Turn:
    """One turn: ``[start, end)`` in local beats; ``end`` None while nobody knows."""

    player: str
    start: int
    end: int | None
    place: Place
    live_only: bool = False
    """Nothing of it is kept but who had it and how long."""
    begun: bool = False
    passed: bool = False
    """Passed on by the facilitator, or because the player is gone: playing does not prolong it."""
    planned: int | None = None
    """Its end before the player was gone, should they come back in time."""
    beats: dict[int, Struck] = field(default_factory=dict)

    def holds(self, beat: float) -> bool:
        return self.start <= beat and (self.end is None or beat < self.end)

    def first(self) -> Struck | None:
        return min(self.beats.values(), key=lambda struck: struck.first.time, default=None)

    def last(self) -> Struck | None:
        return max(self.beats.values(), key=lambda struck: struck.last.time, default=None)


class TurnRecord:
    """All turns so far, and the hits that fell outside them."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.epoch = 0
        self._strays: dict[str, array[int]] = {}

    def at(self, beat: float) -> Turn | None:
        """The turn that holds a beat."""
        for turn in reversed(self.turns):
            if turn.start <= beat:
                return turn if turn.holds(beat) else None
        return None

    def closed(self, stage: Stage, beat: int) -> bool:
        """Whether the turn that holds a beat has been scored, so that nothing is judged into it any more; nobody's
        beats are closed at once."""
        turn = self.at(beat)
        if turn is None:
            return True
        return turn.end is not None and stage.time(turn.end) + stage.grace < stage.time(stage.beat)

    def hear(self, stage: Stage, played: Played) -> None:
        """One hit, in somebody's turn or out of it."""
        turn = self.at(played.near)
        if turn is None or turn.player != played.player:
            strays = self._strays.setdefault(played.player, array("l"))
            if len(strays) < STRAYS_LIMIT:
                strays.append(played.near)
            return
        entry = played.time - stage.time(turn.start)
        struck = turn.beats.get(played.near)
        if struck is None:
            turn.beats[played.near] = Struck(1, played, played, entry, self.epoch)
            return
        struck.count += 1
        if played.time < struck.first.time:
            struck.first, struck.entry = played, entry
        if played.time > struck.last.time:
            struck.last = played

    def go_back(self, beat: int) -> Turn | None:
        """Forget what happened from ``beat`` on; the first turn that began there, to be given again."""
        self.epoch += 1
        self._drop_strays(beat)
        for turn in self.turns:
            turn.beats = {near: struck for near, struck in turn.beats.items() if near < beat}
        dropped = [turn for turn in self.turns if turn.start >= beat]
        del self.turns[len(self.turns) - len(dropped) :]
        return dropped[0] if dropped else None

    def forget(self) -> None:
        """What was played so far is in no figure; the turns were as they were."""
        self._strays.clear()
        for turn in self.turns:
            turn.beats.clear()

    def _drop_strays(self, beat: int) -> None:
        for player, strays in self._strays.items():
            self._strays[player] = array("l", (near for near in strays if near < beat))

    def end_at(self, beat: int) -> None:
        """Nothing begins at ``beat`` or goes beyond it."""
        self._drop_strays(beat)
        self.turns = [turn for turn in self.turns if turn.start < beat]
        for turn in self.turns[-1:]:
            turn.end = beat if turn.end is None else min(turn.end, beat)

    # ---- figures

    def rows(self, stage: Stage) -> list[dict[str, object]]:
        """One row a turn that has begun, in order."""
        begun = [turn for turn in self.turns if turn.start <= stage.beat]
        around = self._around(begun)
        befores = [None, *begun]
        return [
            _row(stage, turn, before, around[index])
            for index, (before, turn) in enumerate(zip(befores, begun, strict=False))
        ]

    def _around(self, turns: list[Turn]) -> list[list[int]]:
        """[before, after] of each turn: its player's hits out of turn that are nearest to it."""
        counts = [[0, 0] for _ in turns]
        for player, strays in self._strays.items():
            own = [index for index, turn in enumerate(turns) if turn.player == player]
            starts = [turns[index].start for index in own]
            for near in strays if own else ():
                following = bisect_right(starts, near)
                after = _after(turns[own[following - 1]], near) if following else None
                before = starts[following] - near if following < len(own) else None
                if after is not None and (before is None or after <= before):
                    counts[own[following - 1]][1] += 1
                else:
                    counts[own[following]][0] += 1
        return counts


def _after(turn: Turn, near: int) -> int:
    return near - (near if turn.end is None else turn.end - 1)


def _row(stage: Stage, turn: Turn, before: Turn | None, around: list[int]) -> dict[str, object]:
    person = stage.player(turn.player)
    over = turn.end is not None and turn.end <= stage.beat
    row: dict[str, object] = {
        "player": person.alias if person is not None else turn.player,
        "round": turn.place.round,
        "start_beat": turn.start,
        "turn_duration_beats": turn.end - turn.start if over and turn.end is not None else None,
    }
    if turn.live_only:
        return row | {"live_only": True}
    if not stage.measured(turn.player):
        return row | {"no_pad": True}
    first = turn.first()
    transfer_ms, transfer_beats = _transfer(before, first)
    return row | {
        "entry_offset_ms": first.entry / MS if first is not None else None,
        "floor_transfer_offset_ms": transfer_ms,
        "floor_transfer_offset_beats": transfer_beats,
        "in_turn_hits": sum(struck.count for struck in turn.beats.values()),
        "before_turn_hits": around[0],
        "after_turn_hits": around[1],
    }


def _transfer(before: Turn | None, first: Struck | None) -> tuple[float | None, float | None]:
    """Floor-transfer offset in ms and in beats; > 0 is a gap, < 0 an overlap."""
    last = before.last() if before is not None else None
    if first is None or last is None or first.epoch != last.epoch:
        return None, None
    return (first.first.time - last.last.time) / MS, first.first.beat - last.last.beat
