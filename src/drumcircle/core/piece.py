"""A piece a group can play: parts that loop together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PiecePart:
    """One part: its onsets in beats, ascending, from 0 to before the loop's end."""

    name: str
    onsets: tuple[float, ...]
    velocities: tuple[int, ...]
    """MIDI 1-127, beside the onsets."""
    players: tuple[str, ...] = ()
    """Aliases of those who made it; none: it came from elsewhere."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Parts of one length; a beat is the metre's unit, as the pulse counts it."""

    name: str
    """Short and unique, ``[a-z0-9-]+``: what settings, files and records call it."""
    title: str
    meter: str
    bpm: float
    """The tempo at which it was made."""
    beats: float
    """Length of the loop; whole bars of ``meter``."""
    parts: tuple[PiecePart, ...]
