"""Pages in place of the picture: all keys, the pads and their links, what recording keeps."""

from __future__ import annotations

from drumcircle.core.view import PadView
from drumcircle.tui.actions import ACTIONS, GROUPS, Action
from drumcircle.tui.ask import Situation
from drumcircle.tui.ink import EMPTY, Line, Span, clip, fit, indent, wrap_words

MARGIN = 3
KEY_COLUMN = 37
CHOOSING: Line = (
    Span("1–9", "key"),
    Span(" a player   ", "text"),
    Span("0", "key"),
    Span(" and two digits from 10 on   ", "text"),
    Span("Ctrl+P", "key", "ctrl+p"),
    Span(" finds all", "text"),
)

RECORDING = (
    "It keeps when each pad was hit and how hard, whose it was by alias, the tempo, the structures and your marks.",
    "It never keeps sound, and no names.",
    "It is kept on this computer only, in the user's data folder ('drumcircle sessions' lists and deletes it).",
    "A player can be live-only: a number, then o. Their hits reach the circle and never a disk.",
    "Without recording, only what is needed to come back after a crash is kept, without hits, and deleted at the end.",
    "Tell the group before you record. Enter starts; R stops at any time. This page is shown once.",
)


def page(s: Situation, columns: int, rows: int) -> list[Line]:
    """The page that is open, exactly ``rows`` lines."""
    wide = columns - 2 * MARGIN
    if s.ui.page == "keys":
        lines = keys(wide, rows, s.ui.scroll)
    elif s.ui.page == "pads":
        lines = pads(s, wide)
    else:
        lines = recording(wide)
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


def pads(s: Situation, columns: int) -> list[Line]:
    """Every pad: whose, how good its link is, what was lost."""
    head: Line = (Span("Pads", "strong"), Span("   a number: split by note, or not", "faint"))
    if not s.view.pads:
        return [head, EMPTY, (Span("No pad yet: plug one in, or start one on the network.", "faint"),)]
    personal = s.ui.therapist
    return [head, EMPTY, *(_pad(number, pad, columns, personal) for number, pad in enumerate(s.view.pads, 1))]


def _pad(number: int, pad: PadView, columns: int, personal: bool) -> Line:
    whose = ", ".join(pad.players) or "nobody's"
    state = pad.words or ("connected" if pad.connected else "gone")
    figures = [f"±{pad.uncertainty_ms:.1f} ms"] if personal and pad.uncertainty_ms is not None else []
    figures += [f"{pad.lost} lost"] if personal and pad.lost else []
    ink = "text" if pad.connected and not pad.words else "warning"
    return (
        Span(f"{number:>2} ", "key", str(number)),
        Span(f"{clip(pad.label, 28):<30}{pad.kind:<6}", "text", str(number)),
        Span(f"{clip(whose, 24):<26}", "strong"),
        Span(clip("  ".join([state, *figures]), max(columns - 66, 10)), ink),
    )


def recording(columns: int) -> list[Line]:
    """What is kept, where, and that live-only exists."""
    lines: list[Line] = [(Span("Before the first recording", "strong"),), EMPTY]
    for sentence in RECORDING:
        lines += [*wrap_words(sentence, min(columns, 90)), EMPTY]
    return lines
