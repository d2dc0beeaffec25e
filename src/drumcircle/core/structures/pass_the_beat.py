"""Pass the beat: one hit each, round the circle.

Who comes next is decided half a pass ahead, so that a hit a little early already belongs to the pass it makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from drumcircle.core.events import MS
from drumcircle.core.structures.base import Played, Setting, Stage, Structure, Value, Wake, alias, here
from drumcircle.core.structures.heard import Heard, Stroke
from drumcircle.core.view import TurnView
from drumcircle.measures.live import mean, sample_sd

POINT = 1 / 64
"""Beats; the player is judged on the one point of the pass."""
PASS = "the next pass"


@dataclass(slots=True)
class Pass:
    """The beat is with a player at a local beat."""

    player: str
    beat: int
    direction: int
    hits: int = 0
    without: str = ""
    """Why nothing of it is measured: ``live_only`` or ``no_pad``."""


class PassTheBeat(Structure):
    """Every few beats the next player has the one hit; two hits may turn it round."""

    name = "pass_the_beat"
    title = "Pass the beat"
    sentence = "One hit each: take the beat from your neighbour and pass it on, without letting it fall."
    why = "Everybody matters equally, nobody is alone for long, and the whole circle makes one line."
    method = "re-creational"
    domains = ("social", "cognitive", "motor")
    measures = ("pass interval", "evenness of passes", "drops", "entry offset")
    settings = (
        Setting("beats", 2, "beats from one pass to the next", low=1, high=16),
        Setting(
            "direction",
            "onward",
            "round the circle onward or backward",
            choices=("onward", "backward"),
            live=PASS,
        ),
        Setting("may_reverse", False, "two hits turn the direction round", live=PASS),
        Setting("rounds", 0, "how often round the circle; 0: until it is ended", low=0, high=100, live=PASS),
    )
    next_key = "turn round"
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._beats, self._rounds = int(self.chosen["beats"]), int(self.chosen["rounds"])
        self._direction = 1 if self.chosen["direction"] == "onward" else -1
        self._circle: list[str] = []
        self._nominated: str | None = None
        self._coming: str | None = None
        """Who has the next pass, as far as it is known."""
        self._passes: list[Pass] = []
        self._due: int | None = None
        """The beat of the next pass; None: nobody is there."""
        self._left: int | None = None
        """Passes still to come; None: no end."""
        self._heard = Heard()

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._circle = [person.id for person in stage.players()]
        if self._rounds:
            self._left = self._rounds * max(1, len(self._circle))
        self._give(stage, 0)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """Rounds are counted from the beginning; the direction is where it was unless it is another."""
        before = self.chosen
        super().adopt(stage, chosen, beat)
        if chosen["direction"] != before["direction"]:
            self._direction = 1 if chosen["direction"] == "onward" else -1
        self._rounds = int(chosen["rounds"])
        whole = self._rounds * max(1, len(self._circle))
        self._left = max(0, whole - len(self._passes)) if whole else None

    def wake(self) -> Wake | None:
        return None if self._due is None else Wake(self._due - self._half)

    @property
    def _half(self) -> float:
        return self._beats / 2

    def act(self, stage: Stage) -> None:
        if self._due is None:
            return
        if self._left == 0:
            stage.finish(self._due)
        else:
            self._give(stage, self._due)

    def _give(self, stage: Stage, beat: int) -> None:
        """The pass at ``beat`` is somebody's."""
        last = self._passes[-1] if self._passes else None
        if last is not None and last.hits > 1 and self.chosen["may_reverse"]:
            self._direction = -last.direction
        player = self._following(stage)
        self._nominated = None
        if player is None:
            self._due = None
            stage.turn(None, beat)
            return
        person = stage.player(player)
        live_only = person is not None and person.live_only
        without = "live_only" if live_only else "" if stage.measured(player) else "no_pad"
        self._passes.append(Pass(player, beat, self._direction, without=without))
        self._due = beat + self._beats
        if self._left is not None:
            self._left -= 1
        stage.invite(player, beat, beat + POINT)
        stage.turn(player, beat, self._due)
        self._coming = self._following(stage)

    def _following(self, stage: Stage) -> str | None:
        """Who is next in the direction of now; None: nobody is there."""
        here = {person.id: None for person in stage.players()}
        if self._nominated in here:
            return self._nominated
        if not self._passes:
            order = self._circle if self._direction > 0 else [*self._circle[:1], *self._circle[:0:-1]]
        else:
            at = self._circle.index(self._passes[-1].player)
            turned = self._circle[at + 1 :] + self._circle[: at + 1]
            order = turned if self._direction > 0 else [*turned[-2::-1], turned[-1]]
        return next((player for player in order if player in here), None)

    def resume(self, stage: Stage, beat: int) -> None:
        """Passes of the bar in which it was stopped are made again."""
        self._heard.go_back(beat)
        dropped = [one for one in self._passes if one.beat >= beat]
        self._passes = [one for one in self._passes if one.beat < beat]
        if dropped:
            self._nominated, self._direction = dropped[0].player, dropped[0].direction
            if self._left is not None:
                self._left += len(dropped)
            self._give(stage, beat)
        elif self._due is not None:
            self._due = max(self._due, beat)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)
        last = self._passes[-1] if self._passes else None
        if (
            last is None
            or last.player != played.player
            or not -self._half <= played.beat - last.beat < self._half
        ):
            return
        last.hits += 1
        if last.hits > 1 and not played.journalled and self.chosen["may_reverse"]:
            stage.turn_ends_by_playing(played.player, last.beat + self._beats)

    def turn_fact(self, stage: Stage, player: str, end: float) -> None:
        last = self._passes[-1] if self._passes else None
        if last is not None and last.player == player:
            last.hits = 2

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """The facilitator's key turns it round; a nominated player has the next pass."""
        if player is None:
            self._direction = -self._direction
            self._coming = self._following(stage)
            return
        self._nominated = here(stage, player).id
        self._coming = self._nominated
        if self._due is None:
            self._due = stage.bar_line(ceil(beat + self._half))

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        if player not in self._circle:
            self._circle.append(player)
        self._coming = self._following(stage)
        if self._due is None and self._left != 0:
            self._due = stage.bar_line(ceil(max(beat, stage.beat + self._half)))

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """The pass of somebody who is gone falls, and the next one comes after a bar at the latest."""
        stage.uninvite(player, beat)
        self._coming = self._following(stage)
        last = self._passes[-1] if self._passes else None
        if last is not None and last.player == player and self._due is not None:
            late = max(last.beat + stage.beats_in_bar, ceil(stage.beat + self._half))
            self._due = min(self._due, late)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        done = [one for one in self._passes if one.beat + self._half <= stage.beat]
        struck = [self._struck(one) for one in done]
        firsts = [strokes[0] if strokes else None for strokes in struck]
        kept = [(one, strokes) for one, strokes in zip(done, struck, strict=True) if not one.without]
        intervals = [None, *(_interval(a, b) for a, b in pairwise(firsts))]
        known = [interval for interval in intervals if interval is not None]
        centre, sd = mean(known), sample_sd(known)
        return {
            "passes": [
                _row(stage, one, strokes, interval)
                for one, strokes, interval in zip(done, struck, intervals, strict=False)
            ],
            "drops": sum(not strokes for _, strokes in kept),
            "pass_interval_mean_ms": centre,
            "pass_interval_sd_ms": sd,
            "pass_interval_cv": sd / centre if sd is not None and centre else None,
        }

    def _struck(self, one: Pass) -> list[Stroke]:
        return self._heard.of(one.player, one.beat - self._half, one.beat + self._half)

    def words(self, beat: float) -> str:
        if not self._passes:
            return "waiting for players"
        left = f", {self._left} to go" if self._left is not None else ""
        return f"{'onward' if self._direction > 0 else 'backward'}{left}"

    def turn_view(self, beat: float) -> TurnView | None:
        now = next((one for one in reversed(self._passes) if one.beat - self._half <= beat), None)
        left = None if now is None or self._due is None else max(0, ceil(now.beat + self._beats - beat))
        return TurnView(tuple(self._circle), now.player if now else None, self._coming, left)


def _interval(first: Stroke | None, second: Stroke | None) -> float | None:
    if first is None or second is None or first.epoch != second.epoch:
        return None
    return (second.time - first.time) / MS


def _row(stage: Stage, one: Pass, strokes: list[Stroke], interval: float | None) -> dict[str, object]:
    row: dict[str, object] = {"player": alias(stage, one.player), "beat": one.beat}
    if one.without:
        return row | {one.without: True}
    return row | {
        "hits": len(strokes),
        "entry_offset_ms": (strokes[0].time - stage.time(one.beat)) / MS if strokes else None,
        "pass_interval_ms": interval,
    }
