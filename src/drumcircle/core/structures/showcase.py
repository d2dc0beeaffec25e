"""Showcase: a section plays on, the rest hold or stop."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from drumcircle.core.sections import Section
from drumcircle.core.structures.base import BAR, Setting, Stage, Value, here
from drumcircle.core.structures.ground import GROUND, OnGround
from drumcircle.core.structures.groups import SECTIONS, Groups
from drumcircle.core.structures.judged import judged

AHEAD = 0.5
EACH = "each"


@dataclass(slots=True)
class Scene:
    """A stretch in which one section is heard."""

    section: int
    group: Section
    """Who that was then: the circle may be divided anew meanwhile."""
    start: int
    end: int | None
    """None: until the key."""


class Showcase(OnGround):
    """One section, or each in turn; the others keep a soft ground (hold) or are silent (stop)."""

    name = "showcase"
    title = "Showcase"
    sentence = "This side plays on, and we others listen; then it is the other side's turn."
    why = "A few are heard by all, without anybody being alone, and the group hears its own colours."
    method = "improvisational"
    domains = ("social", "emotional", "motor")
    measures = ("asynchrony", "consistency", "together with the pulse by section")
    settings = (
        SECTIONS,
        Setting(
            "section", EACH, "who is heard: each in turn, or one section by its number or name",
            choices=(EACH, "1", "2", "3"), free=True,
        ),
        Setting("others", "stop", "what the others do: play on softly, or stop", choices=("stop", "hold"), live=BAR),
        Setting("bars", 8, "bars a section; 0: until the key", low=0, high=64, live="the next section"),
        GROUND,
    )  # fmt: skip
    next_key = "next section"
    follows_performance = False

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._groups = Groups(str(self.chosen["sections"]), 2)
        self._bars = int(self.chosen["bars"])
        self._hold = self.chosen["others"] == "hold"
        self._scenes: list[Scene] = []

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._groups.begin(stage)
        self._ground.begin(stage, 0)
        self._show(stage, self._first(stage), 0)

    def resume(self, stage: Stage, beat: int) -> None:
        self._ground.begin(stage, beat)
        self._invite_all(stage, beat)

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        super().adopt(stage, chosen, beat)
        self._bars, self._hold = int(chosen["bars"]), chosen["others"] == "hold"
        self._invite_all(stage, beat)

    def _first(self, stage: Stage) -> int:
        wanted = str(self.chosen["section"])
        names = [section.name for section in self._groups.sections]
        if wanted == EACH:
            return self._following(stage, -1) or 0
        if wanted in names:
            return names.index(wanted)
        if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            return int(wanted) - 1
        stage.say(f"There is no section {wanted}; {names[0]} is heard.", scope="therapist")
        return 0

    def _following(self, stage: Stage, section: int) -> int | None:
        """The next section in which anybody is; None: all have been heard."""
        after = range(section + 1, len(self._groups.sections))
        return next((at for at in after if self._groups.here(stage, at)), None)

    def _show(self, stage: Stage, section: int, beat: int) -> None:
        end = stage.bar_line(beat + self._bars * stage.beats_in_bar) if self._bars else None
        self._scenes.append(Scene(section, self._groups.sections[section], beat, end))
        self._invite_all(stage, beat)
        stage.say(f"{self._groups.sections[section].name} plays on.")

    def next_step(self) -> float | None:
        end = self._scenes[-1].end if self._scenes else None
        return None if end is None else end - AHEAD

    def step(self, stage: Stage) -> None:
        scene = self._scenes[-1]
        if scene.end is None:
            return
        each = self.chosen["section"] == EACH
        following = self._following(stage, scene.section) if each else None
        if following is None:
            stage.finish(scene.end)
        else:
            self._show(stage, following, scene.end)

    # ---- what happens

    def _invite_all(self, stage: Stage, beat: float) -> None:
        for person in stage.players():
            self._invite(stage, person.id, beat)

    def _invite(self, stage: Stage, player: str, beat: float) -> None:
        """Who is heard, and who holds, is judged; who has stopped is not."""
        if self._hold or self._groups.of(player) == self._scenes[-1].section:
            stage.invite(player, beat)
        else:
            stage.uninvite(player, beat)

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """From the next bar line on the next section is heard, or that of a nominated player."""
        scene = self._scenes[-1]
        line = max(stage.bar_line(ceil(beat + AHEAD)), stage.bar_line(scene.start + 1))
        if player is None:
            scene.end = line
            return
        person = here(stage, player)
        scene.end = line
        self._show(stage, self._groups.of(person.id), line)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._groups.joined(stage, player)
        self._invite(stage, player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """A section that nobody is in any more is heard for one more bar."""
        stage.uninvite(player, beat)
        scene = self._scenes[-1]
        if not self._groups.here(stage, scene.section):
            line = stage.bar_line(ceil(max(beat, scene.start, stage.beat)) + stage.beats_in_bar)
            scene.end = line if scene.end is None else min(scene.end, line)

    def regrouped(self, stage: Stage, beat: float) -> None:
        if self._groups.regroup(stage):
            self._invite_all(stage, stage.bar_line(ceil(beat + AHEAD)))

    # ---- for the dashboard and the record

    def results(self, stage: Stage) -> dict[str, object]:
        begun = [scene for scene in self._scenes if scene.start < self.now(stage)]
        return {"scenes": [self._row(stage, scene) for scene in begun]}

    def _row(self, stage: Stage, scene: Scene) -> dict[str, object]:
        now = self.now(stage)
        end = now if scene.end is None else min(scene.end, now)
        return {
            "section": scene.group.name,
            "start_beat": scene.start,
            "beats": ceil(end) - scene.start,
            **judged(stage, scene.group.members, scene.start, end),
        }

    def section_of(self, player: str) -> str:
        return self._groups.name_of(player)

    def words(self, beat: float) -> str:
        scene = next((scene for scene in reversed(self._scenes) if scene.start <= beat), None)
        if scene is None:
            return ""
        left = f", {ceil(scene.end - beat)} beats" if scene.end is not None and scene.end - beat <= 4 else ""
        others = "the others hold" if self._hold else "the others listen"
        return f"{scene.group.name} plays, {others}{left}"
