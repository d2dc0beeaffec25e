"""Accents: everybody with the pulse, and all hit hard on beat k of the bar."""

from __future__ import annotations

from collections.abc import Sequence

from drumcircle.core.spans import Spans
from drumcircle.core.structures.base import BAR, Played, Setting, Stage, Value, alias
from drumcircle.core.structures.ground import GROUND, OnGround
from drumcircle.core.structures.heard import Heard, Stroke
from drumcircle.errors import UsageError
from drumcircle.measures.live import mean

AHEAD = 0.5
"""Beats by which the accents of a bar are handed out ahead."""
LONGEST_BAR = 32


class Accents(OnGround):
    """The accents sound with the click; everybody is judged on the beat as in a groove."""

    name = "accents"
    title = "Accents"
    sentence = "Keep playing softly, and all together hit hard on the beat I show."
    why = "Holding back and letting go together trains control of strength, and it feels like one big drum."
    method = "re-creational"
    domains = ("motor", "cognitive", "social")
    measures = ("velocity contrast", "hit rate")
    settings = (
        Setting(
            "beats",
            "1",
            "which beats of the bar, joined by +",
            choices=("1", "1+3", "2+4"),
            free=True,
            live=BAR,
        ),
        Setting("bars", 0, "how many bars; 0: until it is ended", low=0, high=256, live=BAR),
        GROUND,
    )
    hears = hears_late = True
    follows_performance = False

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._beats = _read(str(self.chosen["beats"]))
        self._bars = int(self.chosen["bars"])
        self._heard = Heard()
        self._line = 0
        """The bar line whose accents are handed out next."""
        self._bar = 0
        self._accents: dict[int, None] = {}
        """The accented local beats so far."""
        self._in: dict[str, Spans] = {}
        """When each player was in."""

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._explain(stage)
        self._go(stage, 0)

    def _explain(self, stage: Stage) -> None:
        beyond = [beat for beat in self._beats if beat > stage.beats_in_bar]
        if beyond:
            stage.say(f"There is no beat {beyond[0]} in {stage.meter}.", scope="therapist")

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._bars = int(chosen["bars"])
        beats = _read(str(chosen["beats"]))
        if beats == self._beats:
            return
        self._beats = beats
        self._explain(stage)
        if self._line > beat:  # the bar that begins there has been handed out already
            stage.hush("accent:", beat)
            self._accents = {accent: None for accent in self._accents if accent < beat}
            self._line, self._bar = beat, self._bar - 1
            self._hand_out(stage)

    def resume(self, stage: Stage, beat: int) -> None:
        self._heard.go_back(beat)
        before = sum(1 for accent in self._accents if accent >= beat)
        self._accents = {accent: None for accent in self._accents if accent < beat}
        self._bar -= min(self._bar, 1 if before else 0)
        self._go(stage, beat)

    def _go(self, stage: Stage, beat: int) -> None:
        for player in stage.players():
            self.joined(stage, player.id, beat)
        self._ground.begin(stage, beat)
        self._line = beat
        self._hand_out(stage)

    def next_step(self) -> float:
        return self._line - AHEAD

    def step(self, stage: Stage) -> None:
        if self._bars and self._bar >= self._bars:
            stage.finish(self._line)
        else:
            self._hand_out(stage)

    def _hand_out(self, stage: Stage) -> None:
        """The accents of one more bar."""
        line, following = self._line, stage.bar_line(self._line + 1)
        for number in self._beats:
            beat = line + number - 1
            if beat < following:
                self._accents[beat] = None
                stage.cue(beat, "accent", 1.0, f"accent:{beat}")
        self._line, self._bar = following, self._bar + 1

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._in.setdefault(player, Spans()).add(beat)
        stage.invite(player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        self._in.setdefault(player, Spans()).cut(beat)
        stage.uninvite(player, beat)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        strokes = {player: self._heard.of(player, -1, stage.beat + 1) for player in self._heard.players()}
        everybody = [stroke for own in strokes.values() for stroke in own]
        return {
            "accents": len(self._passed(stage)),
            "players": {alias(stage, p): self._figures(stage, p, own) for p, own in strokes.items()},
            "velocity_contrast": self._contrast(everybody),
        }

    def _figures(self, stage: Stage, player: str, strokes: Sequence[Stroke]) -> dict[str, object]:
        there = self._in.get(player, Spans())
        invited = {beat: None for beat in self._passed(stage) if beat in there}
        struck = dict.fromkeys(stroke.near for stroke in strokes if stroke.near in invited)
        return {
            "hit_rate": len(struck) / len(invited) if invited else None,
            "velocity_accent": mean(self._velocities(strokes, accented=True)),
            "velocity_other": mean(self._velocities(strokes, accented=False)),
            "velocity_contrast": self._contrast(strokes),
        }

    def _passed(self, stage: Stage) -> list[int]:
        return [beat for beat in self._accents if beat <= stage.beat]

    def _contrast(self, strokes: Sequence[Stroke]) -> float | None:
        """How much harder the accents were than the rest, MIDI velocities."""
        hard, soft = (mean(self._velocities(strokes, accented=accented)) for accented in (True, False))
        return hard - soft if hard is not None and soft is not None else None

    def _velocities(self, strokes: Sequence[Stroke], *, accented: bool) -> list[int]:
        return [stroke.velocity for stroke in strokes if (stroke.near in self._accents) is accented]

    def words(self, beat: float) -> str:
        which = " and ".join(map(str, self._beats))
        return f"all hard on {which}" + (
            f", bar {min(self._bar, self._bars)} of {self._bars}" if self._bars else ""
        )


def _read(text: str) -> tuple[int, ...]:
    """``1+3`` as beats of the bar, from 1."""
    words = [word.strip() for word in text.split("+")]
    if not all(word.isdecimal() and 1 <= int(word) <= LONGEST_BAR for word in words):
        raise UsageError(f"beats={text} are no beats of a bar; write them as 1 or 2+4.")
    return tuple(sorted(dict.fromkeys(int(word) for word in words)))
