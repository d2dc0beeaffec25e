"""A conversation without turns given: who has the floor, who follows whom, gaps and overlaps; plain Python.

Who plays while nobody has the floor takes it.  It is theirs until they have been silent for ``silence`` beats, or
for half of that once somebody else has played after their last hit.  Then it passes, back to the first hit of whoever
began first of those and has not fallen silent since; who fell silent before that was an interjection.  So one hit each, a beat or more apart,
are a turn each; who plays on through another's hits keeps the floor; and a turn may begin before the one before it
has ended, which is an overlap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Said(NamedTuple):
    """One hit, in order of time."""

    time: int
    """In any unit, which is that of all figures."""
    beat: float
    player: str
    stretch: int = 0
    """Hits of different stretches have nothing to do with each other (a stop between them)."""


@dataclass(slots=True)
class FloorTurn:
    """One turn: from a player's first hit in it to the last."""

    player: str
    first: Said
    last: Said
    hits: int = 1


@dataclass(slots=True)
class Transfer:
    """From one turn to the next."""

    before: str
    after: str
    offset: int
    """First hit of the next turn minus the last of the turn before: > 0 a gap, < 0 an overlap (Heldner & Edlund 2010,
    *Journal of Phonetics* 38)."""


@dataclass(slots=True)
class Floor:
    """Guards who has the floor; told hit by hit, in order of time."""

    silence: float
    turns: list[FloorTurn] = field(default_factory=list)
    """All so far, the present one last."""
    holder: FloorTurn | None = None
    interjections: int = 0
    """Stretches of hits that never got the floor."""
    _waiting: dict[str, FloorTurn] = field(default_factory=dict)
    """In the order in which they began."""
    _looked: bool = False
    """Since the last hit it has been looked who waits, and nobody did."""

    def hear(self, said: Said) -> None:
        """One more hit."""
        self._looked = False
        if self.turns and self.turns[-1].last.stretch != said.stretch:
            self._break()
        self.advance(said.beat)
        holder = self.holder
        if holder is None:
            self._take(FloorTurn(said.player, said, said))
        elif holder.player == said.player:
            holder.last = said
            holder.hits += 1
        else:
            self._wait(said)
            self.advance(said.beat)

    def ends_after(self, silence: float) -> None:
        """From now on so many beats of silence give the floor up."""
        self.silence, self._looked = silence, False

    def due(self) -> float | None:
        """The beat at which the floor may pass or fall free if nobody plays before; None: it is free."""
        if self.holder is None:
            return None
        soon = self._waiting and not self._looked
        return self.holder.last.beat + (self.silence / 2 if soon else self.silence)

    def advance(self, beat: float) -> None:
        """Time has come to this beat."""
        while self.holder is not None:
            yields = self.holder.last.beat + self.silence / 2
            if beat < yields:
                return
            heir = self._heir(self.holder, yields)
            if heir is not None:
                del self._waiting[heir.player]
                self._take(heir)
                continue
            if beat < self.holder.last.beat + self.silence:
                self._looked = True
                return
            self.holder = None

    def _break(self) -> None:
        self.holder = None
        self.interjections += len(self._waiting)
        self._waiting.clear()

    def _take(self, turn: FloorTurn) -> None:
        self.holder = turn
        self.turns.append(turn)

    def _wait(self, said: Said) -> None:
        known = self._waiting.get(said.player)
        if known is not None and said.beat - known.last.beat < self.silence:
            known.last = said
            known.hits += 1
            return
        if known is not None:
            self.interjections += 1
            del self._waiting[said.player]
        self._waiting[said.player] = FloorTurn(said.player, said, said)

    def _heir(self, holder: FloorTurn, yields: float) -> FloorTurn | None:
        """Who began first of those who play on after the holder, and have not fallen silent since."""
        silent, heir = [], None
        for player, turn in self._waiting.items():
            if turn.last.beat <= yields - self.silence:
                silent.append(player)
            elif turn.last > holder.last:
                heir = turn
                break
        for player in silent:
            del self._waiting[player]
            self.interjections += 1
        return heir


def floor(said: Iterable[Said], silence: float, later: Sequence[tuple[float, float]] = ()) -> Floor:
    """Everything that was said, in order of time, as turns; ``later``: (from beat, another silence).

    >>> found = floor([Said(0, 0, "a"), Said(500, 1, "b"), Said(1000, 2, "a")], silence=2)
    >>> [(t.before, t.after, t.offset) for t in transfers(found.turns)]
    [('a', 'b', 500), ('b', 'a', 500)]

    Raises:
        ValueError: a silence that is not above 0.
    """
    for beats in (silence, *(other for _, other in later)):
        if not beats > 0:
            raise ValueError(f"a silence of {beats} beats ends no turn")
    found, coming = Floor(silence), deque(later)
    for one in said:
        while coming and coming[0][0] <= one.beat:
            _change(found, *coming.popleft())
        found.hear(one)
    for beat, other in coming:
        _change(found, beat, other)
    return found


def _change(found: Floor, beat: float, silence: float) -> None:
    found.advance(beat)
    found.ends_after(silence)


def transfers(turns: Iterable[FloorTurn]) -> list[Transfer]:
    """Between each two turns that follow each other in one stretch; also from a player to themselves, after a silence."""
    found = []
    before: FloorTurn | None = None
    for turn in turns:
        if before is not None and before.last.stretch == turn.first.stretch:
            found.append(Transfer(before.player, turn.player, turn.first.time - before.last.time))
        before = turn
    return found
