"""A scripted circle in virtual time: what is said to it and when, and everything that came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from drumcircle.core.events import (
    MS,
    NS,
    Cue,
    Effect,
    Event,
    Hit,
    Join,
    PadFound,
    Silence,
    StructureEnded,
    TurnBegan,
    Withdraw,
)
from drumcircle.core.pattern import Pattern
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig

START = 100 * NS
BEAT = 500 * MS
"""120 BPM."""
ARRIVES = 3 * MS
"""From a hit to its arrival."""
TWO_AND_THREE = Pattern("two-and-three", "Two and three", 1, 4.0, "4/4", (0.0, 1.0, 1.5), (110, 80, 80))
PUSH = Pattern("push", "Push", 2, 4.0, "4/4", (0.0, 0.75, 2.5, 3.5), (110, 80, 80, 80))
WALTZ = Pattern("waltz", "Waltz", 1, 3.0, "3/4", (0.0, 1.0, 2.0), (110, 80, 80))

T = TypeVar("T")


def at(beat: float) -> int:
    """When a beat is, while the tempo is that of the start."""
    return START + round(beat * BEAT)


class Circle:
    """A session that is told things by beats; effects are kept with the moment they came out."""

    def __init__(self, players: str = "", structure: str = "", **config: Any) -> None:
        settings = {"bpm": 120.0, "patterns": (TWO_AND_THREE, PUSH, WALTZ), **config}
        self.session = Session(SessionConfig(START, structure=structure, **settings))
        self.log: list[tuple[int, Effect]] = []
        self.events: list[tuple[int, Event]] = []
        self._keep(START - NS, self.session.effects())
        for name in players.split():
            self.seat(name)

    def seat(self, name: str, now: int = START - NS, **fields: Any) -> None:
        """Somebody with a pad of their own."""
        self.tell(PadFound(f"link:{name}", name, "link", voiced=True), now)
        self.tell(Join(name, name, pads=(f"link:{name}",), **fields), now)

    # ---- time

    def tell(self, event: Event, now: int) -> None:
        self.until(now)
        self.events.append((now, event))
        try:
            self._keep(now, self.session.handle(event, now))
        finally:
            self._keep(now, self.session.effects())

    def do(self, event: Event, beat: float) -> None:
        """Say something at a beat."""
        self.tell(event, at(beat))

    def until(self, now: int) -> None:
        """Let time pass, deadline by deadline, as a hub does."""
        while (due := self.session.next_deadline()) <= now:
            self._keep(due, self.session.advance(due))

    def beat(self, beat: float) -> Circle:
        self.until(at(beat))
        return self

    def _keep(self, now: int, effects: Iterable[Effect]) -> None:
        self.log += [(now, effect) for effect in effects]

    # ---- playing

    def play(self, player: str, *beats: float, off_ms: float = 0.0, velocity: int = 90) -> None:
        """Hits of one player, in order; ``off_ms`` late (or early)."""
        for beat in beats:
            time = at(beat) + round(off_ms * MS)
            self.tell(Hit(time, f"link:{player}", 38, velocity), time + ARRIVES)

    def play_together(self, *hits: tuple[float, str]) -> None:
        """(beat, player) in any order."""
        for beat, player in sorted(hits):
            self.play(player, beat)

    # ---- what came of it

    def all(self, kind: type[T]) -> list[T]:
        return [effect for _, effect in self.log if isinstance(effect, kind)]

    def moments(self, kind: type[T]) -> list[tuple[int, T]]:
        return [(now, effect) for now, effect in self.log if isinstance(effect, kind)]

    def structures(self, now: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.session.summary(now)["structures"]
        return found

    def results(self, beat: float, index: int = 0) -> dict[str, Any]:
        results: dict[str, Any] = self.beat(beat).structures(at(beat))[index]["results"]
        return results


def beats_of(time: int) -> float:
    """The beat of a moment, while the tempo is that of the start."""
    return (time - START) / BEAT


def standing(circle: Circle, prefix: str = "part:") -> list[tuple[float, str, str]]:
    """(beat, voice, name) of the cues of structures as they stand at last: sent, replaced, withdrawn."""
    cues: dict[str, Cue] = {}
    for now, effect in circle.log:
        if isinstance(effect, Cue) and effect.id.startswith(prefix):
            cues[effect.id] = effect
        elif isinstance(effect, (Withdraw, Silence)):
            begins = effect.prefix if isinstance(effect, Withdraw) else ""
            since = effect.since if isinstance(effect, Withdraw) else now
            cues = {name: cue for name, cue in cues.items() if cue.due < since or not name.startswith(begins)}
    rows = [(beats_of(cue.due), cue.voice, name.removeprefix(prefix)) for name, cue in cues.items()]
    return sorted(rows)


def turns(circle: Circle) -> list[tuple[str | None, float, float | None]]:
    """(player, from beat, to beat) of every turn announced."""
    return [
        (t.player, beats_of(t.time), None if t.until is None else beats_of(t.until))
        for t in circle.all(TurnBegan)
    ]


def ends(circle: Circle) -> list[float]:
    """The beats on which structures were over."""
    return [beats_of(e.time) for e in circle.all(StructureEnded)]


def words_at(circle: Circle, beat: float) -> str:
    """Where the running structure is, as a display says it."""
    shown = circle.beat(beat).session.view(at(beat)).structure
    assert shown is not None
    return shown.words


def judged(circle: Circle, beat: float) -> dict[str, tuple[int, int]]:
    """(matched, missed) of everybody in the whole session."""
    players = circle.beat(beat).session.summary(at(beat))["players"]
    return {name: (row["n"], row["missed"]) for name, row in players.items()}
