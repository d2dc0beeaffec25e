"""Facts: what happened in the room, named in the past tense.  Times: see ``events.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drumcircle.core.layout import Layout
from drumcircle.core.pattern import Pattern
from drumcircle.core.piece import Piece


@dataclass(frozen=True, slots=True)
class Hit:
    """One note-on of one pad, with the time it happened.

    ``pad`` is the device: ``usb:<port>``, ``mqtt:<pad id>``, ``link:<id>``, ``sim:<id>``, ``key:<id>``,
    ``osc:<id>``.
    ``raw_time`` is the stamp as the device gave it (ns of its own clock), ``uncertainty`` half the width
    of the mapped time in ns, ``by_arrival`` true where the device's own time could not be used,
    ``doubtful`` true where nothing tells when it was: such a hit is kept and never judged.
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
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class PadFound:
    """A device appeared (or came back).  ``voiced``: it makes its own sound.

    ``layout`` and ``double_trigger_ms`` are what its profile says, if it has one.
    """

    pad: str
    label: str
    kind: Literal["usb", "mqtt", "link", "sim", "key", "osc"]
    voiced: bool = False
    layout: Layout | None = None
    double_trigger_ms: float | None = None


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


Fact = (
    Hit
    | PadFound
    | PadGone
    | PadLink
    | Gap
    | StillRunning
    | ConnectionChanged
    | TurnEndedByPlaying
    | PulseFollowed
    | PatternAdded
    | PieceAdded
)
