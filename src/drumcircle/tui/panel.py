"""The settings of a structure, as few sensible choices: made from what the structure itself declares.

Arrows go through the choices; figures choose players where a setting is about people (several in order,
one after the other) and are the number itself where it is a number; ``N`` types whatever may be typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil, floor, inf

from drumcircle.core.events import Arm
from drumcircle.core.structures import named
from drumcircle.core.structures.base import Setting
from drumcircle.core.view import PlayerView
from drumcircle.errors import UsageError
from drumcircle.tui import live_panel
from drumcircle.tui.ask import Panel, Pattern, Room, Situation, Step, Typing, send, show
from drumcircle.tui.player_keys import digits, name

COUNT_IN = Setting("count_in", 1, "bars counted in", choices=(0, 1, 2))
NUMBERS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""What is offered where a setting is a number between bounds."""
PARTS = (0.25, 0.5)
HALVES_UP_TO, TENS_FROM, PERCENT = 10, 10, "percent"
ONE_PLAYER, PLAYERS = ("caller", "player"), ("order", "players")
"""Settings about people: one of them, or several joined by +."""
LONGEST_ORDER = 120
HINTS = {
    "order": "blue+amber",
    "players": "blue+amber",
    "sections": "blue+amber/green",
    "patterns": "on/off",
    "beats": "1+3",
}


def fields(structure: str) -> tuple[Setting, ...]:
    """The structure's own settings, and the count-in every structure has."""
    return (*named(structure).settings, COUNT_IN)


def rows(panel: Panel) -> tuple[Setting, ...]:
    """The settings a panel asks for; what runs already is not counted in again."""
    return named(panel.structure).settings if panel.live else fields(panel.structure)


def open_panel(s: Situation, structure: str, key: str, setting: str = "") -> Step:
    """Ask how, starting from what was armed last; ``setting`` is the row to begin at."""
    values = dict(s.ui.settings).get(structure) or tuple((f.name, f.default) for f in fields(structure))
    names = [name for name, _ in values]
    row = names.index(setting) if setting in names else 0
    return show(s, Panel(structure, key, values, row))


# ---------------------------------------------------------------- what is offered, in words


def offered(setting: Setting, room: Room, values: Mapping[str, object]) -> tuple[object, ...]:
    """What a setting can be set to here: its choices, people and patterns where it is about these.

    Args:
        values: all settings as they are; the value of this one is always among what is offered.
    """
    if setting.choices:
        offers: list[object] = list(setting.choices)
    elif isinstance(setting.default, bool):
        offers = [False, True]
    elif isinstance(setting.default, (int, float)):
        offers = list(_numbers(setting))
    else:
        offers = [setting.default]
    offers += [extra for extra in _extras(setting, room, values) if extra not in offers]
    value = values[setting.name]
    if value in offers:
        return tuple(offers)
    return (value, *offers) if isinstance(value, str) else tuple(sorted((value, *offers), key=_size))


def _size(number: object) -> float:
    return float(number) if isinstance(number, (int, float)) else -inf


def _numbers(setting: Setting) -> Iterator[int | float]:
    """A number between bounds in steps one can use: tenths up to a width of one, halves up to ten, tens from ten on.

    Whole percents go in tens too.
    """
    low, high = setting.low or 0, NUMBERS[-1] if setting.high is None else setting.high
    kind = float if isinstance(setting.default, float) else int
    if kind is float and high - low <= HALVES_UP_TO:
        step = 0.1 if high - low <= 1 else 0.5
        yield from (round(low + count * step, 2) for count in range(round((high - low) / step) + 1))
    elif low >= TENS_FROM or (kind is int and setting.words.startswith(PERCENT)):
        yield from (kind(tens) for tens in range(ceil(low / 10) * 10, floor(high) + 1, 10))
    else:
        numbers = (*PARTS, *NUMBERS) if kind is float else NUMBERS
        yield from (kind(number) for number in numbers if low <= number <= high)


def _extras(setting: Setting, room: Room, values: Mapping[str, object]) -> list[object]:
    if setting.name == "pattern":
        return ["", *(pattern.name for pattern in _callable(room) if pattern.level == values.get("level"))]
    if setting.name == "piece":
        return ["", *(piece.name for piece in room.pieces)]
    if setting.name in ONE_PLAYER:
        return [player.id for player in _here(room)]
    return []


def _callable(room: Room) -> list[Pattern]:
    """The library's calls in the metre of now."""
    meter = "" if room.view is None else room.view.pulse.meter
    return [pattern for pattern in room.patterns if pattern.meter in ("", meter)]


def _here(room: Room) -> list[PlayerView]:
    players = () if room.view is None else room.view.players
    return [player for player in players if player.state not in ("left", "resting")]


