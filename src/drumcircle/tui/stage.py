"""The one widget: draws the lines it is given and refreshes only the cells that changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from drumcircle.tui.ink import Line, span_at
from drumcircle.tui.palette import style

Drawn = Callable[[int, int], Sequence[Line]]
"""(columns, rows) to lines."""


class Stage(Widget):
    """Line API: no child widgets, no layout, one strip a row."""

    DEFAULT_CSS = "Stage { width: 100%; height: 100%; }"
    can_focus = True

    def __init__(self, drawn: Drawn, pressed: Callable[[str], None]) -> None:
        super().__init__()
        self._drawn, self._pressed = drawn, pressed
        self._lines: list[Line] = []
        self._dimmed = False

    def draw(self, dimmed: bool = False) -> None:
        """Look again: rows that changed are refreshed from their first to their last changed cell."""
        columns, rows = self.size
        if not columns or not rows:
            return
        lines, before = list(self._drawn(columns, rows)), self._lines
        self._lines = lines
        if dimmed != self._dimmed or len(lines) != len(before):
            self._dimmed = dimmed
            self.refresh()
            return
        changed = [
            Region(left, row, right - left, 1)
            for row, (old, new) in enumerate(zip(before, lines, strict=True))
            for left, right in changed_cells(old, new, columns)
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        if y >= len(self._lines):
            return Strip.blank(self.size.width, style("text"))
        segments = [Segment(span.text, style(span.ink, self._dimmed)) for span in self._lines[y]]
        return Strip(segments, self.size.width)

    def on_resize(self, _event: events.Resize) -> None:
        self._lines = []
        self.draw(self._dimmed)

    def on_key(self, event: events.Key) -> None:
        """Every key is the dashboard's own, also those that move the focus elsewhere."""
        event.stop()
        event.prevent_default()
        self._pressed(event.character if event.is_printable and event.character else event.key)

    def on_click(self, event: events.Click) -> None:
        """A click is the key that stands under it."""
        if event.y < len(self._lines):
            span = span_at(self._lines[event.y], event.x)
            if span is not None and span.press:
                self._pressed(span.press)

    def on_mouse_scroll_down(self, _event: events.MouseScrollDown) -> None:
        self._pressed("down")

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        self._pressed("up")


def changed_cells(old: Line, new: Line, columns: int) -> list[tuple[int, int]]:
    """The stretch of a row that is not as it was: none or one (first cell, one after the last)."""
    if old == new:
        return []
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    left = sum(cell_len(span.text) for span in new[:first])
    right = columns - sum(cell_len(span.text) for span in new[len(new) - last :])
    return [(left, right)]
