"""Free play: no wrong notes.  Nobody is invited to anything, so nobody is judged.

Where the pulse follows, it goes toward the group's own tempo and phase, at most a twentieth in tempo and a tenth of
a beat in phase with every second beat.  Where it is hidden it does so unheard, so that what comes next is counted in
as the group plays; from the count on it stays.
"""

from __future__ import annotations

from math import log2

from drumcircle.core.pulse import FASTEST, MINUTE, SLOWEST
from drumcircle.core.structures.base import BAR, Played, Setting, Stage, Structure, Value, Wake
from drumcircle.core.structures.group_tempo import CommonTempo, GroupTempo
from drumcircle.core.structures.moments import Moments

LEVELS = {"hidden": 0.0, "soft": 0.4, "following": 0.4}
EVERY = 2
TEMPO, PHASE = 0.05, 0.1


class FreePlay(Structure):
    """The pulse is hidden, soft, or goes with the group."""

    name = "free_play"
    title = "Free play"
    sentence = "Play what you like; there are no wrong notes."
    why = "To be heard as one is, and to find the others without being told how."
    method = "improvisational"
    domains = ("emotional", "social", "communication")
    measures = (
        "density, velocity and tempo over time",
        "longest steady run, first change begun, longest exchange",
    )
    settings = (Setting("pulse", "hidden", "what is heard of the pulse", choices=tuple(LEVELS), live=BAR),)
    hears = True
    follows_performance = False
    lets_pulse_go = True
    pulse = "unless it is soft, goes with the group, unheard or heard"

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._pulse = str(self.chosen["pulse"])
        self._group = GroupTempo()
        self._moments = Moments()
        self._next = 0
        self._followed = False

    def start(self, stage: Stage) -> None:
        self._go_on(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        self._go_on(stage, beat)

    def _go_on(self, stage: Stage, beat: int) -> None:
        self._next = beat + EVERY
        self._group.forget()
        self._moments.begin(stage.time(beat))
        stage.level("click", LEVELS[self._pulse], beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._pulse = str(chosen["pulse"])
        stage.level("click", LEVELS[self._pulse], beat)

    def wake(self) -> Wake | None:
        return Wake(self._next - 0.5)

    def act(self, stage: Stage) -> None:
        self._next += EVERY
        now = stage.time(stage.beat)
        players = [player.id for player in stage.players()]
        kept = [player for player in players if stage.measured(player)]
        found = self._group.find(now, players)
        own = found if kept == players else self._group.find(now, kept)
        if own is not None:
            self._moments.tempo(now, own.bpm)
        if found is not None and self._pulse != "soft" and not stage.counting_in:
            self._follow(stage, found)

    def _follow(self, stage: Stage, found: CommonTempo) -> None:
        """A little toward the group, in the octave that is nearest to the pulse."""
        beat = max(stage.movable(), self._next - EVERY)
        bpm = stage.tempo(beat)
        wanted = found.bpm * 2 ** round(log2(bpm / found.bpm))
        bpm = min(FASTEST, SLOWEST if wanted < SLOWEST else wanted, bpm * (1 + TEMPO))
        bpm = max(bpm, SLOWEST, stage.tempo(beat) * (1 - TEMPO))
        period = MINUTE / wanted
        at = stage.time(beat)
        away = (found.anchor - at) / period
        shift = (away - round(away)) * period
        most = PHASE * MINUTE / bpm
        stage.land(beat, at + round(max(-most, min(most, shift))), bpm, journalled=found.journalled)
        self._followed = self._pulse == "following"

    def hit(self, stage: Stage, played: Played) -> None:
        self._group.hear(played)
        if played.kept:
            self._moments.hear(played)

    @property
    def adaptive(self) -> bool:
        return self._followed

    def forget(self) -> None:
        self._moments = self._moments.anew()

    def results(self, stage: Stage) -> dict[str, object]:
        return self._moments.results(stage)

    def words(self, beat: float) -> str:
        return {"hidden": "no beat to hear", "soft": "a soft beat", "following": "the beat goes with you"}[
            self._pulse
        ]
