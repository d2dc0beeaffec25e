"""A session for other programs: every hit as CSV, or as a Standard MIDI File with the pulse as its tempo map.

Time 0 is the session's first bar line, as in its summary; where something was hit before it, the last bar
line before the first hit.  The journal stays the truth: a MIDI file rounds times to its ticks.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from drumcircle.core.events import NS, Effect, PulseShown
from drumcircle.core.pulse import MINUTE
from drumcircle.core.pulse import Meter as PulseMeter
from drumcircle.core.session import Session
from drumcircle.core.state import SessionConfig
from drumcircle.core.summary import HeardHit
from drumcircle.errors import FileProblem
from drumcircle.formats.smf import Meter, Note, Smf, Tempo, write_smf
from drumcircle.store.journal import Journal, Row
from drumcircle.store.replay import replay, session_of

COLUMNS = ("time_s", "player", "velocity", "pad", "note", "mark", "pulse_beat", "asynchrony_ms", "late")
NOBODY = "nobody"


@dataclass(slots=True)
class ShownPulse:
    """The pulse as it was shown, beat by beat announced; a later word about a moment replaces earlier ones."""

    beats: list[PulseShown] = field(default_factory=list)

    def take(self, effect: Effect) -> None:
        """Listen to one effect of a replay."""
        if isinstance(effect, PulseShown):
            while self.beats and self.beats[-1].t >= effect.t:
                self.beats.pop()
            self.beats.append(effect)


@dataclass(frozen=True, slots=True)
class Exported:
    """What is to be written: hits in order of time, the pulse, and time 0."""

    hits: tuple[HeardHit, ...]
    pulse: tuple[PulseShown, ...]
    zero: int
    """Time 0 of the files, ns on the hub's clock."""
    bars_before: int
    """How many bars before the session's first bar line time 0 lies."""

    def where_zero_is(self) -> str:
        """In words."""
        if not self.bars_before:
            return "time 0 is the session's first bar line"
        bars = "1 bar" if self.bars_before == 1 else f"{self.bars_before} bars"
        return f"time 0 is {bars} before the session's first bar line, since somebody played before it"


def exported(journal: Journal, rows: Iterable[Row]) -> Exported:
    """Replay a session for export.

    Raises:
        RecordSealed: its hits were erased.
    """
    session, shown = session_of(journal), ShownPulse()
    replay(rows, session, shown.take)
    return gathered(session, shown)


def gathered(session: Session, shown: ShownPulse) -> Exported:
    """What a replayed session leaves to be written."""
    hits = tuple(sorted(session.heard_hits(), key=lambda hit: hit.time))
    config = session.config
    bars = _bars_before(config, hits[0].time) if hits else 0
    return Exported(hits, tuple(shown.beats), config.start - round(bars * _bar_ns(config)), bars)


def _bar_ns(config: SessionConfig) -> float:
    return PulseMeter.parse(config.meter).beats * MINUTE / config.bpm


def _bars_before(config: SessionConfig, first: int) -> int:
    """Whole bars by which the pulse must be taken back to lie before the first hit."""
    bars = 0
    while config.start - round(bars * _bar_ns(config)) > first:
        bars += 1
    return bars


# ---------------------------------------------------------------- CSV


def write_csv(path: Path, session: Exported) -> None:
    """``time_s,player,velocity,…``: ``drumcircle analyse`` reads it, and a person too.

    ``mark``: empty where the hit counted, ``double`` a double trigger, ``floor`` too soft, ``doubtful`` where nothing
    tells when it was.  ``late``: it came after the grace window (a pad that had lost its network).  ``pulse_beat``
    (0: the session's first bar line) and ``asynchrony_ms`` only where the hit was judged.

    Raises:
        FileProblem: the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(COLUMNS)
            rows.writerows(_csv_row(hit, session.zero) for hit in session.hits)
    except OSError as refused:
        raise FileProblem(
            path, f"cannot be written ({refused.strerror}); choose another folder or name."
        ) from None


def _csv_row(hit: HeardHit, zero: int) -> tuple[str | int | float, ...]:
    seconds, ns = divmod(hit.time - zero, NS)
    asynchrony = "" if hit.asynchrony_ns is None else f"{hit.asynchrony_ns / 1e6:.6f}"
    beat = "" if hit.beat is None else f"{hit.beat:.9g}"
    return (
        f"{seconds}.{ns:09d}", hit.player or NOBODY, hit.velocity, hit.pad, hit.note, hit.mark, beat, asynchrony, "late" if hit.late else "",
    )  # fmt: skip


# ---------------------------------------------------------------- MIDI


def write_midi(path: Path, session: Exported) -> None:
    """One track a player, named by alias, on the drum channel; the pulse as tempo map and metre.

    Raises:
        FileProblem: the file cannot be written.
    """
    names = tuple(dict.fromkeys(hit.player or NOBODY for hit in session.hits))
    tracks = {name: index for index, name in enumerate(names)}
    notes = tuple(
        Note(
            (hit.time - session.zero) / NS,
            min(hit.note, 127),
            min(max(hit.velocity, 1), 127),
            track=tracks[hit.player or NOBODY],
        )
        for hit in session.hits
    )
    write_smf(path, Smf(notes, tempos(session), meters(session), names))


def tempos(session: Exported) -> tuple[Tempo, ...]:
    """The tempo from each beat shown to the next, in quarter notes a minute; inside a ramp the mean of it."""
    changes: list[Tempo] = []
    following = [*session.pulse[1:], None]
    for shown, then in zip(session.pulse, following, strict=True):
        meter = PulseMeter.parse(shown.meter)
        bpm = shown.bpm
        if then is not None:
            beats = (then.bar - shown.bar) * meter.beats + then.beat - shown.beat
            bpm = beats * MINUTE / (then.t - shown.t)
        quarters = round(bpm * 4 / meter.unit, 5)  # times are whole ns: the rest is their rounding
        if not changes or quarters != changes[-1].bpm:
            changes.append(Tempo(max((shown.t - session.zero) / NS, 0.0) if changes else 0.0, quarters))
    return tuple(changes)


def meters(session: Exported) -> tuple[Meter, ...]:
    """Each metre from its first bar line on."""
    changes: list[Meter] = []
    for shown in session.pulse:
        if not changes or shown.meter != changes[-1].meter:
            changes.append(Meter((shown.t - session.zero) / NS if changes else 0.0, shown.meter))
    return tuple(changes)
