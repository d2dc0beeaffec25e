"""What an amendment changes: figures before and after, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drumcircle.cli.replay import FIGURES, figure

Rows = Mapping[str, Mapping[str, Any]]

COURSE_KEPT = (
    "Turns, calls or the pulse would have gone another way that evening; they stay as they went, and only the "
    "players' own figures are made anew."
)


def changes(before: Rows, after: Rows) -> str:
    """One row a player whose figures change: ``n 120 → 160``."""
    rows = list(_rows(before, after))
    if not rows:
        return "No figure changes."
    table = [["player", *(heading for heading, _, _ in FIGURES)], *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip() for row in table
    )


def _rows(before: Rows, after: Rows) -> Iterator[list[str]]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, {}), after.get(name, {})
        if old != new:
            yield [
                name,
                *(_change(figure(old, key, form), figure(new, key, form)) for _, key, form in FIGURES),
            ]


def _change(old: str, new: str) -> str:
    return new if old == new else f"{old} → {new}"