def words_for(setting: Setting, value: object, room: Room) -> str:
    """A value as people say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value == "":
        return "any"
    if isinstance(value, float):
        return f"{value:g}"
    if setting.name == "piece":
        return next((piece.title for piece in room.pieces if piece.name == value), str(value))
    if setting.name == "pattern":
        return next((pattern.title for pattern in room.patterns if pattern.name == value), str(value))
    if setting.name in (*ONE_PLAYER, *PLAYERS) and room.view is not None:
        known = {key: name(player) for player in room.view.players for key in (player.alias, player.id)}
        return ", ".join(known.get(each, each) for each in str(value).split("+"))
    return str(value)


# ---------------------------------------------------------------- keys


def press_panel(panel: Panel, key: str, s: Situation) -> Step | None:
    """Arrows and figures choose and change, Enter (or the structure's key again) arms; None: another key."""
    settings = rows(panel)
    setting = settings[panel.row]
    if key in ("up", "down"):
        step = 1 if key == "down" else -1
        return show(s, replace(panel, row=(panel.row + step) % len(settings), typed=""))
    if key in ("left", "right"):
        return show(s, _stepped(panel, setting, 1 if key == "right" else -1, s.room))
    if key in ("enter", panel.key):
        return live_panel.change(panel, s) if panel.live else arm(panel, s)
    if key == "N" and setting.free:
        return show(s, _typing(panel, setting))
    if key == "backspace":
        return show(s, _taken_back(panel, setting))
    changed = _figure(panel, setting, key, s) if len(key) == 1 and key.isdigit() else None
    return None if changed is None else show(s, changed)


def arm(panel: Panel, s: Situation) -> Step:
    """Arm what the panel shows, and remember it for the next time."""
    settings = {name: value for name, value in panel.values if name != COUNT_IN.name}
    count_in = dict(panel.values)[COUNT_IN.name]
    assert isinstance(count_in, int)
    kept = {**dict(s.ui.settings), panel.structure: panel.values}
    ui, orders = send(s, Arm(panel.structure, settings, count_in))
    return replace(ui, settings=tuple(kept.items())), orders


def _set(panel: Panel, setting: Setting, value: object, room: Room, typed: str = "") -> Panel:
    """One value changed; a call that is not of the level chosen becomes any call."""
    values = {**dict(panel.values), setting.name: value}
    called = next((p for p in room.patterns if p.name == values.get("pattern")), None)
    if setting.name == "level" and called is not None and called.level != value:
        values["pattern"] = ""
    return replace(panel, values=tuple(values.items()), typed=typed)


def _stepped(panel: Panel, setting: Setting, step: int, room: Room) -> Panel:
    values = dict(panel.values)
    choices = offered(setting, room, values)
    here = choices.index(values[setting.name])
    return _set(panel, setting, choices[(here + step) % len(choices)], room)


# ---------------------------------------------------------------- figures and letters


def _figure(panel: Panel, setting: Setting, key: str, s: Situation) -> Panel | None:
    """A player's number, or a number; None: figures mean nothing here."""
    if setting.name in (*ONE_PLAYER, *PLAYERS):
        return _player_figure(panel, setting, panel.typed + key, s)
    if setting.choices or isinstance(setting.default, bool) or not isinstance(setting.default, (int, float)):
        return None
    for typed in (panel.typed + key, key):
        try:
            return _set(panel, setting, setting.check(typed), s.room, typed)
        except UsageError:
            continue
    return replace(panel, typed="")


def _player_figure(panel: Panel, setting: Setting, typed: str, s: Situation) -> Panel:
    numbered = {digits(number): player.id for number, player in enumerate(s.view.players, start=1)}
    if typed in numbered:
        chosen = numbered[typed]
        value = chosen if setting.name in ONE_PLAYER else "+".join([*_players(panel, setting), chosen])
        return _set(panel, setting, value, s.room)
    begun = any(number.startswith(typed) for number in numbered)
    return replace(panel, typed=typed if begun else "")


def _players(panel: Panel, setting: Setting) -> list[str]:
    """The players an order names; none while it is one of the choices."""
    value = str(dict(panel.values)[setting.name])
    return [] if value in setting.choices or value == setting.default else value.split("+")


def _taken_back(panel: Panel, setting: Setting) -> Panel:
    """Without the last player of an order; without all of them it is as it was at first."""
    if setting.name not in PLAYERS:
        return replace(panel, typed="")
    left = _players(panel, setting)[:-1]
    values = {**dict(panel.values), setting.name: "+".join(left) if left else setting.default}
    return replace(panel, values=tuple(values.items()), typed="")


def _typing(panel: Panel, setting: Setting) -> Typing:
    """What stands beside the choices, typed; back to the panel."""

    def done(text: str, s: Situation) -> Step:
        return show(s, _set(panel, setting, text or setting.default, s.room))

    hint = HINTS.get(setting.name, "")
    return Typing(setting.name.replace("_", " "), done, hint=hint, longest=LONGEST_ORDER)
