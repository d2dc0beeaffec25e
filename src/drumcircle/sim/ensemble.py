"""Virtual players together: they hear the circle and each other, and play in order of time."""

from __future__ import annotations

from collections.abc import Sequence

from drumcircle.core.aliases import ALIASES
from drumcircle.core.events import Effect, Event, Hit, Join, PadFound
from drumcircle.sim.player import HEARD, VirtualPlayer

PLAINLY_SEEN = {alias.id: (alias.shape, alias.colour) for alias in ALIASES}


class Ensemble:
    """Guards the order of play; owns its players."""

    def __init__(self, players: Sequence[VirtualPlayer]) -> None:
        self.players = tuple(players)
        self._due: list[int | None] = [None] * len(self.players)

    def take(self, effect: Effect, now: int) -> None:
        """All hear one effect of the circle at ``now``."""
        if not isinstance(effect, HEARD):
            return
        for index, player in enumerate(self.players):
            player.take(effect, now)
            self._due[index] = player.next_due()

    def next_due(self) -> int | None:
        """When somebody decides next, ns; None while nobody has anything to decide."""
        return min((due for due in self._due if due is not None), default=None)

    def play(self, until: int) -> list[Hit]:
        """What is played up to and at ``until``, in order of time."""
        played: list[Hit] = []
        while (due := self.next_due()) is not None and due <= until:
            index = self._due.index(due)
            player = self.players[index]
            struck = player.play(due, self._others(player))
            played += [Hit(hit.time, player.pad, hit.note, hit.velocity) for hit in struck]
            self._due[index] = player.next_due()
        return played

    def _others(self, player: VirtualPlayer) -> float | None:
        heard = [p.asynchrony for p in self.players if p is not player and p.asynchrony is not None]
        return sum(heard) / len(heard) if heard else None


def arrivals(players: Sequence[VirtualPlayer], since: int | None = None) -> list[Event]:
    """They bring their pads and sit down, from ``since`` on (default: when the circle is told): a pad and a player each."""
    events: list[Event] = []
    for player in players:
        shape, colour = PLAINLY_SEEN.get(player.name, ("●", "grey"))
        events.append(PadFound(player.pad, f"virtual {player.name}", "sim"))
        events.append(
            Join(
                player.name,
                player.name,
                shape,
                colour,
                (player.pad,),
                since,
                subdivision=player.traits.subdivision,
            )
        )
    return events
