"""Rumble: unmetered together, swelling, and cut.

The click is silent; nobody is judged on anything but the cut: the bar after it is silence.
"""

from __future__ import annotations

from math import ceil

from drumcircle.core.events import MS
from drumcircle.core.structures.base import BAR, Played, Setting, Stage, Structure, Value, Wake, alias
from drumcircle.core.structures.heard import Heard, Stroke, seconds
from drumcircle.errors import UsageError
from drumcircle.measures.live import mean, spread

AHEAD = 0.5
ROLL = 4
"""Strokes a beat of the roll that swells under the group."""
SOFT, LOUD = 0.15, 0.8
RISES = 8
"""Bars in which it swells where nobody knows how long it lasts; up and down, again and again."""


class Rumble(Structure):
    """A roll that swells until the facilitator's key, or for so many bars; then all stop at once."""

    name = "rumble"
    title = "Rumble"
    sentence = "Everybody, as fast and as you like, from a whisper to thunder, and stop when I stop."
    why = "No beat to keep and nothing to get wrong: energy is let out together, and contained together."
    method = "improvisational"
    domains = ("emotional", "motor", "social")
    measures = ("density", "velocity curve", "stop spread", "false hits")
    settings = (
        Setting("bars", 0, "how many bars; 0: until the key", low=0, high=64, live=BAR),
        Setting("swell", "up", "how loudness goes", choices=("up", "up and down", "none"), live=BAR),
    )
    next_key = "cut"
    hears = hears_late = True
    follows_performance = False

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._bars, self._swell = int(self.chosen["bars"]), str(self.chosen["swell"])
        self._heard = Heard()
        self._bar = 1
        """Beats in a bar."""
        self._next = 0
        """The beat whose roll is handed out next."""
        self._cut: int | None = None
        """The last stroke of all."""
        self._over: float | None = None

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._bar = stage.beats_in_bar
        if self._bars:
            self._cut = stage.bar_line(self._bars * self._bar)
        self._from(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        """It swells on; a cut that was not yet over comes a bar later at the earliest."""
        self._heard.go_back(beat)
        if self._cut is not None:
            self._cut = max(self._cut, stage.bar_line(beat + 1))
        self._from(stage, beat)

    def _from(self, stage: Stage, beat: int) -> None:
        stage.level("click", 0.0, beat)
        self._next = beat
        self._hand_out(stage)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """A cut that is counted already comes; another one is counted for a whole bar."""
        before = self.chosen
        super().adopt(stage, chosen, beat)
        self._bars, self._swell = int(chosen["bars"]), str(chosen["swell"])
        counted = self._cut is not None and self._next > self._cut - self._bar
        if chosen["bars"] != before["bars"] and not counted:
            soonest = stage.bar_line(max(self._next, beat) + self._bar)
            self._cut = max(stage.bar_line(self._bars * self._bar), soonest) if self._bars else None

    def wake(self) -> Wake | None:
        if self._cut is not None and self._next > self._cut:
            return Wake(self._cut + self._bar - AHEAD)
        return Wake(self._next - 1)

    def act(self, stage: Stage) -> None:
        if self._cut is not None and self._next > self._cut:
            stage.finish(self._cut + self._bar)
        else:
            self._hand_out(stage)

    def _hand_out(self, stage: Stage) -> None:
        """The roll of one more beat, the count before the cut, and the cut."""
        beat, self._next = self._next, self._next + 1
        if beat == self._cut:
            stage.cue(beat, "drum", 1.0, f"cut:{beat}")
            return
        if self._cut is not None and beat >= self._cut - self._bar:
            stage.cue(beat, "count", 0.9, f"count:{beat}")
        for stroke in range(ROLL if self._swell != "none" else 0):
            at = beat + stroke / ROLL
            stage.cue(at, "drum", self._gain(at), f"ground:roll:{at}")

    def _gain(self, beat: float) -> float:
        """How loud the roll is, as the swell goes."""
        whole = (self._cut if self._bars and self._cut else RISES * self._bar) or 1
        share = min(beat / whole, 1.0)
        if self._swell == "up and down":
            share = 1 - abs(2 * (beat / whole % 1) - 1)
        return SOFT + (LOUD - SOFT) * share

    # ---- what happens

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """The key cuts on the next bar line whose bar can still be counted down; not before the roll is heard."""
        if player is not None:
            raise UsageError("A rumble is everybody's; without a player the key cuts it.")
        if self._cut is not None and self._next > self._cut - self._bar:
            raise UsageError("The cut is being counted already.")
        line = stage.bar_line(max(self._next, ceil(beat + 1)) + self._bar)
        self._cut = line if self._cut is None else min(self._cut, line)

    def close(self, stage: Stage, beat: float) -> None:
        self._over = beat

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        now = stage.beat if self._over is None else self._over
        end = now if self._cut is None else min(self._cut, now)
        rows: dict[str, object] = {
            "bars": list(self._curve(stage, end)),
            "players": self._players(stage, end),
        }
        if self._cut is None or now < self._cut + AHEAD:
            return rows | {"cut_beat": None, "stop_spread_ms": None, "false_hits": None}
        last: dict[str, Stroke] = {}
        false = 0
        for stroke, player in self._heard.all(self._cut - self._bar, self._cut + self._bar):
            last[player] = stroke
            false += stroke.beat >= self._cut + AHEAD
        found = spread([stroke.time for stroke in last.values()])
        return rows | {
            "cut_beat": self._cut,
            "stop_spread_ms": None if found is None else found / MS,
            "false_hits": false,
        }

    def _curve(self, stage: Stage, end: float) -> list[dict[str, object]]:
        """Hits a second and mean velocity of the group, bar by bar."""
        rows: list[dict[str, object]] = []
        for line in range(0, ceil(end), self._bar):
            until = min(line + self._bar, end)
            strokes = [stroke for stroke, _ in self._heard.all(line, until)]
            lasted = seconds(stage, line, until)
            rows.append(
                {
                    "start_beat": line,
                    "hits_a_second": len(strokes) / lasted if lasted else None,
                    "velocity_mean": mean([stroke.velocity for stroke in strokes]),
                }
            )
        return rows

    def _players(self, stage: Stage, end: float) -> dict[str, object]:
        lasted = seconds(stage, 0, end)
        rows: dict[str, object] = {}
        for player in self._heard.players():
            strokes = self._heard.of(player, -AHEAD, end)
            rows[alias(stage, player)] = {
                "hits_a_second": len(strokes) / lasted if lasted else None,
                "velocity_mean": mean([stroke.velocity for stroke in strokes]),
            }
        return rows

    def words(self, beat: float) -> str:
        if self._cut is None or beat < self._cut - self._bar:
            return "swelling" if self._swell != "none" else "going on"
        return "silence" if beat > self._cut + AHEAD else f"stop in {max(0, ceil(self._cut - beat))}"
