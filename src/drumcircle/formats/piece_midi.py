"""A piece as a MIDI file, so that other programs can play it: a track a part, the loop some times over."""

from __future__ import annotations

from pathlib import Path

from drumcircle.core.piece import Piece
from drumcircle.core.pulse import Meter as Metre
from drumcircle.formats.smf import Meter, Note, Smf, Tempo, write_smf

LOOPS = 4
FIRST_NOTE, NOTES = 36, 64
"""Parts have the notes of a drum kit, from its bass drum up."""


def write_piece_midi(path: Path, piece: Piece, loops: int = LOOPS) -> None:
    """Write ``piece`` to ``path``.

    Raises:
        FileProblem: the file cannot be written.
    """
    write_smf(path, piece_smf(piece, loops))


def piece_smf(piece: Piece, loops: int = LOOPS) -> Smf:
    """The piece ``loops`` times over at its own tempo; who made a part stands in its track's name."""
    beat_s = 60 / piece.bpm
    notes = [
        Note((loop * piece.beats + onset) * beat_s, FIRST_NOTE + number % NOTES, velocity, track=number)
        for number, part in enumerate(piece.parts)
        for loop in range(loops)
        for onset, velocity in zip(part.onsets, part.velocities, strict=True)
    ]
    names = tuple(
        f"{part.name}: {', '.join(part.players)}" if part.players else part.name for part in piece.parts
    )
    quarters = piece.bpm * 4 / Metre.parse(piece.meter).unit
    return Smf(
        notes=tuple(sorted(notes, key=lambda note: note.time_s)),
        tempos=(Tempo(0.0, quarters),),
        meters=(Meter(0.0, piece.meter),),
        track_names=names,
        length_s=loops * piece.beats * beat_s,
    )
