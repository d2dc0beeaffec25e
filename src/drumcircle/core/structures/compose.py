"""Compose: play over a loop, keep what was played as a layer, add the next; what stands at the end is the group's piece.

The loop is counted from local beat 0.  A stroke keeps its place in the loop: one a little before the loop's first beat
sounds a little before it every time.  What has stood is handed out a beat ahead, a new layer once its last stroke is in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drumcircle.core.piece import Piece, PiecePart
from drumcircle.core.structures.base import BAR, Key, Played, Setting, Stage, Structure, Value, Wake, alias
from drumcircle.core.structures.calls import LIVE_MARGIN
from drumcircle.errors import UsageError

STEPS = 4
AHEAD = 1.0
MOST_LAYERS = 16
MOST_STROKES = 512
"""Of one time round."""


@dataclass(frozen=True, slots=True)
class _Stroke:
    place: float
    velocity: int
    player: str
    beat: float


class Compose(Structure):
    """A loop of some bars, layer upon layer."""

    name = "compose"
    title = "Compose"
    sentence = "Let us build a piece: play over the loop, and what we like stays in it."
    why = "To make something together that lasts, and to hear one's own part in it."
    method = "compositional"
    domains = ("social", "cognitive", "emotional")
    measures = ("layers, and who made them",)
    settings = (
        Setting("bars", 4, "bars of the loop", low=1, high=16),
        Setting(
            "quantise", 0, "percent of the way to the nearest quarter of a beat", low=0, high=100, live=BAR
        ),
        Setting("title", "Our piece", "what the piece is called", free=True, live=BAR),
    )
    keys = (
        Key("layer", "what is played in this time round stays"),
        Key("undo", "the last layer is taken away"),
        Key("keep", "the piece as it stands is kept"),
    )
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._quantise = int(self.chosen["quantise"]) / 100
        self._length = 0
        self._round = 0
        """The time round whose end comes next."""
        self._wanted = False
        """What is played in it becomes a layer."""
        self._handed_out = False
        """The layers there are, for the time round after it."""
        self._strokes: list[_Stroke] = []
        self._layers: list[PiecePart] = []
        self._piece: Piece | None = None
        """As it was kept last."""

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._length = int(self.chosen["bars"]) * stage.beats_in_bar

    def resume(self, stage: Stage, beat: int) -> None:
        """The bar that was interrupted is played again."""
        self._strokes = [stroke for stroke in self._strokes if stroke.beat < beat - LIVE_MARGIN]
        self._round, self._handed_out = beat // self._length, False
        self._sound(stage, self._round, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._quantise = int(chosen["quantise"]) / 100

    def wake(self) -> Wake | None:
        ahead = LIVE_MARGIN if self._handed_out else AHEAD
        return Wake((self._round + 1) * self._length - ahead)

    def act(self, stage: Stage) -> None:
        if not self._handed_out:
            self._handed_out = True
            self._sound(stage, self._round + 1)
            return
        ended, self._round, self._handed_out = self._round, self._round + 1, False
        if self._wanted:
            self._add(stage, ended)
        start = self._round * self._length - LIVE_MARGIN
        self._strokes = [stroke for stroke in self._strokes if stroke.beat >= start]

    def _add(self, stage: Stage, ended: int) -> None:
        """What was played in the time round that ends is one more layer."""
        self._wanted = False
        mine = [stroke for stroke in self._strokes if (stroke.beat + LIVE_MARGIN) // self._length == ended]
        if not mine:
            stage.say("Nothing was played this time round; there is no new layer.")
            return
        mine.sort(key=lambda stroke: stroke.place)
        made = PiecePart(
            f"layer {len(self._layers) + 1}",
            tuple(stroke.place for stroke in mine),
            tuple(stroke.velocity for stroke in mine),
            tuple(dict.fromkeys(alias(stage, stroke.player) for stroke in mine)),
        )
        self._layers.append(made)
        self._hand_out(stage, self._round, len(self._layers) - 1, 0)
        stage.say(f"Layer {len(self._layers)} is in the loop.")

    def _sound(self, stage: Stage, number: int, since: int = 0) -> None:
        """Hand out all layers for one time round, from local beat ``since`` on."""
        for at in range(len(self._layers)):
            self._hand_out(stage, number, at, since)

    def _hand_out(self, stage: Stage, number: int, at: int, since: int) -> None:
        start, layer = number * self._length, self._layers[at]
        for index, (onset, velocity) in enumerate(zip(layer.onsets, layer.velocities, strict=True)):
            if start + onset >= since:
                stage.cue(start + onset, "call", velocity / 127, f"layer:{number}:{at}:{index}")

    def close(self, stage: Stage, beat: float) -> None:
        if self._layers:
            self._keep(stage)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        if not played.kept or played.beat < -LIVE_MARGIN or len(self._strokes) >= MOST_STROKES:
            return
        drawn = round(played.beat * STEPS) / STEPS
        place = (played.beat + self._quantise * (drawn - played.beat)) % self._length
        self._strokes.append(_Stroke(place, played.velocity, played.player, played.beat))

    def press(self, stage: Stage, key: str, beat: float) -> None:
        if key == "layer":
            if len(self._layers) >= MOST_LAYERS:
                raise UsageError(f"A piece has at most {MOST_LAYERS} layers; take one away first.")
            self._wanted = True
            stage.say("What is played this time round stays.")
        elif key == "undo" and self._layers:
            self._layers.pop()
            stage.say("The last layer goes with the end of the loop.")
        elif key == "keep" and self._layers:
            self._keep(stage)
        elif key in ("undo", "keep"):
            raise UsageError("There is no layer yet.")
        else:
            super().press(stage, key, beat)

    def _keep(self, stage: Stage) -> None:
        layers = tuple(self._layers)
        if self._piece is not None and self._piece.parts == layers:
            return
        title = str(self.chosen["title"])
        name = self._piece.name if self._piece is not None else _free_name(title, stage.pieces)
        self._piece = Piece(name, title, stage.meter, stage.tempo(stage.beat), float(self._length), layers)
        stage.piece_made(self._piece)
        stage.say(f"{title} is kept: {len(layers)} layer{'s' if len(layers) > 1 else ''}.")

    # ---- for the dashboard and the record

    def results(self, stage: Stage) -> dict[str, object]:
        return {
            "piece": self._piece.name if self._piece is not None else None,
            "loop_beats": self._length,
            "layers": [
                {"name": layer.name, "players": list(layer.players), "hits": len(layer.onsets)}
                for layer in self._layers
            ],
        }

    def words(self, beat: float) -> str:
        count = len(self._layers)
        layers = f"{count} layer{'' if count == 1 else 's'}" if count else "no layer yet"
        return f"{layers}, this time round stays" if self._wanted else layers


def _free_name(title: str, pieces: tuple[Piece, ...]) -> str:
    """A short name nobody has yet."""
    short = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "piece"
    taken = {piece.name for piece in pieces}
    numbered = (short if number == 1 else f"{short}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in numbered if name not in taken)
