"""Tempo match, after the Iso-Principle: meet the group where it is, then lead it.

The pulse is silent until most of the group share a tempo; then it takes that tempo and its phase, stays with it
for 16 beats, and moves a little every beat towards the target.  Togetherness is the mean of the players' grid
PPC over their last 8 judged points; below half of what it was before the ramp the tempo is held, below a quarter
it goes back to the last at which the group was steady.
"""

from __future__ import annotations

from collections import deque
from math import floor
from typing import Literal

from drumcircle.core.events import NS
from drumcircle.core.pulse import FASTEST, SLOWEST
from drumcircle.core.structures.base import BAR, Key, Played, Setting, Stage, Value, Wake
from drumcircle.core.structures.ground import GROUND, Ground, OnGround, loudest
from drumcircle.core.structures.group_tempo import LISTENS, CommonTempo, GroupTempo, meet
from drumcircle.errors import UsageError
from drumcircle.measures.steady import SUCCESSIVE

MET = 16
"""Beats with the group before the ramp: its own togetherness is taken there."""
WINDOW = 8
HOLD, BACK = 0.5, 0.25
FULL = 0.7
"""Loudness of the ground where nobody knows how loud the group was."""
LEAST = 0.1
"""Under so little togetherness before it there is nobody to lead."""

Phase = Literal["listening", "met", "leading", "held", "there"]


