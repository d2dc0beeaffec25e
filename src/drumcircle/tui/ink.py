"""Lines of coloured text: what every picture is made of, before any terminal library sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size


class Span(NamedTuple):
    """Text in one ink (a name, see ``palette.py``); ``press`` is the key a click on it stands for."""

    text: str
    ink: str = "text"
    press: str = ""


Line = tuple[Span, ...]
EMPTY: Line = ()


def line(*parts: Span | str) -> Line:
    """A line of spans; bare strings are in the ordinary ink."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def width(spans: Line) -> int:
    """Width in terminal cells."""
    return sum(cell_len(span.text) for span in spans)


def fit(spans: Line, cells: int) -> Line:
    """The line cut or filled with blanks to exactly ``cells``."""
    out: list[Span] = []
    left = cells
    for span in spans:
        wide = cell_len(span.text)
        if wide > left:
            if left:
                out.append(span._replace(text=set_cell_size(span.text, left)))
            return tuple(out)
        out.append(span)
        left -= wide
    if left:
        out.append(Span(" " * left))
    return tuple(out)


def clip(text: str, cells: int) -> str:
    """Text of at most ``cells``, ending in … where something was cut."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(cells - 1, 0)).rstrip() + "…" if cells > 0 else ""


def spread(left: Line, right: Line, cells: int) -> Line:
    """``left`` at the left edge, ``right`` at the right one; where both do not fit, ``left`` is cut."""
    room = max(cells - width(right), 0)
    return fit(fit(left, room) + right, cells)


def indent(spans: Line, cells: int) -> Line:
    return (Span(" " * cells), *spans) if cells > 0 else spans


def centre(spans: Line, cells: int) -> Line:
    return fit(indent(spans, (cells - width(spans)) // 2), cells)


def join(items: Sequence[Line], gap: int) -> Line:
    """Items one after the other with ``gap`` blanks between."""
    out: list[Span] = []
    for number, item in enumerate(items):
        if number:
            out.append(Span(" " * gap))
        out.extend(item)
    return tuple(out)


def wrap(items: Iterable[Line], cells: int, gap: int = 3) -> list[Line]:
    """Items in rows of at most ``cells``; an item is never broken."""
    rows: list[list[Line]] = [[]]
    used = 0
    for item in items:
        wide = width(item)
        if rows[-1] and used + gap + wide > cells:
            rows.append([])
            used = 0
        used += wide + (gap if rows[-1] else 0)
        rows[-1].append(item)
    return [join(row, gap) for row in rows if row]


def wrap_words(text: str, cells: int, ink: str = "text") -> list[Line]:
    """A sentence broken between words."""
    rows = wrap([(Span(word),) for word in text.split()], cells, gap=1)
    return [(Span("".join(span.text for span in row), ink),) for row in rows]


def span_at(spans: Line, cell: int) -> Span | None:
    """The span under a cell."""
    start = 0
    for span in spans:
        start += cell_len(span.text)
        if cell < start:
            return span
    return None


def text_of(lines: Iterable[Line]) -> str:
    """Only the words of a picture, for tests and for plain output."""
    return "\n".join("".join(span.text for span in spans).rstrip() for spans in lines)
