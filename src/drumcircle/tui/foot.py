"""The foot of every screen: a question or a sentence, and the keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drumcircle.core.structures import named
from drumcircle.core.structures.base import Setting
from drumcircle.core.structures.declared import in_force
from drumcircle.core.view import UnknownPadView
from drumcircle.tui import live_panel
from drumcircle.tui.actions import ACTIONS, Action
from drumcircle.tui.ask import Choice, Menu, Panel, Picker, Situation, Typing, said
from drumcircle.tui.ink import Line, Span, clip, fit, indent, join, spread, width, wrap, wrap_words
from drumcircle.tui.panel import ONE_PLAYER, PLAYERS, offered, words_for
from drumcircle.tui.panel import rows as rows_of
from drumcircle.tui.people import badges
from drumcircle.tui.picker import picker_lines

HEIGHT = 3
MARGIN = 1
NAME = 16
SAY = "say  "
ANEW = "↺"
"""Beside a setting with which what runs begins anew."""


def foot(s: Situation, columns: int, *, prompter: bool = False) -> list[Line]:
    """The last lines of the screen; a question grows upwards over what is above.

    ``prompter``: what to say before the next structure is said here.
    """
    wide = columns - 2 * MARGIN
    words = asked(s, wide, prompter=prompter)
    above = [fit(indent(row, MARGIN), columns) for row in words]
    framed = [rule(columns), *above] if len(above) > 1 else above
    return [*framed, rule(columns), fit(indent(key_row(s, wide), MARGIN), columns)]


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
    if action.key == "n" and s.room.view is not None and s.room.view.structure is not None:
        word = named(s.room.view.structure.name).next_key or word
    if action.key == "x" and s.room.view is not None and s.room.view.structure is not None:
        keys = s.room.view.structure.keys
        word = f"{keys[0][0]}…" if len(keys) > 1 else keys[0][0] if keys else word
    written = "+ −" if action.key == "+" else action.written
    return Span(f"{written} ", "key", action.key), Span(word, "text", action.key)


# ---------------------------------------------------------------- questions and sentences


def asked(s: Situation, columns: int, *, prompter: bool = False) -> list[Line]:
    """The question that is open, else the sentence of the moment, else what to say next (``prompter``)."""
    prompt = s.ui.prompt
    if isinstance(prompt, Menu):
        return _menu(prompt, columns)
    if isinstance(prompt, Typing):
        return _typing(prompt, columns)
    if isinstance(prompt, Panel):
        return _panel(prompt, s, columns)
    if isinstance(prompt, Picker):
        return picker_lines(prompt, columns)
    return _sentence(s, columns, prompter)


def _sentence(s: Situation, columns: int, prompter: bool) -> list[Line]:
    """Why nothing moves, what was just answered, what to say, or the pad that waits for a player."""
    if not s.room.connected:
        return [(Span(s.room.words, "lost"),)]
    words = said(s.ui, s.now)
    if words:
        return [(Span(words, "ask"),)]
    coming = s.room.view.next if prompter and s.room.view is not None and not s.room.watching else None
    if coming is not None and coming.say:
        first, *rest = wrap_words(f"“{coming.say}”", columns - len(SAY), "strong")
        return [(Span(SAY, "label"), *first), *(indent(row, len(SAY)) for row in rest)]
    if s.room.view is not None and s.room.view.unknown and not s.room.watching:
        return [_unknown(s.room.view.unknown, columns)]
    return [()]


def _unknown(pads: Sequence[UnknownPadView], columns: int) -> Line:
    """Pads that wait for a player, in an order that does not change with every hit."""
    labels = sorted(pad.label for pad in pads)
    plays = "A new pad plays" if len(labels) == 1 else f"{len(labels)} new pads play"
    words = clip(f"{plays}: {', '.join(labels)}.", columns - 17)
    return Span(f"{words}  ", "text"), Span("w ", "key", "w"), Span("who is this?", "ask", "w")


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


def _typing(typing: Typing, columns: int) -> list[Line]:
    asked: Line = (Span(f"{typing.title}: ", "ask"), Span(f"{typing.typed}▏", "strong"))
    hint = [(Span(typing.hint, "faint"),)] if typing.hint else []
    enter: Line = (Span("Enter ", "key", "enter"), Span("done", "faint", "enter"))
    return wrap([asked, *hint, enter, _escape("not now")], columns)


def _panel(panel: Panel, s: Situation, columns: int) -> list[Line]:
    """A title with what the chosen row is about, a row a setting, the keys."""
    settings, values = rows_of(panel), dict(panel.values)
    chosen = settings[panel.row]
    title = (Span(f"{named(panel.structure).title}  ", "ask"),)
    words = f"{chosen.words}; {_in_force(chosen)}." if panel.live else chosen.words
    about = wrap([title, *((Span(word, "faint"),) for word in words.split())], columns, gap=1)
    rows = [
        _setting(setting, setting is chosen, values, s, columns, anew=panel.live and not setting.live)
        for setting in settings
    ]
    numbers = wrap(badges(s.view.players), columns) if chosen.name in (*ONE_PLAYER, *PLAYERS) else []
    enter = live_panel.enters(panel, s) if panel.live else "arm it"
    return [*about, *rows, *numbers, _panel_keys(chosen, enter)]


def _in_force(setting: Setting) -> str:
    """What another value does to what runs; the sign is that of its row."""
    return in_force(setting) if setting.live else f"{ANEW} {in_force(setting)}"


def _setting(
    setting: Setting, chosen: bool, values: Mapping[str, object], s: Situation, columns: int, *, anew: bool
) -> Line:
    words = setting.name.replace("_", " ") + (f" {ANEW}" if anew else "")
    name = Span(f"{'▸ ' if chosen else '  '}{words:<{NAME - 2}}", "strong" if chosen else "label")
    offers = tuple(words_for(setting, value, s.room) for value in offered(setting, s.room, values))
    return name, *_values(offers, words_for(setting, values[setting.name], s.room), columns - NAME)


def _panel_keys(chosen: Setting, enter: str) -> Line:
    who = "who" if chosen.name in ONE_PLAYER else "in this order" if chosen.name in PLAYERS else ""
    figures = (Span("1–9 ", "key"), Span(f"{who}  ", "faint")) if who else ()
    typing = (Span("N ", "key", "N"), Span("type  ", "faint", "N")) if chosen.free else ()
    return (
        Span("↑↓ ", "key"), Span("which  ", "faint"), Span("←→ ", "key"), Span("change  ", "faint"),
        *figures, *typing, Span("Enter ", "key", "enter"), Span(f"{enter}  ", "text", "enter"), *_escape("not now"),
    )  # fmt: skip


def _values(values: tuple[str, ...], chosen: str, columns: int) -> Line:
    """All values with the chosen one marked; where they do not fit, those around it."""
    items = [
        Span(f"[{value}]", "picked") if value == chosen else Span(f" {value} ", "text") for value in values
    ]
    first, at = 0, values.index(chosen)
    while first < at and sum(len(item.text) for item in items[first : at + 2]) > columns - 4:
        first += 1
    shown = [Span("… ", "faint")] if first else []
    used = sum(len(span.text) for span in shown)
    for number, item in enumerate(items[first:], start=first):
        used += len(item.text)
        if number > at and used > columns - (2 if number < len(items) - 1 else 0):
            shown.append(Span(" …", "faint"))
            break
        shown.append(item)
    return tuple(shown)
