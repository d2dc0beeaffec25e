"""Are we together: the group's figure over time as a small hill line and a word, never a percentage."""

from __future__ import annotations

from collections.abc import Sequence

from drumcircle.tui.ink import Line, Span

_STEPS = " ▁▂▃▄▅▆▇█"


def hills(values: Sequence[float | None], columns: int, rows: int = 1) -> list[Line]:
    """The latest values as a line of hills, newest at the right; None (nobody) is a dashed gap.

    Values from 0 (not together) to 1; the rest is cut off.  Each value takes as many columns as fit,
    at most four.
    """
    each = max(min(columns // max(len(values), 1), 4), 1)
    shown = list(values[-(columns // each) :]) if values else []
    return [_merged([_column(value, row, rows, each) for value in shown]) for row in reversed(range(rows))]


def _column(value: float | None, row: int, rows: int, each: int) -> Span:
    if value is None:
        return Span(("╌" if row == 0 else " ") * each, "track")
    height = max(min(value, 1.0), 0.0) * rows * 8
    eighths = int(max(min(round(height) - row * 8, 8), 1 if row == 0 else 0))
    return Span(_STEPS[eighths] * each, "together")


def _merged(spans: list[Span]) -> Line:
    out: list[Span] = []
    for span in spans:
        if out and out[-1].ink == span.ink:
            out[-1] = Span(out[-1].text + span.text, span.ink)
        else:
            out.append(span)
    return tuple(out)
