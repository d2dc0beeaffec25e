"""A rhythm to call: where its onsets lie, in beats."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One call of the pattern library.

    A beat is the metre's unit, as the pulse counts it: an eighth in 6/8.  ``onsets`` ascend from 0 and lie
    before ``beats``; ``velocities`` (MIDI 1-127) run beside them.
    """

    name: str
    """Short and unique, ``[a-z0-9-]+``: what settings and records call it."""
    title: str
    level: int
    """1 (first calls) to 3."""
    beats: float
    """Length; whole bars of ``meter``."""
    meter: str
    onsets: tuple[float, ...]
    velocities: tuple[int, ...]
