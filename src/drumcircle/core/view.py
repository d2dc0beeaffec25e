"""SessionView: a frozen picture of the circle, all that any display needs, made 15-20 times a second.

Times are ns on the hub's clock; figures are ms and already subject to the rules of when a figure may be
shown (``None`` with ``why_not`` in words where it may not).  Fields marked *therapist* are emptied by the
hub (:func:`community`) before a view goes to a community display.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from drumcircle.core.layout import Layout


@dataclass(frozen=True, slots=True)
class PulseView:
    bpm: float
    meter: str
    bar: int
    """Bar number, from 1."""
    beat: int
    """Beat in the bar, from 1."""
    beats_in_bar: int
    beat_times: tuple[int, ...]
    """Times of the beats from the current bar's first to the end of the next bar: the first
    ``beats_in_bar`` of them are the current bar."""
    ramp_to_bpm: float | None = None
    sounding: bool = False
    """A click is being heard (structure running, click on, not stopped)."""
    hidden: bool = False
    """A structure lets the pulse go: no display shows the beat."""


@dataclass(frozen=True, slots=True)
class StructureView:
    name: str
    title: str
    since: int
    say: str = ""
    """What the facilitator may say."""
    settings: tuple[tuple[str, str], ...] = ()
    words: str = ""
    """Where it is now: 'echo, bar 2', 'round 1 of 2' ..."""
    keys: tuple[tuple[str, str], ...] = ()
    """(name, what it does) of keys of its own."""


@dataclass(frozen=True, slots=True)
class NextView:
    name: str
    title: str
    phase: Literal["armed", "counting in"]
    at: int
    """When it begins."""
    bars_left: int
    """Whole bars until it begins (0: in this bar)."""
    beats_left: int
    say: str = ""
    """What the facilitator may say before it begins."""


@dataclass(frozen=True, slots=True)
class TurnView:
    order: tuple[str, ...]
    """Player ids in circle order."""
    current: str | None
    following: str | None
    beats_left: int | None
    """None: open-ended."""


@dataclass(frozen=True, slots=True)
class EchoView:
    """One player's last echo (therapist)."""

    player: str
    hits: tuple[float, ...]
    """Onsets in beats from the start of the echo."""
    words: str
    """'all there', 'one missed, one extra', 'listening', 'call too simple' ..."""
    f1_above_chance: float | None = None


@dataclass(frozen=True, slots=True)
class CallView:
    phase: Literal["call", "echo", "rest"]
    caller: str
    """Alias, or 'library: heartbeat', or 'facilitator'."""
    pattern: str
    beats: float
    """Length of the call in beats."""
    onsets: tuple[float, ...]
    """The call's onsets in beats from its start; while an unheard call is played, what came so far."""
    round: int
    echoes: tuple[EchoView, ...] = ()
    """Therapist: the last complete echo of each player."""
    group_words: str = ""
    """How the last call went, for all: 'most of it came back' ..., never a percentage or a name."""


@dataclass(frozen=True, slots=True)
class PlayerView:
    id: str
    alias: str
    shape: str
    colour: str
    state: Literal["playing", "silent", "resting", "left", "no pad"]
    assisted: bool = False
    muted: bool = False
    live_only: bool = False
    wants_back: bool = False
    pads: tuple[str, ...] = ()
    """Pad keys this player has now."""
    last_hit: int | None = None
    section: str = ""
    """The section in which they play; '' where the circle is one."""
    link: str = ""
    """'' when fine, else words: 'weak Wi-Fi', 'gone', 'time of arrival only' ..."""
    # ---- therapist
    uncertainty_ms: float | None = None
    subdivision: float = 1.0
    n: int = 0
    """Matched hits among the last 32 judged points."""
    points: int = 0
    """Judged points the figures cover (at most 32)."""
    missed: int = 0
    extra: int = 0
    sd_ms: float | None = None
    mean_ms: float | None = None
    ppc: float | None = None
    provisional: bool = False
    why_not: str = ""
    """Why a figure is missing, in words."""
    asynchronies_ms: tuple[float, ...] = ()
    """Signed asynchronies of the last hits, oldest first (at most 32); dots against the beat."""
    spacing_ms: float = 0.0
    """Spacing of this player's judged grid now: dots lie within +- half of it."""
    hits: tuple[int, ...] = ()
    """Times of hits in the last minute, oldest first (at most 300)."""


@dataclass(frozen=True, slots=True)
class PadView:
    id: str
    label: str
    kind: str
    connected: bool
    players: tuple[str, ...]
    """Aliases this device is now."""
    words: str = ""
    lost: int = 0
    uncertainty_ms: float | None = None
    split: bool = False
    """Each of its notes is a pad of its own."""
    layout: Layout | None = None
    """Where its pads lie and what they are called, where a profile says so."""
    jitter_ms: float | None = None
    """Therapist: spread of its round trips, where it exchanges times."""


