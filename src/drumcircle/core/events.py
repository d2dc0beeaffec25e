"""What can happen to a circle (facts and commands in), and what it asks of the world (effects out).

All times are integer nanoseconds on the hub's clock (``time.perf_counter_ns``).  Facts are named in the
past tense, commands in the imperative.  Every class here can be journalled and sent: see ``codec.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drumcircle.core.pattern import Pattern
from drumcircle.core.piece import Piece

NS = 1_000_000_000
MS = 1_000_000

# ---------------------------------------------------------------- facts: what happened


@dataclass(frozen=True, slots=True)
class Hit:
    """One note-on of one pad, with the time it happened.

    ``pad`` is the device: ``usb:<port>``, ``mqtt:<pad id>``, ``link:<id>``, ``sim:<id>``, ``key:<id>``.
    ``raw_time`` is the stamp as the device gave it (ns of its own clock), ``uncertainty`` half the width
    of the mapped time in ns, ``by_arrival`` true where the device's own time could not be used.
    """

    time: int
    pad: str
    note: int
    velocity: int
    raw_time: int | None = None
    uncertainty: int | None = None
    by_arrival: bool = False
    boot: int | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class PadFound:
    """A device appeared (or came back).  ``voiced``: it makes its own sound."""

    pad: str
    label: str
    kind: Literal["usb", "mqtt", "link", "sim", "key"]
    voiced: bool = False


@dataclass(frozen=True, slots=True)
class PadGone:
    """A device was pulled out, or its last will arrived."""

    pad: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PadLink:
    """How good the link to a device is now; ``words`` empty when there is nothing to say."""

    pad: str
    uncertainty: int | None = None
    jitter: int | None = None
    lost: int = 0
    duplicate: int = 0
    rejected: int = 0
    by_arrival: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """The hub did not run between two times (lid closed, crash, restart): nothing is judged inside."""

    start: int
    end: int
    reason: Literal["suspended", "restarted"]
    missing: int = 0
    """How long the people in the room waited, ns (a sleeping machine's clock may stand still)."""
    recovered: str = ""
    """What came through a restart, in words."""


@dataclass(frozen=True, slots=True)
class StillRunning:
    """Journalled now and then, so that a restart knows until when the circle ran."""


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A service of the hub's changed state (broker, sound, midi, disk); shown until it is ``ok``."""

    service: str
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class TurnEndedByPlaying:
    """What a hit that is not journalled caused, kept as a fact: ``player``'s turn now ends at ``time``."""

    player: str
    time: int


@dataclass(frozen=True, slots=True)
class PulseFollowed:
    """What hits that are not journalled did to the pulse, kept as a fact.

    At ``at`` it was decided that ``beat`` of the pulse comes at ``time``, and ``bpm`` from there on.
    """

    at: int
    beat: int
    time: int
    bpm: float


@dataclass(frozen=True, slots=True)
class PatternAdded:
    """The library has one more rhythm (or another one of this name)."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class PieceAdded:
    """The circle can play one more piece (or another one of this name)."""

    piece: Piece


# ---------------------------------------------------------------- commands: pulse


@dataclass(frozen=True, slots=True)
class SetTempo:
    bpm: float


@dataclass(frozen=True, slots=True)
class NudgeTempo:
    delta: float


@dataclass(frozen=True, slots=True)
class TapTempo:
    """One tap; the tempo follows from the fourth tap on, the phase is not moved."""

    time: int


@dataclass(frozen=True, slots=True)
class RampTempo:
    bpm: float
    bars: int


@dataclass(frozen=True, slots=True)
class SetMeter:
    """From the next bar line on; ``meter`` such as ``4/4`` or ``6/8``."""

    meter: str


@dataclass(frozen=True, slots=True)
class SetLatency:
    """Output latency of a cue channel in ms, applied on a bar line; ``None``: not known."""

    channel: Literal["sound", "midi", "light"]
    ms: float | None


@dataclass(frozen=True, slots=True)
class SetSound:
    """Click on or off, and the gain of everything in dB (0 is the ceiling)."""

    click: bool
    gain_db: float


@dataclass(frozen=True, slots=True)
class SetCeiling:
    """What may never be exceeded, whatever is asked for: dB (0 is the loudest), and hits sounded a second.

    ``hits_a_second`` 0: as many as are played.
    """

    loudness_db: float = 0.0
    hits_a_second: float = 0.0


# ---------------------------------------------------------------- commands: structure


@dataclass(frozen=True, slots=True)
class Arm:
    """Announce a structure: it begins on a bar line after ``count_in`` bars (0-2)."""

    structure: str
    settings: dict[str, object]
    count_in: int = 1


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take back what is armed."""


@dataclass(frozen=True, slots=True)
class EndStructure:
    """Close the running structure on the next bar line."""


@dataclass(frozen=True, slots=True)
class StopAll:
    """Silence now; scoring off."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Go on where stop-all stopped."""


@dataclass(frozen=True, slots=True)
class NextTurn:
    """The key that passes a turn on; ``player`` nominates who is next."""

    player: str | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A key of the running structure's own, by the name it declares (``freeze``, ``half`` ...)."""

    key: str


@dataclass(frozen=True, slots=True)
class Divide:
    """The circle in sections, as ``sections.py`` reads them; empty: it is one again."""

    sections: str


@dataclass(frozen=True, slots=True)
class PutInSection:
    """One player goes to a section, by its name; None: to the one after theirs."""

    player: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """This player leads, where a structure has a leader; None: the facilitator."""

    player: str | None


@dataclass(frozen=True, slots=True)
class Perform:
    """A performance (``drumcircle play``) will begin: its time 0 is the bar line at ``start``."""

    start: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """The facilitator's mark on this moment."""

    kind: str = "moment"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Recording on or off, from this moment."""

    on: bool


# ---------------------------------------------------------------- commands: people and pads


@dataclass(frozen=True, slots=True)
class Join:
    """A new player, with pads or without.  ``pads`` are pad keys: ``device`` or ``device#note``."""

    player: str
    alias: str
    shape: str = "●"
    colour: str = "grey"
    pads: tuple[str, ...] = ()
    since: int | None = None
    subdivision: float = 1.0
    double_trigger_ms: float = 50.0
    velocity_floor: int = 1
    live_only: bool = False


@dataclass(frozen=True, slots=True)
class Assign:
    """From ``since`` (default now) on, this pad key is that player's; ``None``: nobody's."""

    pad: str
    player: str | None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Swap:
    """Two players trade all their pads, from ``since`` (default now) on."""

    first: str
    second: str
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    player: str
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Return:
    player: str
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """Take a player out without remark (``on``), or back in."""

    player: str
    on: bool


@dataclass(frozen=True, slots=True)
class Assist:
    player: str
    on: bool


@dataclass(frozen=True, slots=True)
class Mute:
    """The hub makes no sound for this player's hits."""

    player: str
    on: bool


@dataclass(frozen=True, slots=True)
class Rename:
    player: str
    alias: str
    shape: str | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """How one player is judged; ``None`` leaves a value as it is."""

    player: str
    subdivision: float | None = None
    double_trigger_ms: float | None = None
    velocity_floor: int | None = None


@dataclass(frozen=True, slots=True)
class LiveOnly:
    """This player's hits reach the circle and never a disk."""

    player: str
    on: bool


@dataclass(frozen=True, slots=True)
class SplitByNote:
    """Each note of this device is a pad of its own (``on``), or all of them one pad."""

    pad: str
    on: bool


Fact = (
    Hit | PadFound | PadGone | PadLink | Gap | StillRunning | ConnectionChanged | TurnEndedByPlaying
    | PulseFollowed | PatternAdded | PieceAdded
)  # fmt: skip
Command = (
    SetTempo | NudgeTempo | TapTempo | RampTempo | SetMeter | SetLatency | SetSound | SetCeiling
    | Arm | Cancel | EndStructure | StopAll | GoOn | NextTurn | Press | Divide | PutInSection | Lead
    | Perform | Mark | Record
    | Join | Assign | Swap | Leave | Return | Rest | Assist | Mute | Rename | Judge | LiveOnly | SplitByNote
)  # fmt: skip
Event = Fact | Command

# ---------------------------------------------------------------- effects: what the world is asked to do


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
    """``player`` None: nobody's turn any more.  ``until`` None: open-ended."""

    player: str | None
    time: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class TurnPassedByPlaying:
    """Because of a hit that is not journalled ``player``'s turn now ends at ``time``: worth keeping as a fact."""

    player: str
    time: int


@dataclass(frozen=True, slots=True)
class PulseMovedByPlaying:
    """Because of hits that are not journalled ``beat`` of the pulse comes at ``time``: worth keeping as a fact."""

    at: int
    beat: int
    time: int
    bpm: float


@dataclass(frozen=True, slots=True)
class PieceMade:
    """The group made a piece and keeps it."""

    piece: Piece


@dataclass(frozen=True, slots=True)
class RhythmGiven:
    """A player gave a rhythm worth keeping in the pattern library."""

    pattern: Pattern


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


Effect = (
    OutputLatency | SoundSet
    | Cue | Withdraw | Silence | PlayRecording | StopRecording | Notice | PulseShown | StructureBegan | StructureEnded | TurnBegan
    | TurnPassedByPlaying | PulseMovedByPlaying | RhythmGiven | PieceMade | CallBegan | UnknownPad | RosterChanged
    | Stopped
)  # fmt: skip
