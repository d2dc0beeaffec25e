"""The settings of what runs: the panel begins as it is set now, and sends what was changed."""

from __future__ import annotations

from drumcircle.core.events import Change, UndoChange
from drumcircle.core.structures import named
from drumcircle.tui.ask import Panel, Situation, Step, refuse, send, show


def running(s: Situation) -> str:
    """Why there is nothing to change; empty where there is."""
    if s.view.structure is None:
        return "Nothing is running."
    return "" if s.view.structure.settings else f"{s.view.structure.title} has no settings."


def changed(s: Situation) -> str:
    """Why there is nothing to undo."""
    return "" if s.view.changed else "No setting of what runs has been changed."


def open_live(s: Situation, key: str) -> Step:
    """Ask what is to be otherwise."""
    now = s.view.structure
    assert now is not None
    told = dict(now.settings)
    values = tuple((f.name, f.check(told[f.name])) for f in named(now.name).settings if f.name in told)
    return show(s, Panel(now.name, key, values, live=True))


def differing(panel: Panel, s: Situation) -> dict[str, object]:
    """What is set otherwise than it is now."""
    now = s.view.structure
    told = dict(now.settings) if now is not None else {}
    return {name: value for name, value in panel.values if str(value) != told.get(name)}


def enters(panel: Panel, s: Situation) -> str:
    """What Enter does with what differs."""
    differ = differing(panel, s)
    anew = any(f.name in differ and not f.live for f in named(panel.structure).settings)
    return "begin anew" if anew else "change it"


def change(panel: Panel, s: Situation) -> Step:
    """Send what differs from what runs now."""
    now = s.view.structure
    if now is None or now.name != panel.structure:
        return refuse(s, "Something else is played by now.")
    differ = differing(panel, s)
    if not differ:
        return refuse(s, f"{now.title} is set like this already.")
    return send(s, Change(differ))


def undo(s: Situation) -> Step:
    return send(s, UndoChange())
