"""Paced steps, in the line of Rhythmic Auditory Stimulation, for arms (TIMP, music-supported therapy); not gait.

One's own tempo, the cue at it, a step faster, a step slower, the cue fading at one's own tempo, and alone again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import ceil

from drumcircle.core.pulse import FASTEST, SLOWEST
from drumcircle.core.structures.base import Played, Setting, Stage, Structure, Value, Wake, alias
from drumcircle.core.structures.group_tempo import GroupTempo, meet
from drumcircle.measures.unpaced import Unpaced, unpaced

KEPT = 1024
OWN, ALONE = "own tempo", "alone"


@dataclass(slots=True)
class _Step:
    """One step; ``every``: the cue sounds on every so manieth beat, 0: not at all."""

    name: str
    factor: float
    every: int
    start: int = 0
    end: int = 0
    times: dict[str, list[int]] = field(default_factory=dict)


class PacedSteps(Structure):
    """A cue at one's own tempo, moved a little either way, then taken away."""

    name = "paced_steps"
    title = "Paced steps"
    sentence = "Play at a pace of your own; then a beat joins you, and later leaves you again."
    why = "A cue near one's own tempo steadies movement; what stays when it has gone is one's own."
    method = "re-creational"
    domains = ("motor",)
    measures = ("consistency and CV at each step", "drift and CV alone against the baseline")
    settings = (
        Setting("step", 5.0, "percent faster, then slower, than the own tempo", low=1, high=20),
        Setting("bars", 8, "bars a step", low=2, high=64, live="the next step"),
    )
    hears = hears_late = True
    lets_pulse_go = True
    pulse = "takes the players' own tempo and phase, goes a step faster and slower, fades, and comes back as they play"

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        change = float(self.chosen["step"]) / 100
        self._steps = (
            _Step(OWN, 1.0, 0),
            _Step("cue", 1.0, 1),
            _Step("faster", 1 + change, 1),
            _Step("slower", 1 - change, 1),
            _Step("every 2nd", 1.0, 2),
            _Step("every 4th", 1.0, 4),
            _Step(ALONE, 1.0, 0),
        )
        self._at = 0
        self._next = 0
        self._beats = 0
        self._own_bpm: float | None = None
        self._group = GroupTempo()

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._beats = int(self.chosen["bars"]) * stage.beats_in_bar
        self._begin(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        """The step that was interrupted begins again."""
        step = self._steps[self._at]
        step.times.clear()
        self._group.forget()
        self._begin(stage, beat)

    def _begin(self, stage: Stage, beat: int) -> None:
        step = self._steps[self._at]
        step.start, step.end, self._next = beat, beat + self._beats, beat + 1
        self._cue(stage, beat)
        stage.level("light", 1.0 if step.every == 1 else 0.0, beat)
        for player in stage.players():
            if step.every:
                stage.invite(player.id, beat)
            else:
                stage.uninvite(player.id, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._beats = int(chosen["bars"]) * stage.beats_in_bar

    def wake(self) -> Wake | None:
        return Wake(self._next - 0.5)

    def act(self, stage: Stage) -> None:
        beat, self._next = self._next, self._next + 1
        if beat < self._steps[self._at].end:
            self._cue(stage, beat)
        elif self._at == 0:
            self._meet(stage, beat)
        elif self._at + 1 == len(self._steps):
            self._end(stage, beat)
        else:
            self._at += 1
            self._pace(stage, beat)
            self._begin(stage, beat)

    def _cue(self, stage: Stage, beat: int) -> None:
        step = self._steps[self._at]
        sounds = bool(step.every) and (beat - step.start) % step.every == 0
        stage.level("click", 1.0 if sounds else 0.0, beat)

    def _pace(self, stage: Stage, beat: int) -> None:
        wanted = (self._own_bpm or stage.tempo(beat)) * self._steps[self._at].factor
        stage.set_tempo(min(FASTEST, max(SLOWEST, wanted)), max(beat, stage.movable()))

    def _meet(self, stage: Stage, beat: int) -> None:
        """The own tempo is taken, or listened for some bars longer."""
        found = self._group.find(stage.time(stage.beat), [player.id for player in stage.players()])
        if found is None:
            stage.say("No steady tempo yet: play on.", scope="therapist")
            self._steps[0].end = beat + 2 * stage.beats_in_bar
            return
        self._be_met(stage, meet(stage, found), found.bpm)

    def moved_fact(self, stage: Stage, beat: int, bpm: float) -> None:
        if self._at == 0:
            self._be_met(stage, beat, bpm)
        elif self._at == 1 and beat == self._steps[1].start:
            self._own_bpm = bpm

    def _be_met(self, stage: Stage, beat: int, bpm: float) -> None:
        self._own_bpm, self._at = bpm, 1
        self._begin(stage, beat)
        stage.say(f"Own tempo {bpm:.0f}.", scope="therapist")

    def _end(self, stage: Stage, beat: int) -> None:
        """The pulse comes back at the tempo and phase it finds."""
        found = self._group.find(stage.time(stage.beat), [player.id for player in stage.players()])
        stage.finish(beat if found is None else meet(stage, found))

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        if not (played.late or self._steps[self._at].every):
            self._group.hear(played)
        step = next((one for one in self._steps if one.start <= played.near < one.end), None)
        if played.kept and step is not None:
            times = step.times.setdefault(played.player, [])
            if len(times) < KEPT:
                times.append(played.time)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        if self._steps[self._at].every:
            stage.invite(player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        for step in self._steps:
            step.times.clear()

    def results(self, stage: Stage) -> dict[str, object]:
        begun = self._steps[: self._at + 1]
        first = self._played(stage, self._steps[0])
        last = self._played(stage, self._steps[-1]) if self._at + 1 == len(self._steps) else {}
        return {
            "own_bpm": self._own_bpm,
            "steps": [self._row(stage, step) for step in begun],
            "alone_against_own": {
                name: _against(alone, first[name]) for name, alone in last.items() if name in first
            },
        }

    def _played(self, stage: Stage, step: _Step) -> dict[str, Unpaced]:
        return {alias(stage, player): unpaced(sorted(times)) for player, times in step.times.items()}

    def _row(self, stage: Stage, step: _Step) -> dict[str, object]:
        bpm = self._own_bpm * step.factor if self._own_bpm is not None and step.every else None
        rows: dict[str, object] = {}
        for player, times in step.times.items():
            row: dict[str, object] = {
                key: value
                for key, value in asdict(unpaced(sorted(times))).items()
                if key in ("iti_n", "iti_cv", "tempo_bpm", "tempo_drift_percent_per_min")
            }
            if step.every:
                there = stage.figures(player, step.start, step.end)
                row |= {"ppc_grid": there.ppc_grid, "sd_asynchrony_ms": there.sd_asynchrony_ms}
            rows[alias(stage, player)] = row
        return {"step": step.name, "bpm": bpm, "start_beat": step.start, "players": rows}

    def words(self, beat: float) -> str:
        step = self._steps[self._at]
        if step.name == OWN:
            return "your own tempo, no beat"
        left = max(0, ceil(step.end - beat))
        told = {"cue": "the beat is with you", "faster": "a little faster", "slower": "a little slower"}
        return f"{told.get(step.name, step.name)}, {left} beats left"


def _against(alone: Unpaced, own: Unpaced) -> dict[str, object]:
    """What is different once the cue has gone."""
    cv = alone.iti_cv - own.iti_cv if alone.iti_cv is not None and own.iti_cv is not None else None
    tempo = 100 * (alone.tempo_bpm / own.tempo_bpm - 1) if alone.tempo_bpm and own.tempo_bpm else None
    return {
        "iti_cv_change": cv,
        "tempo_change_percent": tempo,
        "tempo_drift_percent_per_min": alone.tempo_drift_percent_per_min,
    }
