"""The seam of every structure: one small state machine on beats of its own.

A structure counts *local* beats: 0 is the bar line on which it begins.  After a stop-all or a gap its
local beats go on where they were, so it never needs to know.  It hears hits and wakes at beats it names;
it speaks through the :class:`Stage`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from drumcircle.core.loudness import Level
from drumcircle.core.pattern import Pattern
from drumcircle.core.piece import Piece
from drumcircle.core.roster import Player
from drumcircle.core.sections import Section
from drumcircle.core.structures.setting import (
    DOMAINS,
    METHODS,
    Domain,
    Key,
    Method,
    Setting,
    Value,
    listed,
)
from drumcircle.core.view import CallView, TurnView
from drumcircle.errors import UsageError
from drumcircle.measures.live import PlayerFigures

__all__ = [
    "DOMAINS",
    "METHODS",
    "Domain",
    "Key",
    "Method",
    "Played",
    "Setting",
    "Stage",
    "Structure",
    "Value",
    "Wake",
    "alias",
    "here",
]


@dataclass(frozen=True, slots=True)
class Played:
    """One hit as a structure hears it."""

    player: str
    time: int
    beat: float
    """Local beat of the hit (fractional)."""
    near: int
    """The whole local beat nearest to the hit: whose turn it belongs to follows this."""
    velocity: int
    journalled: bool = True
    """False: the hit is not journalled (nothing is recorded, or a live-only player)."""
    kept: bool = True
    """False: the hit may cause things but is in no result (a live-only player, or recording was stopped)."""
    late: bool = False
    """It came more than the grace window after it was played; see ``Structure.hears_late``."""


@dataclass(frozen=True, slots=True)
class Wake:
    """When a structure wants to act: at a local beat, or ``delay`` ns after it."""

    beat: float
    delay: int = 0


class Stage(Protocol):
    """What a structure may see and do; beats are local."""

    grace: int
    """Scoring waits this long after the last beat, ns."""

    @property
    def rng(self) -> random.Random:
        """The circle's dice: its seed is journalled."""

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The pattern library, easiest and shortest first."""

    @property
    def beat(self) -> float:
        """The local beat at this moment."""

    @property
    def beats_in_bar(self) -> int:
        """Length of a bar, now."""

    @property
    def meter(self) -> str:
        """The metre now, such as ``4/4``."""

    def bar_line(self, beat: float) -> int:
        """The first bar line at or after a local beat."""

    def time(self, beat: float) -> int:
        """Time of a local beat, ns."""

    def tempo(self, beat: float) -> float:
        """Beats a minute in force from a local beat on."""

    @property
    def counting_in(self) -> bool:
        """Is what comes next being counted in, or about to be within two beats?"""

    def movable(self) -> int:
        """The first whole local beat whose time can still change: its cues, if out, can be replaced."""

    def set_tempo(self, bpm: float, beat: int, *, journalled: bool = True) -> None:
        """From the local beat on so many beats a minute; the beat keeps its time.

        ``journalled`` as for :meth:`land`.
        """

    def land(
        self, beat: int, time: int, bpm: float, *, since: float | None = None, journalled: bool = True
    ) -> None:
        """The local beat comes at ``time`` (ns), ``bpm`` from it on; the pulse goes evenly to it.

        From now on, or from the local beat ``since``, which keeps its time.
        ``journalled`` False: hits decided it that are not journalled, so it is kept as a fact.
        """

    def level(self, what: Level, gain: float, beat: float) -> None:
        """From a local beat on the click or the ground is ``gain`` times as loud; 0: only the beats are counted.

        Ends with the structure.  The ground: cues whose name begins with ``ground:``.  Lights and screens show
        the beat where the click is heard, unless the level of ``light`` says otherwise.
        """

    def steadiness(self, player: str, points: int) -> float | None:
        """A player's grid PPC over their last so many judged points; None: too few hits."""

    def steady_windows(self, player: str, count: int) -> list[bool]:
        """Which of the player's last so many windows count towards lock (:mod:`drumcircle.measures.steady`)."""

    def players(self) -> list[Player]:
        """Who takes part now, in circle order; players at rest and gone are left out."""

    def player(self, player: str) -> Player | None:
        """A player by id or alias; None: there is none."""

    @property
    def leader(self) -> Player | None:
        """The player who leads, if one does and is in."""

    def sections(self, text: str, count: int) -> list[Section]:
        """The circle in sections, as ``sections.py`` reads ``text``; ``count`` where it leaves it open."""

    def grid(self, player: str, start: float, subdivision: float) -> None:
        """From ``start`` until the structure ends the player is judged on so many points a beat."""

    def figures(self, player: str, start: float, end: float) -> PlayerFigures:
        """A player's figures on ``[start, end)``, from what is kept."""

    def together(self, players: Sequence[str], start: float, end: float) -> float | None:
        """``with_pulse`` of these players on ``[start, end)``, from what is kept."""

    def invite(self, player: str, start: float, end: float | None = None) -> None:
        """The player is judged on ``[start, end)``; replaces what was planned from ``start`` on."""

    def uninvite(self, player: str, start: float) -> None:
        """The player is not judged from ``start`` on."""

    def cue(
        self, beat: float, voice: Literal["call", "drum", "click", "accent", "count"], gain: float, name: str
    ) -> None:
        """Sound at a local beat; the same ``name`` replaces it."""

    def play_recording(self, path: str, beat: float, offset: int) -> None:
        """A sound file plays from a local beat on, ``offset`` ns into it; a stop ends it."""

    def stop_recording(self, beat: float) -> None:
        """It fades out from a local beat on."""

    def call_began(self, caller: str, onsets: tuple[float, ...], echo_start: float, echo_end: float) -> None:
        """Tell the world that a call is played and when its echo is."""

    def turn(self, player: str | None, start: float, end: float | None = None) -> None:
        """Tell the world whose turn it is."""

    def turn_ends_by_playing(self, player: str, end: float) -> None:
        """Because of a hit that is not journalled the player's turn now ends at ``end``: kept as a fact."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What the circle can play, the newest last."""

    def piece_made(self, piece: Piece) -> None:
        """The group keeps this piece."""

    def rhythm_given(self, pattern: Pattern) -> None:
        """A player's rhythm for the pattern library."""

    def markers(self) -> dict[str, int]:
        """Kind -> how many of the facilitator's marks since the structure began."""

    def say(self, text: str, *, scope: Literal["all", "therapist"] = "all") -> None:
        """A sentence in the log."""

    def finish(self, beat: float) -> None:
        """The structure is over at this local beat; the ground goes on."""


