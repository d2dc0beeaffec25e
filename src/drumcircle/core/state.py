"""All that a circle is at one moment.  Only the modules of ``core`` change it, only while an event is handled."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from drumcircle.core.events import MS, Cue, Effect, Notice, SoundSet
from drumcircle.core.hitlog import HitLog
from drumcircle.core.loudness import Loudness
from drumcircle.core.pattern import Pattern
from drumcircle.core.piece import Piece
from drumcircle.core.pulse import Meter, Pulse
from drumcircle.core.roster import Roster
from drumcircle.core.running_order import RunningOrder, StepRun
from drumcircle.core.scores import Score, Together
from drumcircle.core.sections import Section
from drumcircle.core.spans import Spans
from drumcircle.core.suggestions import Adviser
from drumcircle.core.view import Happening

if TYPE_CHECKING:
    from drumcircle.core.structures.base import Structure

Channel = Literal["sound", "midi", "light"]

LOOKAHEAD = 150 * MS
"""Cues are handed out at least this long before the first of them leaves (latency is added)."""
TOGETHER_LINE = 32
GRACE = 250 * MS
"""A turn or an echo is scored this long after its last beat."""


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """What a session starts from; journalled by value."""

    start: int
    """Time of beat 0, ns on the hub's clock."""
    title: str = "Drum circle"
    circle: str = "circle"
    bpm: float = 100.0
    meter: str = "4/4"
    seed: int = 1
    subdivision: float = 1.0
    """For players who join without one of their own."""
    double_trigger_ms: float = 50.0
    structure: str = ""
    """A structure that begins at once, without count-in: ``NAME[:key=value,...]``."""
    heard: bool = True
    """False: started without sound (``--no-sound``)."""
    click: bool = True
    gain_db: float = -6.0
    sound_latency_ms: float | None = None
    midi_latency_ms: float | None = None
    patterns: tuple[Pattern, ...] = ()
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """Settings that a structure took over while it ran."""

    beat: int
    """The local bar line from which on."""
    settings: dict[str, object]


