"""Standard MIDI Files: note-ons with their exact times in seconds, the tempo map and the metre; read and written.

Times are seconds from the file's start.  A tempo counts *quarter notes* a minute, whatever the metre says.
Reading sums ``ticks x microseconds`` as integers and divides once, so no time drifts.  Writing at 960 ticks
a quarter rounds each time to the nearest tick (at 120 BPM to +-260 us): a MIDI file is a copy for other
programs, never the record.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumcircle.errors import FileProblem

TICKS_PER_QUARTER = 960
DEFAULT_US_PER_QUARTER = 500_000  # 120 BPM where a file says nothing
SLOWEST_US_PER_QUARTER = 0xFFFFFF  # the 24 bits a tempo event has
NOTE_LENGTH_S = 0.1  # a drum hit has no length of its own
SHORTEST_NOTE_TICKS = 1


@dataclass(frozen=True, slots=True)
class Note:
    """One note-on (velocity 1-127); ``channel`` 0-15, ``track`` the index of its track in the file."""

    time_s: float
    note: int
    velocity: int
    channel: int = 9
    track: int = 0


@dataclass(frozen=True, slots=True)
class Tempo:
    """From ``time_s`` on, ``bpm`` quarter notes a minute."""

    time_s: float
    bpm: float


@dataclass(frozen=True, slots=True)
class Meter:
    """From ``time_s`` on, bars of ``meter`` such as ``4/4``."""

    time_s: float
    meter: str


@dataclass(frozen=True, slots=True)
class Smf:
    """What a MIDI file says, in order of time; ``length_s`` runs to the end of its longest track."""

    notes: tuple[Note, ...]
    tempos: tuple[Tempo, ...] = ()
    meters: tuple[Meter, ...] = ()
    track_names: tuple[str, ...] = ()
    length_s: float = 0.0

    @property
    def bpm(self) -> float | None:
        """The first tempo, in quarter notes a minute; ``None``: the file has none and plays at 120."""
        return self.tempos[0].bpm if self.tempos else None

    @property
    def meter(self) -> str | None:
        """The first metre; ``None`` where the file has none."""
        return self.meters[0].meter if self.meters else None


# ---------------------------------------------------------------- reading


def read_smf(path: Path) -> Smf:
    """Every note-on of a Standard MIDI File with its exact time, its tempo map and its metres.

    Raises:
        FileProblem: not there, not a MIDI file, cut off, damaged, or several separate pieces (type 2).
    """
    midi = _parse(path)
    if midi.type == 2 and len(midi.tracks) > 1:
        raise FileProblem(
            path, "holds several separate pieces (a type 2 MIDI file); save the one you mean as type 0 or 1."
        )
    if midi.ticks_per_beat == 0 or not midi.tracks:
        raise FileProblem(
            path, "is damaged: it has no tracks or no time base; export it again from its program."
        )
    events = sorted(_absolute(midi.tracks), key=lambda event: event[0])
    tempos = [(tick, m.tempo) for tick, _, m in events if m.type == "set_tempo" and m.tempo > 0]
    clock = _Clock(midi.ticks_per_beat, tempos)
    return Smf(
        notes=tuple(
            Note(clock.seconds(tick), message.note, message.velocity, message.channel, track)
            for tick, track, message in events
            if message.type == "note_on" and message.velocity > 0
        ),
        tempos=tuple(Tempo(clock.seconds(tick), 60e6 / us) for tick, us in tempos),
        meters=tuple(
            Meter(clock.seconds(tick), f"{m.numerator}/{m.denominator}")
            for tick, _, m in events
            if m.type == "time_signature"
        ),
        track_names=tuple(_text(track.name) for track in midi.tracks),
        length_s=clock.seconds(events[-1][0]) if events else 0.0,
    )


def _parse(path: Path) -> Any:
    import mido

    try:
        return mido.MidiFile(path)
    except FileNotFoundError:
        raise FileProblem(path, "there is no such file; check the name.") from None
    except (PermissionError, IsADirectoryError) as refused:
        raise FileProblem(path, f"cannot be opened ({refused.strerror}).") from None
    except EOFError:
        raise FileProblem(
            path, "ends in the middle of a track: the MIDI file is cut off; copy or download it again."
        ) from None
    except (
        Exception
    ) as damage:  # mido lets whatever its parsing trips over escape: ValueError, IndexError ...
        raise FileProblem(
            path, f"is not a sound MIDI file ({damage}); export it again as a Standard MIDI File."
        ) from None


def _text(latin: str) -> str:
    """The format names no character set: UTF-8 where the bytes are UTF-8, else Latin-1, as mido read them."""
    try:
        return latin.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return latin


def _absolute(tracks: Sequence[Any]) -> Iterator[tuple[int, int, Any]]:
    """(tick from the start, track index, message), track after track."""
    for index, track in enumerate(tracks):
        tick = 0
        for message in track:
            tick += message.time
            yield tick, index, message


class _Clock:
    """Ticks to seconds by a file's own tempo map (or its frame rate, which no tempo changes)."""

    def __init__(self, division: int, changes: Iterable[tuple[int, int]]) -> None:
        """``division``: ticks a quarter, or negative: SMPTE frames a second and ticks a frame."""
        self._ticks, self._elapsed, self._per_tick = [0], [0], [DEFAULT_US_PER_QUARTER]
        self._divisor = division * 1_000_000
        if division < 0:
            frames, ticks_per_frame = -(division >> 8), division & 0xFF
            # 29 stands for 30 drop frame: 30000/1001 frames a second.
            self._per_tick, rate = ([1001], 30_000) if frames == 29 else ([1], frames)
            self._divisor = rate * max(ticks_per_frame, 1)
            return
        for tick, us_per_quarter in changes:
            self._add(tick, us_per_quarter)

    def _add(self, tick: int, per_tick: int) -> None:
        passed = (tick - self._ticks[-1]) * self._per_tick[-1]
        self._elapsed.append(self._elapsed[-1] + passed)
        self._ticks.append(tick)
        self._per_tick.append(per_tick)

    def seconds(self, tick: int) -> float:
        """The time of ``tick``, correctly rounded."""
        i = bisect_right(self._ticks, tick) - 1
        return (self._elapsed[i] + (tick - self._ticks[i]) * self._per_tick[i]) / self._divisor