@dataclass(frozen=True, slots=True)
class UnknownPadView:
    """A pad that was hit and is nobody's: who is this?"""

    key: str
    """Pad key to assign: ``device`` or ``device#note``."""
    label: str
    last_hit: int
    offers: tuple[tuple[str, str, str, str], ...]
    """(player id, alias, shape, colour), best first: earlier owner, players without a pad, free aliases."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the plan."""

    title: str
    structure: str
    minutes: float
    """Planned; of one that runs or is done, with what it was stretched by."""
    state: Literal["done", "now", "next", "later"]
    say: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class PlanView:
    """The running order."""

    name: str
    title: str
    steps: tuple[StepView, ...]
    left: int | None
    """Of the step that runs, ns at ``SessionView.now``; below 0: it is over its time.  None: none runs."""
    running: bool
    """The clock of the step goes; else ``left`` stands."""
    paused: bool = False
    waiting: bool = False
    """The facilitator's key goes on."""
    over: bool = False


@dataclass(frozen=True, slots=True)
class MarkView:
    """One of the facilitator's marks (therapist)."""

    number: int
    time: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """What the rules suggest, why, and the command that would do it (therapist)."""

    number: int
    words: str
    reason: str
    offer: dict[str, object]
    """As :func:`drumcircle.core.codec.encode_event` writes it."""


@dataclass(frozen=True, slots=True)
class Happening:
    number: int
    time: int
    text: str
    level: str
    scope: str


@dataclass(frozen=True, slots=True)
class SessionView:
    now: int
    title: str
    began: int
    pulse: PulseView
    stopped: bool
    recording: bool
    structure: StructureView | None
    next: NextView | None
    turn: TurnView | None
    call: CallView | None
    together: tuple[float | None, ...]
    """The group's corrected figure (``with_pulse``) over the last beats, oldest first, one value per two
    beats, at most 32; None: nobody or too few."""
    together_words: str
    """'steady', 'settling', 'drifting', 'gathering' ... or why there is no figure."""
    players: tuple[PlayerView, ...]
    pads: tuple[PadView, ...]
    unknown: tuple[UnknownPadView, ...]
    happenings: tuple[Happening, ...]
    """The last 12, oldest first; a display keeps more from the link's log."""
    services: tuple[tuple[str, str], ...] = ()
    """(service, words) of everything that is not well: broker, sound, midi, disk."""
    sound: str = ""
    """'sound on', 'no sound device' ..."""
    click: bool = True
    gain_db: float = 0.0
    ceiling_db: float = 0.0
    hits_a_second: float = 0.0
    """What may never be exceeded; 0 hits a second: as many as are played."""
    latency_known: bool = False
    """Output latency measured or entered: only then may a view say early or late."""
    leader: str | None = None
    """The player who leads; None: the facilitator."""
    with_pulse: float | None = None
    """Therapist."""
    participation_gini: float | None = None
    """Therapist."""
    plan: PlanView | None = None
    group: str = "circle"
    """What the people together are called."""
    changing: str = ""
    """What a change of settings does to what runs, in a sentence."""
    changed: bool = False
    """There is a change of settings to undo."""
    marks: tuple[MarkView, ...] = ()
    """Therapist: the last :data:`MARKS_SHOWN`, oldest first."""
    aftercare: str = ""
    """Therapist: what to do before people leave; empty: nothing."""
    suggests: bool = False
    """Therapist: suggestions are on."""
    suggestion: SuggestionView | None = None
    """Therapist."""
    role: Literal["facilitator", "circle"] = "facilitator"


MARKS_SHOWN = 30
LIVE_GRID = 12
"""Steps a beat to which a person's own call is drawn for a group: its rhythm, not their timing."""


def _without_words(plan: PlanView) -> PlanView:
    """What the facilitator says is theirs to say."""
    return replace(plan, steps=tuple(replace(step, say="") for step in plan.steps))


def _rhythm_only(call: CallView) -> CallView:
    onsets = call.onsets
    if not call.pattern:
        onsets = tuple(dict.fromkeys(round(onset * LIVE_GRID) / LIVE_GRID for onset in onsets))
    return replace(call, echoes=(), onsets=onsets)


def community(view: SessionView) -> SessionView:
    """The same picture without anything about one person's playing: for walls and community displays."""
    return replace(
        view,
        players=tuple(
            PlayerView(
                id=p.id, alias=p.alias, shape=p.shape, colour=p.colour, state=p.state,
                live_only=p.live_only, link=p.link, section=p.section,
            )
            for p in view.players
        ),
        call=None if view.call is None else _rhythm_only(view.call),
        pads=tuple(replace(pad, lost=0, uncertainty_ms=None, jitter_ms=None) for pad in view.pads),
        happenings=tuple(h for h in view.happenings if h.scope == "all"),
        with_pulse=None,
        participation_gini=None,
        plan=None if view.plan is None else _without_words(view.plan),
        marks=(),
        aftercare="",
        suggests=False,
        suggestion=None,
        role="circle",
    )  # fmt: skip