@dataclass(slots=True)
class Running:
    """The structure that runs, or that is committed to begin at ``origin`` in a moment."""

    structure: Structure
    origin: int
    """Beat of the pulse at which the structure's own beat 0 lies."""
    began: int
    settings: dict[str, object]
    """As they are now."""
    given: bool = False
    """Given at the start, not chosen live: a performance may move it to its own first bar line."""
    announced: bool = False
    """A performance has said where it begins."""
    heard: int = 0
    """Hits judged or heard by the structure."""
    since: int = 0
    """Local beat at which it began or last went on; hits before it are not its own."""
    until: int | None = None
    """The bar line (beat of the pulse) at which it was asked to close."""
    step: StepRun | None = None
    """The step of a plan it is played for."""
    before: dict[str, object] | None = None
    """Its settings before they were last changed."""
    origins: list[tuple[int, int]] = field(default_factory=list)
    """(from local beat, origin) of every stretch between two stops, the present one last."""
    regridded: dict[str, None] = field(default_factory=dict)
    """Players whose grid the structure has changed."""
    begun_with: dict[str, object] = field(init=False)
    changes: list[Changed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begun_with = self.settings
        self.origins.append((self.since, self.origin))


@dataclass(slots=True)
class Closing:
    """A structure that is over at ``beat`` but still hears the hits that lie before it."""

    running: Running
    beat: float


@dataclass(slots=True)
class Armed:
    """A structure that will begin at ``beat``, a bar line, with a count from ``count_from`` on."""

    structure: Structure
    settings: dict[str, object]
    beat: int
    count_from: int
    given: bool = False
    announced: bool = False
    step: StepRun | None = None
    before: dict[str, object] | None = None
    """What runs already, with other settings: those of now."""
    adopts: bool = False
    """What runs takes the settings over; it does not begin anew."""
    differs: str = ""
    """What is otherwise than in what runs, in words."""


@dataclass(slots=True)
class Finished:
    """A structure that is over, as the record keeps it."""

    name: str
    began: int
    ended: int
    settings: dict[str, object]
    """Those it began with."""
    results: dict[str, object]
    changes: tuple[tuple[int, int, dict[str, object]], ...] = ()
    """(bar line as the structure counts it, time of it, all settings) of what it took over while it ran."""
    step: StepRun | None = None
    """The step of a plan it was played for."""


@dataclass(slots=True)
class Stop:
    """Stop-all is on since ``beat``; ``resume`` is the bar line at which it goes on, once asked for."""

    beat: float
    resume: int | None = None


@dataclass(slots=True)
class State:
    """The circle."""

    config: SessionConfig
    pulse: Pulse
    rng: random.Random
    roster: Roster = field(default_factory=Roster)
    scores: dict[str, Score] = field(default_factory=dict)
    log: HitLog = field(default_factory=HitLog)
    last_note: dict[tuple[str, int], int] = field(default_factory=dict)
    bounces: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Pad key -> (since when, how many) double triggers."""
    leaning: dict[str, int] = field(default_factory=dict)
    """Pad key -> when it was last told that somebody leans on it."""
    together: Together = field(default_factory=Together)
    together_line: deque[float | None] = field(default_factory=lambda: deque(maxlen=TOGETHER_LINE))
    silent: Spans = field(default_factory=Spans)
    running: Running | None = None
    closing: Closing | None = None
    given: Running | None = None
    """The structure given at the start, even when it is over, until another one is chosen."""
    armed: Armed | None = None
    sections: list[Section] = field(default_factory=list)
    """As the facilitator has divided the circle; empty: it is one."""
    leader: str | None = None
    """The player who leads; None: the facilitator."""
    library: list[Pattern] = field(default_factory=list)
    """The rhythms there are, easiest and shortest first, with those given since the start."""
    pieces: list[Piece] = field(default_factory=list)
    stop: Stop | None = None
    finished: list[Finished] = field(default_factory=list)
    order: RunningOrder | None = None
    """The plan that is followed, or was last."""
    orders: list[RunningOrder] = field(default_factory=list)
    sounding: bool = False
    click: bool = True
    gain_db: float = 0.0
    loudness: Loudness = field(default_factory=Loudness)
    lit: bool = True
    """Lights and screens show the beat."""
    latency: dict[Channel, float | None] = field(default_factory=dict)
    latency_pending: dict[Channel, tuple[float | None, int]] = field(default_factory=dict)
    taps: list[int] = field(default_factory=list)
    meter_pending: tuple[Meter, int] | None = None
    recording: bool = False
    keeps: bool = True
    """Hits enter the record of the session."""
    partial: bool = False
    unkept: Spans = field(default_factory=Spans)
    """While a recording paused: nothing is missing from the record then."""
    late_told: dict[str, int] = field(default_factory=dict)
    """Device -> when a hit of it last came very late."""
    unknown: dict[str, tuple[str, int]] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    happenings: deque[Happening] = field(default_factory=lambda: deque(maxlen=500))
    happened: int = 0
    marks: list[tuple[int, str, str]] = field(default_factory=list)
    adviser: Adviser = field(default_factory=Adviser)
    suggested: list[tuple[int, str, str, str]] = field(default_factory=list)
    """(when, reason, words, what became of it) of every suggestion that was answered."""
    next_beat: int = 0
    """The first beat whose cues have not been handed out."""
    planned: dict[int, list[tuple[float, Cue]]] = field(default_factory=dict)
    """Cues of the running structure by the whole beat they fall in."""
    sent: deque[tuple[float, Cue]] = field(default_factory=lambda: deque(maxlen=512))
    """Cues handed out, with their beats, so that a change of tempo can replace them."""
    out: list[Effect] = field(default_factory=list)

    @classmethod
    def create(cls, config: SessionConfig) -> State:
        """A circle nobody has joined yet."""
        pulse = Pulse(config.start, config.bpm, Meter.parse(config.meter))
        state = cls(config, pulse, random.Random(config.seed))
        state.click, state.gain_db = config.click, config.gain_db
        state.library = list(config.patterns)
        state.pieces = list(config.pieces)
        state.latency = {"sound": config.sound_latency_ms, "midi": config.midi_latency_ms, "light": None}
        return state

    # ---- time

    def beat(self, now: int) -> float:
        """Beat position of a moment."""
        return self.pulse.beat_at(now)

    def local(self, running: Running, beat: float) -> float:
        """A beat of the pulse as the structure counts it; it stands still while the circle is stopped."""
        return (beat if self.stop is None else min(beat, self.stop.beat)) - running.origin

    @property
    def lookahead(self) -> int:
        """How long before they are due cues are handed out, ns."""
        longest = max((ms for ms in self.latency.values() if ms is not None), default=0.0)
        return LOOKAHEAD + round(longest * MS)

    # ---- effects

    def emit(self, effect: Effect) -> None:
        self.out.append(effect)

    def notice(
        self,
        time: int,
        text: str,
        level: Literal["info", "warning", "loud"] = "info",
        scope: Literal["all", "therapist"] = "all",
    ) -> None:
        """Say what just happened, in words, and keep it for the log."""
        self.happened += 1
        self.happenings.append(Happening(self.happened, time, text, level, scope))
        self.out.append(Notice(time, text, level, scope))

    def sound_set(self) -> None:
        """Tell the sinks how loud everything is."""
        self.emit(SoundSet(self.gain_db))

    # ---- what things are called

    def called(self, structure: Structure, step: StepRun | None = None) -> str:
        """The title of a structure, as the plan has it."""
        labels = {} if self.order is None else self.order.plan.labels
        own = "" if step is None else step.step.title
        return own or labels.get(structure.name, "") or structure.title

    # ---- people

    def score(self, player: str) -> Score:
        """A player's score, made on first need."""
        known = self.scores.get(player)
        if known is None:
            known = self.scores[player] = Score()
        return known

    def title(self, player: str) -> str:
        """Shape and alias of a player, as people read it."""
        person = self.roster.players[player]
        return f"{person.shape} {person.alias}"

    def pad_words(self, key: str) -> str:
        """A pad key as people read it: ``MPD218 pad 5``."""
        return self.roster.words(key)