class TempoMatch(OnGround):
    """Listens, takes the group's tempo, leads it to another."""

    name = "tempo_match"
    title = "Tempo match"
    sentence = "Play together at a pace that suits you now; I will join you, and then we move together."
    why = "People follow best from where they are: first the music matches the group, then it leads."
    method = "re-creational"
    domains = ("emotional", "social", "motor")
    measures = ("start, target and reached tempo", "times held and returned", "share of the ramp in lock")
    settings = (
        Setting("target", 80.0, "beats a minute to lead to", low=SLOWEST, high=FASTEST, live=BAR),
        Setting(
            "rate", 3.0, "beats a minute by which the tempo changes each minute", low=1, high=6, live=BAR
        ),
        GROUND,
    )
    keys = (Key("half", "count half as fast"), Key("double", "count twice as fast"))
    hears = True
    follows_performance = False
    lets_pulse_go = True
    pulse = "is silent until the group has a common tempo, takes that and its phase, then moves a little with every beat"

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._target, self._rate = float(self.chosen["target"]), float(self.chosen["rate"])
        self._group = GroupTempo()
        self._phase: Phase = "listening"
        self._found: CommonTempo | None = None
        self._octave = 1.0
        self._hidden_until = 0
        """Until this beat hits that are not journalled have a say."""
        self._listens_since = self._next = 0
        self._met_at = 0
        self._level = 1.0
        self._start_bpm: float | None = None
        self._started_at: int | None = None
        """The beat from which on the pulse was with the group first."""
        self._bpm: float | None = None
        """The tempo as it is now."""
        self._steady = 0.0
        self._trail: deque[float] = deque(maxlen=WINDOW)
        """Tempi of the beats the last togetherness was taken over."""
        self._reference = 0.0
        self._back = False
        self._held = self._returned = self._held_ns = 0
        self._steady_run: dict[str, int] = {}
        """Player -> successive windows that count towards lock."""
        self._ramp: dict[str, list[int]] = {}
        """Player -> beats of the ramp, and beats of it in lock."""

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._go_on(stage, 0)

    def resume(self, stage: Stage, beat: int) -> None:
        self._go_on(stage, beat)

    def _go_on(self, stage: Stage, beat: int) -> None:
        self._next = beat + 1
        stage.level("click", 0.0, beat)
        stage.level("light", 0.0 if self._phase == "listening" else 1.0, beat)
        if self._phase == "listening":
            self._group.forget()
            self._listens_since = stage.time(beat)
            return
        stage.level("ground", self._level, beat)
        self._ground.begin(stage, beat)
        for player in stage.players():
            stage.invite(player.id, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """It leads on from where it is; where it was there already, to the new target."""
        before, after = str(self.chosen["ground"]), str(chosen["ground"])
        super().adopt(stage, chosen, beat)
        target, self._rate = float(chosen["target"]), float(chosen["rate"])
        if target != self._target and self._phase == "there":
            self._phase = "leading"
        self._target = target
        if self._phase == "listening":
            stage.hush("ground:", beat)
            self._ground = Ground(after)
        elif after != before:
            self._level *= loudest(before) / loudest(after)
            stage.level("ground", self._level, beat)

    def wake(self) -> Wake | None:
        return Wake(self.next_step()) if self._phase == "listening" else super().wake()

    def next_step(self) -> float:
        return self._next - 0.5

    def step(self, stage: Stage) -> None:
        beat, self._next = self._next, self._next + 1
        if self._phase == "listening":
            self._listen(stage)
        elif self._phase != "there":
            self._follow_lock(stage, beat)
            if self._phase == "met":
                self._stay(stage, beat)
            else:
                self._lead(stage, beat)

    def _listen(self, stage: Stage) -> None:
        now = stage.time(stage.beat)
        self._found = self._group.find(now, [player.id for player in stage.players()])
        if self._found is not None and now - self._listens_since >= LISTENS:
            self._meet(stage, self._found.octave(self._factor(self._found.bpm)))

    def _factor(self, bpm: float) -> float:
        """The octave that was asked for, as far as a group can play it."""
        return self._octave if SLOWEST <= bpm * self._octave <= FASTEST else 1.0

    def _meet(self, stage: Stage, found: CommonTempo) -> None:
        self._be_met(stage, meet(stage, found), found.bpm, found.loudness)

    def moved_fact(self, stage: Stage, beat: int, bpm: float) -> None:
        if self._phase == "listening":
            self._be_met(stage, beat, bpm, FULL)
            return
        if beat == self._started_at:
            self._start_bpm = bpm
        self._bpm = bpm

    def _be_met(self, stage: Stage, beat: int, bpm: float, loudness: float) -> None:
        """The pulse is with the group from ``beat`` on."""
        self._start_bpm = self._bpm = bpm
        self._started_at = beat
        self._phase, self._met_at, self._next = "met", beat, beat + 1
        self._level = loudness / loudest(str(self.chosen["ground"]))
        stage.level("light", 1.0, beat)
        stage.level("ground", self._level, beat)
        self._ground.begin(stage, beat)
        for player in stage.players():
            stage.invite(player.id, beat)
        stage.say(f"Your tempo is {bpm:.0f}; the pulse is with you.")

    def _stay(self, stage: Stage, beat: int) -> None:
        """The group's own togetherness, before anything is asked of it."""
        if beat - self._met_at < MET:
            return
        self._reference = self._together(stage, MET) or 0.0
        self._met_at = beat
        if self._reference < LEAST:
            stage.say("Not together enough to be led; the pulse stays.", scope="therapist")
            return
        self._phase = "leading"
        self._steady = self._bpm = stage.tempo(beat)
        self._lead(stage, beat)

    def _lead(self, stage: Stage, beat: int) -> None:
        """One beat of the ramp."""
        self._bpm = stage.tempo(beat)
        together = self._together(stage, WINDOW) or 0.0
        self._count_lock(stage)
        if together < HOLD * self._reference:
            self._hold(stage, beat, together)
            return
        if self._phase == "held":
            self._phase, self._back = "leading", False
            stage.say("Together again: going on.", scope="therapist")
        if len(self._trail) == WINDOW:
            self._steady = self._trail[0]
        self._trail.append(self._bpm)
        left = self._target - self._bpm
        most = self._rate * (stage.time(beat + 1) - stage.time(beat)) / (60 * NS)
        self._to(stage, self._bpm + max(-most, min(most, left)), beat)
        if abs(left) <= most:
            self._phase = "there"
            stage.say(f"At {self._target:.0f}.")

    def _hold(self, stage: Stage, beat: int, together: float) -> None:
        if self._hidden_until > beat:
            self._to(stage, stage.tempo(beat), beat)
        said = f"togetherness {together:.2f}, before the ramp {self._reference:.2f}"
        if self._phase != "held":
            self._phase = "held"
            self._held += 1
            stage.say(f"Holding the tempo: {said}.", scope="therapist")
        self._held_ns += stage.time(beat + 1) - stage.time(beat)
        if together < BACK * self._reference and not self._back:
            self._back = True
            self._returned += 1
            self._trail.clear()
            self._to(stage, self._steady, beat)
            stage.say(f"Back to {self._steady:.0f}: {said}.", scope="therapist")

    def _to(self, stage: Stage, bpm: float, beat: int) -> None:
        self._bpm = bpm
        stage.set_tempo(bpm, max(beat, stage.movable()), journalled=self._hidden_until <= beat)

    def _together(self, stage: Stage, points: int) -> float | None:
        """Mean grid PPC of those who play; None: nobody does."""
        found = [stage.steadiness(player.id, points) for player in stage.players()]
        known = [value for value in found if value is not None]
        return sum(known) / len(known) if known else None

    def _follow_lock(self, stage: Stage, beat: int) -> None:
        """How many successive windows, each one judged point on, have been steady."""
        for player in stage.players():
            new = floor(beat * player.subdivision) - floor((beat - 1) * player.subdivision)
            run = self._steady_run.get(player.id, 0)
            for counts in stage.steady_windows(player.id, new) if new else ():
                run = run + 1 if counts else 0
            self._steady_run[player.id] = run

    def _count_lock(self, stage: Stage) -> None:
        for player in filter(lambda player: stage.measured(player.id), stage.players()):
            counted = self._ramp.setdefault(player.id, [0, 0])
            counted[0] += 1
            counted[1] += self._steady_run[player.id] >= SUCCESSIVE

    # ---- what happens

    def hit(self, stage: Stage, played: Played) -> None:
        if self._phase == "listening":
            self._group.hear(played)
        if not played.journalled:
            self._hidden_until = played.near + MET

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        if self._phase != "listening":
            stage.invite(player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    def press(self, stage: Stage, key: str, beat: float) -> None:
        if key not in ("half", "double"):
            return super().press(stage, key, beat)
        factor = 0.5 if key == "half" else 2.0
        heard = self._found.bpm * self._octave if self._found is not None else 60.0
        wanted = (self._bpm or heard) * factor
        if not SLOWEST <= wanted <= FASTEST:
            raise UsageError(f"{wanted:.0f} BPM is outside {SLOWEST:g} to {FASTEST:g}.")
        self._octave *= factor
        if self._bpm is None or self._start_bpm is None:
            return None
        self._start_bpm *= factor
        self._steady *= factor
        self._trail = deque((bpm * factor for bpm in self._trail), maxlen=WINDOW)
        self._to(stage, wanted, stage.movable())
        if self._phase == "there":
            self._phase = "leading"
        return None

    # ---- for the dashboard and the record

    @property
    def adaptive(self) -> bool:
        return self._start_bpm is not None

    def results(self, stage: Stage) -> dict[str, object]:
        shares = [locked / beats for beats, locked in self._ramp.values() if beats]
        return {
            "start_bpm": self._start_bpm,
            "target_bpm": self._target,
            "reached_bpm": self._bpm,
            "held": self._held,
            "held_s": self._held_ns / NS,
            "returned": self._returned,
            "share_of_ramp_in_lock": sum(shares) / len(shares) if shares else None,
        }

    def words(self, beat: float) -> str:
        if self._phase == "listening":
            if self._found is None:
                return "listening: no common tempo yet"
            return f"listening: {_octaves(self._found.bpm * self._factor(self._found.bpm))}"
        bpm = self._bpm or 0.0
        if self._phase == "met":
            return f"with you at {_octaves(bpm)}"
        if self._phase == "there":
            return f"there, at {bpm:.0f}"
        return f"{'holding' if self._phase == 'held' else 'leading'} at {bpm:.0f}, to {self._target:.0f}"


def _octaves(bpm: float) -> str:
    """The tempo with its half and its double, as far as the pulse can go."""
    others = [("half", bpm / 2), ("double", bpm * 2)]
    named = ", ".join(f"{word} {other:.0f}" for word, other in others if SLOWEST <= other <= FASTEST)
    return f"{bpm:.0f} ({named})"
