"""Rows as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from drumcircle.bench.row import Row

HEAD = ("what", "", "value", "", "against", "ratio", "aim")
RIGHT = frozenset({2, 5})


def table(rows: Sequence[Row]) -> str:
    """Columns as wide as they must be; a case is named once."""
    shown = [row for row in rows if not row.detail]
    lines = [HEAD, *(_cells(row, before) for before, row in zip((None, *shown), shown, strict=False))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(_line(line, widths) for line in lines)


def number(value: float) -> str:
    """Three figures that matter, without exponents."""
    if float(value).is_integer():
        return f"{value:,.0f}"
    places = 2 - floor(log10(abs(value)))
    return f"{value:,.{min(max(places, 0), 6)}f}"


def _cells(row: Row, before: Row | None) -> tuple[str, ...]:
    return (
        "" if before is not None and before.case == row.case else row.case,
        row.metric,
        number(row.value),
        row.unit,
        row.against,
        "" if row.ratio is None else f"{row.ratio:.2f}",
        _aim(row),
    )


def _aim(row: Row) -> str:
    met = row.met()
    if row.aim is None or met is None:
        return ""
    limit = f"{row.aim.at_most:g}" + (" ×" if row.aim.of == "ratio" else f" {row.unit}".rstrip())
    return f"≤ {limit}: {'met' if met else 'missed'}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    placed = (
        cell.rjust(width) if column in RIGHT else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(placed).rstrip()
