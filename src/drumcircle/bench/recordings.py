"""What a hub must find in a recording, read and computed without the program's own readers and measures.

Matching is that of ``docs/measures.md``: a hit belongs to its nearest grid point; of two on one point the nearer
one is matched.  Where a millisecond could decide otherwise nothing can be compared: hits within
:data:`MARGIN_S` of the boundary between two points, and of a tie for nearest, are taken out of the copy that
is performed.
"""

from __future__ import annotations

import csv
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import mido

from drumcircle.errors import FileProblem
from drumcircle.formats.onsets import read_onsets
from drumcircle.formats.performance import FIRST_NOTE, pad_ids
from drumcircle.formats.smf import read_smf

MARGIN_S = 0.003
PREFIX = "p"
"""What ``play`` is told to put before the players' names."""
ENDINGS = (".mid", ".midi", ".csv")
DEFAULT_TEMPO = 500_000  # µs a quarter where a MIDI file says nothing


@dataclass(frozen=True, slots=True)
class Truth:
    """One player's hits in the performed copy, and what they come to, ms (``sd_ms`` from two hits on)."""

    hits: int
    mean_ms: float
    sd_ms: float | None


@dataclass(frozen=True, slots=True)
class Player:
    """One part: the pad it is over the link and MQTT, and the note it is on a MIDI port."""

    pad: str
    note: int
    truth: Truth


@dataclass(frozen=True, slots=True)
class Recording:
    """A copy without doubtful hits, and who plays what in it."""

    name: str
    copy: Path
    players: tuple[Player, ...]
    left_out: int
    length_s: float


def recordings_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves; a folder stands for its MIDI and CSV files."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS)
        else:
            yield path


def tempo(path: Path) -> float | None:
    """BPM of a recording: what its name says (``…_funk_80_beat_…``), else the file's first tempo."""
    named = re.search(r"_(\d{2,3})_(?:beat|fill)\b|_(\d{2,3})_(?:beat|fill)_", path.name)
    if named is not None:
        return float(named[1] or named[2])
    return None if path.suffix.lower() == ".csv" else read_smf(path).bpm


def prepare(path: Path, folder: Path, bpm: float, subdivision: float, until_s: float = inf) -> Recording:
    """Write the copy that is performed; hits from ``until_s`` on are not played and not counted.

    Raises:
        FileProblem: the file cannot be read, or nothing that is certain is played in it.
    """
    copy = folder / path.name
    spacing = 60 / bpm / subdivision
    prepared = _from_csv if path.suffix.lower() == ".csv" else _from_midi
    named = prepared(path, copy, spacing)
    played = {who: [t for t in kept if t < until_s] for who, (kept, _) in named.items()}
    players = tuple(
        Player(pad, note, _truth(played[pad, note], spacing)) for pad, note in named if played[pad, note]
    )
    if not players:
        raise FileProblem(path, f"no hit of it can be judged at {bpm:g} BPM; give its own tempo with --bpm.")
    left_out = sum(before - len(kept) for kept, before in named.values())
    return Recording(path.stem, copy, players, left_out, max(t for own in played.values() for t in own))


Named = Mapping[tuple[str, int], tuple[list[float], int]]
"""(pad, note) -> times kept, and how many there were."""


def certain(times_s: Sequence[float], spacing: float) -> list[float]:
    """The hits whose matching a stamp a little off cannot change."""
    by_point: dict[int, list[float]] = {}
    for t in times_s:
        point = round(t / spacing)
        if abs(abs(t - point * spacing) - spacing / 2) > MARGIN_S:
            by_point.setdefault(point, []).append(t)
    return sorted(t for point, hits in by_point.items() for t in _without_ties(hits, point * spacing))


def _without_ties(hits: Sequence[float], at: float) -> list[float]:
    """A tie for nearest loses all that tie."""
    left = sorted(hits, key=lambda t: abs(t - at))
    while len(left) > 1 and abs(left[1] - at) - abs(left[0] - at) <= MARGIN_S:
        tied = abs(left[0] - at) + MARGIN_S
        left = [t for t in left if abs(t - at) > tied]
    return left


def _truth(times_s: Sequence[float], spacing: float) -> Truth:
    nearest: dict[int, float] = {}
    for t in times_s:
        point = round(t / spacing)
        away = 1e3 * (t - point * spacing)
        if abs(away) < abs(nearest.get(point, inf)):
            nearest[point] = away
    found = list(nearest.values())
    sd = statistics.stdev(found) if len(found) > 1 else None
    return Truth(len(times_s), statistics.fmean(found), sd)


# ---------------------------------------------------------------- MIDI files


def _from_midi(path: Path, copy: Path, spacing: float) -> Named:
    """The same file without the note-ons in doubt; what follows each keeps its time."""
    read_smf(path)  # says in a sentence what is wrong with a file that cannot be read
    midi = mido.MidiFile(path)
    times = _note_times(midi)
    by_note: dict[int, list[float]] = {}
    for (_, _, note), t in times.items():
        by_note.setdefault(note, []).append(t)
    kept = {note: certain(hits, spacing) for note, hits in sorted(by_note.items())}
    sure = {note: frozenset(hits) for note, hits in kept.items()}
    doubtful = {(track, index) for (track, index, note), t in times.items() if t not in sure[note]}
    for number, track in enumerate(midi.tracks):
        midi.tracks[number] = _without(track, {index for at, index in doubtful if at == number})
    midi.save(copy)
    return {(f"{PREFIX}-{note}", note): (kept[note], len(hits)) for note, hits in sorted(by_note.items())}


def _without(track: mido.MidiTrack, left_out: set[int]) -> mido.MidiTrack:
    out, carried = mido.MidiTrack(), 0
    for index, message in enumerate(track):
        if index in left_out:
            carried += message.time
        else:
            out.append(message.copy(time=message.time + carried))
            carried = 0
    return out


def _note_times(midi: mido.MidiFile) -> dict[tuple[int, int, int], float]:
    """(track, index in it, note) -> s, of every note-on, over the file's tempo map."""
    ticked = []
    for number, track in enumerate(midi.tracks):
        tick = 0
        for index, message in enumerate(track):
            tick += message.time
            ticked.append((tick, number, index, message))
    ticked.sort(key=lambda event: event[0])
    times: dict[tuple[int, int, int], float] = {}
    passed, last, slow = 0, 0, DEFAULT_TEMPO  # passed: ticks x µs a quarter
    for tick, number, index, message in ticked:
        passed, last = passed + (tick - last) * slow, tick
        if message.type == "set_tempo":
            slow = message.tempo
        elif message.type == "note_on" and message.velocity:
            times[number, index, message.note] = passed / midi.ticks_per_beat / 1e6
    return times


# ---------------------------------------------------------------- onset CSVs


def _from_csv(path: Path, copy: Path, spacing: float) -> Named:
    """The rows without those in doubt."""
    names = read_onsets(path).names
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(float(row["time_s"]), row["player"].strip()) for row in csv.DictReader(file)]
    own = {name: [t for t, player in rows if player == name] for name in names}
    kept = {name: certain(times, spacing) for name, times in own.items()}
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("time_s", "player"))
        writer.writerows(sorted((t, name) for name, times in kept.items() for t in times))
    order = read_onsets(copy).names
    pads = pad_ids([f"{PREFIX}-{name}" for name in order])
    return {
        (pad, FIRST_NOTE + number): (kept[name], len(own[name]))
        for number, (pad, name) in enumerate(zip(pads, order, strict=True))
    }
