"""Layering: in one by one, out one by one.

Who comes or goes next is decided half a beat ahead of the bar line, so that a hit a little early already
belongs to the entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from drumcircle.core.events import MS
from drumcircle.core.structures.base import Played, Setting, Stage, Value, alias
from drumcircle.core.structures.ground import GROUND, OnGround
from drumcircle.core.structures.heard import Heard
from drumcircle.core.structures.turn_order import ORDERS, TurnOrder
from drumcircle.core.view import TurnView
from drumcircle.errors import UsageError

AHEAD = 0.5


@dataclass(slots=True)
class Layer:
    """A stretch in which the same players play; who came or went at its start."""

    start: int
    playing: tuple[str, ...]
    moved: str | None
    goes_out: bool


class Layering(OnGround):
    """A groove that grows by a player every few bars and shrinks again in the same order."""

    name = "layering"
    title = "Layering"
    sentence = "One by one we come in, each with a rhythm that fits what is there; then one by one we go."
    why = "Everybody is heard, everybody leaves room, and all hear how a whole is made of parts."
    method = "improvisational"
    domains = ("social", "cognitive", "communication")
    measures = ("entry offset", "hits out of turn", "together with the pulse by number playing")
    settings = (
        Setting("bars", 4, "bars between two entries", low=1, high=32, live="the next entry"),
        Setting(
            "order", "circle", "who comes when; or players joined by +, such as blue+amber",
            choices=ORDERS, free=True,
        ),
        Setting("way", "both", "in, out, or in and then out", choices=("both", "in", "out")),
        GROUND,
    )  # fmt: skip
    next_key = "next one"
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._bars = int(self.chosen["bars"])
        self._order = TurnOrder(str(self.chosen["order"]), 1)
        self._out = self.chosen["way"] == "out"
        """They are going."""
        self._playing: list[str] = []
        self._away: list[str] = []
        """Who played and rests or has left."""
        self._layers: list[Layer] = []
        self._due: int | None = None
        """When somebody next comes or goes; None: once somebody is there, or nominated."""
        self._end: int | None = None
        self._heard = Heard()

    def named_players(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._order.names))

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._ground.begin(stage, 0)
        if not self._out:
            self._move(stage, 0)
            return
        while (player := self._order.take(stage, 0)) is not None:
            self._playing.append(player)
            stage.invite(player, 0)
        self._layer(stage, 0, None)

    def resume(self, stage: Stage, beat: int) -> None:
        """The layer that was interrupted goes on with the bars it had left, one at least."""
        self._heard.go_back(beat)
        self._ground.begin(stage, beat)
        for player in self._playing:
            stage.invite(player, beat)
        if self._due is not None:
            self._due = max(self._due, stage.bar_line(beat + 1))

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._bars = int(chosen["bars"])

    def next_step(self) -> float | None:
        return None if self._due is None else self._due - AHEAD

    def step(self, stage: Stage) -> None:
        if self._due is not None:
            self._move(stage, self._due)

    def _move(self, stage: Stage, beat: int) -> None:
        """Somebody comes or goes at ``beat``; once all are in, they play for one layer."""
        self._due = None
        if not self._out:
            player = self._order.take(stage, sum(layer.moved is not None for layer in self._layers))
            if player is not None:
                self._playing.append(player)
                stage.invite(player, beat)
                self._layer(stage, beat, player)
                return
            if not self._order.over:
                return
            self._out = self.chosen["way"] == "both"
        if self._out and self._playing:
            player = self._playing.pop(0)
            stage.uninvite(player, beat)
            self._layer(stage, beat, player)
        if not (self._out and self._playing):
            stage.finish(beat)

    def _layer(self, stage: Stage, beat: int, moved: str | None) -> None:
        self._layers.append(Layer(beat, tuple(self._playing), moved, self._out))
        self._due = stage.bar_line(beat + self._bars * stage.beats_in_bar)
        if moved is not None:
            stage.turn(moved, beat, self._due)

    def close(self, stage: Stage, beat: float) -> None:
        self._end = ceil(beat)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """The next one comes or goes on the next bar line; a nominated one is the next."""
        if player is None and self._due is None:
            raise UsageError("Nobody comes next; choose a player.")
        if player is not None and self._out:
            person = stage.player(player)
            if person is None or person.id not in self._playing:
                raise UsageError("Only somebody who plays can go next.")
            self._playing.remove(person.id)
            self._playing.insert(0, person.id)
        elif player is not None:
            self._order.nominate(stage, player)
        if player is None or self._due is None:
            self._due = stage.bar_line(max(ceil(beat + AHEAD), self._since() + 1))

    def _since(self) -> int:
        return self._layers[-1].start if self._layers else 0

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._order.joined(stage, player)
        if player in self._away:
            self._away.remove(player)
            self._playing.append(player)
            stage.invite(player, beat)
            self._changed(ceil(beat))
        elif self._due is None and not self._order.over and not self._order.waits:
            self._due = stage.bar_line(max(ceil(beat), ceil(stage.beat + AHEAD), self._since()))

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """Who has just come and is gone again leaves their layer to the next one after a bar."""
        self._order.gone(player)
        if player not in self._playing:
            return
        self._playing.remove(player)
        self._away.append(player)
        stage.uninvite(player, beat)
        entered = self._layers[-1].moved == player
        self._changed(ceil(beat))
        if entered and self._due is not None:
            self._due = min(self._due, stage.bar_line(ceil(max(beat, stage.beat)) + stage.beats_in_bar))

    def _changed(self, beat: int) -> None:
        """Other players play from ``beat`` on, and nobody's turn it was."""
        last = self._layers[-1]
        if beat <= last.start:
            last.playing = tuple(self._playing)
        else:
            self._layers.append(Layer(beat, tuple(self._playing), None, self._out))

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        now = ceil(stage.beat) if self._end is None else self._end
        begun = [layer for layer in self._layers if layer.start <= now]
        ends = [*(layer.start for layer in begun[1:]), now][: len(begun)]
        return {
            "entries": [self._entry(stage, layer, layer.moved) for layer in begun if layer.moved is not None],
            "layers": [
                {
                    "start_beat": layer.start,
                    "beats": end - layer.start,
                    "playing": len(layer.playing),
                    "with_pulse": stage.together(layer.playing, layer.start, end),
                }
                for layer, end in zip(begun, ends, strict=True)
                if end > layer.start and layer.playing
            ],
        }

    def _entry(self, stage: Stage, layer: Layer, player: str) -> dict[str, object]:
        row: dict[str, object] = {
            "player": alias(stage, player),
            "way": "out" if layer.goes_out else "in",
            "beat": layer.start,
        }
        person = stage.player(player)
        if person is not None and person.live_only:
            return row | {"live_only": True}
        if not stage.measured(player):
            return row | {"no_pad": True}
        if layer.goes_out:
            return row | {"after_hits": len(self._heard.of(player, layer.start - AHEAD, stage.beat + 1))}
        own = self._heard.of(player, layer.start - AHEAD, stage.beat + 1)
        return row | {
            "entry_offset_ms": (own[0].time - stage.time(layer.start)) / MS if own else None,
            "before_hits": len(self._heard.of(player, -1, layer.start - AHEAD)),
        }

    def words(self, beat: float) -> str:
        if not self._layers:
            return "who is next?" if self._order.waits else "waiting for players"
        return f"{len(self._playing)} in, {'going out' if self._out else 'coming in'}"

    def turn_view(self, beat: float) -> TurnView | None:
        layer = next((layer for layer in reversed(self._layers) if layer.start <= beat), None)
        coming = (self._playing[0] if self._playing else None) if self._out else self._order.peek()
        if self._layers and self._layers[-1].start > beat:
            coming = self._layers[-1].moved
        left = None if self._due is None else max(0, ceil(self._due - beat))
        order = tuple(self._order.players)
        return TurnView(order, layer.moved if layer is not None else None, coming, left)
