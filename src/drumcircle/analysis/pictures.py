"""Small pictures for a terminal: histograms, where in the beat hits fall, a matrix of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from drumcircle.analysis.recording import Floats

BARS = " ▁▂▃▄▅▆▇█"
SHADES = "█▓▒░·"
"""Together to apart."""
ABSENT = "–"


def bars(counts: Sequence[float] | Floats) -> str:
    """One character a count; the largest is a whole block, and what is not 0 is seen."""
    highest = max(counts, default=0)
    if not highest:
        return " " * len(counts)
    return "".join(BARS[0 if not c else max(1, round(c / highest * (len(BARS) - 1)))] for c in counts)


def histogram(values: Floats, reach: float, width: int) -> str:
    """How many of the values lie where from -reach to +reach; what lies beyond stands at the ends.

    ``width`` is odd, so that 0 lies in the middle of one character.
    """
    counts, _ = np.histogram(np.clip(values, -reach, reach), bins=width, range=(-reach, reach))
    return bars(counts)


def around_the_beat(phases: Floats, width: int) -> str:
    """Where in the beat hits fall, from half a beat before to half a beat after; phases in cycles."""
    counts, _ = np.histogram((phases + 0.5) % 1.0, bins=width, range=(0.0, 1.0))
    return bars(counts)


def ruler(width: int, left: str, middle: str, right: str) -> str:
    """Three words over a picture: at its left end, its middle and its right end."""
    line = list(f"{middle:^{width}}")
    line[: len(left)] = left
    line[width - len(right) :] = right
    return "".join(line)


def matrix(names: Sequence[str], values: Mapping[tuple[str, str], float | None], width: int) -> list[str]:
    """A triangle of shaded figures, small ones dark; no line where it does not fit into ``width``."""
    label = min(max(map(len, names), default=0), 10)
    cell = 8
    if label + cell * (len(names) - 1) > width:
        return []
    known = [value for value in values.values() if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    lines = [" " * label + "".join(f"{name[: cell - 1]:>{cell}}" for name in names[:-1])]
    for row, second in enumerate(names[1:], start=1):
        cells = (_cell(values.get((first, second)), low, high) for first in names[:row])
        lines.append(f"{second[:label]:<{label}}" + "".join(f"{text:>{cell}}" for text in cells))
    return lines


def _cell(value: float | None, low: float, high: float) -> str:
    if value is None:
        return ABSENT
    share = (value - low) / (high - low) if high > low else 0.0
    return (
        f"{SHADES[round(share * (len(SHADES) - 1))]} {value:.0f}"
        if value >= 100
        else (f"{SHADES[round(share * (len(SHADES) - 1))]} {value:.1f}")
    )
