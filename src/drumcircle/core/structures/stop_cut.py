"""Stop cut: all play, all stop on the same beat, all begin again on the bar line after a bar of silence."""

from __future__ import annotations

from dataclasses import dataclass

from drumcircle.core.events import MS
from drumcircle.core.structures.base import BAR, Played, Setting, Stage, Value, alias
from drumcircle.core.structures.ground import GROUND, OnGround
from drumcircle.core.structures.heard import Heard, Stroke
from drumcircle.measures.live import spread

AHEAD = 0.5
"""Beats before a moment at which what follows it is planned; also: up to here a stroke belongs to it."""


@dataclass(slots=True)
class Cut:
    """One cut, in local beats: the last stroke of all is on ``beat``, the next one on ``again``."""

    beat: int
    again: int


class StopCut(OnGround):
    """The click goes on through the silence, so that everybody finds back in; the ground stops."""

    name = "stop_cut"
    title = "Stop cut"
    sentence = "Play on, and when I say stop, one last stroke all together, then silence, then again."
    why = "Stopping together is the clearest proof of listening, and silence is heard as music."
    method = "re-creational"
    domains = ("cognitive", "motor", "social")
    measures = ("stop spread", "start spread", "false hits")
    settings = (
        Setting("how", "announced", "counted down, or without warning", choices=("announced", "surprise")),
        Setting("times", 4, "how many cuts", low=1, high=32, live=BAR),
        Setting("bars", 2, "bars played before a cut; by surprise it may come up to a bar later", low=1, high=32, live="the next cut"),
        GROUND,
    )  # fmt: skip
    hears = hears_late = True

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._times, self._bars = int(self.chosen["times"]), int(self.chosen["bars"])
        self._heard = Heard()
        self._cuts: list[Cut] = []
        self._end: int | None = None

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._play(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        """A cut that was not over is planned anew."""
        self._heard.go_back(beat)
        self._cuts = [cut for cut in self._cuts if cut.again < beat]
        self._end = None
        self._play(stage, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """A cut that is planned comes; the last bar is no longer the last where more are asked for."""
        super().adopt(stage, chosen, beat)
        self._times, self._bars = int(chosen["times"]), int(chosen["bars"])
        if self._end is not None and len(self._cuts) < self._times:
            self._end = None
            self._play(stage, beat)

    def _play(self, stage: Stage, beat: int) -> None:
        """From ``beat`` on they play, up to the next cut, or for a last bar."""
        self._ground.begin(stage, beat)
        if len(self._cuts) < self._times:
            self._plan(stage, beat)
        else:
            self._end = stage.bar_line(beat + 1)
        for player in stage.players():
            self._invite(stage, player.id, beat)

    def _plan(self, stage: Stage, beat: int) -> None:
        bar = stage.beats_in_bar
        at = stage.bar_line(beat + self._bars * bar)
        if self.chosen["how"] == "surprise":
            at = beat + bar + stage.rng.randrange(self._bars * bar)
        cut = Cut(at, stage.bar_line(at + bar))
        self._cuts.append(cut)
        self._ground.pause(cut.beat + AHEAD, cut.again)
        stage.cue(cut.beat, "accent", 1.0, f"cut:{cut.beat}")
        if self.chosen["how"] == "announced":
            for count in range(cut.beat - bar, cut.beat):
                stage.cue(count, "count", 0.9, f"count:{count}")

    def next_step(self) -> float:
        return (self._cuts[-1].again if self._end is None else self._end) - AHEAD

    def step(self, stage: Stage) -> None:
        if self._end is None:
            self._play(stage, self._cuts[-1].again)
        else:
            stage.finish(self._end)

    # ---- what happens

    def _invite(self, stage: Stage, player: str, beat: float) -> None:
        """They play up to the last stroke before the silence."""
        if self._end is not None:
            stage.invite(player, beat)
        elif beat <= self._cuts[-1].beat:
            stage.invite(player, beat, self._cuts[-1].beat + 1)

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._invite(stage, player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        return {"cuts": [self._row(stage, cut) for cut in self._cuts if cut.again <= stage.beat]}

    def _row(self, stage: Stage, cut: Cut) -> dict[str, object]:
        bar = stage.beats_in_bar
        stops: dict[str, Stroke] = {}
        starts: dict[str, Stroke] = {}
        false: dict[str, int] = {}
        for stroke, player in self._heard.all(cut.beat - bar, cut.again - AHEAD):
            stops[player] = stroke
            false[player] = false.get(player, 0) + (stroke.beat >= cut.beat + AHEAD)
        for stroke, player in self._heard.all(cut.again - AHEAD, cut.again + bar - AHEAD):
            starts.setdefault(player, stroke)
        return {
            "cut_beat": cut.beat,
            "again_beat": cut.again,
            "stop_spread_ms": _spread_ms(stops),
            "start_spread_ms": _spread_ms(starts),
            "false_hits": sum(false.values()),
            "players": {
                alias(stage, player): {
                    "stop_ms": _after(stage, stops.get(player), cut.beat),
                    "start_ms": _after(stage, starts.get(player), cut.again),
                    "false_hits": false.get(player, 0),
                }
                for player in dict.fromkeys((*stops, *starts))
            },
        }

    def words(self, beat: float) -> str:
        number = sum(1 for cut in self._cuts if cut.again <= beat)
        if number >= self._times:
            return "all cuts played"
        cut = self._cuts[min(number, len(self._cuts) - 1)]
        if cut.beat + AHEAD <= beat:
            return f"silence, again in {cut.again - int(beat)}"
        left = cut.beat - int(beat)
        soon = f", stop in {left}" if self.chosen["how"] == "announced" and 0 < left <= 4 else ""
        return f"cut {number + 1} of {self._times}{soon}"


def _spread_ms(strokes: dict[str, Stroke]) -> float | None:
    found = spread([stroke.time for stroke in strokes.values()])
    return None if found is None else found / MS


def _after(stage: Stage, stroke: Stroke | None, beat: int) -> float | None:
    return None if stroke is None else (stroke.time - stage.time(beat)) / MS
