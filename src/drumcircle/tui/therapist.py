"""The therapist view: lanes, figures with their reasons, who played when, echoes, and the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drumcircle.core.view import SessionView
from drumcircle.tui import advice, calls, lanes, order, timeline, turns
from drumcircle.tui.ask import Situation
from drumcircle.tui.bar import beat_line
from drumcircle.tui.community import latest, marker
from drumcircle.tui.foot import rule
from drumcircle.tui.ink import EMPTY, Line, Span, clip, indent, spread, width
from drumcircle.tui.together import hills
from drumcircle.tui.words import bpm, countdown, troubles

MARGIN = 1
SMALLEST_PANEL = 4
Panel = Callable[[int], list[Line]]
"""Lines of a lower panel, at most so many."""


def therapist_view(s: Situation, columns: int, rows: int) -> list[Line]:
    """The picture between head and foot, exactly ``rows`` lines."""
    view, wide = s.view, columns - 2 * MARGIN
    top = [*pulse_lines(view, s.now, wide), *order.line(s, 7, wide), *_act(view, wide), *advice.line(s, wide)]
    top.append(lanes.header(view, wide))
    group = _group(view, wide)
    room = max(rows - len(top) - len(group) - SMALLEST_PANEL - 1, 1)
    first, shown = _in_sight(len(view.players), room, s.ui.scroll)
    drawn = lanes.lanes(view, wide, first, shown)
    if shown < len(view.players):
        drawn.append(_elsewhere(first, len(view.players) - first - shown))
    lines = [indent(line, MARGIN) for line in [*top, *drawn, *group]]
    lines += [rule(columns)]
    lines += [indent(line, MARGIN) for line in _lower(s, wide, rows - len(lines), shown)]
    return lines[:rows] + [EMPTY] * (rows - len(lines))


def _in_sight(players: int, room: int, scroll: int) -> tuple[int, int]:
    """(first player drawn, how many): one row is kept to say how many are elsewhere."""
    if players <= room:
        return 0, players
    shown = max(room - 1, 1)
    return min(scroll, players - shown), shown


def pulse_lines(view: SessionView, now: int, columns: int) -> list[Line]:
    """Beat, tempo, now and next in words, over the marker in one row.

    Where the row is too short for all of it, the bar goes first, then what is said of now; what comes stays whole.
    """
    here = marker(view, now)
    running = "Stopped" if view.stopped else view.structure.title if view.structure else "nothing now"
    words = f"  {view.structure.words}" if view.structure and view.structure.words else ""
    ahead = f"{view.next.title} {countdown(view, now)}" if view.next is not None else "–"
    number = "~" if view.pulse.hidden else here.beat
    beat = Span(f"beat {number} of {here.beats}", "strong")
    ink = "loud" if view.stopped else "now"
    coming = Span(ahead, "next" if view.next is not None else "faint")
    line: Line = (
        beat, Span(f"   {bpm(view)}   bar {here.bar}      NOW ", "label"), Span(running, ink),
        Span(words, "text"), Span("      NEXT ", "label"), coming,
    )  # fmt: skip
    if width(line) > columns:
        head, tail = Span(f"   {bpm(view)}   NOW ", "label"), Span("  NEXT ", "label")
        room = columns - width((beat, head, tail, coming))
        title = Span(clip(running, room), ink)
        line = beat, head, title, Span(clip(words, room - width((title,))), "text"), tail, coming
    return [line, beat_line(here, columns)]


def _act(view: SessionView, columns: int) -> list[Line]:
    if view.turn is not None:
        return turns.strip(view.turn, view.players, columns)
    return [calls.heading(view.call, view.players)] if view.call is not None else []


def _elsewhere(above: int, below: int) -> Line:
    parts = [f"↑ {above} above"] if above else []
    parts += [f"↓ {below} more below"] if below else []
    return (Span(" " * 3 + "   ".join(parts), "label", "down"),)


def _group(view: SessionView, columns: int) -> list[Line]:
    figure = "" if view.with_pulse is None else f" {view.with_pulse:.2f}"
    line: Line = (
        Span(f"   with the pulse{figure:<6} ", "label"),
        *hills(view.together, 32)[0],
        Span(f"  {view.together_words}", "strong"),
    )
    if view.participation_gini is not None:
        even = Span(f"   participation (Gini) {view.participation_gini:.2f}", "label")
        line = (*line, even) if width((*line, even)) <= columns else line
    trouble = troubles(view)
    lines = [line, (Span(f"   ! {' · '.join(trouble)}", "warning"),)] if trouble else [line]
    care: list[Line] = [(Span(clip(f"   ! {view.aftercare}", columns), "loud"),)] if view.aftercare else []
    return [*lines, *care]


# ---------------------------------------------------------------- the lower panels


def _lower(s: Situation, columns: int, rows: int, people: int) -> list[Line]:
    """All panels where they fit; else those that do from the one on that Tab chose."""
    panels = _panels(s, columns, people)
    if sum(wanted for wanted, _ in panels) + len(panels) - 1 <= rows:
        return _stacked(panels, rows)
    turned = s.ui.panel % len(panels)
    (wanted, chosen), *others = [*panels[turned:], *panels[:turned]]
    shown = [(min(wanted, rows), chosen)]
    for panel in others:
        if sum(height for height, _ in (*shown, panel)) + len(shown) <= rows:
            shown.append(panel)
    lines = _stacked(shown, rows)
    hint = Span("Tab ", "key", "tab"), Span("the other panel", "faint", "tab")
    return [spread(lines[0], hint, columns), *lines[1:]]


def _stacked(panels: Sequence[tuple[int, Panel]], rows: int) -> list[Line]:
    """Panels under each other with a gap between; the last gets the rows that are left."""
    lines: list[Line] = []
    for number, (wanted, panel) in enumerate(panels, start=1):
        lines += [EMPTY] if lines else []
        lines += panel(rows - len(lines) if number == len(panels) else wanted)
    return lines


def _panels(s: Situation, columns: int, people: int) -> list[tuple[int, Panel]]:
    """(rows wanted, panel) in the order they are drawn."""
    view = s.view
    panels: list[tuple[int, Panel]] = []
    call = view.call
    if call is not None:
        panels.append((len(call.echoes) + 2, lambda rows: _echo_panel(view, columns, rows)))
    panels.append((people + 1, lambda rows: _played(s, columns, rows)))
    panels.append((SMALLEST_PANEL, lambda rows: _log(s, columns, rows)))
    return panels


def _echo_panel(view: SessionView, columns: int, rows: int) -> list[Line]:
    call = view.call
    if call is None:
        return [EMPTY]
    wide = max(min(columns - 50, 66), 18)
    shown: list[Line] = [(Span(f"{'call':<16}", "label"), *calls.grid(call, wide))]
    return [*shown, *calls.echoes(call, view.players, columns, rows - 1)]


def _played(s: Situation, columns: int, rows: int) -> list[Line]:
    heading = timeline.heading(columns)
    first, shown = _in_sight(len(s.view.players), rows - 1, s.ui.scroll)
    lines = [heading, *timeline.timeline(s.view, s.now, columns, first, shown)]
    elsewhere = len(s.view.players) - shown
    return [*lines, _elsewhere(first, elsewhere - first)] if elsewhere else lines


def _log(s: Situation, columns: int, rows: int) -> list[Line]:
    entries = s.room.log or s.view.happenings
    return [(Span("what happened", "label"),), *latest(entries, s.view.began, columns, rows - 1)]
