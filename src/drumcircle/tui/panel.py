"""The settings of a structure, as few sensible choices: made from what the structure itself declares."""

from __future__ import annotations

from dataclasses import replace

from drumcircle.core.events import Arm
from drumcircle.core.structures import named
from drumcircle.core.structures.base import Setting
from drumcircle.tui.ask import Panel, Room, Situation, Step, send, show

COUNT_IN = Setting("count_in", 1, "bars counted in", choices=(0, 1, 2))
NUMBERS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""What is offered where a setting is a number between bounds."""


def fields(structure: str) -> tuple[Setting, ...]:
    """The structure's own settings, and the count-in every structure has."""
    return (*named(structure).settings, COUNT_IN)


def open_panel(s: Situation, structure: str, key: str, setting: str = "") -> Step:
    """Ask how, starting from what was armed last; ``setting`` is the row to begin at."""
    values = dict(s.ui.settings).get(structure) or tuple((f.name, f.default) for f in fields(structure))
    names = [name for name, _ in values]
    row = names.index(setting) if setting in names else 0
    return show(s, Panel(structure, key, values, row))


def offered(setting: Setting, room: Room, value: object) -> tuple[object, ...]:
    """What a setting can be set to here: its choices, people and patterns where it is about these."""
    if setting.choices:
        values: list[object] = list(setting.choices)
    elif isinstance(setting.default, bool):
        values = [False, True]
    elif isinstance(setting.default, (int, float)):
        low, high = setting.low or 0, NUMBERS[-1] if setting.high is None else setting.high
        values = [type(setting.default)(number) for number in NUMBERS if low <= number <= high]
    else:
        values = [setting.default]
    values += [extra for extra in _extras(setting, room) if extra not in values]
    return tuple(values) if value in values else (value, *values)


def _extras(setting: Setting, room: Room) -> list[object]:
    if setting.name == "pattern":
        return ["", *(pattern.name for pattern in room.patterns)]
    if setting.name == "caller" and room.view is not None:
        return [player.id for player in room.view.players if player.state not in ("left", "resting")]
    return []


def words_for(setting: Setting, value: object, room: Room) -> str:
    """A value as people say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value == "":
        return "any"
    if isinstance(value, float):
        return f"{value:g}"
    if setting.name == "caller" and room.view is not None:
        return next((f"{p.shape} {p.alias}" for p in room.view.players if p.id == value), str(value))
    if setting.name == "pattern":
        return next((pattern.title for pattern in room.patterns if pattern.name == value), str(value))
    return str(value)


def press_panel(panel: Panel, key: str, s: Situation) -> Step | None:
    """Arrows choose and change, Enter (or the structure's key again) arms; None: another key."""
    settings = fields(panel.structure)
    if key in ("up", "down"):
        step = 1 if key == "down" else -1
        return show(s, replace(panel, row=(panel.row + step) % len(settings)))
    if key in ("left", "right"):
        return show(s, _changed(panel, settings[panel.row], 1 if key == "right" else -1, s.room))
    if key in ("enter", panel.key):
        return arm(panel, s)
    return None


def arm(panel: Panel, s: Situation) -> Step:
    """Arm what the panel shows, and remember it for the next time."""
    settings = {name: value for name, value in panel.values if name != COUNT_IN.name}
    count_in = dict(panel.values)[COUNT_IN.name]
    assert isinstance(count_in, int)
    kept = {**dict(s.ui.settings), panel.structure: panel.values}
    ui, orders = send(s, Arm(panel.structure, settings, count_in))
    return replace(ui, settings=tuple(kept.items())), orders


def _changed(panel: Panel, setting: Setting, step: int, room: Room) -> Panel:
    values = dict(panel.values)
    choices = offered(setting, room, values[setting.name])
    here = choices.index(values[setting.name])
    values[setting.name] = choices[(here + step) % len(choices)]
    return replace(panel, values=tuple(values.items()))
