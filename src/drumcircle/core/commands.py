"""Commands: what the facilitator asks of the circle, in the imperative.  Times: see ``events.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drumcircle.core.plan_commands import PlanCommand

# ---------------------------------------------------------------- pulse


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


# ---------------------------------------------------------------- structure


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


# ---------------------------------------------------------------- people and pads


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


@dataclass(frozen=True, slots=True)
class SetCeiling:
    """What may never be exceeded, whatever is asked for: dB (0 is the loudest), and hits sounded a second.

    ``hits_a_second`` 0: as many as are played.
    """

    loudness_db: float = 0.0
    hits_a_second: float = 0.0


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


Command = (
    SetTempo
    | NudgeTempo
    | TapTempo
    | RampTempo
    | SetMeter
    | SetLatency
    | SetSound
    | Arm
    | Cancel
    | EndStructure
    | StopAll
    | GoOn
    | NextTurn
    | Perform
    | Mark
    | Record
    | Join
    | Assign
    | Swap
    | Leave
    | Return
    | Rest
    | Assist
    | Mute
    | Rename
    | Judge
    | LiveOnly
    | SplitByNote
    | SetCeiling
    | Press
    | Divide
    | PutInSection
    | Lead
    | PlanCommand
)
