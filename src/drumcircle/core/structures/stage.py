"""What a structure hears, when it wants to act, and the stage it speaks through."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from drumcircle.core.loudness import Level
from drumcircle.core.pattern import Pattern
from drumcircle.core.piece import Piece
from drumcircle.core.roster import Player
from drumcircle.core.sections import Section
from drumcircle.measures.live import PlayerFigures


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

    def measured(self, player: str) -> bool:
        """Can there be figures of a player: somebody with a pad, whose hits are kept?"""

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

    def hush(self, name: str, beat: float) -> None:
        """Take back the cues from a local beat on whose names begin with ``name``."""

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
