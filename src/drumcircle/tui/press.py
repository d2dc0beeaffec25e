"""From a key to what happens: one function, the same for the screen and for typed lines."""

from __future__ import annotations

from dataclasses import replace

from drumcircle.tui.actions import KEYED, choose, do, press_digit
from drumcircle.tui.ask import (
    Menu,
    Panel,
    Picker,
    Prompt,
    Request,
    Situation,
    Step,
    Typing,
    press_menu,
    press_typing,
)
from drumcircle.tui.panel import press_panel
from drumcircle.tui.picker import press_picker


def press(key: str, s: Situation) -> Step:
    """One key, or ``player:<id>`` for a click on a player.

    Args:
        key: the character, or a name: ``space``, ``escape``, ``enter``, ``tab``, ``up`` …
    """
    if s.ui.page == "welcome":
        return _go_on(key, s)
    if s.room.view is not None and key not in ("space", "escape") and s.ui.prompt is not None:
        answered = _answer(s.ui.prompt, key, s)
        if answered is not None:
            return answered
        s = replace(s, ui=replace(s.ui, prompt=None))
    if key.startswith("player:"):
        return choose(s, key.removeprefix("player:"))
    if len(key) == 1 and key.isdigit() and s.room.view is not None and not s.room.watching:
        return press_digit(key, s)
    action = KEYED.get(key)
    return (s.ui, ()) if action is None else do(action, s)


def _go_on(key: str, s: Situation) -> Step:
    """Any key leaves the page of the first run, and does what it always does; Enter and Escape only leave it."""
    read, gone = Request("welcomed"), replace(s.ui, page="")
    if key in ("enter", "escape"):
        return gone, (read,)
    ui, orders = press(key, replace(s, ui=gone))
    return ui, (read, *orders)


def _answer(prompt: Prompt, key: str, s: Situation) -> Step | None:
    if isinstance(prompt, Menu):
        number = _clicked(prompt, key, s)
        return press_menu(prompt, number or key, s)
    if isinstance(prompt, Typing):
        return press_typing(prompt, key, s)
    if isinstance(prompt, Panel):
        return press_panel(prompt, key, s)
    if isinstance(prompt, Picker):
        return press_picker(prompt, key, s)
    return None


def _clicked(menu: Menu, key: str, s: Situation) -> str:
    """A click on a player, while a player is asked for, is their number."""
    if not key.startswith("player:"):
        return ""
    from drumcircle.tui.player_keys import digits

    numbered = {p.id: digits(n) for n, p in enumerate(s.view.players, start=1)}
    number = numbered.get(key.removeprefix("player:"), "")
    return number if any(choice.key == number for choice in menu.choices) else ""
