"""The whole screen from what is known, what is asked and the time: a pure function."""

from __future__ import annotations

from drumcircle.tui.ask import Situation
from drumcircle.tui.community import community_view, is_roomy
from drumcircle.tui.foot import HEIGHT, foot, rule
from drumcircle.tui.ink import EMPTY, Line, Span, centre, clip, fit, indent, spread, wrap_words
from drumcircle.tui.pages import page
from drumcircle.tui.therapist import pulse_lines, therapist_view
from drumcircle.tui.words import clock

LEAST = (80, 24)


def picture(s: Situation, columns: int, rows: int) -> list[Line]:
    """Exactly ``rows`` lines of exactly ``columns`` cells."""
    if columns < LEAST[0] or rows < LEAST[1]:
        words = f"The circle plays on. This window is {columns} × {rows}; the dashboard needs {LEAST[0]} × {LEAST[1]}."
        return _middle([*wrap_words(words, max(columns - 2, 1))], columns, rows)
    below = foot(s, columns, prompter=not _says_above(s, rows - HEIGHT - 2))
    if s.room.view is None:
        waiting = _middle(
            [(Span(s.room.words or "Looking for the circle…", "text"),)], columns, rows - len(below)
        )
        return [*waiting, *below]
    body = _body(s, columns, rows - HEIGHT - 2)
    whole = [*_head(s, columns), *body]
    return [fit(line, columns) for line in [*whole[: rows - len(below)], *below]]


def _says_above(s: Situation, rows: int) -> bool:
    """The picture itself shows what to say before the next structure."""
    return is_roomy(rows) and not s.ui.page and not s.ui.therapist


def _body(s: Situation, columns: int, rows: int) -> list[Line]:
    if s.ui.page:
        top = [indent(line, 1) for line in pulse_lines(s.view, s.now, columns - 2)]
        return [*top, EMPTY, *page(s, columns, rows - 3)]
    if s.ui.therapist and not s.room.watching:
        return therapist_view(s, columns, rows)
    return community_view(s, columns, rows)


def _head(s: Situation, columns: int) -> list[Line]:
    where = " · therapist view" if s.ui.therapist and not s.room.watching else ""
    recording = Span("● recording   ", "recording") if s.view.recording else Span("not recorded   ", "faint")
    left = Span(f" {clip(s.view.title, columns - 50)}", "strong"), Span(where, "label")
    right = recording, Span(f"{clock(s.now - s.view.began)} ", "text")
    return [spread(left, right, columns), rule(columns)]


def _middle(lines: list[Line], columns: int, rows: int) -> list[Line]:
    above = max((rows - len(lines)) // 2, 0)
    drawn = [EMPTY] * above + [centre(line, columns) for line in lines]
    return [fit(line, columns) for line in [*drawn, *[EMPTY] * rows][:rows]]