class Structure:
    """One thing a group can do.  Subclasses are one file each and one line in ``STRUCTURES``."""

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    """What to say to the group."""
    why: ClassVar[str]
    """Why one does it."""
    method: ClassVar[Method]
    domains: ClassVar[tuple[Domain, ...]]
    """What it is for, the first one foremost."""
    measures: ClassVar[tuple[str, ...]] = ()
    """What the record keeps of it, in the terms of ``docs/measures.md``; empty: nothing is measured."""
    settings: ClassVar[tuple[Setting, ...]] = ()
    hears: ClassVar[bool] = False
    """Single hits matter to it: :meth:`hit` is called."""
    hears_late: ClassVar[bool] = False
    """It hears hits that come after the grace window too, and judges none into what is closed already."""
    follows_performance: ClassVar[bool] = True
    """Where a performance begins matters to it (turns, calls), so a given one begins there."""
    lets_pulse_go: ClassVar[bool] = False
    """It may move the pulse, in tempo or phase; all others leave it as it is."""
    leaves_silence: ClassVar[bool] = False
    """After it nothing sounds until something new is counted in; else the click goes on."""
    keys: ClassVar[tuple[Key, ...]] = ()
    changing: ClassVar[str] = "With other settings it begins anew on the next bar line."
    """What a change of settings does while it runs; said before one is made."""

    def __init__(self, chosen: dict[str, object]) -> None:
        known = {setting.name: setting for setting in self.settings}
        for name in chosen:
            if name not in known:
                raise UsageError(
                    f"{self.name} has no setting {name!r}; it has {listed(tuple(known)) or 'none'}."
                )
        self.chosen: dict[str, Value] = {
            name: setting.check(chosen.get(name, setting.default)) for name, setting in known.items()
        }

    def named_players(self) -> tuple[str, ...]:
        """Players the settings name: they exist before their first hit."""
        return ()

    def start(self, stage: Stage) -> None:
        """Local beat 0 is a moment away: invite, cue, give the first turn."""

    def wake(self) -> Wake | None:
        """When to call :meth:`act` next; asked again after every call into the structure."""
        return None

    def act(self, stage: Stage) -> None:
        """The moment named by :meth:`wake` has come."""

    def hit(self, stage: Stage, played: Played) -> None:
        """Somebody played (not resting, not assisted, no double trigger).

        Until it is closed a structure that is over still hears what was played before its end, even what
        is nearest to that end.
        """

    def resume(self, stage: Stage, beat: int) -> None:
        """After a stop or a gap the structure goes on at local beat ``beat``, a bar line: invite and cue anew.

        That is the bar in which it was stopped: what was played in it before does not count.
        """
        self.start(stage)

    def close(self, stage: Stage, beat: float) -> None:
        """The structure ended at this local beat and every hit before it has come: score what is complete."""

    def joined(self, stage: Stage, player: str, beat: float) -> None:
        """A player came (back) in at this local beat."""

    def gone(self, stage: Stage, player: str, beat: float) -> None:
        """A player left or rests from this local beat on."""

    def next_turn(self, stage: Stage, player: str | None, beat: float) -> None:
        """The facilitator's key that passes a turn on (``player``: nominated next).

        Raises:
            UsageError: this structure has no turns.
        """
        raise UsageError(f"{self.title} has no turns to pass on.")

    def press(self, stage: Stage, key: str, beat: float) -> None:
        """A key of :attr:`keys`.

        Raises:
            UsageError: it has no such key, or there is nothing for it to do now.
        """
        known = listed(tuple(known.name for known in self.keys)) or "none"
        raise UsageError(f"{self.title} has no key {key!r}; it has {known}.")

    def regrouped(self, stage: Stage, beat: float) -> None:
        """The facilitator divided the circle anew."""

    def led_by(self, stage: Stage, player: str | None, beat: float) -> None:
        """The facilitator said who leads."""

    def turn_fact(self, stage: Stage, player: str, end: float) -> None:
        """Replay: hits that were not journalled made the player's turn end at this local beat."""

    def moved_fact(self, stage: Stage, beat: int, bpm: float) -> None:
        """Replay: hits that were not journalled made the pulse take ``bpm`` from this local beat on."""

    def results(self, stage: Stage) -> dict[str, object]:
        """What the record keeps of it; plain JSON values."""
        return {}

    @property
    def adaptive(self) -> bool:
        """The pulse follows, or has followed, the players, so their SD falls because it moves."""
        return False

    def record(self, stage: Stage) -> dict[str, object]:
        """:meth:`results`, marked where the pulse followed the players."""
        results = self.results(stage)
        return {**results, "adaptive_pulse": True} if self.adaptive else results

    def words(self, beat: float) -> str:
        """Where it is now, in words."""
        return ""

    def turn_view(self, beat: float) -> TurnView | None:
        """Whose turn it is, for the dashboard."""
        return None

    def section_of(self, player: str) -> str:
        """The name of the section in which a player plays; empty: there are none."""
        return ""

    def call_view(self, beat: float) -> CallView | None:
        """The call and its echo, for the dashboard."""
        return None


def alias(stage: Stage, player: str) -> str:
    """How people call a player."""
    person = stage.player(player)
    return person.alias if person is not None else player


def here(stage: Stage, player: str) -> Player:
    """Somebody who is in, by id or alias.

    Raises:
        UsageError: nobody has this name, or they rest or have left.
    """
    person = stage.player(player)
    if person is None:
        raise UsageError(f"Nobody in this circle is called {player!r}.")
    if not person.active:
        raise UsageError(f"{person.alias} rests or has left; choose somebody who is in.")
    return person
