"""Pages in place of the picture: the first run's, all keys, the pads and their links, what recording keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drumcircle import INTENDED_USE
from drumcircle.core.view import PadView
from drumcircle.tui import mark_keys, order
from drumcircle.tui.actions import ACTIONS, GROUPS, Action
from drumcircle.tui.ask import Situation
from drumcircle.tui.ink import EMPTY, Line, Span, clip, fit, indent, wrap_words
from drumcircle.tui.pads_drawn import drawings

MARGIN = 3
KEY_COLUMN = 37
KIND, NOTES = 6, 12
CHOOSING: Line = (
    Span("1–9", "key"),
    Span(" a player   ", "text"),
    Span("0", "key"),
    Span(" and two digits: from 10   ", "text"),
    Span("Ctrl+P", "key", "ctrl+p"),
    Span(" all", "text"),
)

RECORDING = (
    "It keeps when each pad was hit and how hard, whose it was by alias, the tempo, the structures and your marks.",
    "It never keeps sound, and no names.",
    "It is kept on this computer only, in the user's data folder ('drumcircle sessions' lists and deletes it).",
    "A player can be live-only: a number, then o. Their hits reach the circle and never a disk.",
    "Without recording, only what is needed to come back after a crash is kept, without hits, and deleted at the end.",
    "Tell the group before you record. Enter starts; R stops at any time. This page is shown once.",
)

WELCOME = (
    INTENDED_USE,
    "Plug a pad in, or hit one that is here: the row below asks who that is.",
    "g is groove, c call and response, t turns; each begins on a bar line. SPACE stops everything. ? shows all keys.",
    "Nothing is recorded until you choose it (R).",
)


def page(s: Situation, columns: int, rows: int) -> list[Line]:
    """The page that is open, exactly ``rows`` lines."""
    wide = columns - 2 * MARGIN
    if s.ui.page == "keys":
        lines = keys(wide, rows, s.ui.scroll)
    elif s.ui.page == "pads":
        lines = pads(s, wide, rows)
    elif s.ui.page == "plan":
        lines = order.page(s, wide, rows)
    elif s.ui.page == "marks":
        lines = mark_keys.page(s, wide, rows)
    elif s.ui.page == "welcome":
        lines = welcome(wide, rows)
    else:
        lines = recording(wide, rows)
    lines = [indent(line, MARGIN) for line in lines[:rows]]
    return lines + [EMPTY] * (rows - len(lines))


def keys(columns: int, rows: int, scroll: int = 0) -> list[Line]:
    """All actions by group, in as many columns as there is room for; scrolled where that is not enough."""
    across = max(min(columns // KEY_COLUMN, 3), 1)
    stacks = _stacked([line for group in GROUPS for line in _group(group)], across)
    table = [_beside([stack[row : row + 1] for stack in stacks]) for row in range(len(stacks[0]))]
    shown = rows - 2
    first = min(scroll, max(len(table) - shown, 0))
    below = len(table) - first - shown
    more: Line = (Span(f"↓ {below} more rows   ", "key", "down"),) if below > 0 else ()
    return [*table[first : first + shown], EMPTY, (*more, *CHOOSING)]


def _beside(cells: list[list[Line]]) -> Line:
    return tuple(span for cell in cells for span in fit(cell[0] if cell else EMPTY, KEY_COLUMN))


def _stacked(lines: list[Line], across: int) -> list[list[Line]]:
    height = -(-len(lines) // across)
    return [lines[start : start + height] for start in range(0, len(lines), height)]


def _group(group: str) -> list[Line]:
    shown = [action for action in ACTIONS if action.group == group]
    return [(Span(GROUPS[group], "strong"),), *(_key(action) for action in shown)]


def _key(action: Action) -> Line:
    return Span(f"{action.written:>6} ", "key", action.key), Span(action.title, "text", action.key)


def pads(s: Situation, columns: int, rows: int) -> list[Line]:
    """Every pad: whose, whether its notes are pads of their own, how good its link is, what was lost; as it lies."""
    if not s.view.pads:
        nothing = Span("No pad yet: plug one in, or start one on the network.", "faint")
        return [(Span("Pads", "strong"),), EMPTY, (nothing,)]
    table = [_pad(n, pad, PadColumns.of(columns), s.ui.therapist) for n, pad in enumerate(s.view.pads, 1)]
    shown = [_pads_head(PadColumns.of(columns)), *_scrolled(table, rows - 1, s.ui.scroll)]
    return [*shown, *drawings(s.view, columns, rows - len(shown))]


class PadColumns(NamedTuple):
    """Widths of the columns of the page of pads."""

    name: int
    whose: int
    link: int

    @classmethod
    def of(cls, columns: int) -> PadColumns:
        name = whose = min(max((columns - 44) // 2, 12), 30)
        return cls(name, whose, max(columns - name - whose - KIND - NOTES - 3, 12))


def _pads_head(wide: PadColumns) -> Line:
    words = f"   {'pad':<{wide.name + KIND}}{'notes':<{NOTES}}{'whose':<{wide.whose}}link"
    return (Span(words, "label"),)


def _pad(number: int, pad: PadView, wide: PadColumns, personal: bool) -> Line:
    whose = ", ".join(pad.players) or "nobody's"
    state = pad.words or ("connected" if pad.connected else "gone")
    figures = [f"±{pad.uncertainty_ms:.1f} ms"] if personal and pad.uncertainty_ms is not None else []
    figures += [f"{pad.lost} lost"] if personal and pad.lost else []
    ink = "text" if pad.connected and not pad.words else "warning"
    return (
        Span(f"{number:>2} ", "key", str(number)),
        Span(f"{clip(pad.label, wide.name - 2):<{wide.name}}{pad.kind:<{KIND}}", "text", str(number)),
        Span(f"{'each a pad' if pad.split else 'one pad':<{NOTES}}", "text", str(number)),
        Span(f"{clip(whose, wide.whose - 2):<{wide.whose}}", "strong"),
        Span(clip("  ".join([state, *figures]), wide.link), ink),
    )


def _scrolled(lines: list[Line], rows: int, scroll: int) -> list[Line]:
    """Those from ``scroll`` on; where not all are in sight, the last row says how many are below."""
    if len(lines) <= rows:
        return lines
    first = min(scroll, len(lines) - rows + 1)
    below = len(lines) - first - rows + 1
    more = Span(f"↓ {below} more below" if below else "↑ those above", "key", "down" if below else "up")
    return [*lines[first : first + rows - 1], (more,)]


def recording(columns: int, rows: int) -> list[Line]:
    """What is kept, where, and that live-only exists."""
    return _text("Before the first recording", RECORDING, columns, rows)


def welcome(columns: int, rows: int) -> list[Line]:
    """What drumcircle is for, and the first keys; shown once."""
    on: Line = (
        Span("Enter ", "key", "enter"),
        Span("or any other key goes on. This page is shown once.", "text"),
    )
    return [*_text("Welcome to drumcircle", WELCOME, columns, rows - 1), on]


def _text(title: str, told: Sequence[str], columns: int, rows: int) -> list[Line]:
    """A page of sentences, with gaps where there is room for them."""
    sentences = [wrap_words(sentence, min(columns, 90)) for sentence in told]
    gap = [EMPTY] if sum(map(len, sentences)) + len(sentences) < rows else []
    above: Line = (Span(title, "strong"),)
    return [above, EMPTY, *(row for sentence in sentences for row in [*sentence, *gap])]
