"""Onset tables, MIDI files and sessions as recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from drumcircle.analysis.pulses import MappedPulse
from drumcircle.analysis.recording import Hits, Recording
from drumcircle.analysis.sessions import is_journal, session_named, session_recording
from drumcircle.errors import FileProblem
from drumcircle.formats.onsets import line_with_beat, read_onsets
from drumcircle.formats.smf import Note, Smf, read_smf

FOLDER_SUFFIXES = (".csv", ".mid")
BEATS_SUFFIX = ".beats.csv"
MIDI_SUFFIXES = (".mid", ".midi", ".smf")
BY = ("note", "channel", "track")


def expand(named: Iterable[str], data: Path) -> list[str]:
    """Files and sessions by name; a folder stands for its onset tables and MIDI files.

    Beats files in a folder (``*.beats.csv``) are no recordings and are left out.

    Raises:
        FileProblem: a folder with neither.
        UsageError: nothing of that name.
    """
    found: list[str] = []
    for name in named:
        path = Path(name)
        if path.is_dir():
            found += _in_folder(path)
        elif path.exists() or path.suffix.lower() in (*FOLDER_SUFFIXES, *MIDI_SUFFIXES, ".db"):
            found.append(name)
        else:
            found.append(str(session_named(name, data)))
    return list(dict.fromkeys(found))


def _in_folder(folder: Path) -> list[str]:
    files = sorted(
        str(path)
        for path in folder.iterdir()
        if path.suffix.lower() in FOLDER_SUFFIXES and not path.name.lower().endswith(BEATS_SUFFIX)
    )
    if not files:
        raise FileProblem(folder, "there is no .csv and no .mid file in this folder.")
    return files


def read_recording(path: Path, by: str) -> Recording:
    """One recording of any kind, known by what it begins with.

    Raises:
        FileProblem, NewerFormat, RecordSealed: it cannot be used.
    """
    kind = _begins_with(path)
    if kind == b"MThd" or path.suffix.lower() in MIDI_SUFFIXES:
        return _midi_recording(path, by)
    if is_journal(kind) or path.suffix.lower() == ".db":
        return session_recording(path)
    return _table_recording(path)


def _begins_with(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except FileNotFoundError:
        raise FileProblem(path, "there is no such file; check the name.") from None
    except OSError as refused:
        raise FileProblem(path, f"cannot be read ({refused.strerror}); check its name and rights.") from None


# ---------------------------------------------------------------- onset tables


def _table_recording(path: Path) -> Recording:
    onsets = read_onsets(path)
    times = np.frombuffer(onsets.time_s, dtype=np.float64)
    player = np.array(onsets.player, dtype=np.int64)
    velocity = None if onsets.velocity is None else np.array(onsets.velocity, dtype=np.int64)
    beat = None if onsets.beat is None else np.frombuffer(onsets.beat, dtype=np.float64)
    order = np.lexsort((times, player))
    bounds = np.searchsorted(player[order], np.arange(len(onsets.names) + 1))
    players = {}
    for name, index in sorted((name, index) for index, name in enumerate(onsets.names)):
        own = order[bounds[index] : bounds[index + 1]]
        players[name] = Hits(
            times[own],
            None if velocity is None else velocity[own],
            None if beat is None else beat[own],
        )
    return Recording(
        path,
        players,
        remarks=tuple(_doubles(players)),
        line_with_beat=lambda value: line_with_beat(path, value),
    )


def _doubles(players: dict[str, Hits]) -> Iterable[str]:
    for name, hits in players.items():
        if same := int((np.diff(hits.time_s) == 0).sum()):
            times = "1 hit" if same == 1 else f"{same} hits"
            yield f"{times} of {name} at the same time as the hit before; all are kept."


# ---------------------------------------------------------------- MIDI files


def _midi_recording(path: Path, by: str) -> Recording:
    smf = read_smf(path)
    if not smf.notes:
        raise FileProblem(path, "this MIDI file has no notes; choose one with something to measure.")
    groups: dict[int, list[Note]] = {}
    for note in smf.notes:
        groups.setdefault(_NUMBER[by](note), []).append(note)
    names = {number: _name(smf, by, number) for number in sorted(groups)}
    if len(set(names.values())) < len(names):
        names = {number: str(number + 1) for number in sorted(groups)}
    if by == "track" and not all(name.isdigit() for name in names.values()):
        names = dict(sorted(names.items(), key=lambda item: item[1]))
    players = {name: _hits(groups[number]) for number, name in names.items()}
    pulse = MappedPulse.of(path, smf)
    remarks = () if pulse else ("This MIDI file has no tempo: its times are read at 120 BPM.",)
    return Recording(
        path, players, pulse, "the MIDI file has no tempo, and none was given (--beats, --bpm)", remarks
    )


_NUMBER: dict[str, Callable[[Note], int]] = {
    "note": lambda note: note.note,
    "channel": lambda note: note.channel,
    "track": lambda note: note.track,
}


def _name(smf: Smf, by: str, number: int) -> str:
    """Note numbers as they are, channels from 1 as everywhere in MIDI, tracks by name or from 1."""
    if by == "note":
        return str(number)
    if by == "channel":
        return str(number + 1)
    return smf.track_names[number].strip() or str(number + 1)


def _hits(notes: Sequence[Note]) -> Hits:
    times = np.array([note.time_s for note in notes])
    order = np.argsort(times, kind="stable")
    return Hits(times[order], np.array([note.velocity for note in notes], dtype=np.int64)[order])
