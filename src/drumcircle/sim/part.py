"""Virtual players in real time, through the same inbox as everyone else."""

from __future__ import annotations

import asyncio

from drumcircle.core.events import MS, NS, Effect
from drumcircle.hub.part import Circle, PartBase
from drumcircle.sim.ensemble import Ensemble, arrivals
from drumcircle.sim.player import HEARD, virtual_players

TOO_OLD = 250 * MS
"""Hits that a stalled machine could not play in time are left out, not played in a heap."""


class VirtualPlayersPart(PartBase):
    """Each player is a device ``sim:<name>`` of its own; hits are posted when they are due.

    ``taken`` are aliases of other people, which no virtual player gets; ``seated`` are pads that are
    somebody's already (a circle that goes on after a crash), so that nobody sits down twice.
    """

    name = "virtual players"

    def __init__(
        self, count: int, seed: int, taken: frozenset[str] = frozenset(), seated: frozenset[str] = frozenset()
    ) -> None:
        players = virtual_players(count, seed, taken)
        self._ensemble = Ensemble(players)
        self._joining = [player for player in players if player.pad not in seated]
        self._circle: Circle | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, circle: Circle) -> None:
        """Sit down, then play until cancelled."""
        now = circle.now()
        # A busy hub hears of the first beat when it is over; what they play on it is theirs all the same.
        for event in arrivals(self._joining, since=now - TOO_OLD):
            circle.post(event)
        self._joining = []
        self._ensemble.play(now)
        self._circle = circle
        try:
            self._rearm(circle)
            await asyncio.get_running_loop().create_future()
        finally:
            self._circle = None
            self._disarm()

    def take(self, effect: Effect) -> None:
        if not isinstance(effect, HEARD):
            return
        circle = self._circle
        self._ensemble.take(effect, 0 if circle is None else circle.now())
        if circle is not None:
            self._rearm(circle)

    def _play(self, circle: Circle) -> None:
        now = circle.now()
        for hit in self._ensemble.play(now):
            if hit.time > now - TOO_OLD:
                circle.post(hit)
        self._rearm(circle)

    def _rearm(self, circle: Circle) -> None:
        self._disarm()
        due = self._ensemble.next_due()
        if due is not None:
            wait = max(0, due - circle.now()) / NS
            self._timer = asyncio.get_running_loop().call_later(wait, self._play, circle)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
