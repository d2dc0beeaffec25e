"""Interlock: two or three sections share the beat: on it, off it, between."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import ceil

from drumcircle.core.structures.base import Played, Setting, Stage
from drumcircle.core.structures.ground import GROUND, OnGround
from drumcircle.core.structures.groups import SECTIONS, Groups
from drumcircle.core.structures.heard import Heard
from drumcircle.core.structures.judged import judged
from drumcircle.errors import UsageError
from drumcircle.measures.live import mean

PLACES: dict[str, tuple[float, ...]] = {"on": (0.0,), "off": (0.5,), "between": (0.25, 0.75)}
"""Where in the beat a part lies."""
GRID = {"on": 1, "off": 2, "between": 4}
"""Points a beat of the grid such a part is judged on."""
SAID = {"on": "on the beat", "off": "off the beat", "between": "in between"}
AHEAD = 1.5
"""Beats by which everybody is invited ahead."""


class Interlock(OnGround):
    """Each section is judged against its own part; nobody is invited to the beats of another."""

    name = "interlock"
    title = "Interlock"
    sentence = "This side plays on the beat, that side right between; together it is one rhythm."
    why = "Holding one's own against others, and needing them for the whole."
    method = "re-creational"
    domains = ("motor", "cognitive", "social")
    measures = (
        "asynchrony",
        "consistency",
        "together with the pulse by section",
        "evenness between sections",
    )
    settings = (
        SECTIONS,
        Setting(
            "patterns", "on/off", "the part of each section, joined by /: on, off or between",
            choices=("on/off", "on/between", "on/off/between"), free=True,
        ),
        GROUND,
    )  # fmt: skip
    hears = hears_late = True
    follows_performance = False

    def __init__(self, chosen: dict[str, object]) -> None:
        super().__init__(chosen)
        self._parts = _read(str(self.chosen["patterns"]))
        self._groups = Groups(str(self.chosen["sections"]), len(self._parts))
        self._heard = Heard()
        self._line = 0
        """The bar line up to which everybody is invited."""

    # ---- the run of time

    def start(self, stage: Stage) -> None:
        self._groups.begin(stage)
        self._from(stage, 0)
        for number, section in enumerate(self._groups.sections):
            stage.say(f"{section.name} plays {SAID[self._part(number)]}.")

    def resume(self, stage: Stage, beat: int) -> None:
        self._heard.go_back(beat)
        self._from(stage, beat)

    def _from(self, stage: Stage, beat: int) -> None:
        self._ground.begin(stage, beat)
        self._line = beat
        for person in stage.players():
            self._seat(stage, person.id, beat)
        self._invite_bar(stage)

    def next_step(self) -> float:
        return self._line - AHEAD

    def step(self, stage: Stage) -> None:
        self._invite_bar(stage)

    def _invite_bar(self, stage: Stage) -> None:
        """Everybody to the points of their part in one more bar."""
        first, self._line = self._line, stage.bar_line(self._line + 1)
        for person in stage.players():
            self._invite(stage, person.id, first)

    # ---- who plays what

    def _part(self, section: int) -> str:
        return self._parts[section % len(self._parts)]

    def _seat(self, stage: Stage, player: str, beat: float) -> None:
        stage.grid(player, beat, GRID[self._part(self._groups.of(player))])

    def _invite(self, stage: Stage, player: str, first: float) -> None:
        """To the points of their part from ``first`` up to the bar line everybody is invited to."""
        part = self._part(self._groups.of(player))
        for beat in range(int(first), self._line):
            for place in PLACES[part]:
                if beat + place >= first:
                    stage.invite(player, beat + place, beat + place + 1 / GRID[part])

    def hit(self, stage: Stage, played: Played) -> None:
        self._heard.hear(played)

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        self._groups.joined(stage, player)
        self._seat(stage, player, beat)
        self._invite(stage, player, beat)

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        stage.uninvite(player, beat)

    def regrouped(self, stage: Stage, beat: float) -> None:
        if self._groups.regroup(stage):
            line = stage.bar_line(ceil(beat + 0.5))
            for person in stage.players():
                self._seat(stage, person.id, line)
                stage.uninvite(person.id, line)
                self._invite(stage, person.id, line)

    # ---- for the dashboard and the record

    def forget(self) -> None:
        self._heard.forget()

    def results(self, stage: Stage) -> dict[str, object]:
        now = self.now(stage)
        sections = []
        for number, section in enumerate(self._groups.sections):
            row = {"section": section.name, "part": self._part(number)}
            sections.append(row | judged(stage, section.members, 0, now))
        return {"sections": sections, "evenness": self._evenness(now)}

    def _evenness(self, now: float) -> float | None:
        """Shortest over longest interval between the strokes of all parts, each as a share of what it should be.

        1: the sections share the beat evenly; the strokes are the mean ones of all who have a part.
        """
        strokes: dict[float, float] = {}
        numbers = range(len(self._groups.sections))
        for part in dict.fromkeys(self._part(number) for number in numbers):
            same = [number for number in numbers if self._part(number) == part]
            off = mean([displaced for number in same for displaced in self._displaced(number, part, now)])
            if off is None:
                return None
            strokes |= {place: place + off for place in PLACES[part]}
        places = sorted(strokes)
        if len(places) < 2:
            return None
        rounds = [*places, places[0] + 1.0]
        played = [*(strokes[place] for place in places), strokes[places[0]] + 1.0]
        shares = [
            (b - a) / (d - c) for (a, b), (c, d) in zip(pairwise(played), pairwise(rounds), strict=True)
        ]
        return min(shares) / max(shares) if min(shares) > 0 else 0.0

    def _displaced(self, number: int, part: str, now: float) -> Iterator[float]:
        """How far from their part a section's strokes were, in beats."""
        for player in self._groups.sections[number].members:
            for stroke in self._heard.of(player, -0.5, now + 0.5):
                off = min(((stroke.beat - place + 0.5) % 1 - 0.5 for place in PLACES[part]), key=abs)
                if abs(off) < 0.5 / GRID[part]:
                    yield off

    def section_of(self, player: str) -> str:
        return self._groups.name_of(player)

    def words(self, beat: float) -> str:
        named = enumerate(self._groups.sections)
        return ", ".join(f"{section.name} {self._part(number)}" for number, section in named)


def _read(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split("/"))
    if len(parts) < 2 or not all(part in PLACES for part in parts):
        raise UsageError(
            f"patterns={text} are no parts; write one for each section, as on/off or on/off/between."
        )
    return parts
