"""Every action and its key, once: the key row, the page of keys and the command palette are made from this.

The same key does the same on every screen.  A number chooses a player, then a letter acts on them; the
letter first asks for the number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drumcircle.core.events import EndStructure, NextTurn
from drumcircle.core.structures import STRUCTURES, named
from drumcircle.tui import (
    advice,
    handing,
    live_panel,
    mark_keys,
    newcomers,
    picker,
    plan_keys,
    player_keys,
    room_keys,
    section_keys,
    structure_keys,
)
from drumcircle.tui.ask import Choice as Answer
from drumcircle.tui.ask import Does, Menu, Situation, Step, refuse, send, show
from drumcircle.tui.panel import open_panel
from drumcircle.tui.player_keys import OnPlayer

Valid = Callable[[Situation], str]
"""Why an action is of no use now; empty where it is."""

GROUPS = {
    "change": "What the group does",
    "plan": "Plan",
    "pulse": "Pulse and sound",
    "player": "A player: number, then letter",
    "people": "People and pads",
    "screen": "Record and screen",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a facilitator can do."""

    key: str
    title: str
    group: str
    does: Does
    label: str = ""
    """How the key is written where not as it is."""
    also: tuple[str, ...] = ()
    """Other keys for the same (another keyboard's)."""
    short: str = ""
    """Its word in the key row; empty: not there."""
    rank: int = 0
    """1 stays in the key row longest."""
    valid: Valid = lambda s: ""
    on: OnPlayer | None = None
    """What it does to a chosen player."""
    watching: bool = False
    """Also on a screen that only watches."""
    blind: bool = False
    """Also before the first picture has come."""

    @property
    def written(self) -> str:
        return self.label or self.key

    @property
    def named(self) -> str:
        """As the command palette lists it."""
        return f"{self.title}  ({self.written})" if self.written else self.title


def _player(key: str, title: str, question: str, on: OnPlayer, *, short: str = "", rank: int = 0) -> Action:
    """An action on a player: the letter alone asks whom."""
    return Action(
        key, title, "player", lambda s: player_keys.who(s, question, on), short=short, rank=rank, on=on
    )


def _running(s: Situation) -> str:
    return "" if s.view.structure is not None else "Nothing is running."


def _turns(s: Situation) -> str:
    structure = s.view.structure
    if structure is None:
        return "Nothing is running."
    return "" if named(structure.name).next_key else f"{structure.title} has no turns to pass on."


def _unknown(s: Situation) -> str:
    return "" if s.view.unknown else "No pad is waiting for a player; hit one first."


