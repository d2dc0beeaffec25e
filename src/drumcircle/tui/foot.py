"""The foot of every screen: a question or a sentence, and the keys."""

from __future__ import annotations

from drumcircle.tui.actions import ACTIONS, Action
from drumcircle.tui.ask import Choice, Menu, Panel, Situation, Typing, said
from drumcircle.tui.ink import Line, Span, fit, indent, join, line, spread, width, wrap
from drumcircle.tui.panel import fields, offered, words_for

HEIGHT = 3
MARGIN = 1
NAME, WORDS = 16, 34


def foot(s: Situation, columns: int) -> list[Line]:
    """The last lines of the screen; a question grows upwards over what is above."""
    above = [fit(indent(row, MARGIN), columns) for row in asked(s, columns - 2 * MARGIN)]
    framed = [rule(columns), *above] if len(above) > 1 else above
    return [*framed, rule(columns), fit(indent(key_row(s, columns - 2 * MARGIN), MARGIN), columns)]


def rule(columns: int) -> Line:
    return (Span("─" * columns, "rule"),)


def key_row(s: Situation, columns: int) -> Line:
    """As many keys as fit, those used most staying longest."""
    gap = 3 if columns >= 96 else 2
    shown = [action for action in ACTIONS if action.short and _of_use(action, s)]
    while shown and width(join([_key(action, s) for action in shown], gap)) > columns:
        shown.remove(max(reversed(shown), key=lambda action: action.rank))
    last = [action for action in shown if action.rank == 1]
    items = [_key(action, s) for action in shown if action not in last]
    return spread(join(items, gap), join([_key(action, s) for action in last], gap), columns)


def _of_use(action: Action, s: Situation) -> bool:
    if s.room.watching and not action.watching:
        return False
    return s.room.view is None or not action.valid(s)


def _key(action: Action, s: Situation) -> Line:
    word = action.short
    if action.key == "space" and s.room.view is not None and s.room.view.stopped:
        word = "go on"
    if action.key == "v" and s.ui.therapist:
        word = "back"
    written = "+ −" if action.key == "+" else action.written
    return Span(f"{written} ", "key", action.key), Span(word, "text", action.key)


# ---------------------------------------------------------------- questions and sentences


def asked(s: Situation, columns: int) -> list[Line]:
    """The question that is open, else the sentence of the moment."""
    prompt = s.ui.prompt
    if isinstance(prompt, Menu):
        return _menu(prompt, columns)
    if isinstance(prompt, Typing):
        return [_typing(prompt)]
    if isinstance(prompt, Panel):
        return _panel(prompt, s, columns)
    return [_sentence(s)]


def _sentence(s: Situation) -> Line:
    """Why nothing moves, else what was just answered, else the pad that waits for a player."""
    if not s.room.connected:
        return (Span(s.room.words, "lost"),)
    words = said(s.ui, s.now)
    if words:
        return (Span(words, "ask"),)
    if s.room.view is not None and s.room.view.unknown and not s.room.watching:
        pads = s.room.view.unknown
        more = f" (and {len(pads) - 1} more)" if len(pads) > 1 else ""
        return (
            Span(f"A new pad plays: {pads[0].label}{more}.  ", "text"),
            Span("w ", "key", "w"),
            Span("who is this?", "ask", "w"),
        )
    return ()


def _menu(menu: Menu, columns: int) -> list[Line]:
    title = f"{menu.title} {menu.typed}…" if menu.typed else menu.title
    items = [(Span(title, "ask"),), *(_choice(choice) for choice in menu.choices), _escape("not now")]
    return wrap(items, columns)


def _choice(choice: Choice) -> Line:
    return Span(f"{choice.label or choice.key} ", "key", choice.key), Span(
        choice.words, choice.ink, choice.key
    )


def _escape(words: str) -> Line:
    return Span("Esc ", "key", "escape"), Span(words, "faint", "escape")


def _typing(typing: Typing) -> Line:
    hint = f"   {typing.hint}   " if typing.hint else "   "
    return (
        Span(f"{typing.title}: ", "ask"),
        Span(f"{typing.typed}▏", "strong"),
        Span(hint, "faint"),
        Span("Enter ", "key", "enter"),
        Span("done   ", "faint", "enter"),
        *_escape("not now"),
    )


def _panel(panel: Panel, s: Situation, columns: int) -> list[Line]:
    lines = [line(Span(panel.structure.replace("_", " ").capitalize(), "ask"))]
    for number, setting in enumerate(fields(panel.structure)):
        value = dict(panel.values)[setting.name]
        here = number == panel.row
        name = Span(
            f"{'▸ ' if here else '  '}{setting.name.replace('_', ' '):<{NAME - 2}}",
            "strong" if here else "label",
        )
        shown = _values(
            tuple(words_for(setting, v, s.room) for v in offered(setting, s.room, value)),
            words_for(setting, value, s.room),
            columns - NAME,
        )
        lines.append((name, *shown, Span(f"   {setting.words}", "faint")) if here else (name, *shown))
    keys = Span("↑ ↓ ", "key"), Span("which   ", "faint"), Span("← → ", "key"), Span("change   ", "faint")
    return [
        *lines,
        (*keys, Span("Enter ", "key", "enter"), Span("arm it   ", "text", "enter"), *_escape("not now")),
    ]


def _values(values: tuple[str, ...], chosen: str, columns: int) -> Line:
    """All values with the chosen one marked; where they do not fit, those around it."""
    items = [
        Span(f"[{value}]", "picked") if value == chosen else Span(f" {value} ", "text") for value in values
    ]
    first, at = 0, values.index(chosen)
    while first < at and sum(len(item.text) for item in items[first : at + 2]) > columns:
        first += 1
    shown: list[Span] = []
    used = 0
    for item in items[first:]:
        used += len(item.text)
        if used > columns - WORDS and len(shown) > at - first:
            shown.append(Span(" …", "faint"))
            break
        shown.append(item)
    return tuple(shown)
