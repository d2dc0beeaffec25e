"""Continuation: with the pulse, then on without it.

After a silent stretch the pulse comes back softly, at the group's own tempo and phase.
"""

from __future__ import annotations

from dataclasses import asdict
from math import ceil

from drumcircle.core.events import MS
from drumcircle.core.structures.base import BAR, Played, Setting, Stage, Value, Wake, alias
from drumcircle.core.structures.ground import GROUND, OnGround
from drumcircle.core.structures.group_tempo import GroupTempo, meet
from drumcircle.measures.unpaced import ENOUGH_WK, Unpaced, unpaced

KEPT = 4096
AGAIN = 2
"""Bars with the pulse after a stop, before it is silent again."""
SOFTLY = 0.5
BETWEEN = 15 * MS
"""A drift takes milliseconds to work out, so players are done one after the other."""


class Continuation(OnGround):
    """So many bars with click and ground, so many in silence, and a bar in which both come back."""

    name = "continuation"
    title = "Continuation"
    sentence = "Play with the beat; when it falls silent, carry it on yourselves."
    why = "What goes on when the beat has gone is the group's own time."
    method = "re-creational"
    domains = ("motor", "cognitive")
    measures = ("drift", "CV of the intervals", "clock and motor variance (Wing–Kristofferson)")
    settings = (
        Setting("with", 8, "bars with the pulse", low=1, high=64),
        Setting("without", 0, "bars without it; 0: enough for 100 intervals", low=0, high=256, live=BAR),
        GROUND,
    )
    hears = hears_late = True
    lets_pulse_go = True
    pulse = "falls silent, and comes back softly in the group's own tempo and phase"

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._silent_from = self._back_from = 0
        """Local beats at which the pulse falls silent, and from which it comes back."""
        self._back_at: int | None = None
        """The beat that met the group, or that was counted where there was no common tempo."""
        self._over_at = 0
        self._returned_at: float | None = None
        """Tempo at which the pulse came back with the group, BPM."""
        self._bpm_before = 0.0
        self._group = GroupTempo()
        self._times: dict[str, list[int]] = {}
        self._done: dict[str, Unpaced] = {}

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._plan(stage, int(self.chosen["with"]) * stage.beats_in_bar)
        self._go_on(stage, 0)

    def _plan(self, stage: Stage, silent_from: int) -> None:
        self._silent_from = silent_from
        beats = int(self.chosen["without"]) * stage.beats_in_bar
        if not beats:
            coarsest = min((player.subdivision for player in stage.players()), default=1.0)
            beats = stage.beats_in_bar * (1 + ceil((ENOUGH_WK + 1) / coarsest / stage.beats_in_bar))
        self._back_from = silent_from + beats

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """The silence ends as if it had been so long from the beginning, but not in the bar that begins."""
        before = self.chosen
        super().adopt(stage, chosen, beat)
        if self._back_at is None and chosen["without"] != before["without"]:
            self._plan(stage, self._silent_from)
            self._back_from = max(self._back_from, stage.bar_line(beat + 1))

    def resume(self, stage: Stage, beat: int) -> None:
        """A silence that was interrupted begins anew, after two bars with the pulse."""
        if self._back_at is None and beat >= self._silent_from:
            self._times.clear()
            self._group.forget()
            self._plan(stage, beat + AGAIN * stage.beats_in_bar)
        self._go_on(stage, beat)

    def _go_on(self, stage: Stage, beat: int) -> None:
        self._ground.begin(stage, beat)
        for player in stage.players():
            stage.invite(player.id, beat)
        for what in ("click", "ground"):
            stage.level(what, 1.0, beat)
            if self._back_at is None:
                stage.level(what, 0.0, self._silent_from)
        if self._back_at is None:
            for player in stage.players():
                stage.uninvite(player.id, self._silent_from)

    def next_step(self) -> float:
        return self._back_from - 0.5 if self._back_at is None else self._over_at - 0.5

    def wake(self) -> Wake | None:
        if self._back_at is not None and self._unfinished() is not None:
            return Wake(self._back_at, BETWEEN * len(self._done))
        return super().wake()

    def act(self, stage: Stage) -> None:
        player = self._unfinished() if self._back_at is not None else None
        if player is not None:
            self._done[player] = unpaced(sorted(self._times[player]))
        else:
            super().act(stage)

    def step(self, stage: Stage) -> None:
        if self._back_at is None:
            self._come_back(stage)
        else:
            stage.finish(self._over_at)

    def _come_back(self, stage: Stage) -> None:
        self._bpm_before = stage.tempo(self._back_from - 1)
        now = stage.time(stage.beat)
        met = self._group.find(now, [player.id for player in stage.players()])
        if met is None:
            stage.say("No common tempo: the pulse comes back where it was counted.", scope="therapist")
            self._sound_from(stage, self._back_from)
        else:
            self._returned_at = met.bpm
            self._sound_from(stage, meet(stage, met))

    def moved_fact(self, stage: Stage, beat: int, bpm: float) -> None:
        if self._back_at is not None:
            self._returned_at = bpm
            self._sound_from(stage, beat)

    def _sound_from(self, stage: Stage, beat: int) -> None:
        """The pulse is heard again from this beat on, for a bar and what is left of the one before."""
        self._back_at = beat
        self._over_at = stage.bar_line(beat + 1 + stage.beats_in_bar)
        for what in ("click", "ground"):
            stage.level(what, SOFTLY, beat)
        for player in stage.players():
            stage.invite(player.id, beat)

    def _unfinished(self) -> str | None:
        return next((player for player in self._times if player not in self._done), None)

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        if self._back_at is not None or not self._silent_from <= played.near < self._back_from:
            return
        if not played.late:
            self._group.hear(played)
        if played.kept:
            times = self._times.setdefault(played.player, [])
            if len(times) < KEPT:
                times.append(played.time)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        if self._back_at is not None:
            stage.invite(player, max(beat, self._back_at))
        elif beat < self._silent_from:
            stage.invite(player, beat, self._silent_from)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._times.clear()
        self._done.clear()

    def results(self, stage: Stage) -> dict[str, object]:
        rows: dict[str, object] = {}
        for player, times in self._times.items():
            rows[alias(stage, player)] = asdict(self._done.get(player) or unpaced(sorted(times)))
        return {
            "silent_from_beat": self._silent_from,
            "silent_beats": self._back_from - self._silent_from,
            "paced_bpm": self._bpm_before or None,
            "returned_at_bpm": self._returned_at,
            "players": rows,
        }

    def words(self, beat: float) -> str:
        if beat < self._silent_from:
            return f"with the pulse, {ceil(self._silent_from - beat)} beats left"
        if self._back_at is None:
            return f"on your own, {max(0, ceil(self._back_from - beat))} beats left"
        return "the pulse comes back"