ACTIONS: tuple[Action, ...] = (
    Action("space", "stop all now; again: go on", "change", room_keys.stop_or_go_on, "SPACE", short="stop all", rank=1),
    Action("g", "groove", "change", room_keys.groove, short="groove", rank=2),
    Action("G", "groove with another ground…", "change", lambda s: open_panel(s, "groove", "G")),
    Action(
        "c", "call and response…  Enter arms", "change",
        lambda s: open_panel(s, "call_and_response", "c"), short="call", rank=2,
    ),
    Action(
        "t", "turns…  Enter arms", "change",
        lambda s: open_panel(s, "turn_taking", "t"), short="turns", rank=2,
    ),
    Action(
        "V", "call a chosen pattern…", "change",
        lambda s: open_panel(s, "call_and_response", "V", "pattern"),
    ),
    Action("E", "its settings while it runs…", "change", lambda s: live_panel.open_live(s, "E"), valid=live_panel.running),
    Action("U", "undo the change of settings", "change", live_panel.undo, valid=live_panel.changed),
    Action(picker.KEY, "all there is to do…", "change", picker.open_picker, short="all", rank=2),
    Action("D", "the circle in sections…", "change", section_keys.divide),
    Action("n", "next turn, or the cut", "change", lambda s: send(s, NextTurn()), short="next turn", rank=2, valid=_turns),
    Action(
        "x", "its own keys: freeze, half…", "change", structure_keys.own_keys, short="its keys…", rank=2,
        valid=structure_keys.has_keys,
    ),
    Action("e", "end it on the next bar", "change", lambda s: send(s, EndStructure()), short="end", rank=6, valid=_running),
    Action("escape", "not yet; close; back", "change", room_keys.back, "Esc", watching=True),
    Action("p", "plan: the running order…", "plan", plan_keys.plan_page, short="plan", rank=3),
    Action(".", "next step now", "plan", plan_keys.move, short="next", rank=2, valid=plan_keys.followed),
    Action(",", "this step again (or before)", "plan", plan_keys.again, valid=plan_keys.followed),
    Action("P", "pause the plan, or go on", "plan", plan_keys.pause, valid=plan_keys.followed),
    Action(";", "one minute more", "plan", plan_keys.stretch(1.0), valid=plan_keys.followed),
    Action(":", "one minute less", "plan", plan_keys.stretch(-1.0), valid=plan_keys.followed),
    Action("+", "tempo one up", "pulse", room_keys.nudge(1), also=("=",), short="tempo", rank=5),
    Action("-", "tempo one down", "pulse", room_keys.nudge(-1), "−", ("_",)),
    Action(">", "tempo five up", "pulse", room_keys.nudge(5), also=("]",)),
    Action("<", "tempo five down", "pulse", room_keys.nudge(-5), also=("[",)),
    Action("b", "tap the beat, four times", "pulse", room_keys.tap),
    Action("T", "type a tempo, or a ramp…", "pulse", room_keys.tempo),
    Action("M", "metre…", "pulse", room_keys.metre),
    Action("k", "click on or off", "pulse", room_keys.click),
    Action("K", "loudness…", "pulse", room_keys.loudness),
    Action("C", "ceilings: loudness, hits…", "pulse", structure_keys.ceilings),
    Action("L", "output latency…", "pulse", room_keys.latency),
    _player("r", "rest, or back in", "Who rests, or comes back in?", player_keys.rest, short="rest…", rank=4),
    _player("a", "assisted by other hands", "Who is assisted, or no longer?", player_keys.assist),
    _player("u", "mute their sound", "Whose sound is muted, or no longer?", player_keys.mute),
    _player("n", "their turn next", "Whose turn is next?", player_keys.nominate),
    _player("l", "leave, or return…", "Who leaves or returns?", player_keys.leave_or_return),
    _player("i", "into the next section", "Who goes into another section?", section_keys.other_section),
    _player("f", "lead, or no longer", "Who leads, or no longer?", section_keys.lead),
    _player("h", "hand over their pad…", "Whose pad is handed over?", handing.hand_over(0)),
    _player("H", "… as of two minutes ago", "Whose pad was handed over two minutes ago?", handing.hand_over(1)),
    _player("s", "swap pads…", "Who swaps?", handing.swap(0)),
    _player("S", "… as of two minutes ago", "Who swapped two minutes ago?", handing.swap(1)),
    _player("N", "another alias…", "Who is called otherwise?", player_keys.rename),
    _player("j", "how they are judged…", "Who is judged otherwise?", player_keys.judge),
    _player("o", "live-only: never on a disk", "Who is live-only, or no longer?", player_keys.live_only),
    Action("w", "who is this? (a new pad)", "people", newcomers.who_is_this, short="who is this?", rank=2, valid=_unknown),
    Action("A", "add somebody without a pad…", "people", newcomers.add_player),
    Action("d", "pads: links, split by note…", "people", room_keys.pads),
    Action("m", "mark this moment", "screen", mark_keys.mark, short="mark", rank=3),
    Action("W", "marks: write what they were…", "screen", mark_keys.marks_page),
    Action("y", "do what is suggested", "screen", advice.take, valid=advice.stands),
    Action("z", "dismiss what is suggested", "screen", advice.dismiss, valid=advice.stands),
    Action("Y", "suggestions on or off", "screen", advice.switch, valid=advice.personal),
    Action("R", "record, or stop recording", "screen", room_keys.record, short="record", rank=7),
    Action("v", "therapist view, or back", "screen", room_keys.view_other, short="view", rank=5),
    Action("tab", "the other lower panel", "screen", room_keys.other_panel, "Tab"),
    Action("down", "further down", "screen", room_keys.scroll(1), "↓", ("pagedown",), watching=True),
    Action("up", "further up", "screen", room_keys.scroll(-1), "↑", ("pageup",), watching=True),
    Action("?", "all keys", "screen", room_keys.keys_page, short="keys", rank=1, watching=True),
    Action("q", "leave…", "screen", room_keys.leave, also=("ctrl+c",), short="leave", rank=5, watching=True, blind=True),
)  # fmt: skip

PALETTE: tuple[Action, ...] = (
    *ACTIONS,
    *(Action("", f"{structure.title}…", "change", picker.chosen(structure)) for structure in STRUCTURES),
)
"""What the command palette finds: every action, and every structure by its title."""

KEYED: dict[str, Action] = {
    key: action
    for action in reversed(ACTIONS)
    if not (action.key == "n" and action.on is not None)
    for key in (action.key, *action.also)
}
"""What a key does when no question is open."""

ON_PLAYER: tuple[Action, ...] = tuple(action for action in ACTIONS if action.on is not None)


def do(action: Action, s: Situation) -> Step:
    """Do it, or say why not."""
    if s.room.watching and not action.watching:
        return refuse(s, "This screen only watches.")
    if s.room.view is None and not action.blind:
        return refuse(s, "Nothing can be done before the hub answers.")
    why_not = "" if s.room.view is None else action.valid(s)
    return refuse(s, why_not) if why_not else action.does(s)


def choose(s: Situation, player: str) -> Step:
    """A player is chosen: which letters act on them."""
    number = next((n for n, p in enumerate(s.view.players, start=1) if p.id == player), None)
    if number is None or s.room.watching:
        return s.ui, ()
    chosen = s.view.players[number - 1]
    return show(s, Menu(f"{number} {player_keys.name(chosen)}:", tuple(_answers(player))))


def _answers(player: str) -> list[Answer]:
    answers = []
    for action in ON_PLAYER:
        on = action.on
        assert on is not None
        answers.append(Answer(action.key, action.title, player_keys.on_player(player, on)))
    return answers


def press_digit(key: str, s: Situation) -> Step:
    """A digit with no question open begins to choose a player."""
    step = player_keys.who(s, "Player", lambda player, at: choose(at, player.id))
    prompt = step[0].prompt
    if not isinstance(prompt, Menu):
        return step
    typed = Menu(prompt.title, prompt.choices, key)
    exact = next((choice for choice in prompt.choices if choice.key == key), None)
    if exact is not None:
        return exact.does(s)
    if any(choice.key.startswith(key) for choice in prompt.choices):
        return show(s, typed)
    return refuse(s, f"There is no player {key}.")
