"""A circle in virtual time: a session and virtual players, no loop, no waiting.

The order of what happens at one moment is fixed (deadlines, then hits, then the script), so the same seed
gives the same events.  A run that was broken off goes on from its journal: the journal is performed again
while the players, built anew from their seed, play along unheard until where it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from drumcircle.core.events import Effect, Event, Gap
from drumcircle.core.session import Session
from drumcircle.errors import UsageError
from drumcircle.sim.ensemble import Ensemble, arrivals
from drumcircle.sim.player import VirtualPlayer

Timed = tuple[int, Event]
Record = Callable[[int, Event], None]


def run_circle(
    session: Session,
    players: Sequence[VirtualPlayer],
    until: int,
    script: Iterable[Timed] = (),
    record: Record = lambda _now, _event: None,
    journal: Iterable[Timed] = (),
    go_on_at: int | None = None,
) -> None:
    """Run from the session's start (or from the end of ``journal``) to ``until``, ns.

    ``script`` is what the facilitator does and when.  ``record`` hears every event before the session does.
    ``journal``, what an earlier run of the same seed recorded, is given to the (new) session first and not
    recorded again; without ``go_on_at`` the run goes on just after it, as if nothing had happened; with it,
    hits between the journal's end and that moment are lost.
    """
    circle = _Circle(session, players, record)
    start = session.config.start
    timed = [(start, event) for event in arrivals(players)] + sorted(script, key=lambda item: item[0])
    reached = circle.perform(journal)
    if reached is not None:
        timed = [item for item in timed if item[0] > reached]
    if go_on_at is not None:
        circle.play_unheard(go_on_at)
    circle.run(timed, until)


class _Circle:
    """Guards the one order of things."""

    def __init__(self, session: Session, players: Sequence[VirtualPlayer], record: Record) -> None:
        self._session, self._record = session, record
        self._ensemble = Ensemble(players)
        self._now = session.config.start
        self._spread(session.effects(), session.config.start)

    def run(self, timed: list[Timed], until: int) -> None:
        """Deadlines, hits and the script, in order of time, up to and at ``until``."""
        for now, event in timed:
            if now <= until:
                if not isinstance(event, Gap):  # what was due in a gap is for the session to settle
                    self._play(now, heard=True)
                self._happen(now, event)
        self._play(until, heard=True)

    def perform(self, journal: Iterable[Timed]) -> int | None:
        """What was recorded happens again, in the players' hearing; returns when it ends."""
        reached = None
        for now, event in journal:
            self._play(now, heard=False)
            self._handle(now, event)
            reached = now
        return reached

    def play_unheard(self, until: int) -> None:
        """Up to ``until`` nobody listens: the session stands still."""
        while (due := self._ensemble.next_due()) is not None and due <= until:
            self._ensemble.play(due)

    def _play(self, until: int, *, heard: bool) -> None:
        """Deadlines and hits up to and at ``until``."""
        while True:
            deadline, due = self._session.next_deadline(), self._ensemble.next_due()
            if deadline is not None and deadline <= until and (due is None or deadline <= due):
                self._spread(self._session.advance(deadline), deadline)
            elif due is not None and due <= until:
                # A change of tempo can leave somebody with a hit that should have been a moment ago.
                self._now = max(self._now, due)
                for hit in self._ensemble.play(due):
                    if heard:
                        self._happen(self._now, hit)
            else:
                return

    def _happen(self, now: int, event: Event) -> None:
        self._record(now, event)
        self._handle(now, event)

    def _handle(self, now: int, event: Event) -> None:
        self._now = now
        try:
            effects = self._session.handle(event, now)
        except UsageError:
            effects = self._session.effects()
        self._spread(effects, now)

    def _spread(self, effects: list[Effect], now: int) -> None:
        for effect in effects:
            self._ensemble.take(effect, now)
