"""Who comes next: round after round, by circle, by chance, by name, or as the facilitator says."""

from __future__ import annotations

from dataclasses import dataclass

from drumcircle.core.structures.base import Stage, here
from drumcircle.errors import UsageError

ORDERS = ("circle", "random", "nominated")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which round a player was taken, so that they can be taken again."""

    round: int
    order: list[str]
    next: int
    nominated: str | None


class TurnOrder:
    """The order of this round, and where we are in it.

    Players who are away are passed over; who joins comes at the end of the round.  Where the facilitator
    nominates each turn, a round is as many turns as there are players.
    """

    def __init__(self, order: str, rounds: int) -> None:
        self.change(order, rounds)
        self.round = 0
        self.players: list[str] = []
        self.over = False
        self._next = 0
        self._nominated: str | None = None
        self._away: set[str] = set()

    def change(self, order: str, rounds: int) -> None:
        """Who comes when, from the next round on, and how many rounds there are in all."""
        self.names = () if order in ORDERS else tuple(name.strip() for name in order.split("+"))
        if not all(self.names):
            raise UsageError(f"order={order} names nobody somewhere; write players as blue+amber.")
        self.waits = order == "nominated"
        """Nobody comes unless nominated."""
        self._by_chance = order == "random"
        self._rounds = rounds

    # ---- taking

    def take(self, stage: Stage, taken: int) -> str | None:
        """Who has the next turn, ``taken`` turns having been given.

        None: nobody is there, nobody is nominated yet, or all rounds are ``over``.
        """
        if self.waits:
            self._count(stage, taken)
        if self._nominated is not None and not self.over:
            return self._take_nominated(self._nominated)
        return None if self.waits else self._take_in_order(stage)

    def _take_in_order(self, stage: Stage) -> str | None:
        while True:
            while self._next < len(self.players):
                self._next += 1
                if self.players[self._next - 1] not in self._away:
                    return self.players[self._next - 1]
            self.over = self.round >= self._rounds
            order = [] if self.over else self._fresh(stage)
            if not order:
                return None
            self.players, self._next = order, 0
            self.round += 1

    def _take_nominated(self, player: str) -> str:
        """Before the others of this round, or once more if they have had their turn in it."""
        self._nominated = None
        if not self.waits and player in self.players[self._next :]:
            self.players.remove(player)
            self.players.insert(self._next, player)
            self._next += 1
        return player

    def _count(self, stage: Stage, taken: int) -> None:
        self.players, self._next = self._fresh(stage), 0
        rounds = taken // max(1, len(self.players))
        self.round, self.over = rounds + 1, rounds >= self._rounds

    def _fresh(self, stage: Stage) -> list[str]:
        """Everybody who takes turns and is there, as a new round goes."""
        if self.names:
            named = [stage.player(name) for name in self.names]
            return [person.id for person in named if person is not None and person.active]
        order = [person.id for person in stage.players()]
        if self._by_chance:
            stage.rng.shuffle(order)
            if len(order) > 1 and self.players and order[0] == self.players[-1]:
                order.append(order.pop(0))
        return order

    def place(self, player: str) -> Place:
        """Where this player, just taken, stood."""
        if self._next > 0 and self.players[self._next - 1] == player:
            return Place(self.round, self.players, self._next - 1, None)
        return Place(self.round, self.players, self._next, player)

    def go_back(self, place: Place) -> None:
        """As it was before the player of this place was taken."""
        self.round, self.players, self._next = place.round, place.order, place.next
        self._nominated, self.over = place.nominated, False

    # ---- what happens

    def nominate(self, stage: Stage, player: str) -> None:
        """This player comes next.

        Raises:
            UsageError: nobody has this name, or they rest or have left.
        """
        person = here(stage, player)
        self._nominated = person.id
        stage.say(f"{person.shape} {person.alias} is next.")

    def joined(self, stage: Stage, player: str) -> bool:
        """Somebody came (back) in; were they away?"""
        away = player in self._away
        self._away.discard(player)
        if self.round and player not in self.players and self._takes_part(stage, player):
            self.players.append(player)
        return away

    def _takes_part(self, stage: Stage, player: str) -> bool:
        person = stage.player(player)
        return not self.names or (person is not None and (player in self.names or person.alias in self.names))

    def gone(self, player: str) -> None:
        """Somebody rests or has left."""
        self._away.add(player)
        if self._nominated == player:
            self._nominated = None

    def peek(self) -> str | None:
        """Who comes next, as far as it is known."""
        if self._nominated is not None or self.waits:
            return self._nominated
        again = self.players if self.round < self._rounds and not self._by_chance else []
        order = (*self.players[self._next :], *again)
        return next((player for player in order if player not in self._away), None)

    def words(self) -> str:
        return f"round {min(max(self.round, 1), self._rounds)} of {self._rounds}"
