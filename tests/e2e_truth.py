"""What the hub must find, computed straight from a file: a second, independent reading of the rules.

Matching is that of MEASURES.md: a hit belongs to its nearest grid point; of two on one point the nearer is
matched and the other extra; a point without a hit between the first and the last matched point is missed.
Nothing here uses the program's own measures, pulse or MIDI reader.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np

Hits = Mapping[str, Sequence[float]]
"""Player -> times of hits in seconds of the file."""


@dataclass(frozen=True)
class Truth:
    """One player's figures (ms; ``vector_length`` on the beat, ``_grid`` on the judged grid)."""

    n: int
    missed: int
    extra: int
    mean_asynchrony_ms: float
    sd_asynchrony_ms: float | None
    mean_abs_asynchrony_ms: float
    vector_length: float
    vector_length_grid: float
    ppc_grid: float | None


def truth(
    times_s: Iterable[float],
    bpm: float,
    subdivision: float = 1,
    span: tuple[float, float] = (0.0, math.inf),
    speed: float = 1.0,
) -> Truth | None:
    """The figures of one player against a steady pulse with a beat at 0; None where nothing is played."""
    played = np.array([t / speed for t in times_s if span[0] <= t < span[1]])
    if not len(played):
        return None
    spacing = 60 / bpm / subdivision
    points = np.round(played / spacing).astype(int)
    away = played - points * spacing
    matched: dict[int, float] = {}
    for point, asynchrony in sorted(zip(points.tolist(), away.tolist(), strict=True)):
        if point not in matched or abs(asynchrony) < abs(matched[point]):
            matched[point] = asynchrony
    a = np.array([matched[point] for point in sorted(matched)])
    n = len(a)
    r_beat, r_grid = (abs(np.mean(np.exp(2j * np.pi * a / period))) for period in (60 / bpm, spacing))
    return Truth(
        n=n,
        missed=max(matched) - min(matched) + 1 - n,
        extra=len(played) - n,
        mean_asynchrony_ms=1e3 * float(a.mean()),
        sd_asynchrony_ms=1e3 * float(a.std(ddof=1)) if n > 1 else None,
        mean_abs_asynchrony_ms=1e3 * float(np.abs(a).mean()),
        vector_length=float(r_beat),
        vector_length_grid=float(r_grid),
        ppc_grid=float((n * r_grid**2 - 1) / (n - 1)) if n > 1 else None,
    )


def undoubtful(
    times_s: Iterable[float], bpm: float, subdivision: float = 1, margin_s: float = 0.003
) -> list[float]:
    """The hits whose matching a stamp that is a little off cannot change.

    Taken out: hits within ``margin_s`` of the boundary between two grid points, and both hits of a pair on
    one point that are equally far from it within ``margin_s``.
    """
    spacing = 60 / bpm / subdivision
    by_point: dict[int, list[float]] = {}
    for t in times_s:
        point = round(t / spacing)
        if abs(abs(t - point * spacing) - spacing / 2) > margin_s:
            by_point.setdefault(point, []).append(t)
    kept = (_without_ties(hits, point * spacing, margin_s) for point, hits in by_point.items())
    return sorted(t for hits in kept for t in hits)


def _without_ties(hits: Sequence[float], point_s: float, margin_s: float) -> list[float]:
    """The nearest hit and those clearly farther; a tie for nearest loses all that tie."""
    hits = sorted(hits, key=lambda t: abs(t - point_s))
    while len(hits) > 1 and abs(hits[1] - point_s) - abs(hits[0] - point_s) <= margin_s:
        tied = abs(hits[0] - point_s) + margin_s
        hits = [t for t in hits if abs(t - point_s) > tied]
    return hits


# ---------------------------------------------------------------- files


def read_hits(path: Path) -> dict[int, list[tuple[float, int]]]:
    """Note -> (time in s, velocity) of every note-on, times summed exactly over the file's tempo map."""
    midi = mido.MidiFile(path)
    events = []
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            events.append((tick, message))
    events.sort(key=lambda event: event[0])
    hits: dict[int, list[tuple[float, int]]] = {}
    elapsed_us_ticks, last, tempo = 0, 0, 500_000
    for tick, message in events:
        elapsed_us_ticks, last = elapsed_us_ticks + (tick - last) * tempo, tick
        if message.type == "set_tempo":
            tempo = message.tempo
        elif message.type == "note_on" and message.velocity:
            time_s = elapsed_us_ticks / midi.ticks_per_beat / 1e6
            hits.setdefault(message.note, []).append((time_s, message.velocity))
    return hits


def cleaned_copy(
    source: Path,
    target: Path,
    bpm: float,
    subdivision: float = 1,
    players: Mapping[str, Sequence[int]] | None = None,
) -> dict[str, list[float]]:
    """Write ``source`` without doubtful hits; what is left, by player (default: ``note number``).

    Doubt is a matter of a player, so the notes that make one player are judged together.
    """
    hits = read_hits(source)
    players = players or {str(note): [note] for note in hits}
    kept: dict[str, list[float]] = {}
    written: list[tuple[float, int, int]] = []
    for player, notes in players.items():
        own = [(t, note, velocity) for note in notes for t, velocity in hits.get(note, [])]
        sound = set(undoubtful((t for t, _, _ in own), bpm, subdivision))
        written += [hit for hit in own if hit[0] in sound]
        kept[player] = sorted(t for t, _, _ in own if t in sound)
    write_hits(target, written)
    return kept


def write_hits(path: Path, hits: Iterable[tuple[float, int, int]]) -> None:
    """A Standard MIDI File of (time in s, note, velocity), each time to the nearest microsecond.

    25000 ticks a quarter of 25 ms: 1 us a tick; written byte by byte so that no library can bend a time.
    """
    ticks_per_quarter, tempo_us = 25_000, 25_000
    ons = [(round(t * 1e6 / tempo_us * ticks_per_quarter), 1, note, velocity) for t, note, velocity in hits]
    offs = [(tick + 1, 0, note, 0) for tick, _, note, _ in ons]
    track, last = bytearray(b"\x00\xff\x51\x03" + tempo_us.to_bytes(3, "big")), 0
    for tick, _, note, velocity in sorted(ons + offs):
        track += _variable_length(tick - last) + bytes((0x99, note, velocity))
        last = tick
    track += b"\x00\xff\x2f\x00"
    head = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, ticks_per_quarter)
    path.write_bytes(head + struct.pack(">4sI", b"MTrk", len(track)) + track)


def _variable_length(number: int) -> bytes:
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(0x80 | (number & 0x7F))
    return bytes(reversed(out))
