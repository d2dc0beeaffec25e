"""Leader rotation: the pulse goes quiet, one player leads, then the next.

The pulse goes on unheard and follows whoever leads, bar by bar, so that its return is in the leader's tempo and
phase.  Nobody is judged on it: everybody is measured beside the leader.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from math import ceil
from statistics import median

from drumcircle.core.pulse import MINUTE
from drumcircle.core.structures.base import BAR, Played, Setting, Stage, Structure, Value, Wake, alias, here
from drumcircle.core.structures.heard import Heard, Stroke
from drumcircle.core.structures.turn_order import ORDERS, TurnOrder
from drumcircle.core.structures.unheard_pulse import LEAD, UnheardPulse
from drumcircle.core.view import TurnView
from drumcircle.errors import UsageError
from drumcircle.measures.leading import beside

AHEAD = 0.5


@dataclass(slots=True)
class Lead:
    """One player leads on ``[start, end)``, in local beats."""

    leader: str
    start: int
    end: int


class LeaderRotation(Structure):
    """Each in turn leads for so many bars, at their own tempo, and everybody goes with them."""

    name = "leader_rotation"
    title = "Leader rotation"
    sentence = "The beat is yours now: play as you like, and we all go with you."
    why = "To lead and to be followed, and to give the lead away again; attention to one another, not to a click."
    method = "improvisational"
    domains = ("social", "communication", "motor")
    measures = ("asynchrony to the leader", "lag +1 and -1", "the leader's tempo")
    settings = (
        Setting("bars", 8, "bars a leader", low=1, high=64, live="the next leader"),
        Setting(
            "order", "circle", "who leads when; or players joined by +, such as blue+amber",
            choices=ORDERS, free=True,
        ),
        Setting("rounds", 1, "how often everybody leads", low=1, high=20, live=BAR),
    )  # fmt: skip
    next_key = "next leader"
    hears = hears_late = True
    lets_pulse_go = True
    pulse = "is silent, goes with whoever leads, and comes back in their tempo and phase"

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._bars = int(self.chosen["bars"])
        self._order = TurnOrder(str(self.chosen["order"]), int(self.chosen["rounds"]))
        self._leads: list[Lead] = []
        self._now: Lead | None = None
        """Who leads, or will in less than half a beat; None: nobody is there, or nominated."""
        self._starts: int | None = None
        self._line = 0
        """The bar line by which the pulse next goes with the leader."""
        self._unheard = UnheardPulse()
        self._heard = Heard()

    def named_players(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._order.names))

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        stage.level("click", 0.0, 0)
        leader = stage.leader
        if leader is not None:
            self._order.nominate(stage, leader.id)
        self._give(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        """The same player leads on, with the bars they had left, one at least."""
        stage.level("click", 0.0, beat)
        self._heard.go_back(beat)
        self._unheard.forget()
        lead = self._now
        if lead is not None:
            lead.end = max(lead.end, stage.bar_line(beat + 1))
            self._line = stage.bar_line(beat + 1)
            stage.turn(lead.leader, max(lead.start, beat), lead.end)
        elif self._starts is not None:
            self._starts = max(self._starts, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._bars = int(chosen["bars"])
        self._order.change(str(chosen["order"]), int(chosen["rounds"]))

    def wake(self) -> Wake | None:
        if self._now is not None:
            return Wake(min(self._line - LEAD, self._now.end - AHEAD))
        return None if self._starts is None else Wake(self._starts - AHEAD)

    def act(self, stage: Stage) -> None:
        lead = self._now
        if lead is None:
            self._give(stage, self._starts or 0)
            return
        if self._line - LEAD <= lead.end - AHEAD:
            self._unheard.follow(stage, [lead.leader])
            self._line = stage.bar_line(self._line + 1)
        else:
            self._give(stage, lead.end)

    def _give(self, stage: Stage, start: int) -> None:
        """The next in order leads from ``start`` on; where nobody is there, it waits."""
        self._now = self._starts = None
        leader = self._order.take(stage, len(self._leads))
        if leader is None:
            stage.turn(None, start)
            if self._order.over:
                stage.finish(start)
            return
        self._unheard.forget()
        self._now = Lead(leader, start, stage.bar_line(start + self._bars * stage.beats_in_bar))
        self._leads.append(self._now)
        self._line = stage.bar_line(start + 1)
        stage.turn(leader, start, self._now.end)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)
        if self._now is not None and played.player == self._now.leader and not played.late:
            self._unheard.hear(played)

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """The lead passes on with the next bar line; to a nominated player, if there is one."""
        if player is not None:
            self._order.nominate(stage, player)
        elif self._now is None:
            raise UsageError("Nobody leads now; choose a player.")
        line = stage.bar_line(ceil(beat + AHEAD))
        if self._now is not None:
            self._now.end = min(self._now.end, max(line, self._now.start + 1))
        else:
            self._starts = max(line, self._free())

    def led_by(self, stage: Stage, player: str | None, beat: float) -> None:
        """The facilitator gave the lead to somebody: from the next bar line on."""
        if player is not None and (self._now is None or self._now.leader != here(stage, player).id):
            self.next_turn(stage, player, beat)

    def _free(self) -> int:
        return self._leads[-1].end if self._leads else 0

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._order.joined(stage, player)
        if self._now is None and self._starts is None and not (self._order.over or self._order.waits):
            self._starts = stage.bar_line(max(ceil(beat), ceil(stage.beat + AHEAD), self._free()))

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """A leader who is gone hands on after one bar."""
        self._order.gone(player)
        lead = self._now
        if lead is not None and lead.leader == player:
            line = stage.bar_line(ceil(max(beat, lead.start, stage.beat)) + stage.beats_in_bar)
            lead.end = min(lead.end, line)

    def close(self, stage: Stage, beat: float) -> None:
        self._leads = [lead for lead in self._leads if lead.start < beat]
        for lead in self._leads[-1:]:
            lead.end = min(lead.end, ceil(beat))

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        return {"leads": [self._row(stage, lead) for lead in self._leads if lead.start <= stage.beat]}

    def _row(self, stage: Stage, lead: Lead) -> dict[str, object]:
        own = self._last_epoch(self._heard.of(lead.leader, lead.start - AHEAD, lead.end - AHEAD))
        person = stage.player(lead.leader)
        row: dict[str, object] = {
            "leader": alias(stage, lead.leader),
            "start_beat": lead.start,
            "beats": lead.end - lead.start,
        }
        if person is not None and person.live_only:
            return row | {"live_only": True}
        others = [player for player in self._heard.players() if player != lead.leader]
        return row | {"tempo_bpm": _tempo(own), "players": self._beside(stage, lead, own, others)}

    def _beside(
        self, stage: Stage, lead: Lead, own: list[Stroke], others: list[str]
    ) -> dict[str, dict[str, object]]:
        """Everybody who played beside the leader, where no stop lies between."""
        leads = [stroke.time for stroke in own]
        rows: dict[str, dict[str, object]] = {}
        for player in others:
            strokes = self._heard.of(player, lead.start - AHEAD, lead.end - AHEAD)
            times = [stroke.time for stroke in strokes if own and stroke.epoch == own[0].epoch]
            if times:
                rows[alias(stage, player)] = asdict(beside(leads, times))
        return rows

    @staticmethod
    def _last_epoch(strokes: list[Stroke]) -> list[Stroke]:
        return [stroke for stroke in strokes if stroke.epoch == strokes[-1].epoch]

    def words(self, beat: float) -> str:
        if self._now is None:
            return "who leads?" if self._order.waits else "waiting for players"
        return self._order.words()

    def turn_view(self, beat: float) -> TurnView | None:
        order = tuple(self._order.players)
        lead = next((lead for lead in reversed(self._leads) if lead.start <= beat < lead.end), None)
        if lead is None:
            return None if self._order.over else TurnView(order, None, self._order.peek(), None)
        coming = self._order.peek() if self._now is lead or self._now is None else self._now.leader
        return TurnView(order, lead.leader, coming, ceil(lead.end - beat))


def _tempo(strokes: list[Stroke]) -> float | None:
    """BPM from the median interval, as it was played."""
    if len(strokes) < 2:
        return None
    return MINUTE / max(1.0, median(b.time - a.time for a, b in pairwise(strokes)))
