"""Effects: what the circle asks of the world.  Times: see ``events.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drumcircle.core.pattern import Pattern
from drumcircle.core.piece import Piece


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that must reach people at ``due``; a later cue with the same ``id`` replaces it.

    ``voice``: ``accent`` (first beat), ``click``, ``count``, ``call`` and ``drum`` (the synthesised drum).
    ``due`` is when people should perceive it: each sink sends it early by its own latency.
    """

    id: str
    due: int
    voice: Literal["accent", "click", "count", "call", "drum"]
    gain: float = 1.0
    player: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Cues whose id starts with ``prefix`` and that are due at or after ``since`` are taken back."""

    prefix: str
    since: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Fade everything out now (30 ms) and drop all cues."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What just happened, in words.  ``scope`` 'therapist': never sent to a community view."""

    time: int
    text: str
    level: Literal["info", "warning", "loud"] = "info"
    scope: Literal["all", "therapist"] = "all"


@dataclass(frozen=True, slots=True)
class PulseShown:
    """One beat of the pulse (the first of each bar, and the first after a change), ahead of its time.

    ``bar`` and ``beat`` count from 1; ``t`` is that beat's time.
    """

    t: int
    bar: int
    beat: int
    bpm: float
    meter: str


@dataclass(frozen=True, slots=True)
class PulseLit:
    """From ``time`` on lights and screens show the beat, or, where a structure lets the pulse go, they do not."""

    on: bool
    time: int


@dataclass(frozen=True, slots=True)
class StructureBegan:
    name: str
    time: int
    settings: dict[str, object]


@dataclass(frozen=True, slots=True)
class StructureEnded:
    name: str
    time: int


@dataclass(frozen=True, slots=True)
class TurnBegan:
    """``player`` None: nobody's turn any more.  ``until`` None: open-ended.  ``pads``: the devices they play."""

    player: str | None
    time: int
    until: int | None = None
    pads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnPassedByPlaying:
    """Because of a hit that is not journalled ``player``'s turn now ends at ``time``: worth keeping as a fact."""

    player: str
    time: int


@dataclass(frozen=True, slots=True)
class CallBegan:
    """A call is played: ``onsets`` in ns on the hub's clock; echo runs from ``echo_start`` to ``echo_end``."""

    caller: str
    onsets: tuple[int, ...]
    echo_start: int
    echo_end: int


@dataclass(frozen=True, slots=True)
class UnknownPad:
    """A hit on a pad that is nobody's: who is this?"""

    pad: str
    note: int
    time: int


@dataclass(frozen=True, slots=True)
class RosterChanged:
    """People, pads or how they are judged changed: worth keeping."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Stop-all (``on``) or going on again."""

    on: bool
    time: int


@dataclass(frozen=True, slots=True)
class OutputLatency:
    """From now on a sink of this channel sends its cues early by ``ms`` (None: not known, send at due)."""

    channel: Literal["sound", "midi", "light"]
    ms: float | None


@dataclass(frozen=True, slots=True)
class SoundSet:
    """Gain of everything that sounds, in dB below the ceiling (<= 0)."""

    gain_db: float


@dataclass(frozen=True, slots=True)
class PulseMovedByPlaying:
    """Because of hits that are not journalled ``beat`` of the pulse comes at ``time``: worth keeping as a fact."""

    at: int
    beat: int
    time: int
    bpm: float


@dataclass(frozen=True, slots=True)
class RhythmGiven:
    """A player gave a rhythm worth keeping in the pattern library."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class PlayRecording:
    """A sound file on the hub's machine plays from ``due`` on, ``offset`` ns into it; it replaces the one before."""

    path: str
    due: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class StopRecording:
    """The sound file that plays fades out from ``due`` on."""

    due: int


@dataclass(frozen=True, slots=True)
class PieceMade:
    """The group made a piece and keeps it."""

    piece: Piece


Effect = (
    Cue
    | Withdraw
    | Silence
    | Notice
    | PulseShown
    | PulseLit
    | StructureBegan
    | StructureEnded
    | TurnBegan
    | TurnPassedByPlaying
    | CallBegan
    | UnknownPad
    | RosterChanged
    | Stopped
    | OutputLatency
    | SoundSet
    | PulseMovedByPlaying
    | RhythmGiven
    | PieceMade
    | PlayRecording
    | StopRecording
)