# ---------------------------------------------------------------- writing


def write_smf(path: Path, smf: Smf) -> None:
    """Write ``smf`` as a type 1 file of 960 ticks a quarter: one tempo track, then its tracks in order.

    Note that the notes of track ``i`` land in track ``i + 1`` of the file.  Each note sounds 0.1 s, or until
    its next hit.  Times are kept to the nearest tick of the tempo map *as written*, so rounding never adds up.

    Raises:
        FileProblem: the file cannot be written.
        ValueError: a time below zero.
    """
    import mido

    times = (event.time_s for events in (smf.notes, smf.tempos, smf.meters) for event in events)
    if min(times, default=0.0) < 0:
        raise ValueError("a MIDI file cannot hold a time before its start")
    ruler = _Ruler(smf.tempos)
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
    midi.tracks.append(_deltas(_conductor(smf, ruler)))
    by_track: dict[int, list[Note]] = {index: [] for index in range(len(smf.track_names))}
    for note in smf.notes:
        by_track.setdefault(note.track, []).append(note)
    for index in sorted(by_track):
        name = smf.track_names[index] if index < len(smf.track_names) else ""
        midi.tracks.append(_deltas(_track(name, by_track[index], ruler)))
    try:
        midi.save(path)
    except OSError as refused:
        raise FileProblem(
            path, f"cannot be written ({refused.strerror}); choose another folder or name."
        ) from None


class _Ruler:
    """Seconds to ticks by the tempo map that is written."""

    def __init__(self, tempos: Iterable[Tempo]) -> None:
        self.changes = [(0, DEFAULT_US_PER_QUARTER)]
        self._starts = [0]
        for tempo in sorted(tempos, key=lambda tempo: tempo.time_s):
            us = min(max(round(60e6 / tempo.bpm), 1), SLOWEST_US_PER_QUARTER)
            self._change(self.tick(tempo.time_s), us)

    def _change(self, tick: int, us: int) -> None:
        last_tick, last_us = self.changes[-1]
        if tick <= last_tick:
            self.changes[-1] = (last_tick, us)
            return
        self._starts.append(self._starts[-1] + (tick - last_tick) * last_us)
        self.changes.append((tick, us))

    def tick(self, time_s: float) -> int:
        """The nearest tick; times in ``_starts`` are in us x ticks a quarter, integers."""
        wanted = round(time_s * 1e6 * TICKS_PER_QUARTER)
        i = max(bisect_right(self._starts, wanted) - 1, 0)
        tick, us = self.changes[i]
        return tick + round((wanted - self._starts[i]) / us)


def _conductor(smf: Smf, ruler: _Ruler) -> list[tuple[int, Any]]:
    import mido

    changes = ruler.changes if smf.tempos else []
    events = [(tick, mido.MetaMessage("set_tempo", tempo=us)) for tick, us in changes]
    for change in smf.meters:
        above, below = map(int, change.meter.split("/"))
        signature = mido.MetaMessage("time_signature", numerator=above, denominator=below)
        events.append((ruler.tick(change.time_s), signature))
    return events


def _track(name: str, notes: list[Note], ruler: _Ruler) -> list[tuple[int, Any]]:
    import mido

    events = [(0, mido.MetaMessage("track_name", name=name))]
    following: dict[tuple[int, int], int] = {}
    for hit in sorted(notes, key=lambda note: note.time_s, reverse=True):
        voice = (hit.note, hit.channel)
        on, off = ruler.tick(hit.time_s), ruler.tick(hit.time_s + NOTE_LENGTH_S)
        off = max(min(off, following.get(voice, off)), on + SHORTEST_NOTE_TICKS)
        following[voice] = on
        of = {"note": hit.note, "channel": hit.channel}
        events.append((on, mido.Message("note_on", velocity=hit.velocity, **of)))
        events.append((off, mido.Message("note_off", velocity=0, **of)))
    return events


_FIRST_ON_A_TICK = {"note_off": 1, "note_on": 2}  # what describes the track stands before both


def _deltas(events: list[tuple[int, Any]]) -> Any:
    """A track from (tick, message) in any order; on one tick a note ends before the next begins."""
    import mido

    track, last = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda e: (e[0], _FIRST_ON_A_TICK.get(e[1].type, 0))):
        track.append(message.copy(time=tick - last))
        last = tick
    return track
