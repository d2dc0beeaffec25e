"""The seam of every structure: one small state machine on beats of its own.

A structure counts *local* beats: 0 is the bar line on which it begins.  After a stop-all or a gap its
local beats go on where they were, so it never needs to know.  It hears hits and wakes at beats it names;
it speaks through the :class:`Stage`.
"""

from __future__ import annotations

from typing import ClassVar

from drumcircle.core.roster import Player
from drumcircle.core.structures.setting import (
    BAR,
    DOMAINS,
    METHODS,
    Domain,
    Key,
    Method,
    Setting,
    Value,
    listed,
)
from drumcircle.core.structures.stage import Played, Stage, Wake
from drumcircle.core.view import CallView, TurnView
from drumcircle.errors import UsageError

__all__ = [
    "BAR",
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
    pulse: ClassVar[str] = ""
    """How it moves the pulse, in words; empty: not at all."""
    leaves_silence: ClassVar[bool] = False
    """After it nothing sounds until something new is counted in; else the click goes on."""
    next_key: ClassVar[str] = ""
    """What :meth:`next_turn` does where nobody is named, in a word or two; empty: it has no turns."""
    keys: ClassVar[tuple[Key, ...]] = ()

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

    def adopt(self, stage: Stage, chosen: dict[str, Value], beat: int) -> None:
        """Other values of ``live`` settings, for the local bar line ``beat`` a moment away; all progress stays.

        A setting that is in force from, say, the next turn on waits for the first that begins from ``beat`` on.
        """
        self.chosen = chosen

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

    def keys_now(self) -> tuple[Key, ...]:
        """Which of :attr:`keys` mean something as it is set."""
        return self.keys

    def press(self, stage: Stage, key: str, beat: float) -> None:
        """A key of :attr:`keys`.

        Raises:
            UsageError: it has no such key, or there is nothing for it to do now.
        """
        known = listed(tuple(known.name for known in self.keys_now())) or "none"
        raise UsageError(f"{self.title} has no key {key!r}; it has {known}.")

    def regrouped(self, stage: Stage, beat: float) -> None:
        """The facilitator divided the circle anew."""

    def led_by(self, stage: Stage, player: str | None, beat: float) -> None:
        """The facilitator said who leads."""

    def turn_fact(self, stage: Stage, player: str, end: float) -> None:
        """Replay: hits that were not journalled made the player's turn end at this local beat."""

    def moved_fact(self, stage: Stage, beat: int, bpm: float) -> None:
        """Replay: hits that were not journalled made the pulse take ``bpm`` from this local beat on."""

    def forget(self) -> None:
        """A recording begins: what was heard until now is in no result, since no replay will find it."""

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
