"""A recording as it is analysed, whatever kind of file it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from drumcircle.analysis.pulses import Pulse

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Choice = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Hits:
    """One player's hits in order of time; the arrays run beside each other."""

    time_s: Floats
    velocity: Whole | None = None
    """1-127, 0 where it is not known; ``None`` where the file has none."""
    beat: Floats | None = None
    """The beat somebody gave each hit, NaN where none; ``None`` where the file has no such column."""
    judged: Choice | None = None
    """Did a session judge the hit?  ``None``: every one is judged."""
    subdivision: float | None = None
    """Judged points a beat, where a session has one for this player."""
    uncertainty_ms: float | None = None
    """How well the times are known (median); ``None`` where nothing tells."""
    jitter_ms: float | None = None
    """Of the link the hits came over."""

    def __len__(self) -> int:
        return len(self.time_s)

    def chosen(self, which: Choice) -> Hits:
        """Those of the hits."""
        return replace(
            self,
            time_s=self.time_s[which],
            velocity=None if self.velocity is None else self.velocity[which],
            beat=None if self.beat is None else self.beat[which],
            judged=None if self.judged is None else self.judged[which],
        )


def no_line(_beat: float) -> int | None:
    """Where hits do not stand on lines of a file."""
    return None


@dataclass(frozen=True, slots=True)
class Recording:
    """Who played when, and the pulse the file itself has."""

    path: Path
    players: Mapping[str, Hits]
    """In the order players are named by default."""
    pulse: Pulse | None = None
    no_pulse: str = "no pulse was given; --beats or --bpm gives one"
    """Why there is none, where there is none."""
    remarks: tuple[str, ...] = ()
    adaptive: bool = False
    """The pulse followed the players."""
    line_with_beat: Callable[[float], int | None] = field(default=no_line, repr=False)
    """The line on which a beat number stands first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a recording is wanted."""

    pulse: Pulse | None = None
    """Given on the command line; it goes before the file's own."""
    subdivision: float | None = None
    from_s: float = float("-inf")
    to_s: float = float("inf")
    players: tuple[str, ...] = ()
    by: str = "note"
    pairs: bool = False
    group: bool = False
    phase_correction: bool = False
