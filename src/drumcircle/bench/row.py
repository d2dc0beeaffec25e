"""One figure of a bench, and the arithmetic the benches share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should not exceed: the value itself, or its ratio to what it stands against."""

    at_most: float
    of: Literal["value", "ratio"] = "value"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.  ``ratio`` is ours over what is named in ``against``, measured in the same run."""

    case: str
    metric: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    aim: Aim | None = None
    detail: bool = False
    """In the document, and not in the table."""

    def plain(self) -> dict[str, object]:
        """As in the JSON document; the aim is the reader's, not a measurement."""
        return {
            "case": self.case,
            "metric": self.metric,
            "value": self.value,
            "unit": self.unit,
            "against": self.against or None,
            "ratio": self.ratio,
        }

    def met(self) -> bool | None:
        """Whether the aim is met; None where there is none, or nothing to hold against it."""
        if self.aim is None:
            return None
        measured = self.value if self.aim.of == "value" else self.ratio
        return None if measured is None else measured <= self.aim.at_most


def compared(row: Row, name: str, other: float) -> Row:
    """The same figure beside ``other``, the same thing done by ``name``; no ratio to nothing."""
    ratio = row.value / other if other > 0 else None
    return replace(row, against=name, ratio=ratio)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed (nearest rank).

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("no values, so no percentile")
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle one (of an even number, the lower)."""
    return percentile(values, 0.5)
