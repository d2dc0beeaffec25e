"""Taking turns: how each one began, and what was played outside it; plain Python.

A turn is scheduled on the pulse.  Whose turn a hit belongs to follows the beat nearest to the hit, so a turn reaches
from half a beat before its start to half a beat before its end, and a hit a little early belongs to the turn it
opens.  Offsets are ms; below 0 is early or overlapping.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Turn:
    """One scheduled turn."""

    player: str
    start_ms: float
    end_ms: float
    beat_ms: float
    """The beat period at its start."""

    def holds(self, time_ms: float) -> bool:
        """Whether a hit then belongs to it; a hit half way between two beats belongs to the earlier one."""
        half = self.beat_ms / 2
        return self.start_ms - half < time_ms <= self.end_ms - half


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """What became of one turn; ``None`` where a hit it needs was not played."""

    player: str
    entry_offset_ms: float | None
    """First hit of the turn minus its scheduled start."""
    floor_transfer_offset_ms: float | None
    """First hit of the turn minus the last hit of the turn before: above 0 a gap, below 0 an overlap."""
    floor_transfer_offset_beats: float | None
    response_latency_ms: float | None
    """The same where another player's turn came before and there was a gap: how long the answer took."""
    in_turn_hits: int
    before_turn_hits: int
    """Hits outside any turn of one's own count once, before or after the one of one's turns that is nearest in beats;
    of two as many beats away, after the earlier."""
    after_turn_hits: int
    turn_duration_beats: float


def turns(schedule: Sequence[Turn], hits_ms: Mapping[str, Sequence[float]]) -> list[TurnFigures]:
    """Figures of every turn, in the order of the schedule (by start).

    ``hits_ms``: each player's hits in any order; those of players without a turn are nobody's.  Floor transfer:
    Heldner & Edlund 2010, *Journal of Phonetics* 38 (a perfect metred turn has a "gap" of one beat).

    >>> first, second = turns(
    ...     [Turn("a", 0, 1000, 500), Turn("b", 1000, 2000, 500)], {"a": [5, 510], "b": [760, 990, 1500, 2020]}
    ... )
    >>> second.entry_offset_ms, second.floor_transfer_offset_ms, second.in_turn_hits, second.after_turn_hits
    (-240, 250, 3, 1)

    Raises:
        ValueError: a turn that ends before it starts, or whose beat is not above 0.
    """
    for turn in schedule:
        if turn.end_ms < turn.start_ms or not turn.beat_ms > 0:
            raise ValueError(
                f"a turn of {turn.player} from {turn.start_ms} to {turn.end_ms} ms cannot be played"
            )
    inside = [sorted(t for t in hits_ms.get(turn.player, ()) if turn.holds(t)) for turn in schedule]
    astray = _astray(schedule, hits_ms)
    previous = [-1, *range(len(schedule) - 1)]
    return [
        _figures(schedule, inside, at, before, astray[at])
        for at, before in zip(range(len(schedule)), previous, strict=True)
    ]


def response_latency_ms(transfer_ms: float | None, before: str, player: str) -> float | None:
    """How long an answer took: a floor transfer that is a gap, from another player's turn."""
    return transfer_ms if transfer_ms is not None and transfer_ms > 0 and before != player else None


def _figures(
    schedule: Sequence[Turn], inside: Sequence[Sequence[float]], at: int, before: int, astray: tuple[int, int]
) -> TurnFigures:
    turn, own = schedule[at], inside[at]
    last = inside[before][-1] if before >= 0 and inside[before] else None
    transfer = own[0] - last if own and last is not None else None
    return TurnFigures(
        player=turn.player,
        entry_offset_ms=own[0] - turn.start_ms if own else None,
        floor_transfer_offset_ms=transfer,
        floor_transfer_offset_beats=None if transfer is None else transfer / turn.beat_ms,
        response_latency_ms=response_latency_ms(transfer, schedule[before].player, turn.player),
        in_turn_hits=len(own),
        before_turn_hits=astray[0],
        after_turn_hits=astray[1],
        turn_duration_beats=(turn.end_ms - turn.start_ms) / turn.beat_ms,
    )


def _astray(schedule: Sequence[Turn], hits_ms: Mapping[str, Sequence[float]]) -> list[tuple[int, int]]:
    """For each turn, hits outside that player's turns that are fewest beats from it: (before, after)."""
    counts = [[0, 0] for _ in schedule]
    by_player = sorted(range(len(schedule)), key=lambda at: schedule[at].player)
    for player, group in groupby(by_player, key=lambda at: schedule[at].player):
        own = list(group)
        for time in hits_ms.get(player, ()):
            if not any(schedule[at].holds(time) for at in own):
                # Of two turns equally near, the one already over: it is more often an end that ran on.
                _, after, at = min(_distance(schedule[at], time, at) for at in own)
                counts[at][0 if after else 1] += 1
    return [(before, after) for before, after in counts]


def _distance(turn: Turn, time: float, at: int) -> tuple[int, bool, int]:
    """(beats from a hit's own beat to the turn's nearest one, whether it lies before the turn, which turn)."""
    early = (turn.start_ms - turn.beat_ms / 2 - time) / turn.beat_ms
    if early >= 0:
        return math.floor(early) + 1, True, at
    return math.ceil((time - turn.end_ms) / turn.beat_ms + 0.5), False, at
